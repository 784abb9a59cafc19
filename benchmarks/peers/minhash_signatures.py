"""MinHash signatures of other programs: ``python -m benchmarks.peers.minhash_signatures PROGRAM TEXTS PAIRS N LENGTH``.

PROGRAM is rensa, daft, daft-normalised or datatrove. Prints CPU seconds of shingling and signing, without reading and
start-up, and in what share of their values the signatures of each pair of documents agree.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def main(program: str, file: str, pairs: str, n: int, length: int) -> None:
    with open(file, encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    run, rows = {"rensa": rensa, "datatrove": datatrove}.get(program, daft)(texts, n, length, program)
    begin = time.process_time()
    found = run(texts)
    seconds = time.process_time() - begin
    signed = rows(found)
    with open(pairs, encoding="utf-8") as stream:
        wanted = json.load(stream)
    agree = [sum(a == b for a, b in zip(signed[one], signed[two], strict=True)) / length for one, two in wanted]
    print(json.dumps({"cpu_seconds": seconds, "agree": agree}))


def rensa(texts: list[str], n: int, length: int, _: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    from rensa import RMinHash

    def ngrams(text: str) -> list[str]:
        words = text.split()
        return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]

    def run(documents: list[str]) -> Any:
        return RMinHash.digest_matrix_from_token_sets(map(ngrams, documents), length, 1)

    run(texts[:2])
    return run, lambda found: found.to_rows()


def daft(texts: list[str], n: int, length: int, program: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    import daft
    from daft.functions import minhash, normalize

    daft.set_runner_native()
    frame = daft.from_pydict({"text": texts}).collect()
    column = daft.col("text")
    if program == "daft-normalised":
        column = normalize(column, remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
    signed = minhash(column, num_hashes=length, ngram_size=n, seed=1).alias("signature")

    def run(_: list[str]) -> Any:
        return frame.select(signed).collect()

    daft.from_pydict({"text": texts[:2]}).select(signed).collect()
    return run, lambda found: found.to_pydict()["signature"]


def datatrove(texts: list[str], n: int, length: int, _: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    config = MinhashConfig(n_grams=n, num_buckets=length // 8, hashes_per_bucket=8)
    step = MinhashDedupSignature("/tmp/unused-signatures", config=config)
    step.get_signature(step.get_shingles("A first sentence loads the tokenizer of words."))

    def run(documents: list[str]) -> Any:
        found = []
        for document in documents:
            shingles = step.get_shingles(document)
            found.append(step.get_signature(shingles) if shingles.size else [list(range(length))])
        return found

    return run, lambda found: [[value for band in bands for value in band] for bands in found]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
