"""Dumps as their publishers ship them -> documents. One module a source; none imports another."""
