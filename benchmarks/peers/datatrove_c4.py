"""datatrove's C4 filter over JSON lines of texts: ``python -m benchmarks.peers.datatrove_c4 TEXTS``.

Prints CPU seconds of the filter alone, and for each text what is left of it (null: dropped).
"""

from __future__ import annotations

import json
import sys
import time


def main(texts: str) -> None:
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter

    documents = [Document(text=json.loads(line), id=str(i)) for i, line in enumerate(open(texts, encoding="utf-8"))]
    step = C4QualityFilter(min_num_sentences=3, min_words_per_line=5)  # C4's published values, not the peer's defaults
    step.filter(Document(text="A first sentence loads the tokenizer.", id="warm"))
    begin = time.process_time()
    kept = [step.filter(document) is True for document in documents]
    seconds = time.process_time() - begin
    left = [document.text if keep else None for document, keep in zip(documents, kept, strict=True)]
    print(json.dumps({"cpu_seconds": seconds, "left": left}))


if __name__ == "__main__":
    main(sys.argv[1])
