"""How fast are the signals that need no model, and do decisions by them come out as in datatrove and Dolma?

    python -m benchmarks.signals [--quick]

C4's, Gopher's and FineWeb's rules run with us and in the peer on the same real texts (released C4 records, and raw WET
pages), each in a process of its own, in turns; CPU seconds of the rules alone, splitting into words included, reading
and start-up not. Before speed is compared, what each drops and why. Then RedPajama V2's signals, first beside their
definitions in plain Python; what a document costs among ten thousand and among a million; and how soon the first result
is there, with compiled kernels and without. datatrove (`make bench-env`) and Dolma
(benchmarks/requirements-dolma.txt) need environments of their own, named by $REDPYJAMA_PEER_PYTHON and
$REDPYJAMA_DOLMA_PYTHON.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.measure import ROOT, claim, run_child
from benchmarks.steps import PEER, batches, real_texts
from tests.steps.peer_rules import FINEWEB, GOPHER_QUALITY, keeps

DOLMA = os.environ.get("REDPYJAMA_DOLMA_PYTHON", str(ROOT / ".bench-env" / "dolma" / "bin" / "python"))
Row = Mapping[str, Any]

DOLMA_DROPS: tuple[Callable[[Row], bool], ...] = (
    lambda r: not 50 <= r["word_count"] <= 100_000,
    lambda r: not 3 <= r["median_word_length"] <= 10,
    lambda r: r["symbol_to_word_ratio"] > 0.1,
    lambda r: r["fraction_of_words_with_alpha_character"] < 0.8,
    lambda r: r["required_word_count"] < 2,
    lambda r: r["fraction_of_lines_starting_with_bullet_point"] > 0.9,
    lambda r: r["fraction_of_lines_ending_with_ellipsis"] > 0.3,
)
"""Gopher's thresholds on Dolma's attributes; source: Soldaini et al. 2024 (Dolma), arXiv 2402.00159, appendix."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a quarter of the texts, one run, 100,000 documents at most"
    )
    parser.add_argument("--ours", nargs=2, metavar=("TEXTS", "WORDS"), help=argparse.SUPPRESS)  # child processes
    parser.add_argument("--many", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--first", metavar="STEP", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(rules(pathlib.Path(options.ours[0]), options.ours[1])))
    elif options.many:
        print(json.dumps(many(options.many)))
    elif options.first:
        print(json.dumps(first_result(options.first)))
    else:
        compare(quick=options.quick)


def compare(*, quick: bool) -> None:
    texts = [text for text in real_texts() if text.strip()][:: 4 if quick else 1]
    num_bytes = sum(len(text.encode()) for text in texts)
    runs = 1 if quick else 3
    print(f"{len(texts)} texts, {num_bytes / 1e6:.1f} MB, {runs} run(s) each")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "texts.jsonl")
        file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
        against_datatrove(file, num_bytes, runs)
        against_dolma(file, num_bytes, runs)
    redpajama_v2(texts, num_bytes)
    flat(100_000 if quick else 1_000_000)
    cold_start()


# --- C4, Gopher and FineWeb ---------------------------------------------------------------------------------------


def rules(file: pathlib.Path, words: str) -> dict[str, Any]:
    """Run both steps as recipes do: the signals, and the lines that C4 cuts."""
    from redpyjama.steps import c4, quality

    texts = batches([json.loads(line) for line in open(file, encoding="utf-8")])
    marks = (".", "?", "!", '"', "'")  # datatrove's: one more than C4's
    cut = c4.C4Params(faithful=True, end_marks=marks)
    chosen = quality.QualityParams(words=words)  # pyright: ignore[reportArgumentType] -- from the command line
    c4.run(texts[0].slice(0, 1), cut)  # compiles, or loads what was compiled
    quality.run(texts[0].slice(0, 1), chosen)
    begin = time.process_time()
    for batch in texts:
        c4.run(batch, cut)
    between = time.process_time()
    rows = [quality.run(batch, chosen) for batch in texts]
    end = time.process_time()
    return {
        "cpu_seconds": end - begin,
        "by_part": {"c4": between - begin, "quality": end - between},
        "rows": [row for batch in rows for row in batch.to_pylist()],
    }


def against_datatrove(file: pathlib.Path, num_bytes: int, runs: int) -> None:
    commands = {f"ours, {words}": ours(file, words) for words in ("spacy", "unicode")}
    commands["datatrove"] = [PEER, "-m", "benchmarks.peers.datatrove_quality", str(file)]
    found = in_turns(commands, num_bytes, runs, "C4, Gopher quality, Gopher repetition and FineWeb")
    if not found:
        return
    answers, seconds = found
    dropped = answers["datatrove"]["dropped"]
    print(f"\nas datatrove decides{'':<12}{'spacy':>9}{'unicode':>9}   (its reason too)")
    for name in ("gopher_quality", "gopher_repetition", "fineweb"):
        shares: dict[str, float] = {}
        for words in ("spacy", "unicode"):
            reasons = [reason_of(name, row) for row in answers[f"ours, {words}"]["rows"]]
            shares[words] = agreement([r is None for r in reasons], [r is None for r in dropped[name]])
            if words == "spacy" and name != "gopher_repetition":
                shares["reason"] = agreement(reasons, [None if r == "error" else r for r in dropped[name]])
        print(f"{name:<32}{shares['spacy']:>9.4f}{shares['unicode']:>9.4f}   {shares.get('reason', float('nan')):.4f}")
        claim(f"signals_{name}_as_datatrove", shares["spacy"], ">= 0.98", met=shares["spacy"] >= 0.98)
    for words in ("spacy", "unicode"):
        ratio = seconds["datatrove"] / seconds[f"ours, {words}"]
        claim(f"signals_four_rules_over_datatrove_{words}", ratio, ">= 100", met=ratio >= 100)


def reason_of(name: str, row: Row) -> str | None:
    """Return why datatrove's rule of this name would drop the document with these signals."""
    if name == "gopher_repetition":
        return None if keeps(dict(row)) else "repetition"
    return next(
        (reason for reason, drops in (GOPHER_QUALITY if name == "gopher_quality" else FINEWEB) if drops(row)), None
    )


def against_dolma(file: pathlib.Path, num_bytes: int, runs: int) -> None:
    commands = {"ours, whitespace": ours(file, "whitespace")}
    commands["dolma"] = [DOLMA, "-m", "benchmarks.peers.dolma_quality", str(file)]
    found = in_turns(commands, num_bytes, runs, "C4 and Gopher with repetition (ours: FineWeb too)")
    if not found:
        return
    answers, seconds = found
    rows, theirs = answers["ours, whitespace"]["rows"], answers["dolma"]["gopher"]
    drops = [any(rule(one) for rule in DOLMA_DROPS) for one in theirs]
    ours_drop = [any(drop(as_dolma(row)) for drop in DOLMA_DROPS) for row in rows]
    print()
    for name in ("word_count", "median_word_length", "fraction_of_words_with_alpha_character"):
        same = statistics.mean(abs(as_dolma(a)[name] - b[name]) < 1e-9 for a, b in zip(rows, theirs, strict=True))
        print(f"same {name:<40}{same:>9.4f}")
    share = agreement(ours_drop, drops)
    claim("signals_gopher_quality_as_dolma", share, ">= 0.98", met=share >= 0.98)
    ratio = seconds["dolma"] / seconds["ours, whitespace"]
    claim("signals_four_rules_over_dolma", ratio, ">= 20", met=ratio >= 20)


def as_dolma(row: Row) -> dict[str, float]:
    return {
        "word_count": row["gopher_num_words"],
        "median_word_length": row["gopher_median_word_length"],
        "symbol_to_word_ratio": max(row["gopher_hash_word_ratio"], row["gopher_ellipsis_word_ratio"]),
        "fraction_of_words_with_alpha_character": row["gopher_alpha_words_frac"],
        "required_word_count": row["gopher_num_stop_words"],
        "fraction_of_lines_starting_with_bullet_point": row["gopher_bullet_lines_frac"],
        "fraction_of_lines_ending_with_ellipsis": row["gopher_ellipsis_lines_frac"],
    }


def ours(file: pathlib.Path, words: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.signals", "--ours", str(file), words]


def in_turns(
    commands: Mapping[str, Sequence[str]], num_bytes: int, runs: int, title: str
) -> tuple[dict[str, Any], dict[str, float]] | None:
    """Run each command so often, in turns, and print the medians; None if a program is missing."""
    if missing := [command[0] for command in commands.values() if not pathlib.Path(command[0]).exists()]:
        print(f"\n{title}: no {missing[0]}")
        return None
    times: dict[str, list[float]] = {name: [] for name in commands}
    answers: dict[str, Any] = {}
    for _ in range(runs):
        for name, command in commands.items():
            answers[name] = run_child(command).answer
            times[name].append(answers[name]["cpu_seconds"])
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"\n{title}\n{'':<20}{'CPU s':>9}{'MB/s':>9}")
    for name, seconds in medians.items():
        print(f"{name:<20}{seconds:>9.3f}{num_bytes / 1e6 / seconds:>9.2f}")
    return answers, medians


def agreement(first: Sequence[object], second: Sequence[object]) -> float:
    return statistics.mean(a == b for a, b in zip(first, second, strict=True))


# --- RedPajama V2 -------------------------------------------------------------------------------------------------


def redpajama_v2(texts: list[str], num_bytes: int) -> None:
    from redpyjama.steps import redpajama_v2 as step
    from tests.steps.test_redpajama_v2 import twin

    found, params = batches(texts), step.RedPajamaV2Params()
    rows = [row for batch in found for row in step.run(batch, params).to_pylist()]
    times: list[float] = []
    for _ in range(5):
        begin = time.process_time()
        for batch in found:
            step.run(batch, params)
        times.append(time.process_time() - begin)
    some = range(0, len(texts), 10)
    equal = [close(rows[i], twin(texts[i])) for i in some]
    rate = num_bytes / 1e6 / statistics.median(times)
    print(f"\nRedPajama V2: {len(step.STEP.signals)} signals in one pass, {rate:.1f} MB/s")
    claim("signals_v2_as_defined", statistics.mean(equal), "1", met=all(equal))
    claim("signals_v2_megabytes_per_second", rate, ">= 30", met=rate >= 30)


def close(row: Row, expected: Row) -> bool:
    return all(abs(row[name] - value) <= 1e-9 * max(1.0, abs(value)) for name, value in expected.items())


# --- flat cost and cold start -------------------------------------------------------------------------------------


def many(count: int) -> dict[str, float]:
    """Run both steps over so many documents of about 300 bytes, a thousand at a time."""
    from redpyjama.steps import quality, redpajama_v2

    source = " ".join(text for text in real_texts()[:1000])
    texts = [source[i * 300 : i * 300 + 300] for i in range(2000)]
    found = batches(texts)
    for batch in found:
        quality.run(batch, quality.QualityParams())
        redpajama_v2.run(batch, redpajama_v2.RedPajamaV2Params())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    for i in range(count // 1000):
        quality.run(found[i % 2], quality.QualityParams())
        redpajama_v2.run(found[i % 2], redpajama_v2.RedPajamaV2Params())
    seconds = time.process_time() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"cpu_seconds": seconds, "grown_mb": grown / 1024}


def flat(most: int) -> None:
    print(f"\n{'documents':>12}{'us each':>9}{'memory grows MB':>17}")
    cost: dict[int, float] = {}
    for count in (10_000, most):
        answer = run_child([sys.executable, "-m", "benchmarks.signals", "--many", str(count)]).answer
        cost[count] = answer["cpu_seconds"] / count * 1e6
        print(f"{count:>12,}{cost[count]:>9.2f}{answer['grown_mb']:>17.1f}")
    ratio = cost[most] / cost[10_000]
    claim(f"signals_cost_at_{most}_over_10000", ratio, "<= 1.15", met=ratio <= 1.15)
    claim("signals_memory_grows_mb", answer["grown_mb"], "<= 20", met=answer["grown_mb"] <= 20)


def first_result(name: str) -> dict[str, float]:
    """Measure from before the first import of ours to the first rows of a step."""
    begin = time.process_time()
    import pyarrow as pa

    from redpyjama.steps import quality, redpajama_v2

    batch = pa.record_batch({"text": pa.array(["A first text. It has two sentences."])})
    step = quality.STEP if name == "quality" else redpajama_v2.STEP
    step.run(batch, step.params())
    return {"cpu_seconds": time.process_time() - begin}


def cold_start() -> None:
    print(f"\n{'first result, CPU s':<20}{'compiling':>11}{'from cache':>12}")
    for name in ("quality", "redpajama_v2"):
        command = [sys.executable, "-m", "benchmarks.signals", "--first", name]
        with tempfile.TemporaryDirectory() as cache:
            cold = run_child(command, XDG_CACHE_HOME=cache).answer["cpu_seconds"]
            warm = statistics.median(run_child(command, XDG_CACHE_HOME=cache).answer["cpu_seconds"] for _ in range(3))
        print(f"{name:<20}{cold:>11.1f}{warm:>12.2f}")
        claim(f"signals_first_result_seconds_{name}", cold, "< 15", met=cold < 15)
        claim(f"signals_first_result_from_cache_seconds_{name}", warm, "< 1.5", met=warm < 1.5)


if __name__ == "__main__":
    main()
