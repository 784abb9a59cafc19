"""From texts to sums of rows of a fastText model's input matrix: words, character n-grams, n-grams of words.

Natural text repeats its words, so the rows that a short word stands for are remembered; character n-grams are hashed as
they grow; those that a pruned model has lost are sorted out by one look at a bit.

Nothing here has a signature: all of it is compiled into `redpyjama.kernels.fasttext.predict`, and a kernel less in the
cache is 5 ms less for every worker that starts.

Source: facebookresearch/fastText v0.9.2, src/dictionary.cc, src/model.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from redpyjama.kernels.fasttext_sums import add_rows
from redpyjama.kernels.fasttext_tables import (
    BUCKETS,
    DIM,
    KEPT,
    MAX_CHARS,
    MIN_CHARS,
    NUM_WORDS,
    WORD_GRAMS,
    find_word,
    popcount,
)

Seen = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]
"""Words met before: a hash table of places; at each place the hash, bytes, number of rows, the word itself, the rows,
so that a word costs one look at distant memory; the same memory as bytes; how much of it is used.
Belongs to one thread and one model; when it is full it forgets everything."""

SEEN: Any = types.Tuple((types.int32[::1], types.int32[::1], types.uint8[::1], types.int64[::1]))

_SHORT = 64  # bytes of a word worth remembering; longer ones are rare, or text without blanks
_HEAD = 3
_SPLIT = 128  # words found before their rows are looked up
_BATCH = 4096  # rows gathered before they are summed
_STARTS = 64  # of a longer word: how many first characters' n-grams are hashed before they are summed
_OUT_OF_VOCABULARY, _NOTHING = -1, -2
_BLANK = np.zeros(256, np.bool_)
_BLANK[[0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x00]] = True
_LABEL = np.frombuffer(b"__label__", np.uint8)
_END = np.frombuffer(b"</s>", np.uint8)
_END_HASH = np.uint32(0xD79C9359)  # its `fnv`

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


def new_seen(bits: int = 16) -> Seen:
    """Make an empty memory of at most 2**bits words, 64 bytes each on average."""
    size = 1 << bits
    rows = np.empty(size * 16 + 2**14, np.int32)
    return np.full(size, -1, np.int32), rows, rows.view(np.uint8), np.zeros(1, np.int64)


@njit(nogil=True)
def _begins(data: Any, start: _Int, stop: _Int, what: Any) -> Any:
    if stop - start < what.size:
        return False
    for i in range(what.size):
        if data[start + i] != what[i]:
            return False
    return True


@njit(nogil=True)
def _most_rows(size: _Int, shape: Any) -> _Int:
    """Return how many rows a word of so many bytes has at most, and room for one more that is not kept."""
    return (size + 2) * max(shape[MAX_CHARS], 0) + 2


@njit(nogil=True)
def _kept_row(bucket: _Int, bits: Any, ranks: Any, values: Any) -> _Int:
    before = (np.uint64(1) << np.uint64(bucket & 63)) - np.uint64(1)
    return values[ranks[bucket >> 6] + popcount(bits[bucket >> 6] & before)]


@njit(nogil=True)
def _hashed(value: Any, byte: Any) -> Any:
    """Take one more byte into a hash (`fasttext_tables.fnv`)."""
    return np.uint32((value ^ np.uint32(np.int8(byte))) * np.uint32(16777619))


@njit(nogil=True)
def _char_grams(word: Any, size: _Int, at: _Int, last: _Int, shape: Any, bits: Any, rows: Any, count: _Int) -> _Int:
    """Append the buckets of the n-grams that begin in [at, last) of the bracketed word and are kept."""
    shortest, longest, kept = shape[MIN_CHARS], shape[MAX_CHARS], shape[KEPT]
    buckets = np.uint32(shape[BUCKETS])
    while at < last:
        if word[at] & 0xC0 == 0x80:
            at += 1
            continue
        value = np.uint32(2166136261)
        end, length = at, np.int64(1)
        while end < size and length <= longest:
            value = _hashed(value, word[end])
            end += 1
            while end < size and word[end] & 0xC0 == 0x80:
                value = _hashed(value, word[end])
                end += 1
            if length >= shortest and not (length == 1 and (at == 0 or end == size)):  # a bracket alone says nothing
                bucket = np.int64(value % buckets)
                rows[count] = bucket
                count += 1 if kept < 0 else np.int64((bits[bucket >> 6] >> np.uint64(bucket & 63)) & np.uint64(1))
            length += 1
        at += 1
    return count


@njit(nogil=True)
def _to_rows(rows: Any, first: _Int, last: _Int, shape: Any, bits: Any, ranks: Any, values: Any) -> None:
    """Turn buckets into rows."""
    for i in range(first, last):
        bucket = np.int64(rows[i])
        rows[i] = shape[NUM_WORDS] + (bucket if shape[KEPT] < 0 else _kept_row(bucket, bits, ranks, values))


@njit(nogil=True)
def _entry(data: Any, start: _Int, stop: _Int, value: Any, num_words: _Int, words: Any) -> _Int:
    """Return the word's number, or that it is out of vocabulary, or that it counts for nothing: a label."""
    entry = words[0][find_word(data, start, stop, value, words)]
    if entry < 0:
        return _NOTHING if _begins(data, start, stop, _LABEL) else _OUT_OF_VOCABULARY
    return entry if entry < num_words else _NOTHING


@njit(nogil=True)
def _recall(data: Any, num_words: _Int, found: Any, values: Any, places: Any, rows: Any, letters: Any) -> None:
    """Write down where the words are in the memory, or -1.

    All in one loop over plain arrays: to hand them to a function for each word costs more than the word does.
    """
    mask = places.size - 1
    for i in range(num_words):
        start, size, value = found[i, 0], found[i, 1], values[i]
        at = np.int64(places[np.int64(value) & mask])
        if at >= 0:
            if rows[at] != np.int32(value) or rows[at + 1] != size:
                at = -1
            else:
                byte, j = 4 * (at + _HEAD), np.int64(0)
                while j < size and letters[byte + j] == data[start + j]:
                    j += 1
                if j < size:
                    at = -1
        found[i, 2] = at


@njit(nogil=True)
def _learn(data: Any, i: _Int, num_words: _Int, model: Any, seen: Any, work: Any) -> _Int:
    """Put the words from *i* on in the memory that are not there, but for long ones.

    Returns:
        How far it went: to *num_words*, or to where the memory was full.
    """
    shape, words, (bits, ranks, values), _, _, _, _ = model
    places, rows, letters, used = seen
    _, _, word, _, found, hashes = work
    word[0] = ord("<")
    begin = i
    while i < num_words:
        start, size, value = found[i, 0], found[i, 1], hashes[i]
        if found[i, 2] < 0 and size <= _SHORT:
            at = used[0]
            first = at + _HEAD + ((size + 3) >> 2)
            if first + _most_rows(size, shape) > rows.size:
                if i > begin:
                    return i  # what is there must be used before it is forgotten
                places[:], found[i:num_words, 2] = -1, -1
                at, first = np.int64(0), _HEAD + ((size + 3) >> 2)
            for j in range(size):
                letters[4 * (at + _HEAD) + j] = word[1 + j] = data[start + j]
            word[size + 1] = ord(">")
            entry = _entry(data, start, start + size, value, shape[NUM_WORDS], words)
            count = first
            if entry >= 0:
                rows[count] = entry
                count += 1
            if entry != _NOTHING:
                grams = count
                count = _char_grams(word, size + 2, 0, size + 2, shape, bits, rows, grams)
                _to_rows(rows, grams, count, shape, bits, ranks, values)
            rows[at], rows[at + 1] = np.int32(value), size
            rows[at + 2] = count - first if entry != _NOTHING else _NOTHING
            used[0] = count
            places[np.int64(value) & (places.size - 1)] = at
            found[i, 2] = at
        i += 1
    return i


@njit(nogil=True)
def _add_long(data: Any, start: _Int, size: _Int, value: Any, model: Any, work: Any) -> _Int:
    """Add all rows of a long word; return how many they are, or `_NOTHING` for a label."""
    shape, words, (bits, ranks, values), weights, _, _, _ = model
    hidden, _, word, batch, _, _ = work
    entry = _entry(data, start, start + size, value, shape[NUM_WORDS], words)
    if entry == _NOTHING:
        return _NOTHING
    count, total = np.int64(0), np.int64(0)
    if entry >= 0:
        batch[0] = entry
        count = 1
    word[0], word[size + 1] = ord("<"), ord(">")
    word[1 : size + 1] = data[start : start + size]
    for at in range(0, size + 2, _STARTS):
        grams = count
        count = _char_grams(word, size + 2, at, min(at + _STARTS, size + 2), shape, bits, batch, grams)
        _to_rows(batch, grams, count, shape, bits, ranks, values)
        add_rows(hidden, batch, count, shape, weights)
        total += count
        count = 0
    return total


@njit(nogil=True)
def _add_word_grams(hidden: Any, hashes: Any, num_hashes: _Int, model: Any, batch: Any) -> _Int:
    """Add the rows of all n-grams of the words with these hashes; return how many they are."""
    shape, _, pruned, weights, _, _, _ = model
    bits, ranks, values = pruned
    buckets = np.uint64(shape[BUCKETS])
    total, count = np.int64(0), np.int64(0)
    for i in range(num_hashes):
        value = np.uint64(np.int32(hashes[i]))  # sign-extended: the library keeps hashes as signed numbers
        for j in range(i + 1, min(num_hashes, i + shape[WORD_GRAMS])):
            value = value * np.uint64(116049371) + np.uint64(np.int32(hashes[j]))
            bucket = np.int64(value % buckets)
            if shape[KEPT] >= 0:
                if not (bits[bucket >> 6] >> np.uint64(bucket & 63)) & np.uint64(1):
                    continue
                bucket = _kept_row(bucket, bits, ranks, values)
            if count == batch.size:
                add_rows(hidden, batch, count, shape, weights)
                total, count = total + count, np.int64(0)
            batch[count] = shape[NUM_WORDS] + bucket
            count += 1
    add_rows(hidden, batch, count, shape, weights)
    return total + count


@njit(nogil=True)
def _split(data: Any, at: _Int, end: _Int, found: Any, values: Any) -> tuple[_Int, _Int]:
    """Find the next words, with start, size and hash; return how many, and where to go on.

    The word "</s>" ends the text wherever it stands.
    """
    count = np.int64(0)
    while count < values.size:
        while at < end and _BLANK[data[at]]:
            at += 1
        if at == end:
            break
        start, value = at, np.uint32(2166136261)
        while at < end and not _BLANK[data[at]]:
            value = np.uint32((value ^ np.uint32(np.int8(data[at]))) * np.uint32(16777619))
            at += 1
        if value == _END_HASH and at - start == _END.size and _begins(data, start, at, _END):
            return count, end
        found[count, 0], found[count, 1], values[count] = start, at - start, value
        count += 1
    return count, at


@njit(nogil=True)
def _gather(found: Any, i: _Int, stop: _Int, rows: Any, batch: Any, count: _Int) -> tuple[_Int, _Int]:
    """Append the rows of the words from *i* on to the batch; return how far it went, and the number of rows.

    It stops at long words, labels, and where there is no room.
    """
    while i < stop:
        at = found[i, 2]
        if at < 0:
            break
        num_rows = np.int64(rows[at + 2])
        if num_rows < 0 or count + num_rows > batch.size:
            break
        first = at + _HEAD + ((found[i, 1] + 3) >> 2)
        for j in range(num_rows):
            batch[count + j] = rows[first + j]
        count += num_rows
        i += 1
    return i, count


@njit(nogil=True)
def _add_end(ending: _Int, num_hashes: _Int, model: Any, work: Any) -> _Int:
    """Add the row of the word that ends a line, and those of all n-grams of words; return how many they are."""
    shape, _, _, weights, _, _, _ = model
    hidden, hashes, _, batch, _, _ = work
    total = np.int64(0)
    if ending >= 0:
        batch[0] = ending
        add_rows(hidden, batch, 1, shape, weights)
        total = 1
    if hashes.size:
        if ending != _NOTHING:
            hashes[num_hashes] = _END_HASH
            num_hashes += 1
        total += _add_word_grams(hidden, hashes, num_hashes, model, batch)
    return total


@njit(nogil=True)
def new_work(shape: Any, longest: _Int) -> Any:
    """Make what `sum_text` works in, for texts of at most *longest* bytes.

    It is the hidden vector; hashes of a text's words; room for one word in brackets; rows to be added; start, size and
    place in the memory of the next words; their hashes.
    """
    hashes = np.empty(longest // 2 + 2 if shape[WORD_GRAMS] > 1 else 0, np.uint32)
    word = np.empty(max(longest, _SHORT) + 2, np.uint8)
    batch = np.empty(max(_BATCH, _most_rows(max(_STARTS, _SHORT), shape)), np.int32)
    found, values = np.empty((_SPLIT, 3), np.int64), np.empty(_SPLIT, np.uint32)
    return np.empty(shape[DIM], np.float32), hashes, word, batch, found, values


@njit(nogil=True)
def end_of_line(shape: Any, words: Any) -> _Int:
    """Return the entry of the word "</s>" that ends every line, as `sum_text` wants it."""
    return _entry(_END, 0, _END.size, _END_HASH, shape[NUM_WORDS], words)


@njit(nogil=True)
def sum_text(data: Any, at: _Int, end: _Int, ending: _Int, model: Any, seen: Any, work: Any) -> _Int:
    """Sum the rows of the text [at, end) in the hidden vector, `work[0]`; return how many they are."""
    shape, _, _, weights, _, _, _ = model
    places, rows, letters, _ = seen
    hidden, hashes, _, batch, found, values = work
    hidden[:] = 0
    count, total, num_hashes = np.int64(0), np.int64(0), np.int64(0)
    while at < end:
        num_words, at = _split(data, at, end, found, values)
        _recall(data, num_words, found, values, places, rows, letters)
        i = known = np.int64(0)
        while i < num_words:
            if i == known:
                known = _learn(data, i, num_words, model, seen, work)
            stop, count = _gather(found, i, known, rows, batch, count)
            if hashes.size:
                hashes[num_hashes : num_hashes + stop - i] = values[i:stop]
                num_hashes += stop - i
            i = stop
            if i == known:
                continue
            add_rows(hidden, batch, count, shape, weights)
            total, count = total + count, np.int64(0)
            if found[i, 2] < 0:
                num_rows = _add_long(data, found[i, 0], found[i, 1], values[i], model, work)
                total += max(num_rows, 0)
                if num_rows != _NOTHING and hashes.size:
                    hashes[num_hashes] = values[i]
                    num_hashes += 1
                i += 1
            elif rows[found[i, 2] + 2] == _NOTHING:
                i += 1
    add_rows(hidden, batch, count, shape, weights)
    return total + count + _add_end(ending, num_hashes, model, work)
