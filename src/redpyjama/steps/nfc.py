"""The step "nfc": texts in Unicode's composed form, so that the same word is the same bytes."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_RULE = "nfc"
_LEAD_OF_0300 = 0xCC


@dataclass(frozen=True, slots=True, kw_only=True)
class NfcParams:
    """Nothing to choose."""


def run(batch: pa.RecordBatch, params: NfcParams) -> pa.RecordBatch:
    """Replace what is not composed by what is; see `redpyjama.stage.Step.run`.

    Source: Unicode Standard Annex 15, normalisation form C, of the version that Python has (its tables are part of this
    step's version). SlimPajama does the same by ftfy.
    """
    del params
    import pyarrow as pa

    from redpyjama.document import SPANS
    from redpyjama.kernels import arrow

    offsets, data = arrow.buffers(batch["text"])
    spans: list[list[dict[str, Any]]] = [[] for _ in range(batch.num_rows)]
    for i in _suspects(data, offsets).tolist():
        spans[i] = list(_changes(bytes(data[offsets[i] : offsets[i + 1]]).decode()))
    counts = pa.array([len(each) for each in spans], pa.int32())
    return pa.record_batch({"nfc_changes": counts, "spans": pa.array(spans, SPANS)})


def _suspects(data: NDArray[np.uint8], offsets: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows with a character from U+0300 on: what is below is composed, whatever its order."""
    some = np.flatnonzero(np.diff(offsets))
    if not len(some):
        return some
    return some[np.maximum.reduceat(data[: offsets[-1]], offsets[some]) >= _LEAD_OF_0300]


def _changes(text: str) -> Iterator[dict[str, Any]]:
    """Yield the spans that make a text composed, in bytes."""
    if unicodedata.is_normalized("NFC", text):
        return
    end, at = 0, 0  # characters, bytes
    for match in _pieces().finditer(text):
        piece = match.group()
        composed = unicodedata.normalize("NFC", piece)
        if composed != piece:
            start = at + len(text[end : match.start()].encode())
            end, at = match.end(), start + len(piece.encode())
            yield {"start": start, "end": at, "rule": _RULE, "replacement": composed}


@functools.cache
def _pieces() -> re.Pattern[str]:
    """Match what can change alone: a character, and those behind it that may join it or change their order.

    Source: Unicode Standard Annex 15, section 9: a text can be cut before a character that begins, decomposed too, with
    one of combining class 0, and is second in no composition.
    """
    joining = {
        chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))
    }  # Hangul vowels, final consonants
    for code in range(0x80, 0x110000):
        character = chr(code)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            joining.add(chr(int(parts[1], 16)))
        if unicodedata.combining(unicodedata.normalize("NFD", character)[0] if parts else character):
            joining.add(character)
    behind = f"[{''.join(map(re.escape, sorted(joining)))}]"
    return re.compile(f"(?s:.){behind}+|[^\\x00-\\x7f]")


STEP = Step(
    name="nfc",
    version=1,
    params=NfcParams,
    run=run,
    signals={
        "nfc_changes": Signal(
            "int32",
            "Places that were not in Unicode's normalisation form C; 0 or more.",
            "Unicode Annex 15; SlimPajama",
        )
    },
    spans={_RULE: "The same characters, composed: Unicode's normalisation form C."},
)
