"""How long does it take, and how much memory, to find the candidate clusters among millions of documents?

    python -m benchmarks.clusters [DOCUMENTS] [--folder FOLDER]

Synthetic documents, a million unless told, with 14 keys each as MinHash gives them: four in ten are in clusters, of two
in most cases and of thousands in some, and have six of ten keys in common with their cluster. First a tenth of them,
then all go through buckets, merges and roots; each task is a process of its own that may have 4 GB, and says its CPU
seconds (without start-up) and its peak resident size (with what it maps). What comes out is compared to what was
planted. Ten million take 4 GB of FOLDER.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import sys
import tempfile
import time
from collections import defaultdict
from typing import Any

import numpy as np

from benchmarks.measure import claim, run_child

KEYS_EACH = 14
SHARD = 50_000
PARTITION_BYTES = 64 << 20
CAP = 4 << 30
KINDS = ("buckets", "merge", "roots")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--folder", help="for some time, 400 bytes a document; default: the system's")
    parser.add_argument("--task", help=argparse.SUPPRESS)  # the child process: kind, and what it needs as JSON
    parser.add_argument("--needs", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(child(options.task, json.loads(options.needs))))
        return
    tenth = measure(options.documents // 10, options.folder)
    whole = measure(options.documents, options.folder)
    print()
    growth = whole["seconds"] / tenth["seconds"]
    claim("clusters_growth_for_ten_times_as_many", growth, "<= 13", met=growth <= 13)
    claim("clusters_peak_gigabytes", whole["peak"] / 1e9, "< 4", met=whole["peak"] < 4e9)
    claim("clusters_joined_wrongly", whole["wrong"], "= 0", met=whole["wrong"] == 0)


def measure(documents: int, folder: str | None) -> dict[str, float]:
    """Print the costs of all tasks over so many documents; return the sum and the greatest."""
    from redpyjama.dedup.forest import FAN_IN
    from redpyjama.store.exchange import num_partitions

    with tempfile.TemporaryDirectory(dir=folder) as place:
        needs: dict[str, Any] = {"place": place, "documents": documents}
        needs["partitions"] = num_partitions([16 * KEYS_EACH * documents], PARTITION_BYTES)
        run("plant", needs)
        costs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        files: list[str] = []
        for partition in range(needs["partitions"]):
            costs["buckets"].append(run("buckets", {**needs, "partition": partition}))
            files.append(f"{place}/buckets-{partition}.arrow")
        level = 0
        while len(files) > FAN_IN:
            cut = [files[i : i + FAN_IN] for i in range(0, len(files), FAN_IN)]
            files = [f"{place}/merge-{level}-{i}.arrow" for i in range(len(cut))]
            for path, part in zip(files, cut, strict=True):
                costs["merge"].append(run("merge", {**needs, "edges": part, "to": path.removesuffix(".arrow")}))
            level += 1
        costs["roots"].append(run("roots", {**needs, "edges": files}))
        found = run("check", needs)
    print(f"\n{documents} documents, {documents * KEYS_EACH} keys, {needs['partitions']} partitions")
    print(f"{'':<9}{'tasks':>7}{'CPU s':>9}{'peak MB':>9}{'records':>12}{'nodes':>12}{'bytes each':>12}")
    for kind in KINDS:
        if kind in costs:
            line(kind, costs[kind])
    print(f"{found['nodes']} of {found['planted']} planted copies are in {found['roots']} candidate clusters")
    every = [cost for kind in costs.values() for cost in kind]
    seconds = sum(cost["seconds"] for cost in every)
    print(f"{seconds:.2f} CPU s, {seconds / documents * 1e6:.2f} microseconds a document")
    return {"seconds": seconds, "peak": max(cost["peak"] for cost in every), "wrong": found["wrong"]}


def line(kind: str, costs: list[dict[str, Any]]) -> None:
    """Print what one kind of task cost; bytes are those of the largest task over what it began with."""
    largest = max(costs, key=lambda cost: cost["peak"])
    read = sum(cost["read"] for cost in costs)
    each = (largest["peak"] - largest["before"]) / max(1, largest["read"] if kind == "buckets" else largest["nodes"])
    seconds = sum(cost["seconds"] for cost in costs)
    nodes = max(cost["nodes"] for cost in costs)
    print(f"{kind:<9}{len(costs):>7}{seconds:>9.2f}{largest['peak'] / 1e6:>9.0f}{read:>12}{nodes:>12}{each:>12.1f}")


def run(kind: str, needs: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.clusters", "--task", kind, "--needs", json.dumps(needs)]
    return run_child(command).answer


def child(kind: str, needs: dict[str, Any]) -> dict[str, Any]:
    if kind in ("plant", "check"):
        return plant(**needs) if kind == "plant" else check(**needs)
    return task(kind, needs)


def task(kind: str, needs: dict[str, Any]) -> dict[str, Any]:
    """Run one task under the cap."""
    from redpyjama.dedup import forest
    from redpyjama.kernels import union_find  # compiles, or loads what was compiled
    from redpyjama.stage import Task

    resource.setrlimit(resource.RLIMIT_DATA, (CAP, CAP))
    place = needs["place"]
    shards = -(-needs["documents"] // SHARD)
    if kind == "buckets":
        sent = tuple(f"{place}/sent-{n}.arrow" for n in range(shards))
        args: Any = forest.BucketArgs(
            sent=sent, shards=tuple(range(shards)), partition=needs["partition"], num_partitions=needs["partitions"]
        )
        made = Task(name=kind, run=forest.buckets, args=args, output=f"{place}/buckets-{needs['partition']}")
    elif kind == "merge":
        args = forest.MergeArgs(edges=tuple(needs["edges"]))
        made = Task(name=kind, run=forest.merge, args=args, output=needs["to"])
    else:
        groups = -(-shards // forest.SHARDS_PER_GROUP)
        args = forest.RootArgs(edges=tuple(needs["edges"]), num_groups=groups)
        made = Task(name=kind, run=forest.roots, args=args, output=f"{place}/roots")
    union_find.settle(np.zeros(0, np.int64))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    begin = time.process_time()
    counts = made.run(made)
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    read = counts["records"] if kind == "buckets" else sum(rows_of(path) for path in needs["edges"])
    nodes = counts["rows"] if kind == "roots" else counts["nodes"]
    return {"seconds": seconds, "peak": peak, "before": before, "read": read, "nodes": nodes}


def rows_of(path: str) -> int:
    return json.loads(pathlib.Path(path).with_suffix(".json").read_text())["rows"]


def clusters_of(documents: int) -> np.ndarray:
    """Return for each document the cluster that it was planted in, or -1."""
    rng = np.random.default_rng(7)
    wanted = documents * 4 // 10
    sizes = np.minimum(rng.zipf(2.2, wanted) + 1, 10_000)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), wanted)]
    found = np.full(documents, -1, np.int64)
    found[: sizes.sum()] = np.repeat(np.arange(len(sizes)), sizes)
    rng.shuffle(found)
    return found


def plant(place: str, documents: int, partitions: int) -> dict[str, Any]:
    """Write what the documents would send."""
    import pyarrow as pa

    from redpyjama.dedup.fingerprints import KEYS
    from redpyjama.dedup.meetings import mixed, partition_of
    from redpyjama.store.exchange import write_partitions

    clusters = clusters_of(documents)
    bands = np.arange(KEYS_EACH, dtype=np.uint64)
    for shard, begin in enumerate(range(0, documents, SHARD)):
        of = clusters[begin : begin + SHARD]
        rng = np.random.default_rng([7, shard])
        shares = (rng.random((len(of), KEYS_EACH)) < 0.6) & (of >= 0)[:, None]
        own = (np.arange(begin, begin + len(of), dtype=np.uint64) | np.uint64(1 << 40))[:, None]
        keys = np.where(shares, np.maximum(of, 0).astype(np.uint64)[:, None], own) << np.uint64(4) | bands
        keys = mixed(keys.ravel(), "minhash")
        rows = np.repeat(np.arange(len(of)), KEYS_EACH)
        batch = pa.RecordBatch.from_arrays([pa.array(keys), pa.array(rows)], schema=KEYS)
        with open(f"{place}/sent-{shard}.arrow", "wb") as file:
            write_partitions(file, batch, partition_of(keys, partitions), partitions)
    return {}


def check(place: str, documents: int, partitions: int) -> dict[str, Any]:
    """Count the candidates, their clusters, and those whose root was planted in another cluster."""
    from redpyjama.dedup.forest import SHARDS_PER_GROUP
    from redpyjama.dedup.members import ROOTS
    from redpyjama.store.exchange import read_partition

    del partitions
    clusters = clusters_of(documents)
    counts = {"nodes": 0, "roots": 0, "wrong": 0, "planted": int((clusters >= 0).sum())}
    for group in range(-(-documents // (SHARD * SHARDS_PER_GROUP))):
        table = read_partition([f"{place}/roots.arrow"], group, ROOTS)
        node, root = (
            (table[name].to_numpy() >> np.uint64(32)) * np.uint64(SHARD)
            + (table[name].to_numpy() & np.uint64(0xFFFFFFFF))
            for name in ("node", "root")
        )
        counts["nodes"] += len(node)
        counts["roots"] += int((node == root).sum())
        counts["wrong"] += int((clusters[node.astype(np.int64)] != clusters[root.astype(np.int64)]).sum())
    return counts


if __name__ == "__main__":
    main()
