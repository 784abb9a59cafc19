"""FineWeb's filters: lists and menus, and pages that say the same line again."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.stage import Signal
from redpyjama.steps.shared_words import ratio

if TYPE_CHECKING:
    from redpyjama.kernels.arrow import Bytes, Offsets
    from redpyjama.kernels.words import Words

_SOURCE = "Penedo et al. 2024 (FineWeb), arXiv 2406.17557, section 3.5; as datatrove 0.10.1, FineWebQualityFilter"


class FineWeb:
    """The measures of FineWeb's filters, in the making; without lines or words, as if there were one."""

    def __init__(self, num_rows: int, short_chars: int, end_marks: str) -> None:
        from redpyjama.kernels import fineweb

        self._short_chars, self._end_marks = short_chars, _end_marks(end_marks)
        self._rows = np.empty((num_rows, fineweb.NUM_COLUMNS), np.int64)
        self._num_words = np.empty(num_rows, np.int64)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """See `shared_words.Family`."""
        from redpyjama.kernels import fineweb, unicode, words

        self._num_words[first:last] = np.diff(found.doc_offsets)
        lines = words.split_lines(data, offsets)
        most = int(np.diff(lines.doc_offsets).max(initial=0))
        fineweb.measure(
            data, offsets, unicode.classes(), self._end_marks, self._short_chars,
            lines.doc_offsets, lines.start, lines.stop, lines.hash, lines.chars,
            np.empty(2 << most.bit_length(), np.uint64), self._rows[first:last],
        )  # fmt: skip

    def columns(self) -> dict[str, Any]:
        """See `shared_words.Family`."""
        from redpyjama.kernels import fineweb as f

        rows, lines = self._rows, self._rows[:, f.LINES]
        return {
            "fineweb_line_punct_ratio": ratio(rows[:, f.ENDING], lines),
            "fineweb_short_line_ratio": ratio(rows[:, f.SHORT], lines),
            "fineweb_char_dup_ratio": ratio(rows[:, f.REPEATED_CHARS], rows[:, f.CHARS]),
            "fineweb_new_line_ratio": ratio(rows[:, f.NEWLINES], self._num_words),
        }


@functools.lru_cache(maxsize=8)
def _end_marks(marks: str) -> Any:
    from redpyjama.kernels import punctuation

    return punctuation.table_of(marks or punctuation.SENTENCE_ENDS)


SIGNALS = {
    "fineweb_line_punct_ratio": Signal(
        "double",
        "Lines, blank ones apart, whose last character ends a sentence, 0 to 1; below 0.12 dropped.",
        _SOURCE,
    ),
    "fineweb_short_line_ratio": Signal(
        "double", "Lines, blank ones apart, of at most short_chars characters, 0 to 1; above 0.67 dropped.", _SOURCE
    ),
    "fineweb_char_dup_ratio": Signal(
        "double",
        "Characters of lines that stand there before, newlines apart, 0 to 1; above 0.01 dropped.",
        _SOURCE,
    ),
    "fineweb_new_line_ratio": Signal("double", "Newlines over words; above 0.3 dropped.", _SOURCE),
}
