"""RedPajama V2's signals on Python strings, as its publication defines them; slow, and for comparison only."""

from __future__ import annotations

import collections
import math
import re
import string
import unicodedata

NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
BULLETS = tuple("\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013")


def normalise(text: str) -> str:
    text = text.translate(NO_PUNCTUATION).lower().strip()
    return unicodedata.normalize("NFD", re.sub(r"\s+", " ", text))


def raw_words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]+", text)


def signals(text: str, stop_words: set[str]) -> dict[str, float]:
    raw, normal_text = raw_words(text), normalise(text)
    normal = normal_text.split()
    lines = re.findall(r"[^\n]*\n|[^\n]+$", text)
    normal_lines = [normalise(line) for line in lines]
    counts = collections.Counter(normal)

    def over(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    def mean(values: list[float]) -> float:
        return over(sum(values), len(lines))

    return {
        "rps_doc_curly_bracket": over(text.count("{") + text.count("}"), len(text)),
        "rps_doc_frac_all_caps_words": over(sum(w.isupper() for w in raw), len(raw)),
        "rps_doc_frac_lines_end_with_ellipsis": mean([line.rstrip().endswith(("...", "…")) for line in lines]),
        "rps_doc_frac_no_alph_words": over(sum(not re.search("[a-zA-Z]", w) for w in raw), len(raw)),
        "rps_doc_frac_unique_words": over(len(counts), len(normal)),
        "rps_doc_lorem_ipsum": over(len(re.findall("lorem ipsum", normal_text)), len(normal_text)),
        "rps_doc_mean_word_length": over(sum(map(len, normal)), len(normal)),
        "rps_doc_num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", text)),
        "rps_doc_stop_word_fraction": over(sum(w in stop_words for w in raw), len(raw)),
        "rps_doc_symbol_to_word_ratio": over(sum(text.count(s) for s in ("#", "...", "…")), len(raw)),
        "rps_doc_unigram_entropy": sum(-n / len(normal) * math.log(n / len(normal)) for n in counts.values()),
        "rps_doc_word_count": len(normal),
        "rps_lines_ending_with_terminal_punctution_mark": mean(
            [line.rstrip().endswith((".", "!", "?", "”")) for line in lines]
        ),
        "rps_lines_javascript_counts": sum(line.split().count("javascript") for line in normal_lines),
        "rps_lines_num_words": mean([len(line.split()) for line in normal_lines]),
        "rps_lines_numerical_chars_fraction": mean([over(sum(map(str.isnumeric, s)), len(s)) for s in normal_lines]),
        "rps_lines_start_with_bulletpoint": mean([line.lstrip().startswith(BULLETS) for line in lines]),
        "rps_lines_uppercase_letter_fraction": mean([over(sum(map(str.isupper, s)), len(s)) for s in lines]),
    }
