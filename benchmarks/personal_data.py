"""Is personal data found, is what is found personal data, and how fast, beside Dolma and datatrove?

    python -m benchmarks.personal_data [--quick]

First all look at the authored texts of the tests: precision and recall of each kind. Then at real texts, each in a
process of its own, in turns; CPU seconds of the search alone, without reading and start-up. Dolma's is
"pii_regex_with_counts_fast_v2" (e-mail, telephone, IP), datatrove's PIIFormatter (e-mail, IP). They need environments
of their own (`make bench-env`), named by $REDPYJAMA_DOLMA_PYTHON and $REDPYJAMA_PEER_PYTHON.
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

from benchmarks.measure import claim, run_child
from benchmarks.signals import DOLMA
from benchmarks.steps import PEER, batches, real_texts

_DOLMA_KINDS = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone_number", "IP_ADDRESS": "ip_address"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the texts, one run of each instead of three")
    parser.add_argument("--ours", metavar="TEXTS", help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(pathlib.Path(options.ours))))
        return
    commands = {"redpyjama": [sys.executable, "-m", "benchmarks.personal_data", "--ours"]}
    for name, python in (("dolma", DOLMA), ("datatrove", PEER)):
        if pathlib.Path(python).exists():
            commands[name] = [str(python), "-m", "benchmarks.peers.pii"]
        else:
            print(f"no {name} at {python}: make bench-env, or set the variable of its environment")
    with tempfile.TemporaryDirectory() as folder:
        authored(pathlib.Path(folder), commands)
        texts = [text for text in real_texts() if text.strip()][:: 10 if options.quick else 1]
        real(pathlib.Path(folder), texts, commands, runs=1 if options.quick else 3)


def ours(file: pathlib.Path) -> dict[str, Any]:
    from redpyjama.steps.personal_data import STEP, PersonalDataParams

    texts = batches([json.loads(line) for line in open(file, encoding="utf-8")])
    STEP.run(texts[0].slice(0, 1), PersonalDataParams())  # compiles, or loads what was compiled
    rounds = 5
    begin = time.process_time()
    for _ in range(rounds):
        rows = [STEP.run(batch, PersonalDataParams()) for batch in texts]
    seconds = (time.process_time() - begin) / rounds
    found = [json.loads(ranges) for batch in rows for ranges in batch["personal_data_ranges"].to_pylist()]
    return {"cpu_seconds": seconds, "found": found}


def run(folder: pathlib.Path, texts: list[str], name: str, command: list[str]) -> dict[str, Any]:
    file = folder / "texts.jsonl"
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    return run_child([*command, str(file), *([] if name == "redpyjama" else [name])]).answer


def authored(folder: pathlib.Path, commands: dict[str, list[str]]) -> None:
    """Print precision and recall of the authored texts. Datatrove says only which texts it changed."""
    from tests.steps.personal_items import negatives, positives
    from tests.steps.span_scores import scores

    items = [*positives(), *negatives()]
    found = {
        name: run(folder, [item.text for item in items], name, command)["found"] for name, command in commands.items()
    }
    scored = {"redpyjama": scores(items, found["redpyjama"])}
    if "dolma" in found:
        in_bytes = [
            [(_DOLMA_KINDS[k], len(item.text[:a].encode()), len(item.text[:b].encode())) for k, a, b in hits]
            for item, hits in zip(items, found["dolma"], strict=True)
        ]
        scored["dolma"] = scores(items, in_bytes)
    print(f"{len(positives())} authored texts with personal data, {len(negatives())} without\n")
    print(f"{'recall':<16}{'values':>8}" + "".join(f"{name:>12}" for name in scored))
    mine = scored["redpyjama"]
    for kind in sorted({item.kind for item in positives()}):
        line = "".join(f"{score[kind].recall if kind in score else 0:>12.3f}" for score in scored.values())
        print(f"{kind:<16}{mine[kind].values:>8}{line}")
    print(f"{'all':<16}{mine[''].values:>8}" + "".join(f"{score[''].recall:>12.3f}" for score in scored.values()))
    print(f"{'precision':<24}" + "".join(f"{score[''].precision:>12.3f}" for score in scored.values()))
    if "datatrove" in found:
        changed = list(zip(items, found["datatrove"], strict=True))
        right = [hit for item, hit in changed if item.kind in ("email", "ip_address") and item.value]
        wrong = [hit for item, hit in changed if not item.value]
        print(f"datatrove changes {sum(right)} of {len(right)} with e-mail or IP, {sum(wrong)} of {len(wrong)} without")
    print()
    claim("personal_data_recall", mine[""].recall, ">= 0.9", met=mine[""].recall >= 0.9)
    claim("personal_data_precision", mine[""].precision, ">= 0.95", met=mine[""].precision >= 0.95)


def real(folder: pathlib.Path, texts: list[str], commands: dict[str, list[str]], *, runs: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    found: dict[str, list[Any]] = {}
    for _ in range(runs):
        for name, command in commands.items():
            answer = run(folder, texts, name, command)
            seconds[name].append(answer["cpu_seconds"])
            found[name] = answer["found"]
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"\n{len(texts)} real texts, {num_bytes / 1e6:.1f} MB, {runs} run(s) each\n")
    print(f"{'':<16}{'CPU s':>10}{'MB/s':>10}{'texts with some':>18}")
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    for name, taken in middle.items():
        print(f"{name:<16}{taken:>10.3f}{num_bytes / 1e6 / taken:>10.2f}{sum(map(bool, found[name])):>18}")
    print()
    if "dolma" in middle:
        ratio = middle["dolma"] / middle["redpyjama"]
        claim("personal_data_speed_over_dolma", ratio, ">= 10", met=ratio >= 10)
    if "datatrove" in middle:
        ratio = middle["datatrove"] / middle["redpyjama"]
        claim("personal_data_speed_over_datatrove", ratio, ">= 10", met=ratio >= 10)
        mine = [any(kind in ("email", "ip_address") for kind, _, _ in hits) for hits in found["redpyjama"]]
        same = sum(a == b for a, b in zip(mine, found["datatrove"], strict=True)) / len(texts)
        claim("personal_data_same_decision_as_datatrove", same, ">= 0.98", met=same >= 0.98)


if __name__ == "__main__":
    main()
