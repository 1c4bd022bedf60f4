"""Tests of hfs_local_model."""
