"""Is our perplexity KenLM's on the same model, how fast is it measured, and how fast is the model learnt?

    python -m benchmarks.perplexity [--quick]

A 5-gram model is learnt from real Wikipedia articles, written as an ARPA file, and read by KenLM's Python binding
(ufal.kenlm 26.4, probing tables). Both then score the same real pages, each in a process of its own, in turns:

* the model alone: our kernel over the numbers of the pieces; `Model.score` over each line of pieces joined by blanks,
  which is all that the binding can take. Splitting into pieces is in neither time;
* the whole way from a text to its perplexity: our step; CCNet's way in Python with the same tokenizer (Hugging Face's
  tokenizers), the binding, and CCNet's normalisation from this repository's tests, in plain Python as CCNet's is.

Values are compared where both have the same pieces (a tokenizer of Hugging Face takes a "<s>" in a text for its own
mark), and with the sum of `full_scores`: `score` adds up in 32 bits, which tells on a line of 20,000 pieces.
CPU seconds, medians of three.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pathlib
import statistics
import sys
import tempfile
import time
import zlib
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measure import claim, realdata, run_child
from benchmarks.steps import real_texts
from redpyjama.kernels import ngram_table
from redpyjama.lm import arpa, model_file, perplexity_step
from redpyjama.lm.trainers import TRAINERS, PerplexityParams
from redpyjama.sources.catalogue import CATALOGUE
from redpyjama.store import tokenizer_file

DUMPS = ("enwiki-bgwiki-gensim/enwiki*", "dbpedia-minidumps/enwiki*", "ltgwiki-full/*.bz2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the pages, one run each")
    parser.add_argument("--child", nargs=2, metavar=("WHO", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        who, folder = options.child
        print(json.dumps({"ours": ours, "kenlm": theirs}[who](pathlib.Path(folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        learn(folder)
        texts = [text for text in real_texts() if text][:: 4 if options.quick else 1]
        (folder / "texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
        compare(folder, sum(len(text.encode()) for text in texts), runs=1 if options.quick else 3)


def learn(folder: pathlib.Path) -> None:
    """Learn the model from Wikipedia's dumps, and print what it took."""
    texts = articles()
    num_bytes = sum(len(text.encode()) for text in texts)
    begin = time.process_time()
    params = PerplexityParams()
    batches = (pa.record_batch({"text": texts[i : i + 256]}) for i in range(0, len(texts), 256))
    trainer = TRAINERS["perplexity"]
    trainer.collect(batches, "wikipedia", params, str(folder / "collected"))
    collected = time.process_time()
    counts = trainer.fit([("wikipedia", str(folder / "collected"))], params, str(folder / "model"))
    done = time.process_time()
    arpa.write(str(folder / "model"), str(folder / "model.arpa"))
    size = (folder / "model").stat().st_size / 1e6
    print(f"learnt from {len(texts)} articles, {num_bytes / 1e6:.1f} MB, {counts['tokens']:,} pieces:")
    rate = counts["tokens"] / (done - begin) / 1e6
    print(f"{sum(counts['ngrams']):,} n-grams, {size:.0f} MB; {collected - begin:.1f} CPU s to split into pieces,")
    print(f"{done - collected:.1f} to count, sort, smooth and write: {rate:.2f} M pieces/s")


def articles() -> list[str]:
    source = CATALOGUE["wikipedia"]
    params = source.options(languages=())
    found: list[str] = []
    for path in sorted(str(p) for name in DUMPS for p in (realdata() / "wikipedia").glob(name)):
        for dump in source.dumps([path], params):
            for part in source.parts(dump, params):
                found += [text for d in source.read(part, params) if (text := getattr(d, "text", ""))]
    return found


def texts_of(folder: pathlib.Path) -> list[str]:
    return [json.loads(line) for line in open(folder / "texts.jsonl", encoding="utf-8")]


def ours(folder: pathlib.Path) -> dict[str, Any]:
    texts = pa.array(texts_of(folder), pa.string())
    model = str(folder / "model")
    perplexity_step.scored(texts.slice(0, 1), model, whole=False)  # loads what was compiled, maps the model
    begin = time.process_time()
    scores, counts = perplexity_step.scored(texts, model, whole=False)
    whole = time.process_time() - begin
    seconds, pieces = alone(texts, model)
    return {"whole": whole, "alone": seconds, "scores": scores.tolist(), "counts": counts.tolist(), "pieces": pieces}


def alone(texts: pa.StringArray, model: str) -> tuple[float, list[int]]:
    """Return the CPU seconds of the model itself, its tables over the numbers of pieces; a digest of each text's."""
    made = model_file.load(model)
    splitter, word_of = perplexity_step._splitter(made)
    parts = [
        (documents, *splitter.encode(lines, data))
        for _, _, documents, lines, data in perplexity_step.normalized(texts, whole=False)
    ]
    space = ngram_table.new_space()
    begin = time.process_time()
    for documents, ids, bounds in parts:
        scores, counts = np.zeros(len(documents) - 1), np.zeros(len(documents) - 1, np.int64)
        ngram_table.score(
            ids, bounds, documents, word_of, made.order, made.bases, made.homes, made.rows, scores, counts, *space
        )
    seconds = time.process_time() - begin
    bounds_of = [(ids, bounds[documents]) for documents, ids, bounds in parts]
    return seconds, [zlib.crc32(ids[a:b].astype("<i4")) for ids, ends in bounds_of for a, b in itertools.pairwise(ends)]


def theirs(folder: pathlib.Path) -> dict[str, Any]:
    import kenlm

    from tests.kernels.ccnet_twin import twin

    texts = texts_of(folder)
    model = kenlm.Model(str(folder / "model.arpa"))
    tokenizer = tokenizer_file.load(tokenizer_file.SHIPPED)
    lines_of: list[list[str]] = []
    scores: list[float] = []
    counts: list[int] = []
    pieces: list[int] = []
    begin = time.process_time()
    for text in texts:
        lines = [line for line in (twin(part) for part in text.split("\n")) if line]
        ids = tokenizer.encode(lines)
        joined = [" ".join([tokenizer.pieces[i] for i in line]) for line in ids]
        lines_of.append(joined)
        scores.append(sum(model.score(line) for line in joined))
        counts.append(sum(len(line) + 1 for line in ids))
        pieces.append(zlib.crc32(np.array([i for line in ids for i in line], "<i4")))
    whole = time.process_time() - begin
    begin = time.process_time()
    for lines in lines_of:
        for line in lines:
            model.score(line)
    seconds = time.process_time() - begin
    scores = [sum(row[0] for line in lines for row in model.full_scores(line)) for lines in lines_of]
    return {"whole": whole, "alone": seconds, "scores": scores, "counts": counts, "pieces": pieces}


def compare(folder: pathlib.Path, num_bytes: int, *, runs: int) -> None:
    seconds: dict[str, list[tuple[float, float]]] = {"ours": [], "kenlm": []}
    answers: dict[str, dict[str, Any]] = {}
    for _ in range(runs):
        for who, times in seconds.items():
            command = [sys.executable, "-m", "benchmarks.perplexity", "--child", who, str(folder)]
            answers[who] = run_child(command).answer
            times.append((answers[who]["alone"], answers[who]["whole"]))
    a, b = (np.array(answers[who]["scores"]) for who in seconds)
    counts = np.array(answers["ours"]["counts"])
    pieces = int(counts.sum())
    digests = [np.array(answers[who]["pieces"]) for who in seconds]
    same = digests[0] == digests[1]
    worst = float((np.abs(a - b)[same] / np.maximum(counts[same], 1)).max())
    print(f"\n{len(a)} pages, {num_bytes / 1e6:.1f} MB, {pieces:,} pieces and line ends, {runs} run(s) each")
    print(f"{'':<12}{'model alone, s':>16}{'M pieces/s':>12}{'whole, s':>12}{'MB/s':>8}")
    medians = {}
    for who, times in seconds.items():
        model, whole = (statistics.median(t[i] for t in times) for i in (0, 1))
        medians[who] = model, whole
        print(f"{who:<12}{model:>16.3f}{pieces / model / 1e6:>12.2f}{whole:>12.3f}{num_bytes / whole / 1e6:>8.2f}")
    print()
    claim("perplexity_same_pieces", float(same.mean()), ">= 0.99", met=bool(same.mean() >= 0.99))
    claim("perplexity_largest_difference_per_piece", worst, "<= 1e-4", met=worst <= 1e-4)
    ratios = [medians["kenlm"][i] / medians["ours"][i] for i in (0, 1)]
    claim("perplexity_model_speed_over_kenlm", ratios[0], ">= 1", met=ratios[0] >= 1)
    claim("perplexity_whole_speed_over_ccnet", ratios[1], ">= 1", met=ratios[1] >= 1)


if __name__ == "__main__":
    main()
