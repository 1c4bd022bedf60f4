"""The laws of a store, by subject; `StoreConformance` brings them together."""
