"""A filter that keeps names and addresses from models: an example of a plugin for HFS."""

__version__ = "0.1.0"
