"""Addresses in one spelling, over Arrow buffers.

See `redpyjama.dedup.addresses` for what is made equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT
from redpyjama.kernels.word_hash import I32, hash_bytes

ANY_SCHEME: Final = 1
ANY_WWW: Final = 2
ANY_SLASH: Final = 4
SORTED: Final = 8
"""What `normalised` makes equal, as bits: http and https, with and without "www.", with and without slashes at the end,
parameters in any order."""

MAX_SORTED: Final = 512
"""Parameters beyond which an address keeps their order: sorting takes the square of their number."""

_INT: Any = types.int64
_PAIR: Any = types.UniTuple(_INT, 2)
_BYTES: Any = types.uint8[::1]
_NAMES: Any = (TEXT, I32)
_PIECE: Any = types.int32[::1]
_ROOM: Any = types.Tuple((_BYTES, _PIECE, _PIECE))

_SLASH, _COLON, _SEMICOLON, _EQUALS, _QUESTION, _AT, _AND = 0x2F, 0x3A, 0x3B, 0x3D, 0x3F, 0x40, 0x26
_HASH, _PERCENT, _DOT, _STAR = 0x23, 0x25, 0x2E, 0x2A
_HTTP = np.frombuffer(b"http", np.uint8)

_SMALL = np.arange(256, dtype=np.uint8)
_SMALL[0x41:0x5B] += 0x20
_HEX = np.full(256, -1, np.int64)
_DIGITS = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_UNRESERVED = np.zeros(256, np.bool_)
_IN_SCHEME = np.zeros(256, np.bool_)
for _byte in range(256):
    _character = chr(_byte)
    if _byte < 128 and _character.isalnum():
        _UNRESERVED[_byte] = _IN_SCHEME[_byte] = True
    if _character in "0123456789abcdefABCDEF":
        _HEX[_byte] = int(_character, 16)
_UNRESERVED[[0x2D, 0x2E, 0x5F, 0x7E]] = True  # - . _ ~
_IN_SCHEME[[0x2B, 0x2D, 0x2E]] = True  # + - .


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of parameters, small letters; one that ends in * stands for all that begin so."""

    data: Bytes
    offsets: Offsets


def names_of(names: Sequence[str]) -> Names:
    """Return names as kernels read them."""
    encoded = [name.lower().encode() for name in names]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    return Names(data=np.frombuffer(b"".join(encoded), np.uint8), offsets=offsets)


def normalised(data: Bytes, offsets: Offsets, rules: int, dropped: Names) -> tuple[Bytes, Offsets]:
    """Return bytes and offsets of the addresses between *offsets* in one spelling.

    Args:
        data: UTF-8, or any bytes.
        offsets: n + 1 positions.
        rules: Bits: what is made equal.
        dropped: Parameters that are left out.

    Raises:
        OverflowError: Addresses of more than 700 MB.
    """
    lengths = np.diff(offsets).astype(np.int64)
    longest = int(lengths.max(initial=0))
    room = 3 * int(lengths.sum()) + 4 * len(lengths)
    if room > np.iinfo(np.int32).max:
        raise OverflowError(f"{int(lengths.sum())} bytes of addresses in one batch")
    out, positions = np.empty(room, np.uint8), np.empty(len(offsets), np.int32)
    query = np.empty(3 * longest + 4, np.uint8), np.empty(longest + 2, np.int32), np.empty(longest + 2, np.int32)
    size = _normalise_all(data, offsets, rules, dropped.data, dropped.offsets, query, out, positions)
    return out[:size], positions


def hashes(data: Bytes, offsets: Offsets) -> NDArray[np.uint64]:
    """Return the hash of the bytes of each string."""
    found = np.empty(len(offsets) - 1, np.uint64)
    _hash_all(data, offsets, found)
    return found


@compiled(_INT(TEXT, _INT, _INT, _BYTES, _INT))
def _copy(text: Any, start: Int, stop: Int, out: Any, size: Int) -> Int:
    """Write [start, stop) as it stands; return the new size."""
    for i in range(start, stop):
        out[size] = text[i]
        size += 1
    return size


@compiled(_PAIR(TEXT, _INT, _INT, _BYTES, _INT))
def _spell(text: Any, start: Int, stop: Int, out: Any, size: Int) -> tuple[Int, Int]:
    """Write [start, stop) with the %XX that must be and no others, in capitals; return the new size, and start.

    Source: RFC 3986, 6.2.2.1 and 6.2.2.2; RFC 3987, 3.1 for what is not ASCII.
    """
    begin = size
    position = start
    while position < stop:
        byte = np.int64(text[position])
        position += 1
        escaped = byte <= 0x20 or byte >= 0x7F
        if byte == _PERCENT and position + 1 < stop and _HEX[text[position]] >= 0 and _HEX[text[position + 1]] >= 0:
            byte = _HEX[text[position]] << 4 | _HEX[text[position + 1]]
            position += 2
            escaped = not _UNRESERVED[byte]
        if escaped:
            out[size], out[size + 1], out[size + 2] = _PERCENT, _DIGITS[byte >> 4], _DIGITS[byte & 15]
            size += 3
        else:
            out[size] = byte
            size += 1
    return size, begin


@compiled(types.boolean(TEXT, _INT, _INT, *_NAMES))
def _is_dropped(out: Any, start: Int, stop: Int, names: Any, bounds: Any) -> Any:
    """Say whether the parameter [start, stop) has one of the names."""
    end = start
    while end < stop and out[end] != _EQUALS:
        end += 1
    for i in range(len(bounds) - 1):
        first, last = np.int64(bounds[i]), np.int64(bounds[i + 1])
        length = last - first
        if length and names[last - 1] == _STAR:
            length -= 1
            if end - start < length:
                continue
        elif end - start != length:
            continue
        same = 0
        while same < length and _SMALL[out[start + same]] == names[first + same]:
            same += 1
        if same == length:
            return True
    return False


@compiled(_INT(TEXT, _INT, _INT, *_NAMES, _BYTES, _INT))
def _path(text: Any, start: Int, stop: Int, names: Any, bounds: Any, out: Any, size: Int) -> Int:
    """Write a path without the ;parameters that are dropped."""
    position = start
    while position < stop:
        is_parameter = text[position] == _SEMICOLON
        end = position + 1
        while end < stop and text[end] != _SEMICOLON and not (is_parameter and text[end] == _SLASH):
            end += 1
        size, begin = _spell(text, position, end, out, size)
        if is_parameter and _is_dropped(out, begin + 1, size, names, bounds):
            size = begin
        position = end
    return size


@compiled(types.boolean(_BYTES, _PIECE, _INT, _INT))
def _before(query: Any, bounds: Any, one: Int, other: Int) -> Any:
    """Say whether parameter *one* sorts before parameter *other*."""
    start, stop = np.int64(bounds[one]), np.int64(bounds[one + 1])
    begin, end = np.int64(bounds[other]), np.int64(bounds[other + 1])
    while start < stop and begin < end:
        if query[start] != query[begin]:
            return query[start] < query[begin]
        start += 1
        begin += 1
    return start == stop and begin < end


@compiled(_INT(TEXT, _INT, _INT, _INT, *_NAMES, _ROOM, _BYTES, _INT))
def _query(
    text: Any, start: Int, stop: Int, rules: Int, names: Any, name_bounds: Any, room: Any, out: Any, size: Int
) -> Int:
    """Write a query, from its question mark on; none where no parameter is left; *room* is for its parts."""
    query, bounds, order = room
    count = end = np.int64(0)
    while start < stop:
        ampersand = start
        while ampersand < stop and text[ampersand] != _AND:
            ampersand += 1
        following, begin = _spell(text, start, ampersand, query, end)
        if following > begin and not _is_dropped(query, begin, following, names, name_bounds):
            bounds[count] = begin
            count += 1
            end = following
        start = ampersand + 1
    bounds[count] = end
    for i in range(count):
        j = i
        while j > 0 and rules & SORTED and count <= MAX_SORTED and _before(query, bounds, i, order[j - 1]):
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
    for i in range(count):
        begin, end = np.int64(bounds[order[i]]), np.int64(bounds[order[i] + 1])
        out[size] = _AND if i else _QUESTION
        size += 1
        size = _copy(query, begin, end, out, size)
    return size


@compiled(_INT(TEXT, _INT, _INT, _INT, _BYTES, _INT))
def _host(text: Any, start: Int, stop: Int, rules: Int, out: Any, size: Int) -> Int:
    while stop > start and text[stop - 1] == _DOT:
        stop -= 1
    if rules & ANY_WWW and stop - start > 4 and text[start + 3] == _DOT:
        www = dots = 0
        for i in range(start, start + 3):
            www += _SMALL[text[i]] == 0x77
        for i in range(start + 4, stop):
            dots += text[i] == _DOT
        if www == 3 and dots:  # www.com is a name of its own
            start += 4
    for i in range(start, stop):
        out[size] = _SMALL[text[i]]
        size += 1
    return size


@compiled(_INT(TEXT, _INT, _INT, _INT, _INT, _BYTES, _INT))
def _authority(text: Any, start: Int, stop: Int, port: Int, rules: Int, out: Any, size: Int) -> Int:
    """Write user and host, small, and the port if it is another one than *port*."""
    host = start
    for i in range(start, stop):
        if text[i] == _AT:
            host = i + 1
    size = _copy(text, start, host, out, size)
    colon, number = stop - 1, np.int64(0)
    while colon > host and 0x30 <= text[colon] <= 0x39:
        colon -= 1
    for i in range(colon + 1, stop):
        number = min(number * 10 + text[i] - 0x30, 1 << 20)
    if colon > host and text[colon] == _COLON and (colon + 1 == stop or number == port):
        stop = colon
    return _host(text, host, stop, rules, out, size)


@compiled(types.UniTuple(_INT, 3)(TEXT, _INT, _INT, _INT, _BYTES, _INT))
def _scheme(text: Any, start: Int, stop: Int, rules: Int, out: Any, size: Int) -> tuple[Int, Int, Int]:
    """Write what stands before the host; return its place, or -1 without scheme; the usual port; the size."""
    colon = start
    while colon < stop and _IN_SCHEME[text[colon]]:
        colon += 1
    if colon == start or colon + 2 >= stop or text[colon] != _COLON:
        return -1, 0, size
    if text[colon + 1] != _SLASH or text[colon + 2] != _SLASH:
        return -1, 0, size
    same = np.int64(0)
    while same < 4 and same < colon - start and _SMALL[text[start + same]] == _HTTP[same]:
        same += 1
    port = np.int64(0)
    if same == 4 and colon - start == 4:
        port = 80
    elif same == 4 and colon - start == 5 and _SMALL[text[colon - 1]] == 0x73:
        port = 443
    if not (port and rules & ANY_SCHEME):
        for i in range(start, colon + 1):
            out[size] = _SMALL[text[i]]
            size += 1
    out[size] = out[size + 1] = _SLASH
    return colon + 3, port, size + 2


@compiled(_INT(TEXT, _INT, _INT, _INT, *_NAMES, _ROOM, _BYTES, _INT))
def _normalise(
    text: Any, start: Int, stop: Int, rules: Int, names: Any, name_bounds: Any, room: Any, out: Any, size: Int
) -> Int:
    """Write the address [start, stop) in one spelling; return the new size."""
    while start < stop and text[start] <= 0x20:
        start += 1
    while stop > start and text[stop - 1] <= 0x20:
        stop -= 1
    host, port, size = _scheme(text, start, stop, rules, out, size)
    if host < 0:
        return _copy(text, start, stop, out, size)
    path = host
    while path < stop and text[path] != _SLASH and text[path] != _QUESTION and text[path] != _HASH:
        path += 1
    size = _authority(text, host, path, port, rules, out, size)
    question = path
    while question < stop and text[question] != _QUESTION and text[question] != _HASH:
        question += 1
    fragment = question
    while fragment < stop and text[fragment] != _HASH:
        fragment += 1
    begin = size
    size = _path(text, path, question, names, name_bounds, out, size)
    while rules & ANY_SLASH and size > begin and out[size - 1] == _SLASH:
        size -= 1
    if size == begin and not rules & ANY_SLASH:
        out[size] = _SLASH
        size += 1
    size = _query(text, question + 1, fragment, rules, names, name_bounds, room, out, size)
    if fragment + 1 < stop and text[fragment + 1] == 0x21:  # #! is the address of a page within a script
        size, _ = _spell(text, fragment, stop, out, size)
    return size


@compiled(_INT(TEXT, OFFSETS, _INT, *_NAMES, _ROOM, _BYTES, _PIECE))
def _normalise_all(
    text: Any, offsets: Any, rules: Int, names: Any, name_bounds: Any, room: Any, out: Any, positions: Any
) -> Int:
    size = np.int64(0)
    positions[0] = 0
    for i in range(len(offsets) - 1):
        start, stop = np.int64(offsets[i]), np.int64(offsets[i + 1])
        size = _normalise(text, start, stop, rules, names, name_bounds, room, out, size)
        positions[i + 1] = size
    return size


@compiled(types.void(TEXT, OFFSETS, types.uint64[::1]))
def _hash_all(text: Any, offsets: Any, found: Any) -> None:
    for i in range(len(found)):
        found[i] = hash_bytes(text, offsets[i], offsets[i + 1])
