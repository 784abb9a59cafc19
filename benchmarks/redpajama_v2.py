"""How much text a second gets all of RedPajama V2's quality signals, and where the time goes?

    python -m benchmarks.redpajama_v2 [--quick]

One process, one core, real pages; CPU seconds, medians of three. The models are learnt from real Wikipedia articles and
some of the pages first: what they cost does not depend on what they say. The lists are real ones (LDNOOBW, UT1) where
they lie beside the repository. Who wants V2's numbers has no other program that makes all of them; the goal is our own.
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import tarfile
import tempfile
import time
from typing import Any

import pyarrow as pa

from benchmarks.measure import claim, realdata
from benchmarks.perplexity import articles
from benchmarks.steps import batches, real_texts
from redpyjama.builder import CATALOGUE
from redpyjama.document import Document, to_batch
from redpyjama.lm.trainers import ClassifierParams, DsirParams, PerplexityParams
from redpyjama.stage import Step

CLASSIFIERS = ("wikiref_classifier", "palm_classifier", "wikipedia_classifier")
IMPORTANCES = ("wikipedia_importance", "books_importance", "openwebtext_importance")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the pages, one run instead of three")
    quick = parser.parse_args().quick
    texts = [text for text in real_texts() if text][:: 4 if quick else 1]
    pages = [documents("common_crawl", batch["text"].to_pylist()) for batch in batches(texts)]
    num_bytes = sum(len(text.encode()) for text in texts)
    with tempfile.TemporaryDirectory() as name:
        uses = steps(pathlib.Path(name), pages)
        print(f"{len(texts)} pages, {num_bytes / 1e6:.1f} MB\n\n{'':<26}{'signals':>8}{'MB/s':>9}{'CPU s':>9}")
        seconds = {step.name: measure(step, params, pages, 1 if quick else 3) for step, params in uses}
        for step, _ in uses:
            rate = num_bytes / 1e6 / seconds[step.name]
            print(f"{step.name:<26}{len(step.signals):>8}{rate:>9.1f}{seconds[step.name]:>9.3f}")
    without = [name for name in seconds if name not in (*CLASSIFIERS, *IMPORTANCES, "perplexity")]
    groups = {"without_models": without, "all": list(seconds)}
    print()
    for name, wanted in groups.items():
        rate = num_bytes / 1e6 / sum(seconds[step] for step in wanted)
        claim(f"redpajama_v2_{name}_megabytes_per_second", rate, ">= 30", met=rate >= 30)


def documents(slice_name: str, texts: list[str]) -> pa.RecordBatch:
    made = [Document(text=t, record=str(i), language="en", url=f"http://{i}.example.com/") for i, t in enumerate(texts)]
    return to_batch(slice_name, "d", made)


def steps(folder: pathlib.Path, pages: list[pa.RecordBatch]) -> list[tuple[Step, Any]]:
    shards = [("wikipedia", documents("wikipedia", articles())), *(("common_crawl", page) for page in pages[:3])]
    classifier = learn(folder, "classifier", ClassifierParams(min_documents=1, min_updates=100), shards)
    importance = learn(folder, "dsir", DsirParams(), shards)
    perplexity = learn(folder, "perplexity", PerplexityParams(), shards[:1])
    rights = realdata() / "rights"
    with tarfile.open(rights / "ut1-categories" / "ut1-categories.tar.xz") as file:
        file.extractall(folder / "ut1", filter="data")
    categories = next(path.parent.parent for path in sorted((folder / "ut1").rglob("domains")))
    words = rights / "ldnoobw-words" / "list_of_naughty_and_bad_words.txt"
    params: dict[str, dict[str, str]] = {
        "language": {},
        "perplexity": {"model": perplexity},
        "redpajama_v2": {},
        "word_list": {"path": str(words)},
        "domain_list": {"path": str(categories)},
        **{name: {"model": classifier} for name in CLASSIFIERS},
        **{name: {"model": importance} for name in IMPORTANCES},
    }
    found: list[tuple[Step, Any]] = []
    for name, values in params.items():
        step = CATALOGUE.steps[name]
        assert isinstance(step, Step)
        found.append((step, step.params(**values)))
    return found


def learn(folder: pathlib.Path, name: str, params: Any, shards: list[tuple[str, pa.RecordBatch]]) -> str:
    trainer = CATALOGUE.trainers[name]
    collected: list[tuple[str, str]] = []
    for i, (slice_name, batch) in enumerate(shards):
        path = str(folder / f"{name}{i}")
        trainer.collect(iter([batch]), slice_name, params, path)
        collected.append((slice_name, path))
    model = str(folder / f"{name}.model")
    trainer.fit(collected, params, model)
    return model


def measure(step: Step, params: Any, pages: list[pa.RecordBatch], runs: int) -> float:
    step.run(pages[0].slice(0, 2), params)  # compiles, loads models and lists
    times: list[float] = []
    for _ in range(runs):
        begin = time.process_time()
        for page in pages:
            step.run(page, params)
        times.append(time.process_time() - begin)
    return statistics.median(times)


if __name__ == "__main__":
    main()
