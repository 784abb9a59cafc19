"""How much of a corpus were copies: SlimPajama's table, a row for each slice and one for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redpyjama.document import SLICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one method found: *documents* dropped as copies, and the *bytes* of their final texts."""

    documents: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """The copies of one slice, or of all: documents dropped because a better copy stayed.

    Source: the form is that of SlimPajama's table of byte duplication rates.
    Departs: what is compared are the documents that no other rule dropped, and their final texts.

    Attributes:
        slice: Its name, or "total".
        compared: Documents that were compared.
        copies: Those of them that were dropped for a better copy.
        share: Of the documents; None where none were compared.
        bytes_compared: UTF-8 bytes of their texts.
        bytes_copies: UTF-8 bytes of the copies.
        byte_share: The byte duplication rate.
        found_by: Method -> what it found, in the recipe's order; a copy counts for the first method that found it.
    """

    slice: str
    compared: int
    copies: int
    share: float | None
    bytes_compared: int
    bytes_copies: int
    byte_share: float | None
    found_by: Mapping[str, Found]


def rows(manifest: Mapping[str, Any]) -> list[CopyRow]:
    """Return a row for each slice that a method looked at, in RedPajama's order, and the total last.

    Empty where the corpus was built without de-duplication (or before `corpus.json` told).
    """
    methods: Sequence[Mapping[str, Any]] = manifest.get("dedup") or ()
    looked_at = {name for method in methods for name in method["slices"]}
    slices: Mapping[str, Mapping[str, Any]] = manifest["slices"]
    found = [_row(name, slices[name], methods) for name in SLICES if name in slices and name in looked_at]
    return [*found, _total(found)] if found else []


def as_data(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the table as plain data; None without de-duplication."""
    found = rows(manifest)
    if not found:
        return None
    return {"slices": [asdict(row) for row in found[:-1]], "total": asdict(found[-1])}


def said(found_by: Mapping[str, Found]) -> str:
    """Say how many documents each method found, those that found any: "exact 12, minhash 3"."""
    return ", ".join(f"{method} {found.documents:,}" for method, found in found_by.items() if found.documents)


def _row(name: str, part: Mapping[str, Any], methods: Sequence[Mapping[str, Any]]) -> CopyRow:
    documents, sizes = part["dropped_by"], part["bytes_dropped_by"]
    found_by = {
        method["name"]: Found(documents=documents.get(method["rule"], 0), bytes=sizes.get(method["rule"], 0))
        for method in methods
        if name in method["slices"]
    }
    return _with_shares(name, int(part["kept"]), int(part["bytes_kept"]), found_by)


def _total(found: Iterable[CopyRow]) -> CopyRow:
    documents: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    kept = bytes_kept = 0
    for row in found:
        kept += row.compared - row.copies
        bytes_kept += row.bytes_compared - row.bytes_copies
        for method, part in row.found_by.items():
            documents[method] += part.documents
            sizes[method] += part.bytes
    found_by = {method: Found(documents=count, bytes=sizes[method]) for method, count in documents.items()}
    return _with_shares("total", kept, bytes_kept, found_by)


def _with_shares(name: str, kept: int, bytes_kept: int, found_by: Mapping[str, Found]) -> CopyRow:
    copies = sum(found.documents for found in found_by.values())
    bytes_copies = sum(found.bytes for found in found_by.values())
    compared, bytes_compared = kept + copies, bytes_kept + bytes_copies
    return CopyRow(
        slice=name,
        compared=compared,
        copies=copies,
        share=copies / compared if compared else None,
        bytes_compared=bytes_compared,
        bytes_copies=bytes_copies,
        byte_share=bytes_copies / bytes_compared if bytes_compared else None,
        found_by=found_by,
    )
