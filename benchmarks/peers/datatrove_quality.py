"""datatrove's filters over JSON lines of texts: ``python -m benchmarks.peers.datatrove_quality TEXTS``.

Every filter sees every text, one text after the other, so that the words of a text are split once and remembered, as
datatrove does. Prints CPU seconds of the filters alone, and for each filter why it drops each text (null: kept).
"""

from __future__ import annotations

import json
import sys
import time


def main(texts: str) -> None:
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    filters = {
        "gopher_repetition": GopherRepetitionFilter(language="en"),
        "gopher_quality": GopherQualityFilter(language="en"),
        "fineweb": FineWebQualityFilter(language="en"),
        "c4": C4QualityFilter(min_num_sentences=3, min_words_per_line=5, language="en"),
    }
    lines = [json.loads(line) for line in open(texts, encoding="utf-8")]
    for step in filters.values():
        step.filter(Document(text="A first sentence loads the tokenizer.", id="warm"))
    seconds = dict.fromkeys(filters, 0.0)
    dropped: dict[str, list[str | None]] = {name: [] for name in filters}
    for text in lines:
        for name, step in filters.items():
            document = Document(text=text, id="x")
            begin = time.process_time()
            kept = _judged(step, document)
            seconds[name] += time.process_time() - begin
            dropped[name].append(kept)
    print(json.dumps({"cpu_seconds": sum(seconds.values()), "by_filter": seconds, "dropped": dropped}))


def _judged(step, document) -> str | None:
    try:
        kept = step.filter(document)
    except ZeroDivisionError:  # a text without words or lines
        return "error"
    return None if kept is True else kept[1] if isinstance(kept, tuple) else "dropped"


if __name__ == "__main__":
    main(sys.argv[1])
