"""RedPajama V2's signals of natural language, of lines, and of content that needs no list but stop words.

Two kinds of words, as there: *raw words* are runs of letters, digits and underscores, and runs of other characters that
are no white space; *normalised words* are what white space parts, without ASCII punctuation, small and decomposed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.errors import UsageError
from redpyjama.stage import Signal
from redpyjama.steps.shared_words import ratio
from redpyjama.steps.stop_words import STOP_WORDS

if TYPE_CHECKING:
    from redpyjama.kernels.arrow import Bytes, Offsets
    from redpyjama.kernels.words import Words

_V2 = "RedPajama-Data v2, app/src/core/quality_signals"


class NaturalLanguage:
    """The measures of natural language, in the making, by normalised words; without words or lines they are 0.

    Departs: nothing is rounded (V2: to eight decimals), and no signal is null (V2: those over no words or lines);
    of the signals of lines (V2: a list) this is the mean or the sum over lines.
    """

    def __init__(self, num_rows: int, language: str, more_stop_words: tuple[str, ...]) -> None:
        from redpyjama.kernels import words

        self._stop_words = _stop_words(language, more_stop_words)
        self._javascript = np.uint64(words.hash_of("javascript", words.Mode.NORMALISED))
        self._raw, self._normal, self._lines = (np.empty((num_rows, columns), np.int64) for columns in (4, 4, 9))
        self._sums, self._entropies = np.empty((num_rows, 2), np.float64), np.empty(num_rows, np.float64)

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """See `shared_words.Family`."""
        from redpyjama.kernels import natural_language, scripts, words

        rows = slice(first, last)
        raw = words.split_words(data, offsets, words.Mode.WORD_PUNCT)
        natural_language.count_raw(
            data, self._stop_words, raw.doc_offsets, raw.start, raw.stop, raw.hash, raw.bits, self._raw[rows]
        )
        size = 2 << int(np.diff(found.doc_offsets).max(initial=1)).bit_length()
        natural_language.count_normalised(
            data, found.doc_offsets, found.start, found.stop, found.hash, found.chars, np.empty(size, np.uint64),
            np.empty(size, np.int32), self._normal[rows], self._entropies[rows],
        )  # fmt: skip
        natural_language.count_lines(
            data, offsets, scripts.word_classes(), scripts.numeric(), self._javascript, found.doc_offsets, found.start,
            found.hash, found.chars, self._lines[rows], self._sums[rows],
        )  # fmt: skip

    def columns(self) -> dict[str, Any]:
        """See `shared_words.Family`."""
        from redpyjama.kernels import natural_language as k

        raw, normal, lines = self._raw, self._normal, self._lines
        num_raw, num_words, num_lines = raw[:, k.RAW], normal[:, k.WORDS], lines[:, k.LINES]
        normalised_chars = normal[:, k.WORD_CHARS] + np.maximum(num_words - 1, 0)
        return {
            "rps_doc_curly_bracket": ratio(lines[:, k.BRACKETS], lines[:, k.CHARS]),
            "rps_doc_frac_all_caps_words": ratio(raw[:, k.CAPITALS], num_raw),
            "rps_doc_frac_lines_end_with_ellipsis": ratio(lines[:, k.ELLIPSIS], num_lines),
            "rps_doc_frac_no_alph_words": ratio(num_raw - raw[:, k.LETTERED], num_raw),
            "rps_doc_frac_unique_words": ratio(normal[:, k.UNIQUE], num_words),
            "rps_doc_lorem_ipsum": ratio(normal[:, k.LOREM_IPSUM], normalised_chars),
            "rps_doc_mean_word_length": ratio(normal[:, k.WORD_CHARS], num_words),
            "rps_doc_num_sentences": lines[:, k.SENTENCES].astype(np.int32),
            "rps_doc_stop_word_fraction": ratio(raw[:, k.STOP_WORDS], num_raw),
            "rps_doc_symbol_to_word_ratio": ratio(lines[:, k.SYMBOLS], num_raw),
            "rps_doc_unigram_entropy": self._entropies,
            "rps_doc_word_count": num_words.astype(np.int32),
            "rps_lines_ending_with_terminal_punctution_mark": ratio(lines[:, k.TERMINAL], num_lines),
            "rps_lines_javascript_counts": lines[:, k.JAVASCRIPT].astype(np.int32),
            "rps_lines_num_words": ratio(num_words, num_lines),
            "rps_lines_numerical_chars_fraction": ratio(self._sums[:, k.NUMERIC_SHARE], num_lines),
            "rps_lines_start_with_bulletpoint": ratio(lines[:, k.BULLETS], num_lines),
            "rps_lines_uppercase_letter_fraction": ratio(self._sums[:, k.CAPITAL_SHARE], num_lines),
        }


@functools.lru_cache(maxsize=8)
def _stop_words(language: str, more: tuple[str, ...]) -> Any:
    from redpyjama.kernels import words

    if language not in STOP_WORDS:
        raise UsageError(f"step redpajama_v2: no stop words for {language!r}", f"take one of {sorted(STOP_WORDS)}")
    hashes = {words.hash_of(w, words.Mode.WORD_PUNCT) for w in (*STOP_WORDS[language], *more)}
    table = np.zeros(2 << len(hashes).bit_length(), np.uint64)
    for value in sorted(hashes - {0}):
        at = value % len(table)
        while table[at]:
            at = (at + 1) % len(table)
        table[at] = value
    return table


def _double(meaning: str, source: str) -> Signal:
    return Signal("double", meaning, f"{_V2}/{source}")


SIGNALS = {
    "rps_doc_curly_bracket": _double("Curly brackets over characters, 0 to 1.", "content.py, after C4"),
    "rps_doc_frac_all_caps_words": _double("Raw words all in capitals over all, 0 to 1.", "natural_language.py"),
    "rps_doc_frac_lines_end_with_ellipsis": _double(
        'Lines that end in "..." or "…" over all, 0 to 1; Gopher drops above 0.3.', "natural_language.py"
    ),
    "rps_doc_frac_no_alph_words": _double(
        "Raw words without a letter a to z over all, 0 to 1; Gopher drops above 0.2.", "natural_language.py"
    ),
    "rps_doc_frac_unique_words": _double("Different normalised words over all, 0 to 1.", "natural_language.py"),
    "rps_doc_lorem_ipsum": _double('How often "lorem ipsum" stands there, over normalised characters.', "content.py"),
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
    "rps_lines_javascript_counts": Signal("int32", 'Normalised words "javascript", of all lines.', f"{_V2}/lines.py"),
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
}
