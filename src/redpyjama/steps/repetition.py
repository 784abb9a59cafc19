"""How much of a text repeats itself: lines, paragraphs and word n-grams, by definition and as datatrove computes it.

Two families over the same kernels: `Repetition` measures what Gopher's paper describes, for n-grams in the form in
which RedPajama V2 published it; `GopherRepetition` measures what datatrove's filter compares with Gopher's thresholds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.stage import Signal
from redpyjama.steps.shared_words import ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from redpyjama.kernels.arrow import Bytes, Offsets
    from redpyjama.kernels.words import Words

    Counts = NDArray[np.int64]

_GOPHER = "Rae et al. 2021 (Gopher), arXiv 2112.11446, table A1"
_V2 = f"RedPajama V2, quality_signals/repetitions.py; {_GOPHER}"
_DATATROVE = f"{_GOPHER}; as datatrove 0.10.1, GopherRepetitionFilter"
_TOP_LIMITS = {2: "0.20", 3: "0.18", 4: "0.16"}
_DUPLICATE_LIMITS = {5: "0.15", 6: "0.14", 7: "0.13", 8: "0.12", 9: "0.11", 10: "0.10"}


class _Counts:
    """What both kernels count."""

    def __init__(self, num_rows: int, *, strip: bool) -> None:
        from redpyjama.kernels import repeated_lines, repetition

        self.strip = strip
        self.lines = np.empty((num_rows, repeated_lines.NUM_COLUMNS), np.int64)
        self.ngrams = np.empty((num_rows, repetition.NUM_COLUMNS), np.int64)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        from redpyjama.kernels import repeated_lines, repetition, unicode

        self.lines[first:last] = repeated_lines.repeated_lines(data, offsets, unicode.classes(), strip=self.strip)
        self.ngrams[first:last] = repetition.repeated_ngrams(found.doc_offsets, found.hash, found.chars)


class Repetition:
    """Repetition by its definition, in the making; a text without lines or words has none.

    Lines are looked at without the white space around them; paragraphs are runs of lines that are not blank.

    Departs: RedPajama V2 rounds to eight decimals.
    """

    def __init__(self, num_rows: int) -> None:
        self._counts = _Counts(num_rows, strip=True)
        self._word_chars = np.empty(num_rows, np.int64)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """See `shared_words.Family`."""
        self._counts.add(first, last, data, offsets, found)
        running = np.concatenate(([0], np.cumsum(found.chars, dtype=np.int64)))
        self._word_chars[first:last] = np.diff(running[found.doc_offsets])

    def columns(self) -> dict[str, Any]:
        """See `shared_words.Family`."""
        from redpyjama.kernels import repeated_lines as r

        lines = self._counts.lines
        columns = {
            "frac_dup_lines": ratio(lines[:, r.DUP_LINES], lines[:, r.LINES]),
            "frac_chars_dup_lines": ratio(lines[:, r.DUP_LINE_CHARS], lines[:, r.LINE_CHARS]),
            "frac_dup_paragraphs": ratio(lines[:, r.DUP_PARAGRAPHS], lines[:, r.PARAGRAPHS]),
            "frac_chars_dup_paragraphs": ratio(lines[:, r.DUP_PARAGRAPH_CHARS], lines[:, r.PARAGRAPH_CHARS]),
        }
        times, chars, covered, _ = _columns(self._counts.ngrams)
        for i, n in enumerate(_TOP_LIMITS):
            columns[f"rps_doc_frac_chars_top_{n}gram"] = ratio(
                np.where(times[:, i] > 1, times[:, i] * chars[:, i], 0), self._word_chars
            )
        for i, n in enumerate(_DUPLICATE_LIMITS):
            columns[f"rps_doc_frac_chars_dupe_{n}grams"] = ratio(covered[:, i], self._word_chars)
        return columns


class GopherRepetition:
    """Repetition as datatrove computes it, in the making; an empty text has none.

    Departs: n-grams are the same if their words are; datatrove compares the words of five and more put together
    without a space, and takes "to day" for "today" where as many words follow.
    """

    def __init__(self, num_rows: int) -> None:
        self._counts = _Counts(num_rows, strip=False)
        self._before, self._after = np.zeros(num_rows, np.bool_), np.zeros(num_rows, np.bool_)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """See `shared_words.Family`."""
        self._counts.add(first, last, data, offsets, found)
        starts, stops = offsets[:-1], offsets[1:]
        some = stops > starts
        self._before[first:last][some] = data[starts[some]] == ord("\n")
        self._after[first:last][some] = data[stops[some] - 1] == ord("\n")

    def columns(self) -> dict[str, Any]:
        """See `shared_words.Family`."""
        from redpyjama.kernels import repeated_lines as r

        # Lines are what newlines part: one before the first and one after the last makes an empty line there.
        lines, before, after = self._counts.lines, self._before, self._after
        all_chars = lines[:, r.CHARS]
        columns = {
            "gopher_dup_line_frac": ratio(lines[:, r.DUP_LINES] + (before & after), lines[:, r.LINES] + before + after),
            "gopher_dup_line_char_frac": ratio(lines[:, r.DUP_LINE_CHARS], all_chars),
            "gopher_dup_para_frac": ratio(lines[:, r.DUP_PARAGRAPHS], lines[:, r.PARAGRAPHS]),
            "gopher_dup_para_char_frac": ratio(lines[:, r.DUP_PARAGRAPH_CHARS], all_chars),
        }
        times, chars, _, skipped = _columns(self._counts.ngrams)
        for i, n in enumerate(_TOP_LIMITS):
            spaces = n - 1
            columns[f"gopher_top_{n}_gram_char_frac"] = ratio(times[:, i] * (chars[:, i] + spaces), all_chars)
        for i, n in enumerate(_DUPLICATE_LIMITS):
            columns[f"gopher_dup_{n}_gram_char_frac"] = ratio(skipped[:, i], all_chars)
        return columns


def _columns(ngrams: Counts) -> tuple[Counts, Counts, Counts, Counts]:
    """Return how often the top n-grams stand there, their characters, characters covered and characters skipped."""
    from redpyjama.kernels import repetition as r

    return (
        ngrams[:, r.TOP_COUNT : r.TOP_CHARS],
        ngrams[:, r.TOP_CHARS : r.COVERED_CHARS],
        ngrams[:, r.COVERED_CHARS : r.SKIPPED_CHARS],
        ngrams[:, r.SKIPPED_CHARS :],
    )


def _signal(meaning: str, limit: str, source: str) -> Signal:
    return Signal("double", f"{meaning}; Gopher drops above {limit}.", source)


_TOP = "Characters of the most frequent run of {n} words, times how often it occurs"

SIGNALS = {
    "frac_dup_lines": _signal("Lines equal to an earlier one, over all lines not blank, 0 to 1", "0.30", _GOPHER),
    "frac_chars_dup_lines": _signal("Characters of such lines over those of all lines, 0 to 1", "0.20", _GOPHER),
    "frac_dup_paragraphs": _signal("Paragraphs equal to an earlier one, over all, 0 to 1", "0.30", _GOPHER),
    "frac_chars_dup_paragraphs": _signal(
        "Characters of such paragraphs over those of all paragraphs, 0 to 1", "0.20", _GOPHER
    ),
    **{
        f"rps_doc_frac_chars_top_{n}gram": _signal(
            f"{_TOP.format(n=n)}, over those of all words; 0 if it occurs once, above 1 if it overlaps itself",
            limit,
            _V2,
        )
        for n, limit in _TOP_LIMITS.items()
    },
    **{
        f"rps_doc_frac_chars_dupe_{n}grams": _signal(
            f"Characters of the words in any run of {n} that occurs twice or more, over those of all words, 0 to 1",
            limit,
            _V2,
        )
        for n, limit in _DUPLICATE_LIMITS.items()
    },
}

GOPHER_SIGNALS = {
    "gopher_dup_line_frac": _signal("Lines equal to an earlier one, over all, 0 to 1", "0.30", _DATATROVE),
    "gopher_dup_line_char_frac": _signal("Characters of such lines over those of the text, 0 to 1", "0.20", _DATATROVE),
    "gopher_dup_para_frac": _signal("Paragraphs equal to an earlier one, over all, 0 to 1", "0.30", _DATATROVE),
    "gopher_dup_para_char_frac": _signal(
        "Characters of such paragraphs over those of the text, 0 to 1", "0.20", _DATATROVE
    ),
    **{
        f"gopher_top_{n}_gram_char_frac": _signal(
            f"{_TOP.format(n=n)}, spaces included, over those of the text; of several runs the first",
            limit,
            _DATATROVE,
        )
        for n, limit in _TOP_LIMITS.items()
    },
    **{
        f"gopher_dup_{n}_gram_char_frac": _signal(
            f"Characters of runs of {n} words met before and so skipped at once, over those of the text, 0 to 1",
            limit,
            _DATATROVE,
        )
        for n, limit in _DUPLICATE_LIMITS.items()
    },
}
