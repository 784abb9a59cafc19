"""fastText's supervised models: their files (``.bin``, and ``.ftz`` with quantised weights), and what they predict.

Source: facebookresearch/fastText v0.9.2, src/fasttext.cc, src/args.cc, src/dictionary.cc, src/quantmatrix.cc.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.errors import InputError
from redpyjama.kernels import fasttext, fasttext_words
from redpyjama.kernels import fasttext_tables as tables
from redpyjama.kernels.arrow import buffers

_MAGIC: Final = 793712314
_SUPERVISED: Final = 3
_LOSSES: Final = frozenset(
    (tables.HIERARCHICAL_SOFTMAX, tables.NEGATIVE_SAMPLING, tables.SOFTMAX, tables.ONE_VS_ALL),
)
_ENTRY_BYTES: Final = 10  # of an entry of the dictionary whose word is empty
_KSUB: Final = 256  # centroids of a part

_MAX_NGRAM: Final = 64
"""Longest n-gram. Models have up to 6 characters and 5 words; a damaged number would make hashing quadratic."""

_MAX_PRUNED_BUCKETS: Final = 1 << 28
"""Buckets of a pruned model, which has a bit for each: 32 MB. fastText's default is two million."""

_MAX_DENSE_BYTES: Final = 64 << 20
"""Quantised weights are written out in full when loaded if they take no more than this: lid.176 takes 4 MB."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A supervised model, ready to predict; any number of threads may share it.

    Attributes:
        labels: As the file spells them, most frequent first; `predict` gives places in them.
        dim: Size of the hidden vector.
        tables: What the kernels need, `redpyjama.kernels.fasttext_tables.MODEL`.
    """

    labels: tuple[str, ...]
    dim: int
    tables: tuple[Any, ...]
    _threads: threading.local = field(default_factory=threading.local)

    def seen(self) -> fasttext_words.Seen:
        """Return this thread's memory of words."""
        if not hasattr(self._threads, "seen"):
            self._threads.seen = fasttext_words.new_seen()
        return self._threads.seen


def predict(model: Model, texts: pa.StringArray, *, k: int = 1) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the most probable labels of each text, taken as one line.

    The library refuses newlines; here they are blanks. Like the library's, scores may exceed 1 by 1e-5,
    and with hierarchical softmax no label is less probable than that.

    Args:
        model: From `load`.
        texts: N texts without nulls.
        k: How many labels of each text, 1 or more.

    Returns:
        Places in `Model.labels`, the most probable first, and probabilities, both of shape (N, k). Where there are no
        more labels, or the model knows nothing of the text, -1 and 0.

    Raises:
        ValueError: A weight that the texts need is no number, or no label is asked for.
    """
    if k < 1:
        raise ValueError(f"{k} labels of each text")
    labels, scores = np.empty((len(texts), k), np.int32), np.empty((len(texts), k), np.float32)
    offsets, data = buffers(texts)
    row = fasttext.predict(offsets, data, model.tables, model.seen(), labels, scores)
    if row >= 0:
        raise ValueError(f"the fastText model has weights that are no numbers: text {row} of {len(texts)} needs them")
    return labels, scores


def load(path: str | os.PathLike[str]) -> Model:
    """Map a model file into memory; only quantised weights of moderate size are copied.

    Raises:
        InputError: It cannot be read, is damaged, or is no supervised model; says where.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as error:
        raise InputError(name, f"cannot be read: {error.strerror}") from error
    return _parse(_Reader(path=name, data=np.frombuffer(data, np.uint8)))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """A place in a file of known size; every number is looked at before memory is asked for."""

    path: str
    data: NDArray[np.uint8]
    at: int = 0

    def fail(self, problem: str, at: int | None = None) -> InputError:
        where = f"byte {self.at if at is None else at} of {self.data.size}"
        return InputError(self.path, f"{problem} ({where})", "is it a whole fastText model? Download it again")

    def take(self, size: int, what: str) -> NDArray[np.uint8]:
        if size < 0 or size > self.data.size - self.at:
            raise self.fail(f"is cut short or damaged: {what} would take {size} bytes")
        self.at += size
        return self.data[self.at - size : self.at]

    def numbers(self, form: str, what: str) -> tuple[Any, ...]:
        return struct.unpack(form, self.take(struct.calcsize(form), what).tobytes())

    def floats(self, count: int, what: str) -> NDArray[np.float32]:
        return self.take(4 * count, what).view("<f4")

    def check(self, problem: str, *, sound: bool) -> None:
        if not sound:
            raise self.fail(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Args:
    """What of the training's settings predicting needs."""

    dim: int
    word_grams: int
    loss: int
    buckets: int
    min_chars: int
    max_chars: int

    @property
    def hashes(self) -> bool:
        """Whether there are rows for n-grams."""
        return self.max_chars > 0 or self.word_grams > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The dictionary; *kept* and *kept_rows* are buckets that pruning kept and their rows, None without pruning."""

    table: tuple[Any, ...]
    labels: tuple[str, ...]
    label_counts: NDArray[np.int64]
    num_words: int
    kept: NDArray[np.int32] | None
    kept_rows: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrix:
    """Rows written out, or (if `quantised`) codes, centroids and norms; no norms mean 1."""

    shape: tuple[int, int]
    rows: NDArray[np.float32]
    codes: NDArray[np.uint8]
    centroids: NDArray[np.float32]
    norms: NDArray[np.float32]
    parts: tuple[int, int, int] = (1, 1, 1)

    @property
    def quantised(self) -> bool:
        return self.codes.size > 0

    def dense(self, norms: NDArray[np.float32]) -> NDArray[np.float32]:
        """Write the rows out, multiplied by *norms*."""
        if not self.quantised:
            return self.rows
        out = np.empty(self.shape, np.float32)
        tables.dequantise(self.codes, self.centroids, norms, *self.parts, out)
        return out.reshape(-1)


_NO_FLOATS = np.zeros(0, np.float32)


def _parse(reader: _Reader) -> Model:
    args = _args(reader)
    words = _dictionary(reader)
    (quantised,) = reader.numbers("<?", "the kind of the input matrix")
    if words.kept is not None and not quantised:
        raise reader.fail("is pruned but not quantised, which fastText refuses too")
    weights = _matrix(reader, quantised=quantised, dim=args.dim, what="the input matrix")
    (quantised_output,) = reader.numbers("<?", "the kind of the output matrix")
    output = _matrix(reader, quantised=quantised and quantised_output, dim=args.dim, what="the output matrix")
    num_labels = len(words.labels)
    reader.check(f"has {output.shape[0]} rows for {num_labels} labels", sound=output.shape[0] == num_labels)
    pruned = _pruned(reader, args, words, weights.shape[0])
    kept = -1 if words.kept is None else words.kept.size
    shape = [args.dim, args.min_chars, args.max_chars, args.buckets, args.word_grams, words.num_words, args.loss, kept]
    scales = output.norms if output.norms.size else np.ones(num_labels, np.float32)
    made = (
        np.array([*shape, *weights.parts], np.int64),
        words.table,
        pruned,
        _input(weights),
        (output.dense(_NO_FLOATS), scales),
        _tree(words.label_counts if args.loss == tables.HIERARCHICAL_SOFTMAX else words.label_counts[:1]),
        _sigmoids(),
    )
    return Model(labels=words.labels, dim=args.dim, tables=made)


def _args(reader: _Reader) -> _Args:
    magic, version = reader.numbers("<2i", "the header")
    if magic != _MAGIC:
        raise reader.fail("is no fastText model", 0)
    if version not in (11, 12):
        raise reader.fail(f"has format {version}, and only 11 and 12 are known", 4)
    settings = reader.numbers("<12id", "the settings")
    dim, _, _, _, _, word_grams, loss, model, buckets, min_chars, max_chars, _, _ = settings
    if model != _SUPERVISED:
        raise reader.fail(f"holds word vectors (model {model}) and no classifier (model {_SUPERVISED})")
    if version == 11:
        max_chars = 0  # models as old as that have no character n-grams, whatever they say
    reader.check(f"has the unknown loss {loss}", sound=loss in _LOSSES)
    reader.check(f"has vectors of {dim} numbers", sound=0 < dim <= reader.data.size)
    reader.check(f"has n-grams of {max(word_grams, max_chars)}", sound=max(word_grams, max_chars) <= _MAX_NGRAM)
    args = _Args(dim=dim, word_grams=word_grams, loss=loss, buckets=buckets, min_chars=min_chars, max_chars=max_chars)
    reader.check(f"has n-grams and {buckets} buckets for them", sound=buckets > 0 or not args.hashes)
    return args


def _dictionary(reader: _Reader) -> _Words:
    num_entries, num_words, num_labels, _, num_kept = reader.numbers("<3i2q", "the size of the dictionary")
    left = reader.data.size - reader.at
    sound = num_words >= 0 and num_labels > 0 and num_words + num_labels == num_entries
    reader.check(f"has {num_entries} entries, of them {num_words} words and {num_labels} labels", sound=sound)
    reader.check(f"has no room for {num_entries} words", sound=num_entries * _ENTRY_BYTES <= left)
    reader.check(f"has no room for {num_kept} n-grams", sound=-1 <= num_kept <= left // 8)
    starts, counts = np.empty(num_entries, np.int64), np.empty(num_entries, np.int64)
    lengths, kinds = np.empty(num_entries, np.int32), np.empty(num_entries, np.uint8)
    end = tables.scan_dictionary(reader.data, reader.at, starts, lengths, counts, kinds)
    reader.check(f"ends before its dictionary of {num_entries} entries does", sound=end >= 0)
    reader.check(
        "has words among its labels", sound=not kinds[:num_words].any() and bool((kinds[num_words:] == 1).all())
    )
    label_counts = counts[num_words:]
    sound = 0 <= int(label_counts.min()) and int(label_counts.max()) < tables.MAX_COUNT
    reader.check("has labels that never or too often occurred", sound=sound)
    reader.at = end
    table, hashes = np.full(1 << (2 * num_entries).bit_length(), -1, np.int32), np.empty(num_entries, np.uint32)
    tables.fill_words(table, hashes, starts, lengths, reader.data)
    labels = zip(starts[num_words:].tolist(), lengths[num_words:].tolist(), strict=True)
    pairs = reader.take(8 * max(num_kept, 0), "the n-grams that were kept").view("<i4").reshape(-1, 2)
    return _Words(
        table=(table, hashes, starts, lengths, reader.data),
        labels=tuple(reader.data[at : at + size].tobytes().decode("utf-8", "replace") for at, size in labels),
        label_counts=label_counts,
        num_words=num_words,
        kept=None if num_kept < 0 else np.array(pairs[:, 0]),
        kept_rows=np.array(pairs[:, 1]),
    )


def _matrix(reader: _Reader, *, quantised: bool, dim: int, what: str) -> _Matrix:
    if not quantised:
        rows, columns = reader.numbers("<2q", what)
        reader.check(
            f"is damaged: {what} has {rows} rows of {columns} and not {dim}", sound=columns == dim and rows >= 0
        )
        weights = reader.floats(rows * columns, what)
        return _Matrix(
            shape=(rows, dim), rows=weights, codes=np.zeros(0, np.uint8), centroids=_NO_FLOATS, norms=_NO_FLOATS
        )
    has_norms, rows, columns, num_codes = reader.numbers("<?2qi", what)
    reader.check(f"is damaged: {what} has {rows} rows of {columns} and not {dim}", sound=columns == dim and rows > 0)
    codes = reader.take(num_codes, what)
    parts, centroids = _codebook(reader, dim, what)
    reader.check(f"is damaged: {what} has {num_codes} codes for {rows} rows", sound=num_codes == rows * parts[0])
    norms = _NO_FLOATS
    if has_norms:
        norm_codes = reader.take(rows, what)
        norms = np.array(_codebook(reader, 1, what)[1])[norm_codes]
    return _Matrix(shape=(rows, dim), rows=_NO_FLOATS, codes=codes, centroids=centroids, norms=norms, parts=parts)


def _codebook(reader: _Reader, dim: int, what: str) -> tuple[tuple[int, int, int], NDArray[np.float32]]:
    """Read how rows are cut into parts, and each part's centroids."""
    columns, parts, width, last_width = reader.numbers("<4i", what)
    sound = columns == dim and parts > 0 and 0 < last_width <= width and (parts - 1) * width + last_width == dim
    reader.check(
        f"is damaged: {what} has {columns} columns in {parts} parts of {width}, the last {last_width}", sound=sound
    )
    return (parts, width, last_width), reader.floats(dim * _KSUB, what)


def _input(weights: _Matrix) -> tuple[Any, ...]:
    if weights.quantised and 4 * weights.shape[0] * weights.shape[1] > _MAX_DENSE_BYTES:
        return _NO_FLOATS, weights.codes, weights.centroids, weights.norms
    return weights.dense(weights.norms), np.zeros(0, np.uint8), _NO_FLOATS, _NO_FLOATS


def _pruned(reader: _Reader, args: _Args, words: _Words, num_rows: int) -> tuple[Any, ...]:
    kept, rows = words.kept, words.kept_rows
    if kept is None:
        needed = words.num_words + (args.buckets if args.hashes else 0)
        reader.check(f"is damaged: has {num_rows} rows and needs {needed}", sound=num_rows >= needed)
        return np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.int32)
    reader.check(f"has {args.buckets} buckets", sound=args.buckets <= _MAX_PRUNED_BUCKETS)
    sound = not kept.size or (kept.min() >= 0 and kept.max() < args.buckets and rows.min() >= 0)
    reader.check("is damaged: it has kept n-grams that do not exist", sound=bool(sound))
    needed = words.num_words + (int(rows.max()) + 1 if rows.size else 0)
    reader.check(f"is damaged: has {num_rows} rows and needs {needed}", sound=num_rows >= needed)
    bits = np.zeros(max(args.buckets, 0) // 64 + 1, np.uint64)
    ranks, values = np.empty(bits.size, np.int32), np.zeros(kept.size, np.int32)
    tables.fill_pruned(kept, rows, bits, ranks, values)
    return bits, ranks, values


def _tree(label_counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    left, right = (np.empty(2 * label_counts.size - 1, np.int32) for _ in range(2))
    tables.build_tree(label_counts, left, right)
    return left, right


def _sigmoids() -> NDArray[np.float32]:
    """Return fastText's table of the sigmoid from -8 to 8."""
    x = np.arange(513, dtype=np.float32) * np.float32(16) / np.float32(512) - np.float32(8)
    return (1.0 / (1.0 + np.exp(-x).astype(np.float64))).astype(np.float32)
