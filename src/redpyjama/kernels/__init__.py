"""Numba over Arrow buffers: no input or output, no classes."""
