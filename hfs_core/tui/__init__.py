"""The terminal interface: the only room that knows Textual; it comes in by `hfs_core.api` like a plugin."""
