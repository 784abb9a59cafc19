"""Gopher's quality rules: how many words, how long, how many symbols, bullets, ellipses, and whether they are words.

Gopher keeps a document with ``gopher_num_words between 50 and 100000 and gopher_mean_word_length between 3 and 10 and
gopher_hash_word_ratio <= 0.1 and gopher_ellipsis_word_ratio <= 0.1 and gopher_bullet_lines_frac <= 0.9 and
gopher_ellipsis_lines_frac <= 0.3 and gopher_alpha_words_frac >= 0.8 and gopher_num_stop_words >= 2``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from redpyjama.errors import UsageError
from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_SOURCE = "Rae et al. 2021 (Gopher), arXiv 2112.11446, appendix A.1.1; as datatrove 0.10.1, GopherQualityFilter"
_MAX_STOP_WORDS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherQualityParams:
    """What counts as a word, a stop word and a bullet.

    Attributes:
        words: How text is split. "unicode": runs of letters and digits, and single characters of scripts without
            spaces; punctuation is none. "spacy": as datatrove for English, where a run of punctuation is a word for the
            three ratios. "whitespace": as Dolma.
        stop_words: At most 63; two of them or more make English.
        bullets: Characters that make a bullet at the beginning of a line.
    """

    words: Literal["unicode", "spacy", "whitespace", "word_punct", "normalised"] = "unicode"
    stop_words: tuple[str, ...] = ("the", "be", "to", "of", "and", "that", "have", "with")
    bullets: tuple[str, ...] = ("•", "-")


def run(batch: pa.RecordBatch, params: GopherQualityParams) -> pa.RecordBatch:
    """Measure each document; one without words, or without lines, has ratios of 0.

    Departs: datatrove takes a word for a stop word in small letters only; so do we where words are kept as they stand,
    but "unicode" and "normalised" make them small.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, gopher, punctuation, unicode, words

    offsets, data = arrow.buffers(batch.column("text"))
    mode = words.Mode(params.words)
    tables = unicode.classes(), punctuation.no_words(), _bullets(params.bullets), _stop_words(params)
    rows = np.empty((batch.num_rows, gopher.NUM_COLUMNS), np.int64)
    lengths = np.zeros(gopher.LONGEST + 1, np.int64)
    for first, last in words.chunks(offsets):
        part = offsets[first : last + 1]
        found = words.split_words(data, part, mode)
        gopher.measure(
            data, part, *tables, found.doc_offsets, found.start, found.stop, found.hash, found.chars, found.bits,
            lengths, rows[first:last],
        )  # fmt: skip
    tokens, lines = np.maximum(rows[:, gopher.TOKENS], 1), np.maximum(rows[:, gopher.LINES], 1)
    return pa.record_batch(
        {
            "gopher_num_words": pa.array(rows[:, gopher.WORDS].astype(np.int32)),
            "gopher_mean_word_length": pa.array(rows[:, gopher.CHARS] / np.maximum(rows[:, gopher.WORDS], 1)),
            "gopher_median_word_length": pa.array(rows[:, gopher.MEDIAN_2] / 2),
            "gopher_hash_word_ratio": pa.array(rows[:, gopher.HASHES] / tokens),
            "gopher_ellipsis_word_ratio": pa.array(rows[:, gopher.ELLIPSES] / tokens),
            "gopher_bullet_lines_frac": pa.array(rows[:, gopher.BULLETS] / lines),
            "gopher_ellipsis_lines_frac": pa.array(rows[:, gopher.ELLIPSIS_LINES] / lines),
            "gopher_alpha_words_frac": pa.array(rows[:, gopher.ALPHA_WORDS] / tokens),
            "gopher_num_stop_words": pa.array(rows[:, gopher.STOP_WORDS].astype(np.int32)),
        }
    )


@functools.lru_cache(maxsize=8)
def _bullets(bullets: tuple[str, ...]) -> Any:
    from redpyjama.kernels import punctuation

    if odd := [bullet for bullet in bullets if len(bullet) != 1]:
        raise UsageError(f"step gopher_quality: bullets of more than one character: {odd}", "write them one by one")
    return punctuation.table_of("".join(bullets))


@functools.lru_cache(maxsize=8)
def _stop_words(params: GopherQualityParams) -> Any:
    from redpyjama.kernels import words

    if len(params.stop_words) > _MAX_STOP_WORDS:
        raise UsageError(f"step gopher_quality: {len(params.stop_words)} stop words", f"name at most {_MAX_STOP_WORDS}")
    return np.array([words.hash_of(word, words.Mode(params.words)) for word in params.stop_words], np.uint64)


STEP = Step(
    name="gopher_quality",
    version=1,
    params=GopherQualityParams,
    run=run,
    signals={
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
    },
)
