"""The sample of a release: the same share of every slice, and of every crawl; the same documents on every machine.

Of each stratum's n documents those ceil(share * n) are taken whose ids hash lowest. So a smaller sample is part of a
larger one, and every sample is part of the full release.

Source: RedPajama-Data-1T-Sample takes about a thousandth of every slice and of every Common Crawl dump.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from redpyjama.corpus import Corpus
from redpyjama.release.writers import sample_hash
from redpyjama.store.shards import open_shard, read_batches

_CRAWL = re.compile(r"CC-MAIN-(\d{4}-\d{2})(?!\d)")
_CRAWL_MONTH = re.compile(r"CC-MAIN-(\d{4})(\d{2})\d{8}-")


def stratum(slice_name: str, dump: str, crawl: str | None = None) -> str:
    """Return what the documents of a dump are sampled together with: their slice, and of common_crawl their crawl.

    Args:
        slice_name: The slice.
        dump: The dump's name. Where *crawl* is unknown, it may say it ("CC-MAIN-2023-06"), or the month.
        crawl: The crawl that the dump itself names.
    """
    if slice_name == "common_crawl":
        if match := _CRAWL.search(crawl or dump):
            return f"{slice_name}/{match[1]}"
        if match := _CRAWL_MONTH.search(dump):
            return f"{slice_name}/{match[1]}-{match[2]}"
    return slice_name


def size(share: float, documents: int) -> int:
    """Return how many of so many documents a sample takes: ceil(share * documents), in decimal arithmetic."""
    return math.ceil(Fraction(str(share)) * documents)


def thresholds(corpus: Corpus, share: float, seed: int) -> dict[str, list[int]]:
    """Return for each slice and each of its shards the largest `sample_hash` that is in the sample; -1 for none."""
    strata = {name: [_stratum_of(name, stem) for stem in corpus.stems("documents", name)] for name in corpus.slices}
    kept: dict[str, int] = {}
    for name in corpus.slices:
        for of_shard, receipt in zip(strata[name], corpus.receipts("release", name), strict=True):
            kept[of_shard] = kept.get(of_shard, 0) + receipt["rows"]
    lowest = {of_shard: np.zeros(0, np.uint64) for of_shard in kept}
    for name in corpus.slices:
        stems = zip(corpus.stems("documents", name), corpus.stems("decisions", name), strict=True)
        for of_shard, (documents, decisions) in zip(strata[name], stems, strict=True):
            hashes = _hashes(documents, decisions, seed)
            lowest[of_shard] = _smallest(np.concatenate([lowest[of_shard], hashes]), size(share, kept[of_shard]))
    largest = {of_shard: int(values.max()) if values.size else -1 for of_shard, values in lowest.items()}
    return {name: [largest[of_shard] for of_shard in strata[name]] for name in corpus.slices}


def _stratum_of(slice_name: str, documents: str) -> str:
    """Return the stratum of a shard; all its documents come from one dump."""
    with open_shard(f"{documents}.parquet") as file:
        if slice_name != "common_crawl" or not file.metadata.num_rows:
            return slice_name
        first = next(file.iter_batches(1, columns=["locator.dump", "meta"]))
    meta: dict[str, Any] = msgspec.json.decode(first.column("meta")[0].as_py())
    return stratum(slice_name, first.column("locator")[0].as_py()["dump"], meta.get("crawl"))


def _hashes(documents: str, decisions: str, seed: int) -> NDArray[np.uint64]:
    found: list[int] = []
    for batch, decided in read_batches(f"{documents}.parquet", f"{decisions}.parquet", columns=("keep",)):
        found += [sample_hash(i, seed) for i in batch.column("id").filter(decided.column("keep")).to_pylist()]
    return np.array(found, np.uint64)


def _smallest(values: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    return values if values.size <= count else np.partition(values, count - 1)[:count]
