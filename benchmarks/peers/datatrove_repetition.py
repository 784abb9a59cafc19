"""datatrove's Gopher filter of repetition over JSON lines: ``python -m benchmarks.peers.datatrove_repetition TEXTS``.

Prints CPU seconds of the filter alone, what it keeps, and the values that it compares with its thresholds.
"""

from __future__ import annotations

import json
import sys
import time


def main(texts: str) -> None:
    from datatrove.data import Document
    from datatrove.pipeline.filters import GopherRepetitionFilter

    documents = [Document(text=json.loads(line), id=str(i)) for i, line in enumerate(open(texts, encoding="utf-8"))]
    step = GopherRepetitionFilter()
    step.filter(Document(text="A first sentence loads the tokenizer.", id="warm"))
    begin = time.process_time()
    kept = [step.filter(document) is True for document in documents]
    seconds = time.process_time() - begin
    print(json.dumps({"cpu_seconds": seconds, "kept": kept, "values": [values(step, d.text) for d in documents]}))


def values(step, text: str) -> dict[str, float]:
    """Return what the filter would compute if no threshold stopped it."""
    from datatrove.pipeline.filters import gopher_repetition_filter as module

    found = {}
    for name, pattern, whole in (("para", step.paragraph_exp, text.strip()), ("line", step._line_splitter, text)):
        units = pattern.split(whole)
        number, chars = module.find_duplicates(units)
        found[f"gopher_dup_{name}_frac"] = number / len(units)
        found[f"gopher_dup_{name}_char_frac"] = chars / max(len(text), 1)
    words = module.split_into_words(text, step.language)
    for n, _ in step.top_n_grams:
        grams = module.get_n_grams(words, n)
        top = module.find_top_duplicate(grams) if grams else 0
        found[f"gopher_top_{n}_gram_char_frac"] = top / max(len(text), 1)
    for n, _ in step.dup_n_grams:
        found[f"gopher_dup_{n}_gram_char_frac"] = module.find_all_duplicate(words, n) / max(len(text), 1)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
