"""Are our token counts those of the tokenizer's own library, on every document, and how much faster are they?

    python -m benchmarks.tokens [--quick]

For each tokenizer: the counts of every document of real text by our step and by the library (Hugging Face tokenizers'
fastest batch call, or SentencePiece's; in the same process, on one core), and their CPU seconds, in turns, medians of
three. Each of our turns starts with an empty table of words, as a new worker does; loading is in neither time.
Then bytes per token of all vocabularies. The shipped one has seen some of these books, articles, papers and sources in
training, but none of c4; docs/guide/tokens.md has the figures on held-out files.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import os
import pathlib
import statistics
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from benchmarks.measure import claim, realdata
from redpyjama.kernels import bpe
from redpyjama.steps import token_counter, tokens

RUNS = 3
GOAL = 5.0


def c4() -> Iterator[str]:
    for line in gzip.open(realdata() / "c4/c4-realnewslike/c4-train.00000-of-00512.json.gz"):
        yield json.loads(line)["text"]


def books() -> Iterator[str]:
    with tarfile.open(realdata() / "books/project-gutenberg-txt/project-gutenberg-txt.tar.xz") as archive:
        texts = sorted(m.name for m in archive if m.name.endswith(".txt"))
        for name in texts[:10]:
            if file := archive.extractfile(name):
                yield file.read().decode("utf-8", "replace").replace("\r\n", "\n")


def wiki() -> Iterator[str]:
    for path in sorted((realdata() / "wikipedia/dbpedia-minidumps").glob("*.bz2")):
        yield from bz2.open(path).read().decode("utf-8", "replace").split("<page>")


def latex() -> Iterator[str]:
    for path in sorted((realdata() / "arxiv").glob("*/*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".tex") and (file := archive.extractfile(member)):
                    yield file.read().decode("utf-8", "replace")


def code() -> Iterator[str]:
    for path in sorted(pathlib.Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        yield path.read_text(encoding="utf-8")


KINDS: dict[str, Callable[[], Iterator[str]]] = {"c4": c4, "books": books, "wiki": wiki, "latex": latex, "code": code}


def gpt2(folder: str) -> str:
    """Put GPT-2's published vocabulary and merges in one tokenizer.json."""
    source = realdata() / "tokenizers/gpt2-bpe"
    vocabulary = json.loads(gzip.open(source / "encoder.json.gz").read())
    lines = gzip.open(source / "vocab.bpe.gz").read().decode().splitlines()[1:]
    made = Tokenizer(models.BPE(vocabulary, [tuple(line.split()) for line in lines if line]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    path = os.path.join(folder, "gpt2.json")
    made.save(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run each, on a fifth of the documents")
    options = parser.parse_args()
    texts = {kind: list(read()) for kind, read in KINDS.items()}
    if options.quick:
        texts = {kind: found[::5] for kind, found in texts.items()}
    with tempfile.TemporaryDirectory() as folder:
        specs = {
            "redpyjama-32k": tokens.SHIPPED,
            "mistral": str(realdata() / "tokenizers/mistral-7b-sentencepiece/tokenizer.model.v1"),
            "gpt-neox-20b": str(realdata() / "tokenizers/gpt-neox-20b/tokenizer.json.gz"),
            "gpt2": gpt2(folder),
        }
        for name, spec in specs.items():
            compare(name, spec, texts, runs=1 if options.quick else RUNS)
        bytes_per_token(specs, texts)


def compare(name: str, spec: str, texts: dict[str, list[str]], *, runs: int) -> None:
    """Count everything both ways."""
    counter = token_counter.counter(spec)
    print(f"\n{name}: {counter.counted_by}")
    print(f"{'kind':8} {'documents':>9} {'MB':>6} {'differ':>6} {'ours MB/s':>9} {'library':>8} {'ratio':>6}")
    differ, ours_all, library_all = 0, 0.0, 0.0
    for kind, found in texts.items():
        column = pa.array(found, pa.string())
        size = sum(len(text.encode()) for text in found) / 1e6
        ours: list[float] = []
        library: list[float] = []
        for _ in range(runs):
            counter._local.words = bpe.new_words()
            start = time.process_time()
            mine = counter.count(column)
            middle = time.process_time()
            reference = counter.tokenizer.reference(found)
            ours.append(middle - start)
            library.append(time.process_time() - middle)
            differ += int(np.count_nonzero(mine != np.array(reference)))
        a, b = statistics.median(ours), statistics.median(library)
        ours_all, library_all = ours_all + a, library_all + b
        wrong = int(np.count_nonzero(mine != np.array(reference)))
        print(f"{kind:8} {len(found):9,} {size:6.1f} {wrong:6} {size / a:9.1f} {size / b:8.2f} {b / a:6.1f}")
    claim(f"tokens_{name}_documents_that_differ", differ, goal="0", met=differ == 0)
    claim(f"tokens_{name}_ratio", library_all / ours_all, goal=f">= {GOAL}", met=library_all / ours_all >= GOAL)


def bytes_per_token(specs: dict[str, str], texts: dict[str, list[str]]) -> None:
    """Print how far each vocabulary compresses each kind."""
    print(f"\nbytes per token\n{'kind':8}" + "".join(f"{name:>16}" for name in specs) + "  ours/mistral")
    for kind, found in texts.items():
        column = pa.array(found, pa.string())
        size = sum(len(text.encode()) for text in found)
        each = {name: size / int(tokens.count_tokens(column, spec).sum()) for name, spec in specs.items()}
        ratio = each["redpyjama-32k"] / each["mistral"]
        print(f"{kind:8}" + "".join(f"{value:16.3f}" for value in each.values()) + f"  {ratio:.3f}")


if __name__ == "__main__":
    main()
