"""How much of a text repeats itself: lines, paragraphs and word n-grams, by definition and as datatrove computes it.

Two steps over the same kernels: "repetition" measures what Gopher's paper describes, for n-grams in the form in which
RedPajama V2 published it; "gopher_repetition" measures what datatrove's filter compares with Gopher's thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

Words = Literal["unicode", "whitespace", "word_punct", "normalised", "spacy"]

_GOPHER = "Rae et al. 2021 (Gopher), arXiv 2112.11446, table A1"
_V2 = f"RedPajama V2, quality_signals/repetitions.py; {_GOPHER}"
_DATATROVE = f"{_GOPHER}; as datatrove 0.10.1, GopherRepetitionFilter"
_TOP_LIMITS = {2: "0.20", 3: "0.18", 4: "0.16"}
_DUPLICATE_LIMITS = {5: "0.15", 6: "0.14", 7: "0.13", 8: "0.12", 9: "0.11", 10: "0.10"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionParams:
    """What a word is.

    Attributes:
        words: "normalised" as RedPajama V2: what white space parts, without ASCII punctuation, small and decomposed;
            "unicode" finds words in scripts that put no space between them; also "whitespace", "word_punct", "spacy".
    """

    words: Words = "normalised"


@dataclass(frozen=True, slots=True, kw_only=True)
class GopherRepetitionParams:
    """What a word is.

    Attributes:
        words: "spacy" as datatrove splits English; "unicode" also finds words in scripts that put no space between
            them; also "whitespace", "word_punct", "normalised".
    """

    words: Words = "spacy"


def run(batch: pa.RecordBatch, params: RepetitionParams) -> pa.RecordBatch:
    """Measure repetition by its definition; a text without lines or words has none.

    Lines are looked at without the white space around them; paragraphs are runs of lines that are not blank.

    Departs: RedPajama V2 rounds to eight decimals.
    """
    import pyarrow as pa

    from redpyjama.kernels import repeated_lines as r

    lines, ngrams, word_chars = _counted(batch, params.words, strip=True)
    columns = {
        "frac_dup_lines": _ratio(lines[:, r.DUP_LINES], lines[:, r.LINES]),
        "frac_chars_dup_lines": _ratio(lines[:, r.DUP_LINE_CHARS], lines[:, r.LINE_CHARS]),
        "frac_dup_paragraphs": _ratio(lines[:, r.DUP_PARAGRAPHS], lines[:, r.PARAGRAPHS]),
        "frac_chars_dup_paragraphs": _ratio(lines[:, r.DUP_PARAGRAPH_CHARS], lines[:, r.PARAGRAPH_CHARS]),
    }
    times, chars, covered, _ = _columns(ngrams)
    for i, n in enumerate(_TOP_LIMITS):
        columns[f"rps_doc_frac_chars_top_{n}gram"] = _ratio(
            np.where(times[:, i] > 1, times[:, i] * chars[:, i], 0), word_chars
        )
    for i, n in enumerate(_DUPLICATE_LIMITS):
        columns[f"rps_doc_frac_chars_dupe_{n}grams"] = _ratio(covered[:, i], word_chars)
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def run_gopher(batch: pa.RecordBatch, params: GopherRepetitionParams) -> pa.RecordBatch:
    """Measure repetition as datatrove does; an empty text has none.

    Departs: n-grams are the same if their words are; datatrove compares the words of five and more put together
    without a space, and takes "to day" for "today" where as many words follow.
    """
    import pyarrow as pa

    from redpyjama.kernels import repeated_lines as r

    lines, ngrams, _ = _counted(batch, params.words, strip=False)
    # Lines are what newlines part: one before the first and one after the last makes an empty line there.
    before, after = _outer_newlines(batch)
    all_chars = lines[:, r.CHARS]
    columns = {
        "gopher_dup_line_frac": _ratio(lines[:, r.DUP_LINES] + (before & after), lines[:, r.LINES] + before + after),
        "gopher_dup_line_char_frac": _ratio(lines[:, r.DUP_LINE_CHARS], all_chars),
        "gopher_dup_para_frac": _ratio(lines[:, r.DUP_PARAGRAPHS], lines[:, r.PARAGRAPHS]),
        "gopher_dup_para_char_frac": _ratio(lines[:, r.DUP_PARAGRAPH_CHARS], all_chars),
    }
    times, chars, _, skipped = _columns(ngrams)
    for i, n in enumerate(_TOP_LIMITS):
        spaces = n - 1
        columns[f"gopher_top_{n}_gram_char_frac"] = _ratio(times[:, i] * (chars[:, i] + spaces), all_chars)
    for i, n in enumerate(_DUPLICATE_LIMITS):
        columns[f"gopher_dup_{n}_gram_char_frac"] = _ratio(skipped[:, i], all_chars)
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def _counted(batch: pa.RecordBatch, mode: Words, *, strip: bool) -> tuple[Counts, Counts, Counts]:
    """Return the rows of both kernels, and the characters of all words of each document."""
    from redpyjama.kernels import arrow, repeated_lines, repetition, unicode, words

    offsets, data = arrow.buffers(batch.column("text"))
    lines = np.empty((batch.num_rows, repeated_lines.NUM_COLUMNS), np.int64)
    ngrams = np.empty((batch.num_rows, repetition.NUM_COLUMNS), np.int64)
    chars = np.empty(batch.num_rows, np.int64)
    for first, last in words.chunks(offsets):
        part = offsets[first : last + 1]
        found = words.split_words(data, part, words.Mode(mode))
        lines[first:last] = repeated_lines.repeated_lines(data, part, unicode.classes(), strip=strip)
        ngrams[first:last] = repetition.repeated_ngrams(found.doc_offsets, found.hash, found.chars)
        running = np.concatenate(([0], np.cumsum(found.chars, dtype=np.int64)))
        chars[first:last] = np.diff(running[found.doc_offsets])
    return lines, ngrams, chars


def _columns(ngrams: Counts) -> tuple[Counts, Counts, Counts, Counts]:
    """Return how often the top n-grams stand there, their characters, characters covered and characters skipped."""
    from redpyjama.kernels import repetition as r

    return (
        ngrams[:, r.TOP_COUNT : r.TOP_CHARS],
        ngrams[:, r.TOP_CHARS : r.COVERED_CHARS],
        ngrams[:, r.COVERED_CHARS : r.SKIPPED_CHARS],
        ngrams[:, r.SKIPPED_CHARS :],
    )


def _outer_newlines(batch: pa.RecordBatch) -> tuple[Any, Any]:
    r"""Say for each text whether it begins and whether it ends with "\n"; one that is nothing else does both."""
    from redpyjama.kernels import arrow

    offsets, data = arrow.buffers(batch.column("text"))
    first, last = np.zeros(batch.num_rows, np.bool_), np.zeros(batch.num_rows, np.bool_)
    some = offsets[1:] > offsets[:-1]
    first[some] = data[offsets[:-1][some]] == ord("\n")
    last[some] = data[offsets[1:][some] - 1] == ord("\n")
    return first, last


def _ratio(part: Any, whole: Any) -> NDArray[np.float64]:
    return part / np.maximum(whole, 1)


def _signal(meaning: str, limit: str, source: str) -> Signal:
    return Signal("double", f"{meaning}; Gopher drops above {limit}.", source)


_TOP = "Characters of the most frequent run of {n} words, times how often it occurs"

STEP = Step(
    name="repetition",
    version=1,
    params=RepetitionParams,
    run=run,
    signals={
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
    },
)

GOPHER = Step(
    name="gopher_repetition",
    version=1,
    params=GopherRepetitionParams,
    run=run_gopher,
    signals={
        "gopher_dup_line_frac": _signal("Lines equal to an earlier one, over all, 0 to 1", "0.30", _DATATROVE),
        "gopher_dup_line_char_frac": _signal(
            "Characters of such lines over those of the text, 0 to 1", "0.20", _DATATROVE
        ),
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
    },
)
