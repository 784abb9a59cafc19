"""How fast, and how surely, are near copies taken out of a corpus, from texts to what stays, beside datatrove?

    python -m benchmarks.duplicates [--quick]

Real texts (released C4 records and raw WET pages) and copies of some of them: with words changed at several rates, with
a paragraph cut or added. Ours and datatrove's four stages with FineWeb's parameters (5-grams of words, 14 bands of 8
rows), each in a process of its own, one thread; CPU seconds from reading the documents to writing those that stay
(ours: the stages fingerprints to clusters, decisions and release). datatrove takes a shared band for proof, so ours
does too; then ours once more with candidates compared. The peer needs an environment of its own (`make bench-env`),
named by $REDPYJAMA_PEER_PYTHON.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import random
import sys
import tempfile
import time
from typing import Any

from benchmarks.measure import claim, run_child
from benchmarks.steps import PEER, real_texts

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
THRESHOLD = 0.72
"""Where FineWeb's bands find half of the pairs: (1 / 14) ^ (1 / 8)."""

STAGES = ("fingerprints", "buckets", "forest", "roots", "members", "clusters", "decisions", "release")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts")
    parser.add_argument("--ours", nargs=3, help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        file, folder, verify = options.ours
        print(json.dumps(ours(pathlib.Path(file), pathlib.Path(folder), verify=verify == "verify")))
        return
    texts = [text for text in real_texts() if len(text.split()) > 20][:: 4 if options.quick else 1]
    documents, planted = with_copies(texts)
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        file = folder / "c4-train.00000.json"
        records = ({"id": str(i), "text": text, "url": f"http://a.example/{i}"} for i, text in enumerate(documents))
        file.write_text("".join(json.dumps(record | {"timestamp": ""}) + "\n" for record in records), encoding="utf-8")
        compare(file, folder, documents, planted)


def with_copies(texts: list[str]) -> tuple[list[str], dict[str, list[tuple[int, int]]]]:
    """Return texts and copies, and by kind the pairs of a text and its copy; a text has one copy at most."""
    draw = random.Random(5)
    kinds = [f"{rate:.0%} of the words" for rate in RATES] + ["a paragraph cut", "a paragraph added"]
    long = [i for i, text in enumerate(texts) if len(text.split()) > 100]
    draw.shuffle(long)
    documents, planted = list(texts), collections.defaultdict(list)
    for number, i in enumerate(long[: len(texts) // 2]):
        kind = number % len(kinds)
        words = texts[i].split(" ")
        if kind < len(RATES):
            copy = " ".join(f"w{draw.randrange(10**6)}" if draw.random() < RATES[kind] else word for word in words)
        elif kind == len(RATES):
            copy = " ".join(words[len(words) // 10 :])
        else:
            copy = texts[i] + "\n" + " ".join(f"w{draw.randrange(10**6)}" for _ in range(len(words) // 10))
        planted[kinds[kind]].append((i, len(documents)))
        documents.append(copy)
    return documents, planted


def ours(file: pathlib.Path, folder: pathlib.Path, *, verify: bool) -> dict[str, Any]:
    import pyarrow.parquet as pq

    from redpyjama import graph, recipe
    from redpyjama.builder import CATALOGUE
    from redpyjama.sources import catalogue as sources

    text = f"[slice.c4]\n[dedup]\nmethods = ['minhash']\n[dedup.minhash]\npreset = 'fineweb'\nthreshold = {THRESHOLD}\n"
    (folder / "recipe.toml").write_text(text + f"verify = {str(verify).lower()}\n")
    loaded = recipe.load(str(folder / "recipe.toml"), CATALOGUE)

    def lay_out(path: pathlib.Path, root: pathlib.Path) -> graph.Graph:
        dumps = sources.CATALOGUE["c4"].dumps([str(path)], loaded.slices["c4"].options)
        inputs = {"c4": [graph.Input(dump=dump, sha256=path.name) for dump in dumps]}
        tokenizer = {"name": "redpyjama-32k", "sha256": "x", "vocab_size": 32000}
        return graph.make(
            graph.Plan(
                recipe=loaded, catalogue=CATALOGUE, inputs=inputs, fraction=1.0, root=str(root), tokenizer=tokenizer
            )
        )

    warm = folder / "warm.json"
    warm.write_text("".join(file.open(encoding="utf-8").readline() for _ in range(2)), encoding="utf-8")
    for task in lay_out(warm, folder / "warm").tasks():  # loads what was compiled
        task.run(task)
    seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    laid = lay_out(file, folder / f"corpus-{verify}")
    for task in laid.tasks():
        begin = time.process_time()
        task.run(task)
        if (stage := task.name.split("/")[0]) in seconds:
            seconds[stage] += time.process_time() - begin
    tables = {
        name: [row for task in stages["c4"].tasks for row in pq.read_table(f"{task.output}.parquet").to_pylist()]
        for name, stages in laid.tables.items()
        if name in ("documents", "decisions")
    }
    number = {
        row["id"]: int(json.loads(row["meta"]).get("url", row["url"]).rpartition("/")[2]) for row in tables["documents"]
    }
    removed = {
        number[row["document_id"]]: number[row["duplicate_of"]] for row in tables["decisions"] if not row["keep"]
    }
    return {"cpu_seconds": seconds, "removed": [str(i) for i in removed], "kept": list(removed.items())}


def compare(
    file: pathlib.Path, folder: pathlib.Path, documents: list[str], planted: dict[str, list[tuple[int, int]]]
) -> None:
    num_bytes = sum(len(text.encode()) for text in documents)
    pairs = sum(map(len, planted.values()))
    print(f"{len(documents)} documents, {num_bytes / 1e6:.1f} MB, {pairs} of them copies of others\n")
    me = [sys.executable, "-m", "benchmarks.duplicates", "--ours", str(file), str(folder)]
    answers = {name: run_child([*me, mode]).answer for name, mode in (("redpyjama", "trust"), ("compared", "verify"))}
    if pathlib.Path(PEER).exists():
        command = [PEER, "-m", "benchmarks.peers.datatrove_minhash", str(file), str(folder / "peer")]
        answers["datatrove"] = run_child(command).answer
    else:
        print(f"no peer at {PEER}: make bench-env, or set REDPYJAMA_PEER_PYTHON\n")
    for name, answer in answers.items():
        total = sum(answer["cpu_seconds"].values())
        parts = ", ".join(f"{stage} {seconds:.3g}" for stage, seconds in answer["cpu_seconds"].items() if seconds)
        print(f"{name:<12}{total:>9.3f} CPU s {num_bytes / 1e6 / total:>8.2f} MB/s   ({parts})")
    found = {name: {int(i) for i in answer["removed"]} for name, answer in answers.items()}
    print(f"\n{'share of copies found':<24}{'pairs':>6}" + "".join(f"{name:>12}" for name in answers))
    recall: dict[str, float] = {}
    for kind, some in planted.items():
        shares = {name: sum(a in gone or b in gone for a, b in some) / len(some) for name, gone in found.items()}
        print(f"{kind:<24}{len(some):>6}" + "".join(f"{share:>12.3f}" for share in shares.values()))
    for name, gone in found.items():
        recall[name] = sum(a in gone or b in gone for some in planted.values() for a, b in some) / pairs
    print(f"{'all':<24}{pairs:>6}" + "".join(f"{recall[name]:>12.3f}" for name in answers) + "\n")
    right = precision(documents, answers["compared"]["kept"])
    trusted = precision(documents, answers["redpyjama"]["kept"])
    print(f"of what is removed, like another of its cluster: {trusted:.4f} without comparing, {right:.4f} with\n")
    claim("duplicates_precision_compared", right, ">= 0.99", met=right >= 0.99)
    if "datatrove" in answers:
        total = {name: sum(answer["cpu_seconds"].values()) for name, answer in answers.items()}
        print(
            f"with candidates compared, {total['datatrove'] / total['compared']:.1f} times as fast as datatrove without"
        )
        ratio = total["datatrove"] / total["redpyjama"]
        claim("duplicates_speed_over_datatrove", ratio, ">= 50", met=ratio >= 50)
        more = recall["redpyjama"] - recall["datatrove"]
        claim("duplicates_recall_above_datatrove", more, ">= 0", met=more >= 0)


def precision(documents: list[str], removed: list[tuple[int, int]]) -> float:
    """Return the share of removed documents that are like another of their cluster, by sets made in plain Python."""
    from redpyjama.kernels.simplified import Form
    from tests.kernels.test_simplified import TWINS

    clusters: dict[int, list[int]] = collections.defaultdict(list)
    for document, kept in removed:
        clusters[kept].append(document)
    right = 0
    for kept, members in clusters.items():
        sets = {}
        for i in (kept, *members):
            words = TWINS[Form.DATATROVE](documents[i]).split()
            sets[i] = {tuple(words[j : j + 5]) for j in range(len(words) - 4)}
        for i in members:
            # Words are cut otherwise in the kernel (as spaCy cuts them), so that similarities differ a little.
            right += any(len(sets[i] & sets[j]) >= (THRESHOLD - 0.03) * len(sets[i] | sets[j]) for j in sets if j != i)
    return right / max(len(removed), 1)


if __name__ == "__main__":
    main()
