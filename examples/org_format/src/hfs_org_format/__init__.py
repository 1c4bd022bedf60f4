"""Conversations as Org files, out and in: an example of a plugin for HFS."""

__version__ = "0.1.0"
