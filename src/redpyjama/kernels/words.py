"""The one tokenisation of documents into words and lines, shared by every step that looks at words.

`split_words` takes the offsets of some documents of a batch and returns flat arrays over all their words; `chunks` cuts
a batch so that those arrays stay small whatever its size. Positions are those of the batch's data buffer.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import line_split, scripts, word_hash, word_split
from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.arrow import chunks as chunks  # of words; callers look for it here


class Mode(StrEnum):
    """What a word is.

    Attributes:
        UNICODE: Runs of letters, marks and digits, held together by an apostrophe, full stop, middle dot or underscore
            between two of them and by a comma between digits; a character of a script without spaces is a word, marks
            after it included. No punctuation. Hashes are of the small letters in NFD, an apostrophe is one however
            written. After UAX #29 (word boundaries), without its rules for Hebrew quotes and emoji.
        WHITESPACE: Runs of what is no white space: `str.split`. Dolma's.
        WORD_PUNCT: Runs of letters, digits and underscores, and runs of what is neither these nor white space: NLTK's
            WordPunctTokenizer, which RedPajama V2 calls raw words.
        NORMALISED: Runs of what is no white space, without the ASCII punctuation in them; nothing left, no word. Chars
            and hashes are of the small letters in NFD: RedPajama V2's normalised words.
        SPACY: As spaCy's rules for English split, which datatrove uses.
    """

    UNICODE = "unicode"
    WHITESPACE = "whitespace"
    WORD_PUNCT = "word_punct"
    NORMALISED = "normalised"
    SPACY = "spacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of some documents.

    Attributes:
        doc_offsets: int64 of n + 1: the words of document i are [doc_offsets[i], doc_offsets[i + 1]).
        start: int32: where each word begins in the data buffer.
        stop: int32: where it ends; bytes that a mode leaves out may lie between.
        hash: uint64 over the word's UTF-8 bytes, normalised as the mode says: equal words, equal hashes.
        chars: int32: its code points, normalised as the mode says.
        bits: uint8: all the bits of `scripts.word_classes` that some character of it has.
    """

    doc_offsets: NDArray[np.int64]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    hash: NDArray[np.uint64]
    chars: NDArray[np.int32]
    bits: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of some documents.

    Attributes:
        doc_offsets: int64 of n + 1: the lines of document i are [doc_offsets[i], doc_offsets[i + 1]).
        start: int32: where each line begins in the data buffer.
        stop: int32: where it ends, without its line end.
        hash: uint64 over its bytes.
        chars: int32: its code points.
    """

    doc_offsets: NDArray[np.int64]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    hash: NDArray[np.uint64]
    chars: NDArray[np.int32]


def split_words(data: Bytes, offsets: Offsets, mode: Mode) -> Words:
    """Return the words of the documents that lie between *offsets* in *data*.

    Args:
        data: Valid UTF-8.
        offsets: n + 1 positions; a slice of a batch's offsets will do.
        mode: What a word is.
    """
    num_bytes = int(offsets[-1]) - int(offsets[0])
    room = num_bytes // 4 + 64
    doc_offsets = np.empty(len(offsets), np.int64)
    while True:
        start, stop, chars = (np.empty(room, np.int32) for _ in range(3))
        hashes, bits = np.empty(room, np.uint64), np.empty(room, np.uint8)
        count = _split(mode)(data, offsets, doc_offsets, start, stop, hashes, chars, bits)
        if count <= room:
            break
        room = count
    return Words(
        doc_offsets=doc_offsets,
        start=start[:count],
        stop=stop[:count],
        hash=hashes[:count],
        chars=chars[:count],
        bits=bits[:count],
    )


def split_lines(data: Bytes, offsets: Offsets) -> Lines:
    r"""Return the lines of the documents that lie between *offsets* in *data*; after the last "\n" is none."""
    room = (int(offsets[-1]) - int(offsets[0])) // 32 + 64
    doc_offsets = np.empty(len(offsets), np.int64)
    while True:
        start, stop, chars = (np.empty(room, np.int32) for _ in range(3))
        hashes = np.empty(room, np.uint64)
        count = line_split.at_newlines(data, offsets, doc_offsets, start, stop, hashes, chars)
        if count <= room:
            break
        room = count
    return Lines(
        doc_offsets=doc_offsets, start=start[:count], stop=stop[:count], hash=hashes[:count], chars=chars[:count]
    )


def hash_of(word: str, mode: Mode) -> int:
    """Return the hash that `split_words` gives this word; 0 where the mode makes none or several words of it."""
    data = word.encode()
    found = split_words(np.frombuffer(data, np.uint8), np.array([0, len(data)], np.int32), mode)
    return int(found.hash[0]) if len(found.hash) == 1 else 0


@functools.cache
def _split(mode: Mode) -> Any:
    """Return the kernel of a mode with its tables filled in."""
    classes, folds = scripts.word_classes(), word_hash.folds()
    if mode == Mode.UNICODE:
        return lambda data, offsets, *out: word_split.by_unicode(data, offsets, classes, *folds, *out)
    if mode == Mode.NORMALISED:
        return lambda data, offsets, *out: word_split.normalised(data, offsets, classes, *folds, *out)
    if mode == Mode.WHITESPACE:
        return lambda data, offsets, *out: word_split.runs(data, offsets, classes, 0, *out)
    if mode == Mode.WORD_PUNCT:
        return lambda data, offsets, *out: word_split.runs(data, offsets, classes, 1, *out)
    return _split_english


def _split_english(data: Bytes, offsets: Offsets, *out: Any) -> int:
    from redpyjama.kernels import word_split_english  # four seconds to compile, and not everybody splits so

    longest = int(np.diff(offsets).max(initial=0))
    scratch = [np.empty(size, np.int32) for size in (longest, longest, 2 * longest)]
    return word_split_english.split(data, offsets, scripts.word_classes(), *word_split_english.tables(), *scratch, *out)
