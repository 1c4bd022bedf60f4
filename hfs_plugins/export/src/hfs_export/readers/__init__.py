"""The formats that conversations are read from."""
