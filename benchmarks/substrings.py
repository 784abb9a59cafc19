"""How fast are repeated substrings found, are they those that a suffix array has, and how much memory do they take?

    python -m benchmarks.substrings [--quick] [--size MB]

First, in memory, against libdivsufsort's suffix array and Kasai's LCP over the same bytes (books; C4 records and WET
pages), each in a process of its own on one thread: the same bytes must come out. Then over shards on disk, each task in
a process of its own: text made of pieces of books that repeats nothing longer than 100 bytes, with passages of books
planted in it. The peer needs its own environment (benchmarks/requirements-substrings.txt), named by
$REDPYJAMA_SUFFIX_PYTHON or .bench-env/substrings.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, claim, realdata, run_child
from benchmarks.steps import real_texts

if TYPE_CHECKING:
    import pyarrow as pa

PEER = os.environ.get("REDPYJAMA_SUFFIX_PYTHON", str(ROOT / ".bench-env" / "substrings" / "bin" / "python"))
LENGTH = 200
SHARD_MB = 64
PARTITION_MB = 256
PARTS = ("send anchors", "meet anchors", "send texts", "meet texts", "mark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each instead of three; a small --size")
    parser.add_argument("--size", type=int, help="MB of text for the measure of memory; 300 by default")
    parser.add_argument("--memory", action="store_true", help="measure memory only")
    parser.add_argument("--ours", metavar="TEXTS", help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(pathlib.Path(options.ours))))
        return
    size = options.size or (50 if options.quick else 300)
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            on_disk(pathlib.Path(folder), size)
            return
        if pathlib.Path(PEER).exists():
            for name, texts in (("books", books()), ("web pages", real_texts())):
                against_suffix_array(pathlib.Path(folder, "texts.jsonl"), name, texts, runs=1 if options.quick else 3)
        else:
            print(f"no peer at {PEER}: see benchmarks/requirements-substrings.txt, or set REDPYJAMA_SUFFIX_PYTHON")
    # Tasks are forks: what this process holds would count as theirs.
    command = [sys.executable, "-m", "benchmarks.substrings", "--memory", "--size", str(size)]
    subprocess.run(command, check=True, cwd=ROOT)


def books() -> list[str]:
    """Return the text of 75 files of Project Gutenberg."""
    archive = realdata() / "books" / "project-gutenberg-txt" / "project-gutenberg-txt.tar.xz"
    with tarfile.open(archive) as tar:
        files = [tar.extractfile(member) for member in tar if member.name.endswith(".txt")]
        return [file.read().decode("utf-8", "replace") for file in files if file]


def against_suffix_array(file: pathlib.Path, name: str, texts: list[str], *, runs: int) -> None:
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    our_runs, their_runs = [], []
    for _ in range(runs):
        our_runs.append(run_child([sys.executable, "-m", "benchmarks.substrings", "--ours", str(file)]).answer)
        command = [PEER, "-m", "benchmarks.peers.suffix_array", str(file), str(LENGTH)]
        their_runs.append(run_child(command, OMP_NUM_THREADS="1").answer)
    print(f"\n{name}: {len(texts)} texts, {megabytes:.1f} MB, {runs} run(s) each, substrings of {LENGTH} bytes")
    print(f"{'':<24}{'CPU s':>9}{'ns/byte':>9}")
    totals = []
    for side, parts in ((our_runs, PARTS), (their_runs, ("suffix array", "lcp"))):
        seconds = {part: statistics.median(run[part] for run in side) for part in parts}
        for part, value in seconds.items():
            print(f"{part:<24}{value:>9.3f}{value / megabytes * 1e3:>9.1f}")
        totals.append(sum(seconds.values()))
        peak = max(run["peak_bytes"] for run in side) / 1e6
        print(f"{'  together':<24}{totals[-1]:>9.3f}{totals[-1] / megabytes * 1e3:>9.1f}   peak {peak:.0f} MB")
    share = our_runs[0]["bytes"] / megabytes / 1e6
    same = our_runs[0]["digest"] == their_runs[0]["digest"]
    print(f"{share:.4f} of the bytes are repeated; {our_runs[0]['sent']} stretches sent their text\n")
    suffix = name.replace(" ", "_")
    claim(f"substrings_same_bytes_{suffix}", float(same), "1", met=same)
    ratio = totals[1] / totals[0]  # without the marking, which is the benchmark's own and not written for speed
    claim(f"substrings_speed_over_suffix_array_{suffix}", ratio, ">= 1", met=ratio >= 1)


def ours(file: pathlib.Path) -> dict[str, Any]:
    """Find the substrings of some texts in four shards and two partitions; return seconds, bytes and a digest."""
    import numpy as np

    from redpyjama.dedup import substrings
    from redpyjama.kernels import arrow

    params = substrings.SubstringsParams(length=LENGTH)
    texts = [json.loads(line) for line in open(file, encoding="utf-8")]
    step = -(-len(texts) // 4)
    shards = [batches_of(texts[i : i + step]) for i in range(0, len(texts), step)]
    hold(shards[:1], params)  # compiles, or loads what was compiled
    seconds = dict.fromkeys(PARTS, 0.0)
    answers, sent = hold(shards, params, seconds)
    begin = time.process_time()
    covered: list[Any] = []
    for shard, mine in zip(shards, answers, strict=True):
        row = 0
        for batch in shard:
            substrings.mark(batch, row, mine, params)
            row += batch.num_rows
    seconds["mark"] = time.process_time() - begin
    for shard, mine in zip(shards, answers, strict=True):
        sizes = np.concatenate([np.diff(arrow.buffers(batch["text"])[0]) for batch in shard]).astype(np.int64)
        starts = np.cumsum(sizes) - sizes
        flags = np.zeros(int(sizes.sum()), np.bool_)
        rows = starts[mine["row"].to_numpy()]
        for a, b in zip(
            (rows + mine["start"].to_numpy()).tolist(), (rows + mine["stop"].to_numpy()).tolist(), strict=True
        ):
            flags[a:b] = True
        covered.append(flags)
    flags = np.concatenate(covered)
    digest = hashlib.sha256(np.packbits(flags).tobytes()).hexdigest()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**seconds, "bytes": int(flags.sum()), "digest": digest, "sent": sent, "peak_bytes": peak}


def batches_of(texts: list[str]) -> list[pa.RecordBatch]:
    import pyarrow as pa

    return [pa.record_batch({"text": pa.array(texts[i : i + 256], pa.string())}) for i in range(0, len(texts), 256)]


def hold(shards: list[list[Any]], params: Any, seconds: dict[str, float] | None = None) -> tuple[list[Any], int]:
    """Hold both meetings in memory; return the last answers to each shard, and how many stretches sent text."""
    import numpy as np
    import pyarrow as pa

    from redpyjama.dedup import meetings, substrings

    seconds = seconds if seconds is not None else dict.fromkeys(PARTS, 0.0)
    answers: list[Any] = [None] * len(shards)
    asked = 0
    for name, meeting in zip(("anchors", "texts"), substrings.STEP.meetings, strict=True):
        begin = time.process_time()
        tables = []
        for shard, batches in enumerate(shards):
            batch = meeting.send(iter(batches), answers[shard], params)
            batch = batch.set_column(0, "key", pa.array(meetings.mixed(batch["key"].to_numpy(), "")))
            table = pa.Table.from_batches([batch])
            tables.append(table.append_column("shard", pa.array(np.full(table.num_rows, shard, np.int32))))
        sent = pa.concat_tables(tables)
        partition = meetings.partition_of(sent["key"].to_numpy(), 2)
        seconds[f"send {name}"] = time.process_time() - begin
        begin = time.process_time()
        met = pa.concat_tables([meeting.meet(sent.filter(pa.array(partition == p)), params) for p in range(2)])
        met = met.sort_by([(column, "ascending") for column in meeting.answers.names])
        bounds = np.searchsorted(met["shard"].to_numpy(), np.arange(len(shards) + 1))
        answers = [met.slice(bounds[i], bounds[i + 1] - bounds[i]).combine_chunks() for i in range(len(shards))]
        seconds[f"meet {name}"] = time.process_time() - begin
        if "asked" in met.column_names:
            asked = int(met["asked"].to_numpy().sum())
    return answers, asked


def on_disk(folder: pathlib.Path, megabytes: int) -> None:
    """Run the tasks of a build over made text; print CPU seconds and the largest resident size of any of them."""
    from redpyjama.dedup import meetings, substrings
    from redpyjama.stage import Task

    importlib.import_module("redpyjama.kernels.spans")  # tasks load it when they need it: here once for all forks

    params = substrings.SubstringsParams(length=LENGTH)
    step = substrings.STEP
    num_shards = -(-megabytes // SHARD_MB)
    num_partitions = -(-megabytes // PARTITION_MB)
    shards = [
        meetings.Shard(documents=str(folder / f"shard-{i}.parquet"), spans=None, number=i, group="")
        for i in range(num_shards)
    ]
    planted = statistics.fmean(
        in_process(write_made, shards[i].documents, i, min(SHARD_MB, megabytes - i * SHARD_MB))[0]
        for i in range(num_shards)
    )
    groups = -(-num_shards // meetings.SHARDS_PER_GROUP)
    numbers = tuple(range(num_shards))

    def tasks() -> Iterator[tuple[str, Task]]:
        answers: tuple[str, ...] = ()
        for m, name in enumerate(("anchors", "texts")):
            for i in numbers:
                args = meetings.SendArgs(
                    step=step, params=params, meeting=m, shard=shards[i], answers=answers, num_partitions=num_partitions
                )
                yield f"send {name}", Task(name="", run=meetings.send, args=args, output=str(folder / f"sent{m}-{i}"))
            sent = tuple(str(folder / f"sent{m}-{i}.arrow") for i in numbers)
            for p in range(num_partitions):
                args = meetings.MeetArgs(
                    step=step, params=params, meeting=m, sent=sent, numbers=numbers, partition=p, num_groups=groups
                )
                yield f"meet {name}", Task(name="", run=meetings.meet, args=args, output=str(folder / f"met{m}-{p}"))
            answers = tuple(str(folder / f"met{m}-{p}.arrow") for p in range(num_partitions))
        for i in numbers:
            args = meetings.MarkArgs(step=step, params=params, shard=shards[i], answers=answers)
            yield "mark", Task(name="", run=meetings.mark, args=args, output=str(folder / f"mark-{i}"))

    seconds, peaks = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0.0)
    for part, task in tasks():
        _, used, peak = in_process(task.run, task)
        seconds[part] += used
        peaks[part] = max(peaks[part], peak)
    print(f"\nmade text: {megabytes} MB in {num_shards} shards of {SHARD_MB} MB, {num_partitions} partition(s)")
    print(f"{'':<24}{'CPU s':>9}{'ns/byte':>9}{'peak MB':>9}{'disk MB':>9}")
    patterns = ("sent0-*.arrow", "met0-*.arrow", "sent1-*.arrow", "met1-*.arrow", "mark-*.parquet")
    for part, pattern in zip(PARTS, patterns, strict=True):
        size = sum(file.stat().st_size for file in folder.glob(pattern)) / 1e6
        row = f"{part:<24}{seconds[part]:>9.2f}{seconds[part] / megabytes * 1e3:>9.1f}"
        print(f"{row}{peaks[part] / 1e6:>9.0f}{size:>9.0f}")
    total = sum(seconds.values())
    print(f"{'  together':<24}{total:>9.2f}{total / megabytes * 1e3:>9.1f}{max(peaks.values()) / 1e6:>9.0f}")
    print(f"planted {planted:.4f} of the bytes, found {repeated_share(folder):.4f}\n")
    claim("substrings_peak_mb", max(peaks.values()) / 1e6, "<= 1000", met=max(peaks.values()) <= 1e9)


def in_process(run: Any, *args: Any) -> tuple[Any, float, float]:
    """Run in a fork of this process; return what it returned, its CPU seconds and its largest resident size."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(measured, (run, *args))


def measured(run: Any, *args: Any) -> tuple[Any, float, float]:
    answer = run(*args)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return answer, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def write_made(path: str, number: int, megabytes: int) -> float:
    """Write documents of about 5 kB as one shard; return which share of their bytes are planted passages.

    All but the passages are pieces of 16 to 40 bytes from any place in the books. Of 2,000 passages of 300 to 5,000
    bytes some are planted far more often than others.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = np.frombuffer("".join(books()).encode("ascii", "replace"), np.uint8)
    fixed, random = np.random.default_rng(1), np.random.default_rng([2, number])
    passages = np.column_stack([fixed.integers(0, len(source) - 5000, 2000), fixed.integers(300, 5001, 2000)])
    writer, planted, total = None, 0, 0
    for _ in range(max(1, megabytes // 8)):
        starts = random.integers(0, len(source) - 40, 300_000)
        sizes = random.integers(16, 41, 300_000)
        chosen = random.random(300_000) < 0.001
        which = (2000 * random.random(300_000) ** 3).astype(np.int64)[chosen]
        starts[chosen], sizes[chosen] = passages[which, 0], passages[which, 1]
        ends = np.cumsum(sizes)
        ends = ends[: int(np.searchsorted(ends, 8_000_000))]
        count = len(ends)
        total += int(ends[-1])
        planted += int(sizes[:count][chosen[:count]].sum())
        index = np.arange(int(ends[-1])) + np.repeat(starts[:count] - (ends - sizes[:count]), sizes[:count])
        offsets = np.append(np.arange(0, len(index), 5000), len(index)).astype(np.int32)
        text = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(source[index]))
        batch = pa.table({"id": pa.array([str(i) for i in range(len(text))]), "text": text})
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch)
    if writer:
        writer.close()
    return planted / total


def repeated_share(folder: pathlib.Path) -> float:
    import numpy as np
    import pyarrow.parquet as pq

    shares = [pq.read_table(file, columns=["repeated_substring_share"])[0] for file in folder.glob("mark-*.parquet")]
    return float(np.mean(np.concatenate([share.to_numpy() for share in shares])))


if __name__ == "__main__":
    main()
