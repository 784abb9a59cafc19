"""How fast is repetition measured, and does it come out as in datatrove's Gopher repetition filter?

    python -m benchmarks.repetition [--quick]

Both run on the same real texts (released C4 records, and raw WET pages), each in a process of its own, in turns; CPU
seconds of the filter with its splitting into words, without reading and start-up. Before speed is compared, the values
and the decisions by Gopher's thresholds. The peer needs its own environment (`make bench-env`), named by
$REDPYJAMA_PEER_PYTHON or .bench-env/datatrove.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from benchmarks.measure import claim, run_child
from benchmarks.steps import PEER, batches, real_texts
from redpyjama.steps.shared_words import WordMode

if TYPE_CHECKING:
    from redpyjama.steps.shared_words import WordMode

LIMITS = {
    "gopher_dup_line_frac": 0.30, "gopher_dup_para_frac": 0.30, "gopher_dup_line_char_frac": 0.20,
    "gopher_dup_para_char_frac": 0.20, "gopher_top_2_gram_char_frac": 0.20, "gopher_top_3_gram_char_frac": 0.18,
    "gopher_top_4_gram_char_frac": 0.16, "gopher_dup_5_gram_char_frac": 0.15, "gopher_dup_6_gram_char_frac": 0.14,
    "gopher_dup_7_gram_char_frac": 0.13, "gopher_dup_8_gram_char_frac": 0.12, "gopher_dup_9_gram_char_frac": 0.11,
    "gopher_dup_10_gram_char_frac": 0.10,
}  # fmt: skip
WORDS: tuple[WordMode, ...] = ("spacy", "unicode", "normalised", "whitespace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, one run of each instead of three")
    parser.add_argument("--ours", metavar="TEXTS", help=argparse.SUPPRESS)  # the child process
    options = parser.parse_args()
    if options.ours:
        print(json.dumps(ours(pathlib.Path(options.ours))))
        return
    texts = real_texts()
    alone(texts)
    if not pathlib.Path(PEER).exists():
        print(f"\nno peer at {PEER}: make bench-env, or set REDPYJAMA_PEER_PYTHON")
        return
    texts = [text for text in texts if text][:: 4 if options.quick else 1]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "texts.jsonl")
        file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
        against_datatrove(file, sum(len(text.encode()) for text in texts), runs=1 if options.quick else 3)


def alone(texts: list[str]) -> None:
    """Print MB of text a CPU second of each part, and how the time grows with a document's length."""
    from redpyjama.steps.repetition import GopherRepetition, Repetition
    from redpyjama.steps.shared_words import measure

    found = batches(texts)
    num_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} texts, {num_bytes / 1e6:.1f} MB\n\n{'':<32}{'MB/s':>9}")
    parts = kernels(found)
    for name, seconds in parts.items():
        print(f"{name:<32}{num_bytes / 1e6 / seconds:>9.1f}")
    for words in WORDS:
        seconds = median_seconds(lambda words=words: [measure(b, words, [Repetition(b.num_rows)]) for b in found])
        print(f"{'repetition, ' + words:<32}{num_bytes / 1e6 / seconds:>9.1f}")
    for words in WORDS:
        seconds = median_seconds(lambda words=words: [measure(b, words, [GopherRepetition(b.num_rows)]) for b in found])
        print(f"{'gopher_repetition, ' + words:<32}{num_bytes / 1e6 / seconds:>9.1f}")
    speed = num_bytes / 1e6 / (parts["n-grams"] + parts["lines and paragraphs"])
    claim("repetition_kernels_mb_per_second", speed, ">= 60", met=speed >= 60)
    whole = " ".join(texts)[: 10 << 20].replace("\n", " ")
    rates = []
    for document in (whole[: 100 << 10], whole):
        (batch,) = batches([document])
        rates.append(
            median_seconds(lambda batch=batch: measure(batch, "normalised", [Repetition(batch.num_rows)]))
            / len(document)
        )
    print(f"\na line of 10 MB takes {rates[1] / rates[0]:.1f} times as long a character as one of 100 kB")


def kernels(found: list[Any]) -> dict[str, float]:
    """Return the seconds of each kernel."""
    from redpyjama.kernels import arrow, repeated_lines, repetition, unicode, words

    seconds = dict.fromkeys(("n-grams", "lines and paragraphs"), 0.0)
    for batch in found:
        offsets, data = arrow.buffers(batch["text"])
        for first, last in arrow.chunks(offsets):
            part = offsets[first : last + 1]
            split = words.split_words(data, part, words.Mode.NORMALISED)
            seconds["n-grams"] += median_seconds(
                lambda split=split: repetition.repeated_ngrams(split.doc_offsets, split.hash, split.chars)
            )
            seconds["lines and paragraphs"] += median_seconds(
                lambda data=data, part=part: repeated_lines.repeated_lines(data, part, unicode.classes(), strip=True)
            )
    return seconds


def median_seconds(run: Any) -> float:
    times = []
    for _ in range(3):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def ours(file: pathlib.Path) -> dict[str, Any]:
    from redpyjama.steps.repetition import GopherRepetition
    from redpyjama.steps.shared_words import measure

    texts = batches([json.loads(line) for line in open(file, encoding="utf-8")])
    answer: dict[str, Any] = {}
    for words in WORDS:
        measure(texts[0].slice(0, 1), words, [GopherRepetition(1)])  # compiles, or loads what was compiled
        begin = time.process_time()
        rows = [measure(batch, words, [GopherRepetition(batch.num_rows)]) for batch in texts]
        seconds = time.process_time() - begin
        answer[words] = {"cpu_seconds": seconds, "values": [row for batch in rows for row in batch.to_pylist()]}
    return answer


def against_datatrove(file: pathlib.Path, num_bytes: int, *, runs: int) -> None:
    our_seconds: dict[str, list[float]] = {words: [] for words in WORDS}
    their_seconds: list[float] = []
    answer, theirs = {}, {}
    for _ in range(runs):
        answer = run_child([sys.executable, "-m", "benchmarks.repetition", "--ours", str(file)]).answer
        theirs = run_child([PEER, "-m", "benchmarks.peers.datatrove_repetition", str(file)]).answer
        their_seconds.append(theirs["cpu_seconds"])
        for words in WORDS:
            our_seconds[words].append(answer[words]["cpu_seconds"])
    peer = statistics.median(their_seconds)
    print(f"\nGopher repetition, {len(theirs['kept'])} texts, {num_bytes / 1e6:.1f} MB, {runs} run(s) each")
    print(f"{'':<24}{'CPU s':>9}{'MB/s':>9}{'kept':>7}{'same decision':>15}{'same values':>13}")
    print(f"{'datatrove':<24}{peer:>9.3f}{num_bytes / 1e6 / peer:>9.2f}{sum(theirs['kept']):>7}")
    same: dict[str, tuple[float, float]] = {}
    for words in WORDS:
        rows = answer[words]["values"]
        kept = [not any(row[name] > limit for name, limit in LIMITS.items()) for row in rows]
        decisions = statistics.fmean(a == b for a, b in zip(kept, theirs["kept"], strict=True))
        pairs = zip(rows, theirs["values"], strict=True)
        values = statistics.fmean(abs(a[name] - b[name]) < 1e-9 for a, b in pairs for name in LIMITS)
        same[words] = decisions, values
        middle = statistics.median(our_seconds[words])
        line = f"{'redpyjama, ' + words:<24}{middle:>9.3f}{num_bytes / 1e6 / middle:>9.2f}{sum(kept):>7}"
        print(f"{line}{decisions:>15.4f}{values:>13.4f}")
    ratio = peer / statistics.median(our_seconds["spacy"])
    print()
    claim("repetition_same_decision", same["spacy"][0], ">= 0.98", met=same["spacy"][0] >= 0.98)
    claim("repetition_same_values", same["spacy"][1], ">= 0.98", met=same["spacy"][1] >= 0.98)
    claim("repetition_speed_over_datatrove", ratio, ">= 100", met=ratio >= 100)


if __name__ == "__main__":
    main()
