"""Personal data in documents: one pass over a batch that stops at "@" and at the first digit of a number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.ascii import ALNUM, DIGIT, UNDERSCORE, UPPER, is_a, run_end
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.personal_addresses import EMAIL, IP, NONE, email, ipv4, ipv6
from redpyjama.kernels.personal_numbers import CARD, IBAN, card, iban
from redpyjama.kernels.phone_numbers import PHONE, phone
from redpyjama.kernels.text import OFFSETS, TEXT

KINDS = ("email", "ip_address", "phone_number", "card_number", "iban")

_FOUND: Any = types.int32[:, ::1]
_WANTED: Any = types.Array(types.boolean, 1, "C", readonly=True)

_STOPS = np.zeros(256, np.uint8)
_STOPS[list(b"@0123456789")] = 1


def find(data: Bytes, offsets: Offsets, kinds: Iterable[str]) -> NDArray[np.int32]:
    """Return the personal data of documents in order, none over another: document, start, end (bytes), kind, kind.

    What begins first is taken; of two that begin at one digit, the one with check digits.

    Args:
        data: See `redpyjama.kernels.arrow`.
        offsets: Of the documents.
        kinds: Which of `KINDS` to look for.
    """
    wanted = np.array([kind in set(kinds) for kind in KINDS])
    room = int(offsets[-1] - offsets[0]) // 256 + 256
    while True:
        found = np.empty((room, 5), np.int32)
        count = _find(data, offsets, wanted, found)
        if count <= room:
            return found[:count]
        room = count


@compiled(types.UniTuple(types.int64, 3)(TEXT, types.int64, types.int64, types.int64, _WANTED))
def _number(text: Any, digit: Int, start: Int, stop: Int, wanted: Any) -> tuple[Int, Int, Int]:
    """Match what begins with the run of digits at *digit*, or with what stands right before it."""
    found = NONE
    if digit > start and is_a(text, digit - 1, ALNUM | UNDERSCORE):
        return iban(text, digit, start, stop) if wanted[IBAN] and is_a(text, digit - 1, UPPER) else NONE
    if wanted[IP]:
        found = ipv4(text, digit, start, stop)
        if found[0] < 0 and (text[digit] == 0x32 or text[digit] == 0x33):
            found = ipv6(text, digit, start, stop)
    if found[0] < 0 and wanted[CARD]:
        found = card(text, digit, start, stop)
    if found[0] < 0 and wanted[PHONE]:
        found = phone(text, digit, start, stop)
    return found


@compiled(types.int64(TEXT, OFFSETS, _WANTED, _FOUND))
def _find(text: Any, offsets: Any, wanted: Any, found: Any) -> Int:
    """Write what is found as far as there is room; return how much there is."""
    count = 0
    for document in range(len(offsets) - 1):
        begin, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        start = i = begin  # what was found ends at *start*
        while i < stop:
            if _STOPS[text[i]] == 0:
                i += 1
                continue
            if text[i] == 0x40:
                match = email(text, i, start, stop) if wanted[EMAIL] else NONE
                after = i + 1
            else:
                match = _number(text, i, start, stop, wanted)
                after = run_end(text, i, stop, DIGIT)
            kind, first, end = match
            if kind >= 0:
                if count < len(found):
                    found[count, 0], found[count, 1], found[count, 2] = document, first - begin, end - begin
                    found[count, 3], found[count, 4] = kind, kind
                count += 1
                start = after = end
            i = after
    return count
