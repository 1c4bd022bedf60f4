"""The commands of the chat that are about HFS itself."""

__version__ = "0.1.0"
