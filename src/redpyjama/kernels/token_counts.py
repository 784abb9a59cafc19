"""Counting byte-pair tokens over Arrow buffers: exact counts, no token ever made.

A text is cut where no merge can reach across, so each piece counts for itself: natural text repeats its words, and a
table of short pieces answers most of them. What the table does not know is merged as the libraries merge: the pair of
lowest rank first, the leftmost of equals.

Two kinds of models: *characters* (SentencePiece and what follows it; cut where no token holds the two characters side
by side) and *bytes* (GPT-2 and what follows it; cut by GPT-2's pattern). `redpyjama.store.vocabulary` makes the tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from redpyjama.kernels.bpe import (
    I32,
    I64,
    KEY_BYTES,
    U8,
    U64,
    USUAL,
    WORDS,
    WORK,
    bigram_bit,
    decode,
    keep,
    key,
    known,
    merge,
    new_work,
)

LETTER, NUMBER, SPACE = 1, 2, 3
"""Classes of characters in GPT-2's pattern; 0 is everything else."""

PREFIX_NEVER, PREFIX_ALWAYS, PREFIX_UNLESS_SPACE = 0, 1, 2
"""Whether a text begins with a space that it does not have."""

ACTIVE = 1
"""Flag of `scan`: normalizing may change the text."""

RESERVED = 2
"""Flag of `scan`: the text spells out a token that is matched before everything else."""

BLANK = 0x2581  # SentencePiece's visible space: it and the space are the same symbol

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


# --- characters ---------------------------------------------------------------------------------------------------

_CHARACTERS: Any = types.Tuple((I32, U8, U64, U64, I64))


@njit(types.boolean(types.int64, types.int64, U8, U64, types.uint64), cache=True, nogil=True, inline="always")
def may_join(left: _Int, right: _Int, ascii_joins: Any, joins: Any, mask: Any) -> Any:
    """Say whether some token may hold these two side by side; never wrongly "no"."""
    if (left | right) < 0x80:
        return ascii_joins[(left << 7) | right] != 0
    bit = bigram_bit(left, right) & mask
    return (joins[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1) != 0


@njit(types.int64(U8, types.int64, types.int64, types.int64, _CHARACTERS, WORK), cache=True, nogil=True)
def _character_piece(data: Any, start: _Int, stop: _Int, prefix: _Int, model: Any, work: Any) -> _Int:
    """Count the tokens of one piece; a character without a symbol becomes its bytes."""
    if stop - start + prefix > work[0].size:
        work = new_work(stop - start + prefix)
    symbols, ids = work[0], model[0]
    count, extra = np.int64(0), np.int64(0)
    if prefix:
        symbols[0] = ids[0x20]
        count = 1
    at = start
    while at < stop:
        character, following = decode(data, at)
        symbols[count] = ids[character]
        if symbols[count] < 0:
            extra += following - at - 1
        count += 1
        at = following
    return merge(count, work, model[3], model[4]) + extra


@njit(types.void(I32, U8, types.int64, _CHARACTERS, WORDS, types.int32[::1]), cache=True, nogil=True)
def count_characters(offsets: Any, data: Any, prefix: _Int, model: Any, words: Any, counts: Any) -> None:
    """Count the tokens of each text by a model of characters.

    Args:
        offsets: N + 1 positions in *data*.
        data: Valid UTF-8.
        prefix: One of the ``PREFIX_`` constants.
        model: Character -> symbol or -1; 128 * 128 flags and a bit set of a power of two: which pairs of characters
            tokens hold; the merges, whose symbols for single characters not in the vocabulary are those of `model[0]`.
        words: From `new_words`, for this model alone.
        counts: Where the N counts go.
    """
    work = new_work(USUAL)
    _, ascii_joins, joins, _, _ = model  # unpacked once: taking an array out of a tuple costs more than using it
    mask = np.uint64(joins.size * 64 - 1)
    for row in range(counts.size):
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        total = np.int64(0)
        if at == end:
            counts[row] = 0
            continue
        character, following = decode(data, at)
        blank = character == 0x20 or character == BLANK
        ahead = np.int64(prefix == PREFIX_ALWAYS or (prefix == PREFIX_UNLESS_SPACE and not blank))
        start, previous = at, np.int64(0x20)
        while True:
            if at < end:
                character, following = decode(data, at)
            joined = at < end and (
                (at == start and not ahead) or may_join(previous, character, ascii_joins, joins, mask)
            )
            if not joined:  # a piece ends here
                tokens = np.int64(0)
                short = at - start + ahead <= KEY_BYTES
                low, high = np.uint64(0), np.uint64(0)
                if short:
                    low, high = key(data, start, at, ahead)
                    tokens = known(low, high, words)
                if tokens == 0:
                    tokens = _character_piece(data, start, at, ahead, model, work)
                    if short:
                        keep(low, high, tokens, words)
                total += tokens
                if at == end:
                    break
                start, ahead = at, np.int64(0)
            previous = character
            at = following
        counts[row] = total


# --- bytes --------------------------------------------------------------------------------------------------------

_BYTES: Any = types.Tuple((I32, U8, U64, I64))


@njit(types.int64(U8, types.int64, types.int64), cache=True, nogil=True)
def _contraction(data: Any, at: _Int, end: _Int) -> _Int:
    """Return the length of ``'s 't 'm 'd 're 've 'll`` at an apostrophe, or 0."""
    if at + 1 >= end:
        return 0
    one = data[at + 1]
    if one == ord("s") or one == ord("t") or one == ord("m") or one == ord("d"):
        return 2
    if at + 2 >= end:
        return 0
    two = data[at + 2]
    if ((one == ord("r") or one == ord("v")) and two == ord("e")) or (one == ord("l") and two == ord("l")):
        return 3
    return 0


@njit(types.int64(U8, types.int64, types.int64, U8), cache=True, nogil=True)
def _next_piece(data: Any, start: _Int, end: _Int, classes: Any) -> _Int:
    r"""Return where the match of GPT-2's pattern that begins at *start* ends.

    Source: ``'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`` (openai/gpt-2, encoder.py).
    """
    if data[start] == ord("'"):
        length = _contraction(data, start, end)
        if length:
            return start + length
    character, at = decode(data, start)
    kind = classes[character]
    if character == 0x20 and at < end:
        following, beyond = decode(data, at)
        if classes[following] != SPACE:
            kind, at = classes[following], beyond
    last = start  # where the run's last character begins
    while at < end:
        character, beyond = decode(data, at)
        if classes[character] != kind:
            break
        last, at = at, beyond
    if kind == SPACE and at < end and last > start:
        return last  # a run of spaces leaves its last one to what follows
    return at


@njit(types.int64(U8, types.int64, types.int64, _BYTES, WORK), cache=True, nogil=True)
def _byte_piece(data: Any, start: _Int, stop: _Int, model: Any, work: Any) -> _Int:
    """Count the tokens of one piece."""
    if stop - start > work[0].size:
        work = new_work(stop - start)
    symbols, ids = work[0], model[0]
    for i in range(stop - start):
        symbols[i] = ids[data[start + i]]
    return merge(stop - start, work, model[2], model[3])


@njit(types.int64(U8, types.int64, types.int64, types.int64), cache=True, nogil=True)
def _next_run(data: Any, at: _Int, end: _Int, longest: _Int) -> _Int:
    """Return where the next two spaces side by side begin, or *end*; without tokens for runs there are none."""
    if longest < 2:
        return end
    while at + 1 < end:
        if data[at + 1] != 0x20:
            at += 2
        elif data[at] == 0x20:
            return at
        else:
            at += 1
    return end


@njit(types.void(I32, U8, types.int64, _BYTES, WORDS, types.int32[::1]), cache=True, nogil=True)
def count_bytes(offsets: Any, data: Any, longest_run: _Int, model: Any, words: Any, counts: Any) -> None:
    """Count the tokens of each text by a model of bytes.

    Args:
        offsets: N + 1 positions in *data*.
        data: Valid UTF-8.
        longest_run: 0, or the vocabulary has tokens for 2 to this many spaces that are taken out before all else, the
            longest first.
        model: Byte -> symbol; character -> class; the merges.
        words: From `new_words`, for this model alone.
        counts: Where the N counts go.
    """
    work = new_work(USUAL)
    classes = model[1]
    for row in range(counts.size):
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        total = np.int64(0)
        while at < end:
            run = _next_run(data, at, end, longest_run)
            while at < run:
                stop = _next_piece(data, at, run, classes)
                tokens = np.int64(0)
                short = stop - at <= KEY_BYTES
                low, high = np.uint64(0), np.uint64(0)
                if short:
                    low, high = key(data, at, stop, 0)
                    tokens = known(low, high, words)
                if tokens == 0:
                    tokens = _byte_piece(data, at, stop, model, work)
                    if short:
                        keep(low, high, tokens, words)
                total += tokens
                at = stop
            while at < end and data[at] == 0x20:
                at += 1
            whole, rest = (at - run) // max(longest_run, 1), (at - run) % max(longest_run, 1)
            total += whole + np.int64(rest > 1)
            at -= np.int64(rest == 1)  # then the run's last space begins what follows
        counts[row] = total


# --- what has to be looked at before counting ---------------------------------------------------------------------


@njit(types.boolean(U8, types.int64, types.int64, I32, U8), cache=True, nogil=True)
def _spelled_out(data: Any, at: _Int, end: _Int, positions: Any, reserved: Any) -> Any:
    for i in range(positions.size - 1):
        start, stop = positions[i], positions[i + 1]
        length = np.int64(stop) - np.int64(start)
        if at + length > end:
            continue
        same = True
        for j in range(length):
            if data[at + j] != reserved[start + j]:
                same = False
                break
        if same:
            return True
    return False


@njit(types.void(I32, U8, U8, I32, U8, types.uint8[::1]), cache=True, nogil=True)
def scan(offsets: Any, data: Any, watch: Any, positions: Any, reserved: Any, flags: Any) -> None:
    """Find the texts that cannot be counted as they are.

    Args:
        offsets: N + 1 positions in *data*.
        data: Valid UTF-8.
        watch: Character -> the flags of every text that has it; empty if no character matters.
        positions: Of the reserved tokens in *reserved*; none is empty.
        reserved: UTF-8 of the reserved tokens, end to end.
        flags: Where the N sums of `ACTIVE` and `RESERVED` go.
    """
    begins = np.zeros(256, np.bool_)
    for i in range(positions.size - 1):
        begins[reserved[positions[i]]] = True
    for row in range(flags.size):
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        found = 0
        while at < end:
            if begins[data[at]] and _spelled_out(data, at, end, positions, reserved):
                found |= RESERVED
            character, at = decode(data, at)
            if watch.size:
                found |= watch[character]
        flags[row] = found
