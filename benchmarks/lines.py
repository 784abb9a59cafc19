"""How fast are repeated lines cut, and the same ones as CCNet cuts?

    python -m benchmarks.lines [--quick]

The same real texts (released C4 records, raw WET pages), by us in shards of 500 documents (keys, meeting, spans, cut)
and in CCNet's way in Python and numpy (see `benchmarks.peers.ccnet_lines`), each in a process of its own, in turns; CPU
seconds without reading and writing. CCNet hashes every line twice, once to find the repeats and once to cut them, as we
do; the time that it would take if it kept the hashes is shown too. Before speed is compared, the texts that are left.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any

import pyarrow as pa

from benchmarks.measure import claim, run_child
from benchmarks.repetition import median_seconds
from benchmarks.steps import real_texts
from redpyjama.dedup import lines
from redpyjama.dedup.lines import LinesParams

SHARD = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, one run of each instead of five")
    parser.add_argument("--ours", nargs=2, help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        texts, left = map(pathlib.Path, options.ours)
        print(json.dumps(ours(texts, left)))
        return
    texts = [text for text in real_texts() if text][:: 4 if options.quick else 1]
    alone(texts)
    with tempfile.TemporaryDirectory() as folder:
        compare(texts, pathlib.Path(folder), 1 if options.quick else 5)


def cut(shards: list[pa.RecordBatch], params: LinesParams) -> list[Any]:
    """Return the texts of each shard without repeated lines."""
    from redpyjama.kernels.spans import apply_spans

    sent: list[pa.Table] = []
    for number, batch in enumerate(shards):
        table = pa.Table.from_batches([lines.send(iter([batch]), None, params)])
        sent.append(table.append_column("shard", pa.array([number] * table.num_rows, pa.int32())))
    answers = lines.meet(pa.concat_tables(sent), params)
    shard = answers["shard"].to_numpy()
    found: list[Any] = []
    for number, batch in enumerate(shards):
        marked = lines.mark(batch, 0, answers.filter(pa.array(shard == number)), params)
        found.append(apply_spans(batch["text"], marked["spans"]))
    return found


def shards_of(texts: list[str]) -> list[pa.RecordBatch]:
    columns = ({"text": pa.array(texts[i : i + SHARD], pa.string())} for i in range(0, len(texts), SHARD))
    return [pa.record_batch(column) for column in columns]


def alone(texts: list[str]) -> None:
    """Print MB of text a CPU second for each unit and normalisation."""
    shards = shards_of(texts)
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} texts, {num_bytes / 1e6:.1f} MB, {len(shards)} shards\n")
    print(f"{'':<24}{'MB/s':>8}{'characters cut':>16}")
    before = sum(map(len, texts))
    for unit in ("lines", "paragraphs"):
        for normalisation in ("ccnet", "folded"):
            params = LinesParams(unit=unit, normalisation=normalisation)
            left = cut(shards, params)
            seconds = median_seconds(lambda params=params: cut(shards, params))
            gone = 1 - sum(len(text) for shard in left for text in shard.to_pylist()) / before
            print(f"{unit + ', ' + normalisation:<24}{num_bytes / 1e6 / seconds:>8.1f}{gone:>16.2%}")


def ours(file: pathlib.Path, left: pathlib.Path) -> dict[str, float]:
    shards = shards_of([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()])
    params = LinesParams()
    cut([shards[0].slice(0, 2)], params)
    begin = time.process_time()
    found = cut(shards, params)
    seconds = time.process_time() - begin
    left.write_text("".join(json.dumps(text) + "\n" for shard in found for text in shard.to_pylist()), encoding="utf-8")
    return {"seconds": seconds}


def compare(texts: list[str], folder: pathlib.Path, runs: int) -> None:
    file = folder / "texts.jsonl"
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    commands = {
        "redpyjama": [sys.executable, "-m", "benchmarks.lines", "--ours", str(file), str(folder / "redpyjama")],
        "ccnet": [sys.executable, "-m", "benchmarks.peers.ccnet_lines", str(file), str(folder / "ccnet")],
    }
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            answers[name].append(run_child(command, NUMBA_NUM_THREADS="1").answer)
    seconds = statistics.median(answer["seconds"] for answer in answers["redpyjama"])
    once = statistics.median(answer["hashing"] + answer["rest"] for answer in answers["ccnet"])
    twice = statistics.median(2 * answer["hashing"] + answer["rest"] for answer in answers["ccnet"])
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"\n{'':<32}{'CPU s':>8}{'MB/s':>8}{'ns/byte':>9}")
    for name, taken in (
        ("redpyjama", seconds),
        ("CCNet's way, hashing once", once),
        ("hashing twice, as CCNet", twice),
    ):
        print(f"{name:<32}{taken:>8.3f}{num_bytes / 1e6 / taken:>8.1f}{taken / num_bytes * 1e9:>9.2f}")
    left = {name: (folder / name).read_text(encoding="utf-8").splitlines() for name in commands}
    pairs = [(json.loads(one), json.loads(two)) for one, two in zip(*left.values(), strict=True)]
    same = sum(one == two for one, two in pairs) / len(pairs)
    print(f"cut from {sum(one != text for (one, _), text in zip(pairs, texts, strict=True))} documents")
    for text, (one, two) in zip(texts, pairs, strict=True):
        if one != two:
            apart = set(one.split("\n")) ^ set(two.split("\n"))
            print(f"differs: {sorted(apart)[:2]!r}"[:200], len(text))
    claim("lines_same_texts", same, ">= 0.999", met=same >= 0.999)
    print(f"speed over CCNet's way: {once / seconds:.1f}; hashing twice: {twice / seconds:.1f}")


if __name__ == "__main__":
    main()
