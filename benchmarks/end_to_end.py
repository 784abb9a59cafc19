"""How fast is a whole build, and how does WARC to release compare with datatrove?

    python -m benchmarks.end_to_end [--quick]

Part 1 builds the recipe redpyjama-1 from all real inputs: MB of dumps a second of CPU, peak memory of a worker, and the
time of a second build. Part 2 takes a WARC file, then eight copies of it, to a release with us and with datatrove
0.10.1, each in a process of its own, one after the other: main text, language, C4's rules, token counts, compressed
JSON lines.
The peer needs its own environment (`make bench-env`), named by $REDPYJAMA_PEER_PYTHON or .bench-env/datatrove.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.measure import ROOT, claim, realdata, run_child

PEER = os.environ.get("REDPYJAMA_PEER_PYTHON", str(ROOT / ".bench-env" / "datatrove" / "bin" / "python"))
SLICES = {
    "common_crawl": "commoncrawl",
    "c4": "c4",
    "arxiv": "arxiv",
    "book": "books",
    "wikipedia": "wikipedia",
    "stackexchange": "stackexchange",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each, and the WARC only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.quick:
            whole_build(pathlib.Path(folder))
        warc_to_release(pathlib.Path(folder), copies=1, runs=1 if options.quick else 3)
        if not options.quick:
            warc_to_release(pathlib.Path(folder), copies=8, runs=1)


def whole_build(folder: pathlib.Path) -> None:
    """Build everything, twice."""
    inputs = [f"{name}={realdata() / kind}" for name, kind in SLICES.items()]
    command = [sys.executable, "-m", "redpyjama.cli", "build", "redpyjama-1", "--to", str(folder / "all"), "--json"]
    first = run_child([*command, "--inputs", *inputs])
    start = time.perf_counter()
    subprocess.run([*command, "--inputs", *inputs], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    second = time.perf_counter() - start
    dumps = sum(i["bytes"] for i in first.answer["inputs"]) / 1e6
    text = sum(s["bytes_read"] for s in first.answer["slices"].values()) / 1e6
    events = [json.loads(line) for line in open(folder / "all" / "build.log.jsonl", encoding="utf-8")]
    peak = max(e.get("peak_bytes", 0) for e in events) / 2**20
    print(f"\nwhole build: {dumps:.1f} MB of dumps, {text:.1f} MB of text, {first.cpu_seconds:.1f} CPU seconds")
    print(f"  {dumps / first.cpu_seconds:.2f} MB of dumps and {text / first.cpu_seconds:.2f} MB of text a CPU second")
    for name, counts in first.answer["slices"].items():
        print(f"  {name:14} {counts['read']:6} read {counts['kept']:6} kept {counts['quarantined']:4} quarantined")
    by_stage: dict[str, float] = {}
    for event in events:
        stage = event["task"].rsplit("/", 1)[0]
        by_stage[stage] = by_stage.get(stage, 0) + event.get("cpu_seconds", 0)
    for stage, seconds in sorted(by_stage.items(), key=lambda pair: -pair[1])[:12]:
        print(f"  {stage:32} {seconds:7.2f} CPU s")
    claim("peak_memory_of_a_worker_MiB", peak, "< 1024", met=peak < 1024)
    claim("second_build_seconds", second, "< 2", met=second < 2)


OURS = """
name = "warc"
[slice.common_crawl]
[[slice.common_crawl.step]]
step = "language"
[[slice.common_crawl.step]]
step = "c4"
[[slice.common_crawl.drop]]
rule = "not_english"
when = "lid_language <> 'en' OR lid_score < 0.65"
because = "as the peer"
[[slice.common_crawl.drop]]
rule = "too_few_sentences"
when = "c4_num_sentences < 3"
because = "as the peer"
[dedup]
methods = []
"""


def warc_to_release(folder: pathlib.Path, *, copies: int, runs: int) -> None:
    """Take one WARC, or so many copies of it, to JSON lines, in turn.

    One file of a thousand pages shows what starting costs; a crawl's own files hold thirty thousand.
    """
    warcs = folder / f"warcs-{copies}"
    warcs.mkdir()
    for i in range(copies):
        shutil.copy(realdata() / "commoncrawl" / "pages.warc.gz", warcs / f"pages-{i}.warc.gz")
    if not pathlib.Path(PEER).exists():
        print(f"\nno peer at {PEER}: run `make bench-env` first")
        return
    recipe = folder / "warc.toml"
    recipe.write_text(OURS)
    tokenizer = ROOT / "src" / "redpyjama" / "data" / "redpyjama-32k.tokenizer.json"
    ours: list[float] = []
    peer: list[float] = []
    pages = kept = peer_kept = 0
    for i in range(runs):
        to = str(folder / f"ours-{copies}-{i}")
        command = [sys.executable, "-m", "redpyjama.cli", "build", str(recipe), "--to", to, "--workers", "1", "--json"]
        run = run_child([*command, "--inputs", f"common_crawl={warcs}"])
        counts = run.answer["slices"]["common_crawl"]
        pages = counts["read"] - counts["dropped_by"].get("accompanying_record", 0)
        kept = counts["kept"]
        ours.append(run.cpu_seconds)
        shutil.rmtree(folder / "peer", ignore_errors=True)
        command = [PEER, "-m", "benchmarks.peers.datatrove_warc", str(warcs), str(folder / "peer"), str(tokenizer)]
        run = run_child(command, PYTHONPATH=str(ROOT))
        peer_kept = run.answer["kept"]
        peer.append(run.cpu_seconds)
    if peer_kept < kept / 2:
        sys.exit(f"the peer kept {peer_kept} documents and we {kept}: it does not work here, so nothing is compared")
    ratio = statistics.median(p / o for p, o in zip(peer, ours, strict=True))
    print(f"\nWARC to release, {pages} pages, medians of {runs} run(s) in turn")
    for name, seconds, count in (("redpyjama", ours, kept), ("datatrove", peer, peer_kept)):
        middle = statistics.median(seconds)
        print(f"  {name:10} {middle:7.2f} CPU s  {pages / middle:7.1f} pages/s  {count} kept")
    claim(f"warc_to_release_over_datatrove_{pages}_pages", ratio, ">= 10", met=ratio >= 10)


if __name__ == "__main__":
    main()
