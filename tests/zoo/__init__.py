"""A zoo of hostile plugins: each does one thing that no plugin should, and the chat goes on."""
