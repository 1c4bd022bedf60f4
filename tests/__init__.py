"""Tests of the core, and of the whole with its plugins."""
