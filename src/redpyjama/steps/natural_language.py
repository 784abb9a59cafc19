"""RedPajama V2's signals of natural language, of lines, and of content that needs no list but stop words.

Two kinds of words, as there: *raw words* are runs of letters, digits and underscores, and runs of other characters that
are no white space; *normalised words* are what white space parts, without ASCII punctuation, small and decomposed.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.errors import UsageError
from redpyjama.stage import Signal, Step
from redpyjama.steps.stop_words import STOP_WORDS

if TYPE_CHECKING:
    import pyarrow as pa

_V2 = "RedPajama-Data v2, app/src/core/quality_signals"


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalLanguageParams:
    """Whose stop words count.

    Attributes:
        stop_words: Language of the built-in lists: "de", "en", "es", "fr" or "it".
        more_stop_words: Words besides those.
    """

    stop_words: str = "en"
    more_stop_words: tuple[str, ...] = ()


def run(batch: pa.RecordBatch, params: NaturalLanguageParams) -> pa.RecordBatch:
    """Measure each document; where there are no words, or no lines, what is over them is 0.

    Departs: nothing is rounded (V2: to eight decimals), and no signal is null (V2: those over no words or lines);
    of the signals of lines (V2: a list) this is the mean or the sum over lines.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, natural_language, scripts, words

    k = natural_language
    offsets, data = arrow.buffers(batch.column("text"))
    count = batch.num_rows
    raw, normal, lines = (np.empty((count, columns), np.int64) for columns in (4, 4, 9))
    sums, entropies = np.empty((count, 2), np.float64), np.empty(count, np.float64)
    javascript = words.hash_of("javascript", words.Mode.NORMALISED)
    classes, numeric, stop_words = scripts.word_classes(), scripts.numeric(), _stop_words(params)
    for first, last in words.chunks(offsets):
        part, rows = offsets[first : last + 1], slice(first, last)
        found = words.split_words(data, part, words.Mode.WORD_PUNCT)
        k.count_raw(data, stop_words, found.doc_offsets, found.start, found.stop, found.hash, found.bits, raw[rows])
        found = words.split_words(data, part, words.Mode.NORMALISED)
        size = 2 << int(np.diff(found.doc_offsets).max(initial=1)).bit_length()
        table, counts = np.empty(size, np.uint64), np.empty(size, np.int32)
        k.count_normalised(
            data, found.doc_offsets, found.start, found.stop, found.hash, found.chars, table, counts, normal[rows],
            entropies[rows],
        )  # fmt: skip
        k.count_lines(
            data, part, classes, numeric, np.uint64(javascript), found.doc_offsets, found.start, found.hash, found.chars,
            lines[rows], sums[rows],
        )  # fmt: skip
    return pa.record_batch(
        {name: pa.array(column) for name, column in _columns(raw, normal, lines, sums, entropies).items()}
    )


def _columns(raw: Any, normal: Any, lines: Any, sums: Any, entropies: Any) -> dict[str, Any]:
    from redpyjama.kernels import natural_language as k

    num_raw, num_words = np.maximum(raw[:, k.RAW], 1), np.maximum(normal[:, k.WORDS], 1)
    num_lines = np.maximum(lines[:, k.LINES], 1)
    normalised_chars = normal[:, k.WORD_CHARS] + np.maximum(normal[:, k.WORDS] - 1, 0)
    lettered = np.where(raw[:, k.RAW] > 0, raw[:, k.LETTERED], 1)  # without words there are none without letters
    return {
        "rps_doc_curly_bracket": lines[:, k.BRACKETS] / np.maximum(lines[:, k.CHARS], 1),
        "rps_doc_frac_all_caps_words": raw[:, k.CAPITALS] / num_raw,
        "rps_doc_frac_lines_end_with_ellipsis": lines[:, k.ELLIPSIS] / num_lines,
        "rps_doc_frac_no_alph_words": 1 - lettered / num_raw,
        "rps_doc_frac_unique_words": normal[:, k.UNIQUE] / num_words,
        "rps_doc_lorem_ipsum": normal[:, k.LOREM_IPSUM] / np.maximum(normalised_chars, 1),
        "rps_doc_mean_word_length": normal[:, k.WORD_CHARS] / num_words,
        "rps_doc_num_sentences": lines[:, k.SENTENCES].astype(np.int32),
        "rps_doc_stop_word_fraction": raw[:, k.STOP_WORDS] / num_raw,
        "rps_doc_symbol_to_word_ratio": lines[:, k.SYMBOLS] / num_raw,
        "rps_doc_unigram_entropy": entropies,
        "rps_doc_word_count": normal[:, k.WORDS].astype(np.int32),
        "rps_lines_ending_with_terminal_punctution_mark": lines[:, k.TERMINAL] / num_lines,
        "rps_lines_javascript_counts": lines[:, k.JAVASCRIPT].astype(np.int32),
        "rps_lines_num_words": normal[:, k.WORDS] / num_lines,
        "rps_lines_numerical_chars_fraction": sums[:, k.NUMERIC_SHARE] / num_lines,
        "rps_lines_start_with_bulletpoint": lines[:, k.BULLETS] / num_lines,
        "rps_lines_uppercase_letter_fraction": sums[:, k.CAPITAL_SHARE] / num_lines,
    }


@functools.lru_cache(maxsize=8)
def _stop_words(params: NaturalLanguageParams) -> Any:
    from redpyjama.kernels import words

    if params.stop_words not in STOP_WORDS:
        raise UsageError(
            f"step natural_language: no stop words for {params.stop_words!r}", f"take one of {sorted(STOP_WORDS)}"
        )
    hashes = {
        words.hash_of(w, words.Mode.WORD_PUNCT) for w in (*STOP_WORDS[params.stop_words], *params.more_stop_words)
    }
    table = np.zeros(2 << len(hashes).bit_length(), np.uint64)
    for value in sorted(hashes - {0}):
        at = value % len(table)
        while table[at]:
            at = (at + 1) % len(table)
        table[at] = value
    return table


def _double(meaning: str, source: str) -> Signal:
    return Signal("double", meaning, f"{_V2}/{source}")


STEP = Step(
    name="natural_language",
    version=1,
    params=NaturalLanguageParams,
    run=run,
    signals={
        "rps_doc_curly_bracket": _double("Curly brackets over characters, 0 to 1.", "content.py, after C4"),
        "rps_doc_frac_all_caps_words": _double("Raw words all in capitals over all, 0 to 1.", "natural_language.py"),
        "rps_doc_frac_lines_end_with_ellipsis": _double(
            'Lines that end in "..." or "…" over all, 0 to 1; Gopher drops above 0.3.', "natural_language.py"
        ),
        "rps_doc_frac_no_alph_words": _double(
            "Raw words without a letter a to z over all, 0 to 1; Gopher drops above 0.2.", "natural_language.py"
        ),
        "rps_doc_frac_unique_words": _double("Different normalised words over all, 0 to 1.", "natural_language.py"),
        "rps_doc_lorem_ipsum": _double(
            'How often "lorem ipsum" stands there, over normalised characters.', "content.py"
        ),
        "rps_doc_mean_word_length": _double(
            "Characters of normalised words, on average; Gopher drops below 3 and above 10.", "natural_language.py"
        ),
        "rps_doc_num_sentences": Signal(
            "int32", r"Matches of \b[^.!?]+[.!?]*, about the sentences.", f"{_V2}/natural_language.py"
        ),
        "rps_doc_stop_word_fraction": _double("Raw words that are stop words over all, 0 to 1.", "content.py"),
        "rps_doc_symbol_to_word_ratio": _double(
            '"#", "..." and "…" over raw words; Gopher drops above 0.1.', "natural_language.py"
        ),
        "rps_doc_unigram_entropy": _double("Entropy of the normalised words, in nats.", "natural_language.py"),
        "rps_doc_word_count": Signal(
            "int32", "Normalised words; Gopher drops below 50 and above 100,000.", f"{_V2}/natural_language.py"
        ),
        "rps_lines_ending_with_terminal_punctution_mark": _double(
            "Lines that end in a full stop, exclamation or question mark or ”, over all, 0 to 1.", "lines.py"
        ),
        "rps_lines_javascript_counts": Signal(
            "int32", 'Normalised words "javascript", of all lines.', f"{_V2}/lines.py"
        ),
        "rps_lines_num_words": _double("Normalised words a line, on average.", "lines.py"),
        "rps_lines_numerical_chars_fraction": _double(
            "Numerals over the line's normalised characters, mean over lines, 0 to 1.", "lines.py"
        ),
        "rps_lines_start_with_bulletpoint": _double(
            "Lines that begin with one of ten bullets over all, 0 to 1; Gopher drops above 0.9.", "lines.py"
        ),
        "rps_lines_uppercase_letter_fraction": _double(
            "Capitals over the line's characters, mean over lines, 0 to 1.", "lines.py"
        ),
    },
)
