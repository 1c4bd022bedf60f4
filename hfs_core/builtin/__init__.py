"""What the core brings itself: nothing that a plugin could do."""
