"""Numba over Arrow buffers: no input or output, no classes."""

from __future__ import annotations

import hashlib
import importlib
import os
import pathlib
import pkgutil

from numba.core import config


def compile_all() -> None:
    """Compile every kernel, or load it from the cache: one process does so before several start with the same work."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def _cache() -> str:
    """Return where compiled kernels lie: a directory for each state of all their sources.

    Numba itself looks at the file of a kernel only, not at the kernels of other files that were compiled into it: after
    an edit there it would run yesterday's code.
    """
    digest = hashlib.sha256()
    for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(root, "redpyjama", f"kernels-{digest.hexdigest()[:16]}")


if not os.environ.get("NUMBA_CACHE_DIR"):
    config.CACHE_DIR = _cache()  # pyright: ignore[reportAttributeAccessIssue] -- numba fills its config at run time
