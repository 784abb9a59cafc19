"""What a fastText model needs beside its weights: made once, when `redpyjama.store.fasttext_file` loads it.

Source: facebookresearch/fastText v0.9.2, src/dictionary.cc, src/loss.cc, src/productquantizer.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

U8: Any = types.Array(types.uint8, 1, "C", readonly=True)
I32: Any = types.Array(types.int32, 1, "C", readonly=True)
I64: Any = types.Array(types.int64, 1, "C", readonly=True)
U32: Any = types.Array(types.uint32, 1, "C", readonly=True)
U64: Any = types.Array(types.uint64, 1, "C", readonly=True)
F32: Any = types.Array(types.float32, 1, "C", readonly=True, aligned=False)
"""Weights stay where the file has them, and that need not be a multiple of four."""

WORDS: Any = types.Tuple((I32, U32, I64, I32, U8))
"""Hash table (entry or -1; a power of two), hash, start and length of each entry, the bytes they lie in."""

PRUNED: Any = types.Tuple((U64, I32, I32))
"""A bit for each bucket that was kept, how many bits are set before each word of them, the rows of the set bits."""

DIM, MIN_CHARS, MAX_CHARS, BUCKETS, WORD_GRAMS, NUM_WORDS, LOSS, KEPT, PARTS, WIDTH, LAST_WIDTH = range(11)
"""Places in the shape of a model: numbers in a row; character and word n-grams; entries of the dictionary that are
words; the loss; buckets kept by pruning (-1: all); parts of a quantised row, their width, the width of the last."""

HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4

INPUT: Any = types.Tuple((F32, U8, F32, F32))
OUTPUT: Any = types.Tuple((F32, F32))
_TREE: Any = types.UniTuple(I32, 2)
MODEL: Any = types.Tuple((I64, WORDS, PRUNED, INPUT, OUTPUT, _TREE, F32))
"""What a kernel needs of a model: shape; dictionary; pruning; input rows or, if these are empty, codes, centroids and
norms; output rows and what each product with them is multiplied by; children of the tree's nodes; the table of
sigmoids."""

MAX_COUNT = 10**15
"""fastText's own mark of a node that has no count yet: a label as frequent would tie the tree into a knot."""

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


@njit(nogil=True)
def fnv(data: Any, start: _Int, stop: _Int) -> Any:
    """Hash bytes by FNV-1a with each byte sign-extended, which the first fastText did by accident."""
    value = np.uint32(2166136261)
    for i in range(start, stop):
        value = np.uint32((value ^ np.uint32(np.int8(data[i]))) * np.uint32(16777619))
    return value


@njit(nogil=True)
def find_word(data: Any, start: _Int, stop: _Int, value: Any, words: Any) -> _Int:
    """Return where in the table the word [start, stop) with hash *value* stands, or the free place where it would."""
    table, hashes, starts, lengths, letters = words
    mask = table.size - 1
    at = np.int64(value) & mask
    while table[at] >= 0:
        entry = table[at]
        if hashes[entry] == value and lengths[entry] == stop - start:
            i = np.int64(0)
            while i < stop - start and data[start + i] == letters[starts[entry] + i]:
                i += 1
            if i == stop - start:
                return at
        at = (at + 1) & mask
    return at


@njit(
    types.int64(U8, types.int64, types.int64[::1], types.int32[::1], types.int64[::1], types.uint8[::1]),
    cache=True,
    nogil=True,
)
def scan_dictionary(data: Any, at: _Int, starts: Any, lengths: Any, counts: Any, kinds: Any) -> _Int:
    """Read entries (word, 0, count, kind) from *at* on; return where they end, or -1 if the file ends before."""
    for entry in range(starts.size):
        starts[entry] = at
        while at < data.size and data[at] != 0:
            at += 1
        if at + 10 > data.size:
            return -1
        lengths[entry] = at - starts[entry]
        count = np.uint64(0)
        for i in range(8):
            count |= np.uint64(data[at + 1 + i]) << np.uint64(8 * i)
        counts[entry] = np.int64(count)
        kinds[entry] = data[at + 9]
        at += 10
    return at


@njit(types.void(types.int32[::1], types.uint32[::1], I64, I32, U8), cache=True, nogil=True)
def fill_words(table: Any, hashes: Any, starts: Any, lengths: Any, data: Any) -> None:
    """Put all entries in the hash table, which is all -1; the last of equals stays."""
    words = (table, hashes, starts, lengths, data)
    for entry in range(starts.size):
        stop = starts[entry] + lengths[entry]
        hashes[entry] = fnv(data, starts[entry], stop)
        table[find_word(data, starts[entry], stop, hashes[entry], words)] = entry


@njit(nogil=True)
def popcount(word: Any) -> _Int:
    """Count the bits set; compilers know this form and use the processor's instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(types.void(I32, I32, types.uint64[::1], types.int32[::1], types.int32[::1]), cache=True, nogil=True)
def fill_pruned(buckets: Any, rows: Any, bits: Any, ranks: Any, values: Any) -> None:
    """Index the buckets that were kept and the rows they have become; the last of equals stays."""
    one = np.uint64(1)
    for bucket in buckets:
        bits[bucket >> 6] |= one << np.uint64(bucket & 63)
    total = np.int64(0)
    for i in range(bits.size):
        ranks[i] = total
        total += popcount(bits[i])
    for i in range(buckets.size):
        word, bit = buckets[i] >> 6, one << np.uint64(buckets[i] & 63)
        values[ranks[word] + popcount(bits[word] & (bit - one))] = rows[i]


@njit(types.void(U8, F32, F32, types.int64, types.int64, types.int64, types.float32[:, ::1]), cache=True, nogil=True)
def dequantise(codes: Any, centroids: Any, norms: Any, parts: _Int, width: _Int, last_width: _Int, out: Any) -> None:
    """Write out the rows of a product-quantised matrix.

    Args:
        codes: *parts* codes a row.
        centroids: 256 a part, *width* numbers each, those of the last part *last_width*.
        norms: What each row is multiplied by; empty for 1.
        parts: How many parts a row has.
        width: Numbers in a part.
        last_width: Numbers in the last part.
        out: Where the rows go.
    """
    for row in range(out.shape[0]):
        norm = norms[row] if norms.size else np.float32(1)
        for part in range(parts):
            size = width if part < parts - 1 else last_width
            begin = part * 256 * width + np.int64(codes[row * parts + part]) * size
            for i in range(size):
                out[row, part * width + i] = norm * centroids[begin + i]


@njit(types.void(I64, types.int32[::1], types.int32[::1]), cache=True, nogil=True)
def build_tree(label_counts: Any, left: Any, right: Any) -> None:
    """Build fastText's Huffman tree of the labels.

    Args:
        label_counts: How frequent each label is, most frequent first; each from 0 to `MAX_COUNT`.
        left: Where the first child of each node goes, -1 for the labels, which come first; the last node is the root.
        right: The same for the second child.
    """
    num_labels, num_nodes = label_counts.size, left.size
    counts = np.full(num_nodes, MAX_COUNT, np.int64)
    counts[:num_labels] = label_counts
    left[:], right[:] = -1, -1
    leaf, node = num_labels - 1, num_labels
    for i in range(num_labels, num_nodes):
        for side in range(2):
            if leaf >= 0 and counts[leaf] < counts[node]:
                child = leaf
                leaf -= 1
            else:
                child = node
                node += 1
            if side == 0:
                left[i] = child
            else:
                right[i] = child
        counts[i] = counts[left[i]] + counts[right[i]]
