"""Are secrets found, is what is found a secret, and how fast, beside detect-secrets?

    python -m benchmarks.secrets [--quick]

First both look at the authored texts of the tests: precision and recall of each kind. Then at real code, the sources of
Python's standard library, each in a process of its own, in turns; CPU seconds of the search alone, without reading and
start-up. There are no secrets in it: what is found there is wrong. The peer needs its own environment
(`make bench-env`), named by $REDPYJAMA_SECRETS_PYTHON or .bench-env/secrets.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import statistics
import sys
import sysconfig
import tempfile
import time
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, claim, run_child

if TYPE_CHECKING:
    from tests.steps.span_scores import Item

PEER = os.environ.get("REDPYJAMA_SECRETS_PYTHON", str(ROOT / ".bench-env" / "secrets" / "bin" / "python"))
PLUGINS = ("all", "starcoder")
PEER_BYTES, QUICK_BYTES = 3_000_000, 300_000
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the code, one run of each instead of three")
    parser.add_argument("--ours", metavar="TEXTS", help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(pathlib.Path(options.ours))))
        return
    texts = code()
    alone(texts)
    peer = pathlib.Path(PEER).exists()
    if not peer:
        print(f"\nno peer at {PEER}: make bench-env, or set REDPYJAMA_SECRETS_PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        authored(pathlib.Path(folder), peer=peer)
        if peer:
            some = part(texts, QUICK_BYTES if options.quick else PEER_BYTES)
            against_detect_secrets(pathlib.Path(folder), some, runs=1 if options.quick else 3)


def code() -> list[str]:
    """Return the modules of the standard library, without its tests: some of these hold keys on purpose."""
    apart = {"test", "tests", "site-packages", "dist-packages"}
    paths = sorted(pathlib.Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    return [path.read_bytes().decode("utf-8", "replace") for path in paths if not apart & set(path.parts)]


def part(texts: list[str], num_bytes: int) -> list[str]:
    """Return whole texts, drawn from a seed, of so many bytes together."""
    order = list(texts)
    random.Random(7).shuffle(order)
    for i, text in enumerate(order):
        num_bytes -= len(text.encode())
        if num_bytes <= 0:
            return order[: i + 1]
    return order


def batches(texts: list[str]) -> list[Any]:
    import pyarrow as pa

    return [pa.record_batch({"text": pa.array(texts[i : i + BATCH])}) for i in range(0, len(texts), BATCH)]


def ours(file: pathlib.Path) -> dict[str, Any]:
    from redpyjama.steps.secrets import STEP, SecretsParams

    texts = batches([json.loads(line) for line in open(file, encoding="utf-8")])
    STEP.run(texts[0].slice(0, 1), SecretsParams())  # compiles, or loads what was compiled
    rounds = 20  # one takes some milliseconds
    begin = time.process_time()
    for _ in range(rounds):
        rows = [STEP.run(batch, SecretsParams()) for batch in texts]
    seconds = (time.process_time() - begin) / rounds
    found = [json.loads(ranges) for batch in rows for ranges in batch["secret_ranges"].to_pylist()]
    return {"cpu_seconds": seconds, "found": found}


def alone(texts: list[str]) -> None:
    """Print MB of code a CPU second of the step as recipes run it."""
    from redpyjama.steps.secrets import STEP, SecretsParams

    found = batches(texts)
    num_bytes = sum(len(text.encode()) for text in texts)
    STEP.run(found[0].slice(0, 1), SecretsParams())
    times = []
    for _ in range(5):
        begin = time.process_time()
        rows = [STEP.run(batch, SecretsParams()) for batch in found]
        times.append(time.process_time() - begin)
    speed = num_bytes / 1e6 / statistics.median(times)
    count = sum(sum(batch["secrets"].to_pylist()) for batch in rows)
    print(f"{len(texts)} modules of Python's standard library, {num_bytes / 1e6:.1f} MB: {speed:.0f} MB a CPU second")
    claim("secrets_mb_per_second", speed, ">= 300", met=speed >= 300)
    claim("secrets_hits_in_the_standard_library", count, "<= 5", met=count <= 5)


def write(folder: pathlib.Path, texts: list[str]) -> pathlib.Path:
    file = folder / "texts.jsonl"
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    return file


def authored(folder: pathlib.Path, *, peer: bool) -> None:
    """Print precision and recall of the authored texts: a secret counts as found if anything of it was."""
    from tests.steps.secret_items import negatives, positives
    from tests.steps.span_scores import scores

    items = [*positives(), *negatives()]
    file = write(folder, [item.text for item in items])
    found = {"redpyjama": [[tuple(hit) for hit in hits] for hits in ours(file)["found"]]}
    for plugins in PLUGINS if peer else ():
        answer = run_child([PEER, "-m", "benchmarks.peers.detect_secrets_scan", str(file), plugins, ".txt"]).answer
        found[f"detect-secrets, {plugins}"] = [
            places(item, hits) for item, hits in zip(items, answer["found"], strict=True)
        ]
    scored = {name: scores(items, hits) for name, hits in found.items()}
    print(f"\n{len(positives())} authored texts with a secret, {len(negatives())} without\n")
    print(f"{'recall':<22}{'secrets':>8}" + "".join(f"{name:>28}" for name in scored))
    mine = scored["redpyjama"]
    for kind in sorted(kind for kind, score in mine.items() if kind and score.values):
        line = "".join(f"{score[kind].recall if kind in score else 0:>28.2f}" for score in scored.values())
        print(f"{kind:<22}{mine[kind].values:>8}{line}")
    print(f"{'all':<22}{mine[''].secrets:>8}" + "".join(f"{score[''].recall:>28.3f}" for score in scored.values()))
    print(f"{'precision':<30}" + "".join(f"{score[''].precision:>28.3f}" for score in scored.values()))
    print(f"{'  without password, generic':<30}{formed_precision(mine):>28.3f}\n")
    claim("secrets_recall", mine[""].recall, ">= 0.95", met=mine[""].recall >= 0.95)
    claim("secrets_precision", mine[""].precision, ">= 0.95", met=mine[""].precision >= 0.95)
    other_draws(folder)


def other_draws(folder: pathlib.Path) -> None:
    """Print recall and precision of the same texts with other secrets and look-alikes in them."""
    from tests.steps.secret_items import negatives, positives
    from tests.steps.span_scores import scores

    items = [item for seed in range(20) for item in (*positives(seed), *negatives(1000 + seed))]
    found = ours(write(folder, [item.text for item in items]))["found"]
    score = scores(items, [[tuple(hit) for hit in hits] for hits in found])[""]
    claim("secrets_recall_of_20_other_draws", score.recall, ">= 0.95", met=score.recall >= 0.95)
    claim("secrets_precision_of_20_other_draws", score.precision, ">= 0.95", met=score.precision >= 0.95)


def formed_precision(score: dict[str, Any]) -> float:
    kinds = [kind for kind in score if kind not in ("", "password", "generic")]
    return sum(score[kind].right for kind in kinds) / max(sum(score[kind].hits for kind in kinds), 1)


def places(item: Item, hits: list[tuple[str, str]]) -> list[tuple[str, int, int]]:
    """Return where the values are that the peer names; a line's value is looked for from the first one on."""
    text = item.text.encode()
    found = []
    for kind, value in hits:
        data = value.encode()
        at = max(text.find(data), 0)
        found.append((kind, at, at + len(data)))
    return found


def against_detect_secrets(folder: pathlib.Path, texts: list[str], *, runs: int) -> None:
    file = write(folder, texts)
    num_bytes = sum(len(text.encode()) for text in texts)
    seconds: dict[str, list[float]] = {name: [] for name in ("redpyjama", *PLUGINS)}
    hits: dict[str, int] = {}
    for _ in range(runs):
        for name in seconds:
            command = [sys.executable, "-m", "benchmarks.secrets", "--ours", str(file)]
            if name != "redpyjama":
                command = [PEER, "-m", "benchmarks.peers.detect_secrets_scan", str(file), name, ".py"]
            answer = run_child(command).answer
            seconds[name].append(answer["cpu_seconds"])
            hits[name] = sum(map(len, answer["found"]))
    print(f"\n{len(texts)} modules, {num_bytes / 1e6:.2f} MB, {runs} run(s) each\n")
    print(f"{'':<28}{'CPU s':>10}{'MB/s':>10}{'found':>8}")
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    for name, taken in middle.items():
        label = name if name == "redpyjama" else f"detect-secrets, {name}"
        print(f"{label:<28}{taken:>10.4f}{num_bytes / 1e6 / taken:>10.3f}{hits[name]:>8}")
    print()
    for name in PLUGINS:
        ratio = middle[name] / middle["redpyjama"]
        claim(f"secrets_speed_over_detect_secrets_{name}", ratio, ">= 100", met=ratio >= 100)


if __name__ == "__main__":
    main()
