"""HFS: a chat with language models in the terminal, made of plugins.

Importing this package costs nothing; what plugins may use is in `hfs_core.api`.
"""

__version__ = "0.1.0"
