"""Numba over Arrow buffers: no input or output, no classes."""

from __future__ import annotations

import importlib
import pkgutil


def compile_all() -> None:
    """Compile every kernel, or load it from the cache: one process does so before several start with the same work."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
