"""What a new plugin begins with: templates, and what is made of them."""
