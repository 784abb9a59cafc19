"""What proves a release: one digest of all its records, and one of each of its files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redpyjama.errors import CorpusError

FILE = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def content_sha256(receipts: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the digest of all records of a release, whatever form and compression they are stored in.

    It is the SHA-256 of one line for each file that holds records, slices in the order of their names::

        <slice>/part-NNNNN <SHA-256 of the file's uncompressed JSON lines>

    so that files can be hashed apart, in any order, and still the whole be proven.

    Args:
        receipts: Slice -> receipts of its release tasks, in the order of the shards.
    """
    digest = hashlib.sha256()
    for slice_name, of_slice in sorted(receipts.items()):
        for number, receipt in enumerate(of_slice):
            if receipt["rows"]:
                digest.update(f"{part_name(slice_name, number)} {receipt['records_sha256']}\n".encode())
    return digest.hexdigest()


def part_name(slice_name: str, number: int) -> str:
    """Return what a part is called in a release: "arxiv/part-00000"."""
    return f"{slice_name}/part-{number:05d}"


def sums(files: Mapping[str, str]) -> bytes:
    """Return the content of ``SHA256SUMS`` for file names and their digests; ``sha256sum -c`` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items())).encode()


def read_sums(path: str, lines: Iterable[str]) -> dict[str, str]:
    """Return file name -> digest.

    Raises:
        CorpusError: A line is none of ``sha256sum``.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line.rstrip("\n"))
        if not match:
            raise CorpusError(path, f"line {number} is damaged: {line[:80]!r}", "run 'redpyjama release' again")
        found[match[2]] = match[1]
    return found
