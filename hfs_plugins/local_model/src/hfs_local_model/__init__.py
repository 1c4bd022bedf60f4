"""A small language model that runs on your own machine, for HFS."""

__version__ = "0.1.0"
