"""Secrets in documents: one pass over a batch that looks for pairs of bytes which are rare outside of secrets.

Each form has two bytes that every secret of it holds, or the name before it, and two more beside them. A table of all
pairs says whether one may begin at a byte; what passes is matched by the rules of the form. At the end of a document
the matches that overlap are settled: one of a form of its own beats one by its name, then the longer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.ascii import INT
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.secret_addresses import address
from redpyjama.kernels.secret_kinds import (
    ADDRESS,
    ANY_BYTE,
    AWS_SECRET,
    FORMS,
    GENERIC,
    KINDS,
    NAMES,
    PASSWORD,
    PREFIXED,
)
from redpyjama.kernels.secret_text import COUNTS
from redpyjama.kernels.secret_tokens import formed, prefixed
from redpyjama.kernels.secret_values import assigned
from redpyjama.kernels.text import OFFSETS, TEXT

_FOUND: Any = types.int32[:, ::1]
_NUM_PREFIXED, _NUM_FORMS = len(PREFIXED), len(PREFIXED) + len(FORMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What is looked for.

    Attributes:
        pairs: For each pair of bytes, the first one times 256 and the second: whether a form may be at hand.
        places: Of shape (4, 256): bit i says that form i may have this byte at this place.
        rules: A row for each of `PREFIXED`; see `redpyjama.kernels.secret_tokens.prefixed`.
        entropies: Of each of them.
        prefixes: Theirs, end to end.
        wanted: Which kinds are looked for.
    """

    pairs: NDArray[np.uint8]
    places: NDArray[np.uint64]
    rules: NDArray[np.int64]
    entropies: NDArray[np.float64]
    prefixes: NDArray[np.uint8]
    wanted: NDArray[np.bool_]


def tables(kinds: Iterable[str]) -> Tables:
    """Return the tables for some of `KINDS`."""
    wanted = np.array([kind in set(kinds) for kind in KINDS])
    windows: list[tuple[bool, tuple[bytes, ...]]] = []
    for rule in PREFIXED:
        behind = [rule.prefix[i : i + 1] or ANY_BYTE for i in range(rule.pair, rule.pair + 4)]
        windows.append((wanted[rule.kind], tuple(behind)))
    windows += [(wanted[kind], window) for kind, window in FORMS]
    by_name = wanted[AWS_SECRET] or wanted[PASSWORD] or wanted[GENERIC]
    windows += [(by_name, window) for window in NAMES]
    pairs, places = np.zeros(1 << 16, np.uint8), np.zeros((4, 256), np.uint64)
    for bit, (is_wanted, window) in enumerate(windows):
        if is_wanted:
            for place, allowed in enumerate(window):
                places[place, list(allowed)] |= np.uint64(1 << bit)
            pairs[np.add.outer(np.array(list(window[0])) << 8, np.array(list(window[1]))).ravel()] = 1
    ends = np.cumsum([len(rule.prefix) for rule in PREFIXED])
    return Tables(
        pairs=pairs,
        places=places,
        rules=np.array(
            [
                (r.kind, end - len(r.prefix), end, r.pair, r.body, r.least, r.most, r.check)
                for r, end in zip(PREFIXED, ends.tolist(), strict=True)
            ],
            np.int64,
        ),
        entropies=np.array([rule.entropy for rule in PREFIXED]),
        prefixes=np.frombuffer(b"".join(rule.prefix for rule in PREFIXED), np.uint8),
        wanted=wanted,
    )


def find(
    data: Bytes, offsets: Offsets, look_for: Tables, base64_entropy: float, hex_entropy: float
) -> NDArray[np.int32]:
    """Return the secrets of documents in order, none over another: document, start, end (in bytes of it), kind, 0.

    Args:
        data: See `redpyjama.kernels.arrow`.
        offsets: Of the documents.
        look_for: From `tables`.
        base64_entropy: What is given to a name has more bits of entropy a character than this, to be a secret...
        hex_entropy: ... or more than this, if it is hexadecimal.
    """
    room = int(offsets[-1] - offsets[0]) // 512 + 256
    counts = np.zeros(256, np.int64)
    while True:
        found = np.empty((room, 5), np.int32)
        count, needed = _find(
            data, offsets, look_for.pairs, look_for.places, look_for.rules, look_for.entropies, look_for.prefixes,
            look_for.wanted, (float(base64_entropy), float(hex_entropy)), counts, found,
        )  # fmt: skip
        if needed <= room:
            return found[:count]
        room = needed


@compiled(types.boolean(_FOUND, INT, INT))
def _beats(found: Any, one: Int, other: Int) -> Int:
    """Say whether match *one* stays, and *other* goes, where they overlap."""
    one_formed, other_formed = found[one, 3] < PASSWORD, found[other, 3] < PASSWORD
    if one_formed != other_formed:
        return one_formed
    return found[one, 2] - found[one, 1] > found[other, 2] - found[other, 1]


@compiled(INT(_FOUND, INT, INT))
def _settle(found: Any, first: Int, count: Int) -> Int:
    """Sort the matches from *first* on and settle which of them stay; return how many matches there are then."""
    for i in range(first + 1, count):  # they come almost in order
        j = i
        while j > first and (
            found[j, 1] < found[j - 1, 1] or (found[j, 1] == found[j - 1, 1] and found[j, 3] < found[j - 1, 3])
        ):
            for column in range(5):
                found[j, column], found[j - 1, column] = found[j - 1, column], found[j, column]
            j -= 1
    top = first
    for i in range(first, count):
        while top > first and found[top - 1, 2] > found[i, 1] and _beats(found, i, top - 1):
            top -= 1
        if top == first or found[top - 1, 2] <= found[i, 1]:
            for column in range(5):
                found[top, column] = found[i, column]
            top += 1
    return top


@compiled(
    types.UniTuple(INT, 2)(
        TEXT, OFFSETS, TEXT, types.Array(types.uint64, 2, "C", readonly=True),
        types.Array(types.int64, 2, "C", readonly=True), types.Array(types.float64, 1, "C", readonly=True), TEXT,
        types.Array(types.boolean, 1, "C", readonly=True), types.UniTuple(types.float64, 2), COUNTS, _FOUND,
    ),
)  # fmt: skip
def _find(
    text: Any, offsets: Any, pairs: Any, places: Any, rules: Any, entropies: Any, prefixes: Any, wanted: Any,
    limits: Any, counts: Any, found: Any,
) -> tuple[Int, Int]:  # fmt: skip
    """Write the secrets; return how many there are, and how much room was needed on the way."""
    count = needed = 0
    for document in range(len(offsets) - 1):
        start, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        first = count
        last = stop - 3
        i = start
        while i < last:
            if pairs[np.int64(text[i]) << 8 | text[i + 1]] == 0:  # almost everywhere
                i += 1
                continue
            forms = places[0, text[i]] & places[1, text[i + 1]] & places[2, text[i + 2]] & places[3, text[i + 3]]
            form = 0
            while forms:
                if forms & np.uint64(1):
                    if form < _NUM_PREFIXED:
                        kind, begin, end = prefixed(text, i, start, stop, form, rules, prefixes, entropies, counts)
                    elif form == ADDRESS:
                        kind, begin, end = address(text, i, start, stop)
                    elif form < _NUM_FORMS:
                        kind, begin, end = formed(text, i, start, stop, form, counts)
                    else:
                        kind, begin, end = assigned(text, i, start, stop, form, limits, counts)
                    if kind >= 0 and wanted[kind]:
                        needed = max(needed, count + 1)
                        if count < len(found):
                            found[count, 0], found[count, 1], found[count, 2] = document, begin - start, end - start
                            found[count, 3], found[count, 4] = kind, 0
                            count += 1
                        else:
                            needed += 1
                forms >>= np.uint64(1)
                form += 1
            i += 1
        count = _settle(found, first, count)
    return count, needed
