"""The shell side."""
