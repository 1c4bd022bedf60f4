"""The formats that conversations are written in."""
