"""MinHash: documents that share many word or character n-grams share the key of a band.

A document without shingles has no key and an empty sketch: see `redpyjama.dedup.shingled`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.dedup import bands
from redpyjama.dedup.shingled import Normalise, Unit, Values, check, each_chunk
from redpyjama.errors import UsageError
from redpyjama.stage import Method
from redpyjama.store import hashes

VERSION = 1
"""Raised whenever the same texts and parameters give other keys or sketches."""

MAX_PERMUTATIONS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class MinHash:
    """What documents are compared by.

    Attributes:
        ngram: Units of a shingle.
        unit: Words or characters.
        normalise: What is made of a text first: `redpyjama.kernels.simplified.Form`.
        permutations: Length of a signature.
        threshold: Jaccard similarity of shingles from which on documents are copies.
        bands: Keys of a document; 0 chooses bands and rows by the threshold.
        rows: Values of the signature in a band.
        seed: Of the permutations.
    """

    ngram: int = 13
    unit: Unit = "words"
    normalise: Normalise = "redpajama_v2"
    permutations: int = 128
    threshold: float = 0.8
    bands: int = 0
    rows: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        check("minhash", self.ngram, self.unit, self.normalise)
        if not 1 <= self.permutations <= MAX_PERMUTATIONS:
            raise UsageError(f"minhash: permutations is 1 to {MAX_PERMUTATIONS}", self.permutations)
        if not 0 < self.threshold <= 1:
            raise UsageError("minhash: threshold is above 0 and at most 1", self.threshold)
        if (self.bands > 0) != (self.rows > 0) or min(self.bands, self.rows) < 0:
            raise UsageError("minhash: set both bands and rows, or neither", f"{self.bands} and {self.rows}")
        if self.bands * self.rows > self.permutations:
            raise UsageError(
                "minhash: bands * rows is at most permutations", f"{self.bands} * {self.rows} > {self.permutations}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Parameters that a corpus was made with, and where that is written."""

    params: Mapping[str, Any]
    source: str


def _preset(source: str, **params: Any) -> Preset:
    return Preset(params=params, source=source)


_V2 = "RedPajama V2, README and app/src/dedupe/minhash"
_V2_WORDS = {"ngram": 13, "unit": "words", "normalise": "redpajama_v2", "permutations": 128}

PRESETS: Mapping[str, Preset] = {
    "slimpajama": _preset(
        "SlimPajama, Cerebras modelzoo, dedup/to_hash.py and generate_duplicate_pairs.py",
        ngram=13, unit="characters", normalise="slimpajama", permutations=128, threshold=0.8, bands=9, rows=13,
    ),
    "redpajama-v2-0.7": _preset(_V2, **_V2_WORDS, threshold=0.7, bands=14, rows=9),
    "redpajama-v2-0.8": _preset(_V2, **_V2_WORDS, threshold=0.8, bands=9, rows=13),
    "redpajama-v2-0.9": _preset(_V2, **_V2_WORDS, threshold=0.9, bands=5, rows=25),
    "redpajama-v2-1.0": _preset(_V2, **_V2_WORDS, threshold=1.0, bands=1, rows=128),
    "fineweb": _preset(
        "datatrove 0.10.1, pipeline/dedup/minhash.py, MinhashConfig; threshold: its (1/14)^(1/8)",
        ngram=5, unit="words", normalise="datatrove", permutations=112, threshold=0.72, bands=14, rows=8,
    ),
}  # fmt: skip
"""Parameters by name. Their makers took all that share a key for copies, as ``verify = false`` in the recipe does."""


def shape(params: MinHash) -> tuple[int, int]:
    """Return bands and rows, chosen by the threshold where the parameters name none."""
    return (params.bands, params.rows) if params.bands else bands.choose(params.threshold, params.permutations)


def curve(params: MinHash, points: int = 11) -> pa.Table:
    """Return the S-curve: columns "jaccard", 0 to 1, and "candidates", how likely such documents share a key."""
    return bands.curve(*shape(params), points)


def curve_text(params: MinHash) -> str:
    """Return the S-curve for people: a line for each tenth of similarity, and what the threshold gets and misses."""
    number, rows = shape(params)
    lines = [f"{number} bands of {rows} rows, threshold {params.threshold:g}", "", "Jaccard  become candidates"]
    for row in curve(params).to_pylist():
        bar = "#" * round(40 * row["candidates"])
        lines.append(f"{row['jaccard']:>7.1f}  {row['candidates']:>7.2%}  {bar}".rstrip())
    found = bands.probability(params.threshold, number, rows)
    return "\n".join([*lines, "", f"of pairs at the threshold {found:.1%} become candidates"])


def keys(batch: pa.RecordBatch, params: MinHash) -> Values:
    """Return the keys of each document: one for each band, none for a text without shingles.

    Args:
        batch: Documents with the column "text".
        params: What they are compared by.

    Returns:
        n + 1 offsets and the keys: those of document i are keys[offsets[i] : offsets[i + 1]].
    """
    from redpyjama.kernels import minhash

    number, rows = shape(params)
    salt = int(hashes.key("minhash", VERSION, dataclasses.asdict(params), number, rows), 16)
    length = -(-number * rows // minhash.LANES) * minhash.LANES

    def measure(offsets: NDArray[np.int64], values: NDArray[np.uint64]) -> Values:
        some = np.diff(offsets) > 0
        signed = minhash.signatures(offsets, values, length, params.seed)
        return some * np.int64(number), minhash.band_keys(signed[some], salt, number, rows)

    return each_chunk(batch["text"], params.ngram, params.unit, params.normalise, measure)


def sketches(batch: pa.RecordBatch, params: MinHash) -> Values:
    """Return the set of shingle hashes of each document, sorted: what true Jaccard similarity is computed from."""
    from redpyjama.kernels import sets

    def measure(offsets: NDArray[np.int64], values: NDArray[np.uint64]) -> Values:
        places, unique = sets.to_sets(offsets, values)
        return np.diff(places), unique

    return each_chunk(batch["text"], params.ngram, params.unit, params.normalise, measure)


def limit(params: MinHash) -> float:
    """Return the least Jaccard similarity of copies."""
    return params.threshold


METHOD = Method(
    name="minhash",
    version=VERSION,
    params=MinHash,
    rule="near_duplicate",
    because="another document has most of the same n-grams",
    keys=keys,
    sketches=sketches,
    compare="jaccard",
    limit=limit,
    presets={name: preset.params for name, preset in PRESETS.items()},
)
