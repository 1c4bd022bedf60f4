"""Commands for the sessions of HFS."""

__version__ = "0.1.0"
