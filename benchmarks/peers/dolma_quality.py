"""Dolma's taggers of C4's and Gopher's rules: ``python -m benchmarks.peers.dolma_quality TEXTS`` (JSON lines).

Prints CPU seconds of the taggers alone, and for each text Gopher's attributes (repeated n-grams among them).
"""

from __future__ import annotations

import json
import sys
import time

_SCORES = (
    "word_count", "median_word_length", "symbol_to_word_ratio", "fraction_of_words_with_alpha_character",
    "required_word_count", "fraction_of_lines_starting_with_bullet_point", "fraction_of_lines_ending_with_ellipsis",
)  # fmt: skip


def main(texts: str) -> None:
    from dolma.taggers import c4, gopher

    lines = [json.loads(line) for line in open(texts, encoding="utf-8")]
    gopher.get_attributes("A first sentence.")
    begin = time.process_time()
    rules = [c4.get_attributes(text) for text in lines]
    between = time.process_time()
    found = [gopher.get_attributes(text) for text in lines]
    end = time.process_time()
    answer = {
        "cpu_seconds": end - begin,
        "by_tagger": {"c4_v1": between - begin, "gopher_v1": end - between},
        "gopher": [{name: getattr(one, name) for name in _SCORES} for one in found],
        "lorem_ipsum": [one.has_lorem_ipsum for one in rules],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
