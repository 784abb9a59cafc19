"""Paths, atomic files, shards, hashes, the manifest."""
