"""Tests of hfs_sqlite_store."""
