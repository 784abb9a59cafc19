"""Gopher's quality rules: how many words, how long, how many symbols, bullets, ellipses, and whether they are words."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.errors import UsageError
from redpyjama.stage import Signal
from redpyjama.steps.shared_words import WordMode, ratio

if TYPE_CHECKING:
    from redpyjama.kernels.arrow import Bytes, Offsets
    from redpyjama.kernels.words import Words

_SOURCE = "Rae et al. 2021 (Gopher), arXiv 2112.11446, appendix A.1.1; as datatrove 0.10.1, GopherQualityFilter"
_MAX_STOP_WORDS = 63


class GopherQuality:
    """The measures of Gopher's rules, in the making; without words, or without lines, as if there were one.

    Departs: datatrove takes a word for a stop word in small letters only; so do we where words are kept as they stand,
    but "unicode" and "normalised" make them small.
    """

    def __init__(self, num_rows: int, mode: WordMode, stop_words: tuple[str, ...], bullets: tuple[str, ...]) -> None:
        from redpyjama.kernels import gopher, punctuation, unicode

        self._tables = unicode.classes(), punctuation.no_words(), _bullets(bullets), _stop_words(mode, stop_words)
        self._rows = np.empty((num_rows, gopher.NUM_COLUMNS), np.int64)
        self._lengths = np.zeros(gopher.LONGEST + 1, np.int64)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """See `shared_words.Family`."""
        from redpyjama.kernels import gopher

        gopher.measure(
            data, offsets, *self._tables, found.doc_offsets, found.start, found.stop, found.hash, found.chars,
            found.bits, self._lengths, self._rows[first:last],
        )  # fmt: skip

    def columns(self) -> dict[str, Any]:
        """See `shared_words.Family`."""
        from redpyjama.kernels import gopher as g

        rows = self._rows
        tokens, lines = rows[:, g.TOKENS], rows[:, g.LINES]
        return {
            "gopher_num_words": rows[:, g.WORDS].astype(np.int32),
            "gopher_mean_word_length": ratio(rows[:, g.CHARS], rows[:, g.WORDS]),
            "gopher_median_word_length": rows[:, g.MEDIAN_2] / 2,
            "gopher_hash_word_ratio": ratio(rows[:, g.HASHES], tokens),
            "gopher_ellipsis_word_ratio": ratio(rows[:, g.ELLIPSES], tokens),
            "gopher_bullet_lines_frac": ratio(rows[:, g.BULLETS], lines),
            "gopher_ellipsis_lines_frac": ratio(rows[:, g.ELLIPSIS_LINES], lines),
            "gopher_alpha_words_frac": ratio(rows[:, g.ALPHA_WORDS], tokens),
            "gopher_num_stop_words": rows[:, g.STOP_WORDS].astype(np.int32),
        }


@functools.lru_cache(maxsize=8)
def _bullets(bullets: tuple[str, ...]) -> Any:
    from redpyjama.kernels import punctuation

    if odd := [bullet for bullet in bullets if len(bullet) != 1]:
        raise UsageError(f"step quality: bullets of more than one character: {odd}", "write them one by one")
    return punctuation.table_of("".join(bullets))


@functools.lru_cache(maxsize=8)
def _stop_words(mode: WordMode, stop_words: tuple[str, ...]) -> Any:
    from redpyjama.kernels import words

    if len(stop_words) > _MAX_STOP_WORDS:
        raise UsageError(f"step quality: {len(stop_words)} stop words", f"name at most {_MAX_STOP_WORDS}")
    return np.array([words.hash_of(word, words.Mode(mode)) for word in stop_words], np.uint64)


SIGNALS = {
    "gopher_num_words": Signal(
        "int32", "Words that are not all punctuation; Gopher drops below 50 and above 100,000.", _SOURCE
    ),
    "gopher_mean_word_length": Signal(
        "double", "Characters of those words, on average; Gopher drops below 3 and above 10.", _SOURCE
    ),
    "gopher_median_word_length": Signal(
        "double", "Their median, at most 1,024; Dolma drops below 3 and above 10.", "Dolma 1.2, taggers/gopher.py"
    ),
    "gopher_hash_word_ratio": Signal("double", 'Number signs ("#") over words; Gopher drops above 0.1.', _SOURCE),
    "gopher_ellipsis_word_ratio": Signal(
        "double", 'Ellipses ("..." or "…") over words; Gopher drops above 0.1.', _SOURCE
    ),
    "gopher_bullet_lines_frac": Signal(
        "double", "Lines that begin with a bullet over all, 0 to 1; Gopher drops above 0.9.", _SOURCE
    ),
    "gopher_ellipsis_lines_frac": Signal(
        "double", "Lines that end in an ellipsis over all, 0 to 1; Gopher drops above 0.3.", _SOURCE
    ),
    "gopher_alpha_words_frac": Signal(
        "double", "Words with a letter over all, 0 to 1; Gopher drops below 0.8.", _SOURCE
    ),
    "gopher_num_stop_words": Signal("int32", "How many of the stop words occur; Gopher drops below 2.", _SOURCE),
}
