"""Makes fastText model files of every kind, with random weights, from the format's description alone."""

from __future__ import annotations

import pathlib
import struct
from dataclasses import dataclass

import numpy as np

LOSSES = {"hs": 1, "ns": 2, "softmax": 3, "ova": 4}
WORDS = ("</s>", "the", "fox", "été", "naïve", "über", "日本", "да", "a", "antidisestablishmentarianism", "x" * 70)
LABELS = ("__label__one", "__label__two", "__label__three", "__label__été", "__label__five")


@dataclass(frozen=True, kw_only=True)
class Spec:
    loss: str = "softmax"
    dim: int = 6
    words: tuple[str, ...] = WORDS
    labels: tuple[str, ...] = LABELS
    buckets: int = 40
    min_chars: int = 2
    max_chars: int = 4
    word_grams: int = 1
    quantised: bool = False
    norms: bool = False
    quantised_output: bool = False
    width: int = 2
    kept: int = -1
    version: int = 12
    model: int = 3
    seed: int = 0

    @property
    def hashes(self) -> bool:
        return self.max_chars > 0 or self.word_grams > 1


def model_bytes(spec: Spec) -> bytes:
    random = np.random.default_rng(spec.seed)
    settings = (
        spec.dim,
        5,
        5,
        1,
        5,
        spec.word_grams,
        LOSSES[spec.loss],
        spec.model,
        spec.buckets,
        spec.min_chars,
        spec.max_chars,
        100,
    )
    entries = [(word, 1000 - i, 0) for i, word in enumerate(spec.words)]
    entries += [(label, 500 - 60 * i, 1) for i, label in enumerate(spec.labels)]
    parts = [struct.pack("<2i12id", 793712314, spec.version, *settings, 1e-4)]
    parts.append(struct.pack("<3i2q", len(entries), len(spec.words), len(spec.labels), 12345, spec.kept))
    parts += [word.encode() + b"\0" + struct.pack("<qb", count, kind) for word, count, kind in entries]
    if spec.kept > 0:
        buckets = random.permutation(spec.buckets)[: spec.kept]
        parts.append(np.stack([buckets, random.permutation(spec.kept)], 1).astype("<i4").tobytes())
    rows = len(spec.words) + (max(spec.kept, 0) if spec.kept >= 0 else spec.buckets if spec.hashes else 0)
    parts.append(struct.pack("<?", spec.quantised) + _matrix(random, rows, spec, quantised=spec.quantised))
    quantised = spec.quantised and spec.quantised_output
    parts.append(
        struct.pack("<?", spec.quantised_output) + _matrix(random, len(spec.labels), spec, quantised=quantised)
    )
    return b"".join(parts)


def write(folder: pathlib.Path, spec: Spec) -> str:
    path = folder / "model.bin"
    path.write_bytes(model_bytes(spec))
    return str(path)


def _matrix(random: np.random.Generator, rows: int, spec: Spec, *, quantised: bool) -> bytes:
    if not quantised:
        return struct.pack("<2q", rows, spec.dim) + _floats(random, rows * spec.dim)
    parts = -(-spec.dim // spec.width)
    last = spec.dim - (parts - 1) * spec.width
    made = [struct.pack("<?2qi", spec.norms, rows, spec.dim, rows * parts), random.bytes(rows * parts)]
    made += [struct.pack("<4i", spec.dim, parts, spec.width, last), _floats(random, spec.dim * 256)]
    if spec.norms:
        made += [random.bytes(rows), struct.pack("<4i", 1, 1, 1, 1), _floats(random, 256)]
    return b"".join(made)


def _floats(random: np.random.Generator, count: int) -> bytes:
    return random.normal(0, 2, count).astype("<f4").tobytes()
