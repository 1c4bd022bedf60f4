"""Points of a conversation to go back to."""

__version__ = "0.1.0"
