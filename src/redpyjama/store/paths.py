"""Local paths and fsspec URLs behind the same few functions.

Local paths never touch fsspec: its import costs more than a small build's listing.
"""

from __future__ import annotations

import glob as local_glob
import os
from typing import IO, Any

from redpyjama.errors import InputError

_MAGIC = ("*", "?", "[")


def is_remote(path: str) -> bool:
    """Say whether *path* is an fsspec URL ("s3://bucket/key") and not a path of this machine."""
    return "://" in path or "::" in path


def _filesystem(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(
            url, f"no file system for this URL ({error})", "install the extra for it, e.g. redpyjama[s3]"
        ) from error


def open_input(path: str) -> IO[bytes]:
    """Open a file for reading bytes, seekable."""
    try:
        if is_remote(path):
            filesystem, name = _filesystem(path)
            return filesystem.open(name, "rb")
        return open(path, "rb")
    except OSError as error:
        raise InputError(
            path, f"cannot be opened ({error.strerror or error})", "check the path and its permissions"
        ) from error


def size(path: str) -> int:
    """Return the size in bytes of a file, or of all files under a directory."""
    if is_remote(path):
        filesystem, name = _filesystem(path)
        return sum(filesystem.sizes(filesystem.find(name))) if filesystem.isdir(name) else filesystem.size(name)
    if os.path.isdir(path):
        return sum(os.path.getsize(file) for file in walk(path))
    return os.path.getsize(path)


def state(path: str) -> list[int] | None:
    """Return what changes when a local file or directory is written again; None where it can't be told."""
    if is_remote(path):
        return None
    files = walk(path) if os.path.isdir(path) else [path]
    stats = [os.stat(file) for file in files]
    return [
        len(files),
        sum(s.st_size for s in stats),
        max((s.st_mtime_ns for s in stats), default=0),
        sum(s.st_ino for s in stats),
    ]


def is_directory(path: str) -> bool:
    """Say whether *path* is a directory."""
    if is_remote(path):
        filesystem, name = _filesystem(path)
        return filesystem.isdir(name)
    return os.path.isdir(path)


def walk(directory: str) -> list[str]:
    """Return all regular files under *directory*, sorted; symbolic links are left out: they can point anywhere."""
    if is_remote(directory):
        filesystem, name = _filesystem(directory)
        return sorted(filesystem.unstrip_protocol(file) for file in filesystem.find(name))
    found: list[str] = []
    for folder, _, files in os.walk(directory):
        found += [os.path.join(folder, f) for f in files if not os.path.islink(os.path.join(folder, f))]
    return sorted(found)


def expand(pattern: str) -> list[str]:
    """Return the paths that a glob pattern (or a plain path) names, sorted.

    Raises:
        InputError: Nothing is there.
    """
    if is_remote(pattern):
        filesystem, name = _filesystem(pattern)
        found = [filesystem.unstrip_protocol(p) for p in filesystem.glob(name)]
    elif os.path.lexists(pattern):
        found = [pattern]
    elif any(c in pattern for c in _MAGIC):
        found = local_glob.glob(pattern, recursive=True)
    else:
        found = []
    if not found:
        what = "matches no file" if any(c in pattern for c in _MAGIC) else "does not exist"
        raise InputError(pattern, what, "quote the pattern if the shell has expanded it, and check the folder")
    return sorted(found)
