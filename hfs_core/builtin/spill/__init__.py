"""The rooms behind the spill store: what happens while a store cannot write."""
