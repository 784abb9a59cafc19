"""Personal data as others find it: ``python -m benchmarks.peers.pii TEXTS dolma|datatrove`` (JSON lines).

Prints CPU seconds of the search alone, and for each text what was found: Dolma's spans (kind, start, end), or whether
datatrove's formatter changed it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def main(texts: str, peer: str) -> None:
    lines = [json.loads(line) for line in open(texts, encoding="utf-8")]
    seconds, found = dolma(lines) if peer == "dolma" else datatrove(lines)
    print(json.dumps({"cpu_seconds": seconds, "found": found}))


def dolma(lines: list[str]) -> tuple[float, list[Any]]:
    from dolma.core.data_types import Document
    from dolma.taggers.pii import FastPiiRegex

    tagger = FastPiiRegex()
    documents = [Document(source="", id=str(i), text=text) for i, text in enumerate(lines)]
    begin = time.process_time()
    results = [tagger.predict(document) for document in documents]
    seconds = time.process_time() - begin
    return seconds, [[(s.type, s.start, s.end) for s in one.spans if not s.type.startswith("doc")] for one in results]


def datatrove(lines: list[str]) -> tuple[float, list[Any]]:
    from datatrove.pipeline.formatters.pii import PIIFormatter

    formatter = PIIFormatter()
    begin = time.process_time()
    texts = [formatter.format(text) for text in lines]
    return time.process_time() - begin, [new != old for new, old in zip(texts, lines, strict=True)]


if __name__ == "__main__":
    main(*sys.argv[1:])
