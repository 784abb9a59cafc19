"""The rules of Gopher and FineWeb in one pass over the words: what datatrove's three filters look at.

Gopher keeps a document with ``gopher_num_words between 50 and 100000 and gopher_mean_word_length between 3 and 10 and
gopher_hash_word_ratio <= 0.1 and gopher_ellipsis_word_ratio <= 0.1 and gopher_bullet_lines_frac <= 0.9 and
gopher_ellipsis_lines_frac <= 0.3 and gopher_alpha_words_frac >= 0.8 and gopher_num_stop_words >= 2`` whose repetition
is below the limits that each signal says. FineWeb drops one with ``fineweb_line_punct_ratio < 0.12 or
fineweb_short_line_ratio > 0.67 or fineweb_char_dup_ratio > 0.01 or fineweb_new_line_ratio > 0.3``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redpyjama.stage import Step
from redpyjama.steps import fineweb, gopher_quality, repetition
from redpyjama.steps.shared_words import WordMode, measure

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityParams:
    """The published values.

    Attributes:
        words: How text is split. "spacy": as datatrove splits English, marks being words too. "unicode": runs of
            letters and digits, single characters of scripts without spaces, no marks. "whitespace": as Dolma.
        stop_words: At most 63; Gopher wants two of them.
        bullets: Characters that make a bullet at the beginning of a line.
        short_chars: A line of at most so many characters is short.
        end_marks: Characters that end a sentence; empty for those of all scripts that datatrove lists.
    """

    words: WordMode = "spacy"
    stop_words: tuple[str, ...] = ("the", "be", "to", "of", "and", "that", "have", "with")
    bullets: tuple[str, ...] = ("•", "-")
    short_chars: int = 30
    end_marks: str = ""


def run(batch: pa.RecordBatch, params: QualityParams) -> pa.RecordBatch:
    """Measure each document."""
    count = batch.num_rows
    families = (
        gopher_quality.GopherQuality(count, params.words, params.stop_words, params.bullets),
        repetition.GopherRepetition(count),
        fineweb.FineWeb(count, params.short_chars, params.end_marks),
    )
    return measure(batch, params.words, families)


STEP = Step(
    name="quality",
    version=1,
    params=QualityParams,
    run=run,
    signals={**gopher_quality.SIGNALS, **repetition.GOPHER_SIGNALS, **fineweb.SIGNALS},
)
