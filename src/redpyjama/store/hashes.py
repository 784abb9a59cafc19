"""Digests: of values (the keys of stages), of files, of directories."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from redpyjama.store import paths

_READ_BYTES = 1 << 20


def key(*parts: Any) -> str:
    """Return 16 hex digits that stand for these JSON-able values: equal values, equal key, on every machine.

    The order of the keys of mappings does not count; the order of lists and of *parts* does. 1 and 1.0 differ.

    Raises:
        TypeError: A part is not JSON-able.
        ValueError: A part is not a number that JSON knows (NaN, infinity).
    """
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def sha256_file(path: str) -> str:
    """Return the SHA-256 of a file (a local path or an fsspec URL) as hex digits.

    Raises:
        InputError: It cannot be opened.
    """
    digest = hashlib.sha256()
    with paths.open_input(path) as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def sha256_path(path: str) -> str:
    """Return the SHA-256 of a file, or of a directory dump: of its sorted relative file names and their digests."""
    if not paths.is_directory(path):
        return sha256_file(path)
    digest = hashlib.sha256()
    prefix = len(path.rstrip("/")) + 1
    for file in paths.walk(path):
        name = file[prefix:].replace(os.sep, "/")
        # surrogateescape: a file name need not be text
        digest.update(f"{sha256_file(file)}  {name}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
