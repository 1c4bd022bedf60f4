"""Plugins: their manifests, where they are found, what state they are in, and how they are loaded."""
