"""A line that shows how quick the model is, and what it has cost: an example of a plugin for HFS."""

__version__ = "0.1.0"
