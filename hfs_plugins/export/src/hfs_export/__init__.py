"""Conversations that leave and come back whole."""

__version__ = "0.1.0"
