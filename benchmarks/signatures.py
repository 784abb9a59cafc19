"""How fast are fingerprints made for fuzzy de-duplication, and do they estimate what they should?

    python -m benchmarks.signatures [--quick]

MinHash signatures of the same real texts (released C4 records, raw WET pages, and copies of some of them with words
changed), with n-grams of as many words and as many permutations, by us and by rensa, Daft and datatrove; each in a
process of its own, in turns, on one thread; CPU seconds of cutting into n-grams, hashing and signing, without reading
and start-up. Beside the speed, how far the estimates of the edited copies are from their true similarity.
Peers need environments of their own (`make bench-env`), named by $REDPYJAMA_MINHASH_PYTHON (rensa, Daft; or
.bench-env/minhash) and $REDPYJAMA_PEER_PYTHON (datatrove; or .bench-env/datatrove).
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.measure import ROOT, claim, run_child
from benchmarks.repetition import median_seconds
from benchmarks.steps import PEER, real_texts

MINHASH = os.environ.get("REDPYJAMA_MINHASH_PYTHON", str(ROOT / ".bench-env" / "minhash" / "bin" / "python"))
N, LENGTH = 5, 128
EDIT_RATES = (0.005, 0.01, 0.02, 0.05, 0.1)
ONE_THREAD = {
    "RAYON_NUM_THREADS": "1", "DAFT_RUNNER": "native", "DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0",
    "NUMBA_NUM_THREADS": "1",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, one run of each instead of three")
    parser.add_argument("--ours", nargs=5, help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        form, file, pairs, n, length = options.ours
        print(json.dumps(ours(form, pathlib.Path(file), pathlib.Path(pairs), int(n), int(length))))
        return
    texts = [text for text in real_texts() if text][:: 4 if options.quick else 1]
    runs = 1 if options.quick else 3
    alone(texts)
    kernel()
    documents, pairs = with_copies(texts)
    spaced = [" ".join(text.split()) for text in documents]  # Daft cuts at spaces only
    plain = compare(spaced, pairs, "plain", {"rensa": MINHASH, "daft": MINHASH}, LENGTH, runs)
    normal = compare(documents, pairs, "redpajama_v2", {"daft-normalised": MINHASH}, LENGTH, runs)
    fineweb = compare(*with_copies(texts[::4]), "datatrove", {"datatrove": PEER}, 112, runs)
    for name, ratio, goal in (
        ("signatures_speed_over_rensa", plain.get("rensa"), 5), ("signatures_speed_over_daft", plain.get("daft"), 2),
        ("signatures_speed_over_daft_normalising", normal.get("daft-normalised"), 2),
        ("signatures_speed_over_datatrove", fineweb.get("datatrove"), 50),
    ):  # fmt: skip
        if ratio:
            claim(name, ratio, f">= {goal}", met=ratio >= goal)


def with_copies(texts: list[str]) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the texts and behind them edited copies of some, and which belong together."""
    choose = random.Random(11)
    chosen = [i for i, text in enumerate(texts) if 100 <= len(text.split()) <= 2000][:1000]
    copies: list[str] = []
    for k, i in enumerate(chosen):
        rate, words = EDIT_RATES[k % len(EDIT_RATES)], texts[i].split()
        edited = (
            choose.choice([[], [word, word], ["changed"]]) if choose.random() < rate else [word] for word in words
        )
        copies.append(" ".join(word for some in edited for word in some))
    return texts + copies, [(i, len(texts) + k) for k, i in enumerate(chosen)]


def alone(texts: list[str]) -> None:
    """Print MB of text a CPU second of keys and sketches with the parameters of each preset."""
    import pyarrow as pa

    from redpyjama.dedup import minhash, simhash

    batch = pa.record_batch({"text": pa.array(texts, pa.string())})
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} texts, {num_bytes / 1e6:.1f} MB\n\n{'MB/s':<32}{'keys':>9}{'sketches':>9}")
    methods: list[tuple[str, Any, Any]] = [("simhash, RedPajama V1's books", simhash, simhash.SimHash())]
    methods += [(name, minhash, minhash.MinHash(**preset.params)) for name, preset in minhash.PRESETS.items()]
    for name, module, params in methods:
        module.keys(batch.slice(0, 1), params)
        seconds = [median_seconds(lambda run=run, p=params: run(batch, p)) for run in (module.keys, module.sketches)]
        print(f"{name:<32}{num_bytes / 1e6 / seconds[0]:>9.1f}{num_bytes / 1e6 / seconds[1]:>9.1f}")


def kernel() -> None:
    """Print the nanoseconds that a shingle takes in the kernel of signatures."""
    from redpyjama.kernels import minhash

    hashes = np.random.default_rng(0).integers(0, 2**64, 1_000_000, dtype=np.uint64)
    offsets = np.arange(0, 1_000_001, 500)
    print(f"\n{'permutations':<16}{'ns a shingle':>13}")
    for length in (112, 128, 256, 512):
        seconds = median_seconds(lambda length=length: minhash.signatures(offsets, hashes, length, 1))
        print(f"{length:<16}{seconds / 1e6 * 1e9:>13.2f}")


def ours(form: str, file: pathlib.Path, pairs: pathlib.Path, n: int, length: int) -> dict[str, Any]:
    """Make keys, which takes signing and more; then the signatures of the pairs."""
    import pyarrow as pa

    from redpyjama.dedup import minhash
    from redpyjama.kernels import minhash as kernels
    from redpyjama.kernels import sets

    texts = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    batch = pa.record_batch({"text": pa.array(texts, pa.string())})
    shape: dict[str, Any] = {"normalise": form, "bands": length // 8, "rows": 8}
    params = minhash.MinHash(ngram=n, permutations=length, **shape)
    minhash.keys(batch.slice(0, 2), params)
    begin = time.process_time()
    minhash.keys(batch, params)
    seconds = time.process_time() - begin
    offsets, values = minhash.sketches(batch, params)
    signed = kernels.signatures(offsets, values, length, 1)
    one, two = (np.array(rows, np.int64) for rows in zip(*json.loads(pairs.read_text(encoding="utf-8")), strict=True))
    agree = (signed[one] == signed[two]).mean(axis=1)
    return {"cpu_seconds": seconds, "agree": agree.tolist(), "true": sets.jaccards(offsets, values, one, two).tolist()}


def compare(
    documents: list[str], pairs: list[tuple[int, int]], form: str, peers: dict[str, str], length: int, runs: int
) -> dict[str, float]:
    """Run us and the peers in turns; print a table; return how many times the peers' CPU seconds are ours."""
    with tempfile.TemporaryDirectory() as folder:
        file, pairs_file = pathlib.Path(folder, "texts.jsonl"), pathlib.Path(folder, "pairs.json")
        file.write_text("".join(json.dumps(text) + "\n" for text in documents), encoding="utf-8")
        pairs_file.write_text(json.dumps(pairs), encoding="utf-8")
        seconds, answers = _in_turns([str(file), str(pairs_file), str(N), str(length)], form, peers, runs)
    num_bytes = sum(len(text.encode()) for text in documents)
    true = np.array(answers["redpyjama"]["true"])
    print(f"\n{form}: {len(documents)} documents, {num_bytes / 1e6:.1f} MB, {N} words, {length} permutations")
    print(f"{runs} run(s); {len(true)} edited copies, similarity {true.min():.2f} to {true.max():.2f}")
    print(f"{'':<20}{'CPU s':>9}{'MB/s':>9}{'bias':>9}{'error':>9}{'expected':>9}")
    expected = np.sqrt(np.mean(true * (1 - true) / length))
    for name, answer in answers.items():
        middle, off = statistics.median(seconds[name]), np.array(answer["agree"]) - true
        speed = num_bytes / 1e6 / middle
        print(
            f"{name:<20}{middle:>9.3f}{speed:>9.2f}{off.mean():>9.4f}{np.sqrt(np.mean(off**2)):>9.4f}{expected:>9.4f}"
        )
    base = statistics.median(seconds["redpyjama"])
    return {name: statistics.median(times) / base for name, times in seconds.items()}


def _in_turns(
    rest: list[str], form: str, peers: dict[str, str], runs: int
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    commands = {"redpyjama": [sys.executable, "-m", "benchmarks.signatures", "--ours", form, *rest]}
    for name, python in peers.items():
        if pathlib.Path(python).exists():
            commands[name] = [python, "-m", "benchmarks.peers.minhash_signatures", name, *rest]
        else:
            print(f"\nno {name} at {python}: make bench-env, or see the head of this file")
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    answers: dict[str, Any] = {}
    for _ in range(runs):
        for name, command in commands.items():
            answers[name] = run_child(command, **ONE_THREAD).answer
            seconds[name].append(answers[name]["cpu_seconds"])
    return seconds, answers


if __name__ == "__main__":
    main()
