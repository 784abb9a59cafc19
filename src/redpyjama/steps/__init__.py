"""Signals and spans: pure functions of a batch, a family a file."""
