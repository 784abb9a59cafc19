"""How fast are the steps, and C4's rules beside datatrove's?

    python -m benchmarks.steps [--quick]

The C4 rules run with us and in datatrove 0.10.1 on the same real texts (released C4 records, and raw WET pages), each
in a process of its own, in turns; CPU seconds of the rules alone, without reading and start-up. Before speed is
compared, what both leave of each text is. The peer needs its own environment (`make bench-env`), named by
$REDPYJAMA_PEER_PYTHON or .bench-env/datatrove.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.measure import ROOT, claim, realdata, run_child

PEER = os.environ.get("REDPYJAMA_PEER_PYTHON", str(ROOT / ".bench-env" / "datatrove" / "bin" / "python"))
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run of each instead of three")
    parser.add_argument("--ours", metavar="TEXTS", help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(pathlib.Path(options.ours))))
        return
    texts = real_texts()
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} texts, {num_bytes / 1e6:.1f} MB\n")
    every_step(texts)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "texts.jsonl")
        file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
        against_datatrove(file, num_bytes, runs=1 if options.quick else 3)


def real_texts() -> list[str]:
    """Return the texts of C4 records and of WET pages."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    from redpyjama.document import Document
    from redpyjama.sources.c4 import SOURCE, C4Options

    found: list[str] = []
    for name, fields in (("c4-realnewslike", ("text",)), ("c4-1480-docs", ("prefix", "gold_completion"))):
        options = C4Options(text_fields=fields)
        for dump in SOURCE.dumps([str(realdata() / "c4" / name)], options):
            for part in SOURCE.parts(dump, options):
                found += [item.text for item in SOURCE.read(part, options) if isinstance(item, Document)]
    for file in sorted((realdata() / "commoncrawl").rglob("*.wet.gz")):
        with open(file, "rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.conversion):
                found.append(record.reader.read().decode("utf-8", "replace"))
    return found


def batches(texts: list[str]) -> list[Any]:
    from redpyjama.document import Document, to_batch

    documents = [Document(text=text, record=str(i)) for i, text in enumerate(texts)]
    return [to_batch("c4", "d", documents[i : i + BATCH]) for i in range(0, len(documents), BATCH)]


def ours(file: pathlib.Path) -> dict[str, Any]:
    """Run the step as the recipes do: signals and spans, the cut text, the decision."""
    from redpyjama.kernels.spans import apply_spans
    from redpyjama.steps.c4 import STEP, C4Params

    texts = batches([json.loads(line) for line in open(file, encoding="utf-8")])
    params = C4Params(faithful=True, end_marks=(".", "?", "!", '"', "'"))  # the peer's marks: one more than C4's
    apply_spans(texts[0]["text"], STEP.run(texts[0], params)["spans"])  # compiles, or loads what was compiled
    begin = time.process_time()
    measured = [(batch, STEP.run(batch, params)) for batch in texts]
    cut = [apply_spans(batch["text"], rows["spans"]) for batch, rows in measured]
    seconds = time.process_time() - begin
    left: list[str | None] = []
    for (_, rows), rest in zip(measured, cut, strict=True):
        facts = rows.drop_columns(["spans"]).to_pylist()
        for row, text in zip(facts, rest.to_pylist(), strict=True):
            drop = row["c4_num_sentences"] < 3 or row["c4_lorem_ipsum"] or row["c4_curly_bracket"]
            left.append(None if drop else text)
    return {"cpu_seconds": seconds, "left": left}


def every_step(texts: list[str]) -> None:
    """Print MB of text a CPU second for each step with its default parameters."""
    from redpyjama.steps.catalogue import CATALOGUE

    found = batches(texts)
    num_bytes = sum(batch["text"].nbytes for batch in found)
    print(f"{'step':<12}{'MB/s':>9}")
    for name, step in CATALOGUE.items():
        params = step.params()
        step.run(found[0], params)
        times = []
        for _ in range(3):
            begin = time.process_time()
            for batch in found:
                step.run(batch, params)
            times.append(time.process_time() - begin)
        print(f"{name:<12}{num_bytes / 1e6 / statistics.median(times):>9.1f}")


def against_datatrove(file: pathlib.Path, num_bytes: int, *, runs: int) -> None:
    if not pathlib.Path(PEER).exists():
        print(f"\nno peer at {PEER}: make bench-env, or set REDPYJAMA_PEER_PYTHON")
        return
    commands = {
        "redpyjama": [sys.executable, "-m", "benchmarks.steps", "--ours", str(file)],
        "datatrove": [PEER, "-m", "benchmarks.peers.datatrove_c4", str(file)],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    left: dict[str, list[str | None]] = {}
    for _ in range(runs):
        for name, command in commands.items():
            answer = run_child(command).answer
            seconds[name].append(answer["cpu_seconds"])
            left[name] = answer["left"]
    print(f"\nC4's rules, {runs} run(s) each\n{'':<12}{'CPU s':>9}{'MB/s':>9}{'kept':>7}")
    for name in commands:
        middle = statistics.median(seconds[name])
        kept = sum(text is not None for text in left[name])
        print(f"{name:<12}{middle:>9.3f}{num_bytes / 1e6 / middle:>9.1f}{kept:>7}")
    pairs = list(zip(left["redpyjama"], left["datatrove"], strict=True))
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    same_text = sum(a == b for a, b in both) / max(len(both), 1)
    same_decision = sum((a is None) == (b is None) for a, b in pairs) / max(len(pairs), 1)
    ratio = statistics.median(seconds["datatrove"]) / statistics.median(seconds["redpyjama"])
    print()
    claim("steps_c4_same_text", same_text, ">= 0.99", met=same_text >= 0.99)
    claim("steps_c4_same_decision", same_decision, ">= 0.97", met=same_decision >= 0.97)
    claim("steps_c4_speed_over_datatrove", ratio, ">= 100", met=ratio >= 100)


if __name__ == "__main__":
    main()
