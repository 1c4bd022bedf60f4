"""Sessions in a folder of JSON files: an example of a plugin for HFS that is a whole store.

The rooms, from the disk up, each of which knows only those before it:

- `files`: a lock between processes, and writes that outlive a power cut;
- `facts`: what a store may know, one small value for each kind, and how it is written as JSON;
- `journal`: lines of facts in a file that only grows, until it is written anew;
- `state`: all facts in memory, in the order in which they are asked for;
- `transaction`: operations, which become facts, or leave nothing behind;
- `purging`: the one operation that takes facts away for good;
- `keeper`: the one thread that reads and writes, under the lock;
- `replies`: messages that are still being written;
- `store`: the contract of HFS, in terms of the above;
- `plugin`: what HFS finds.
"""

__version__ = "0.1.0"
