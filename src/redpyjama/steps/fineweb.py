"""FineWeb's filters: lists and menus, and pages that say the same line again.

FineWeb drops a document with ``fineweb_line_punct_ratio < 0.12 or fineweb_short_line_ratio > 0.67 or
fineweb_char_dup_ratio > 0.01 or fineweb_new_line_ratio > 0.3``; so does datatrove one without lines.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_SOURCE = "Penedo et al. 2024 (FineWeb), arXiv 2406.17557, section 3.5; as datatrove 0.10.1, FineWebQualityFilter"


@dataclass(frozen=True, slots=True, kw_only=True)
class FineWebParams:
    """The published values of FineWeb.

    Attributes:
        words: How text is split: "spacy" as datatrove does for English, "unicode" for all languages; also "whitespace",
            "word_punct" and "normalised".
        short_chars: A line of at most so many characters is short.
        end_marks: Characters that end a sentence; empty for those of all scripts that datatrove lists.
    """

    words: Literal["unicode", "spacy", "whitespace", "word_punct", "normalised"] = "unicode"
    short_chars: int = 30
    end_marks: str = ""


def run(batch: pa.RecordBatch, params: FineWebParams) -> pa.RecordBatch:
    """Measure each document; one without lines or words has ratios of 0."""
    import pyarrow as pa

    from redpyjama.kernels import arrow, fineweb, unicode, words

    offsets, data = arrow.buffers(batch.column("text"))
    rows, num_words = np.empty((batch.num_rows, fineweb.NUM_COLUMNS), np.int64), np.empty(batch.num_rows, np.int64)
    for first, last in words.chunks(offsets):
        part = offsets[first : last + 1]
        num_words[first:last] = np.diff(words.split_words(data, part, words.Mode(params.words)).doc_offsets)
        lines = words.split_lines(data, part, words.Lines.NEWLINE)
        most = int(np.diff(lines.doc_offsets).max(initial=0))
        fineweb.measure(
            data, part, unicode.classes(), _end_marks(params.end_marks), params.short_chars, lines.doc_offsets,
            lines.start, lines.stop, lines.hash, lines.chars, np.empty(2 << most.bit_length(), np.uint64),
            rows[first:last],
        )  # fmt: skip
    num_lines = np.maximum(rows[:, fineweb.LINES], 1)
    return pa.record_batch(
        {
            "fineweb_line_punct_ratio": pa.array(rows[:, fineweb.ENDING] / num_lines),
            "fineweb_short_line_ratio": pa.array(rows[:, fineweb.SHORT] / num_lines),
            "fineweb_char_dup_ratio": pa.array(rows[:, fineweb.REPEATED_CHARS] / np.maximum(rows[:, fineweb.CHARS], 1)),
            "fineweb_new_line_ratio": pa.array(rows[:, fineweb.NEWLINES] / np.maximum(num_words, 1)),
        }
    )


@functools.lru_cache(maxsize=8)
def _end_marks(marks: str) -> Any:
    from redpyjama.kernels import punctuation

    return punctuation.table_of(marks or punctuation.SENTENCE_ENDS)


STEP = Step(
    name="fineweb",
    version=1,
    params=FineWebParams,
    run=run,
    signals={
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
    },
)
