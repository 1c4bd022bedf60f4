"""A command that counts the words of a conversation: an example of a plugin for HFS."""

__version__ = "0.1.0"
