"""Models behind any OpenAI-compatible endpoint, for HFS."""

__version__ = "0.1.0"
