"""The laws of the layout, kept."""
