"""Two agents work on one topic, in phases: an example of a plugin for HFS."""

__version__ = "0.1.0"
