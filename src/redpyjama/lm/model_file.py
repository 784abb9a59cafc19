"""The file of an n-gram model: written once, mapped by every worker, so that all of them share its pages.

8 bytes     the magic
8 bytes     length of the header, little-endian, as all numbers
    8 bytes     xxh3-64 of the header
header      JSON: format, order, counts, bases, homes, tokenizer, discounts, sections {name: [offset, bytes, xxh3-64]}
sections    rows (the tables of `redpyjama.kernels.ngram_table`), words (JSON), tokenizer (its file), each at a
            multiple of 4096
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from redpyjama.errors import InputError
from redpyjama.kernels import ngram_table as kernels
from redpyjama.kernels.ngrams import MAX_ORDER
from redpyjama.lm.sorted_runs import Records, Sorter

_MAGIC = b"RPJngram"
FORMAT: Final = 1
_PAGE = 4096
_CHUNK = 1 << 24
_NO_DIGEST = "0" * 16
_MAX_OVERFLOW = 4096  # rows beyond the last home: at three quarters taken, runs of taken rows are a few dozen long
_REMEDY = "train or import the model again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as it lies in its file.

    Attributes:
        words: By number; the first three are <unk>, <s> and </s>.
        bases: Where the table of each order begins in *rows*.
        homes: How many homes each table has.
        rows: The tables; mapped, read-only.
        floats: The same memory as floats.
        tokenizer: Name and content of the file of the tokenizer whose pieces the words are; none for plain words.
    """

    order: int
    counts: tuple[int, ...]
    words: tuple[str, ...]
    bases: NDArray[np.int64]
    homes: NDArray[np.int64]
    rows: NDArray[np.uint64]
    floats: NDArray[np.float32]
    tokenizer: tuple[str, bytes] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a new file is made of.

    Attributes:
        counts: How many n-grams each order has.
        gaps: How many more it has only because longer ones end with them.
        levels: For each order how its n-grams are read: records in suffix order, whose value is minus the logarithm to
            base 10 of the probability, and the logarithm of the back-off weight, -0.0 for none.
        contexts_marked: Whether a weight of -0.0 always says that no longer n-gram begins so.
        facts: What the header says beside; JSON-able.
    """

    bits: int
    counts: tuple[int, ...]
    levels: Sequence[Callable[[], Iterator[Records]]]
    words: Sequence[str]
    tokenizer: tuple[str, bytes] | None
    contexts_marked: bool = True
    gaps: tuple[int, ...] = (0,) * MAX_ORDER
    facts: dict[str, Any]


class Unconnected(ValueError):
    """An n-gram's shorter form is missing: ``Unconnected(order, record, which)``; *which* is "ends" or "begins"."""


def write(path: str, content: Content, limit_bytes: int) -> None:
    """Write a model file; scratch files of its name and more come and go beside it.

    Args:
        path: Where to.
        content: What of.
        limit_bytes: Memory for sorting; the file is mapped besides.

    Raises:
        Unconnected: An n-gram hangs in the air.
    """
    words = json.dumps(list(content.words), ensure_ascii=False).encode("utf-8", "surrogatepass")
    name, tokenizer = content.tokenizer or ("", b"")
    taken = [count + gaps for count, gaps in zip(content.counts, content.gaps, strict=False)]
    homes = [len(content.words), *(int(count / kernels.ROOM) + 1 for count in taken[1:])]
    sizes = [homes[0], *(h + min(c, _MAX_OVERFLOW) + 1 for h, c in zip(homes[1:], taken[1:], strict=True))]
    bases = [sum(sizes[:i]) for i in range(len(sizes))]
    header = {
        "format": FORMAT,
        "order": len(content.counts),
        "counts": list(content.counts),
        "bases": bases,
        "homes": homes,
        "tokenizer": name,
        **content.facts,
    }
    places = _place({"rows": 16 * sum(sizes), "words": len(words), "tokenizer": len(tokenizer)}, header)
    with open(path, "wb") as file:
        for section, data in (("words", words), ("tokenizer", tokenizer)):
            file.seek(places[section][0])
            file.write(data)
        file.truncate(max(places["rows"][0] + places["rows"][1], file.tell()))
    rows = np.memmap(path, np.uint64, "r+", places["rows"][0], (sum(sizes), 2))
    _fill(rows, content, bases, homes, sizes, path, limit_bytes)
    rows.flush()
    digests = {"rows": _digest(rows), "words": _digest(words), "tokenizer": _digest(tokenizer)}
    header["sections"] = {name: [*place, digests[name]] for name, place in places.items()}
    with open(path, "r+b") as file:
        file.write(_preamble(header))


def _place(sizes: dict[str, int], header: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return offset and size of each section, behind a header that says them."""
    widest = {name: [10**18, size, _NO_DIGEST] for name, size in sizes.items()}
    at = len(_preamble({**header, "sections": widest}))
    found: dict[str, tuple[int, int]] = {}
    for name, size in sizes.items():
        at = -(-at // _PAGE) * _PAGE
        found[name] = (at, size)
        at += size
    return found


def _preamble(header: dict[str, Any]) -> bytes:
    data = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return _MAGIC + len(data).to_bytes(8, "little") + xxhash.xxh3_64_intdigest(data).to_bytes(8, "little") + data


def _digest(data: bytes | NDArray[Any]) -> str:
    digest = xxhash.xxh3_64()
    view = np.frombuffer(data, np.uint8)
    for start in range(0, len(view), _CHUNK):
        digest.update(view[start : start + _CHUNK].data)
    return digest.hexdigest()


def _fill(
    rows: NDArray[np.uint64],
    content: Content,
    bases: list[int],
    homes: list[int],
    sizes: list[int],
    path: str,
    limit_bytes: int,
) -> None:
    all_bases, all_homes = np.array(bases, np.int64), np.array(homes, np.int64)
    at = 0
    for block in content.levels[0]():
        rows[at : at + len(block), 0] = 0
        rows[at : at + len(block), 1] = block[:, 2]
        at += len(block)
    for order in range(2, len(content.counts) + 1):
        sorter = Sorter(f"{path}.rows", limit_bytes, add=False)
        before = np.full(2 * MAX_ORDER, -1, np.int64)
        for block in content.levels[order - 1]():
            _connected(kernels.number, block, order, "ends", content.bits, all_bases, all_homes, before, rows)
            sorter.push(block)
        base, homes_here = bases[order - 1], homes[order - 1]
        at = 0
        for block in sorter.blocks():
            at = kernels.place(block, base, homes_here, at, rows)
        assert at < sizes[order - 1], "more rows beyond the last home than their distribution allows"
        rows[base + at : base + sizes[order - 1], 0] = kernels.FREE
        rows[base + at : base + sizes[order - 1], 1] = 0
    for order in range(2, len(content.counts) + 1) if not content.contexts_marked else ():
        for block in content.levels[order - 1]():
            _connected(kernels.mark_contexts, block, order, "begins", content.bits, all_bases, all_homes, rows)


def _connected(kernel: Callable[..., int], block: Records, order: int, which: str, *args: Any) -> None:
    failed = kernel(block, order, *args)
    if failed >= 0:
        raise Unconnected(order, [int(part) for part in block[failed]], which)


def is_model(path: str) -> bool:
    """Say whether a file begins as a model file does, whatever state it is in.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise InputError(path, f"cannot be read as an n-gram model ({error.strerror})", "check the path") from error


def load(path: str) -> Model:
    """Map a model file.

    Raises:
        InputError: There is none, it is of another format, or it is damaged.
    """
    try:
        state = os.stat(path)
    except OSError as error:
        raise InputError(path, f"cannot be read as an n-gram model ({error.strerror})", "check the path") from error
    return _load(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=4)
def _load(path: str, _changed: int, size: int) -> Model:
    with open(path, "rb") as file:
        if file.read(8) != _MAGIC:
            what = "an ARPA or KenLM file has to be imported first (redpyjama.lm.arpa)"
            raise InputError(path, "is no n-gram model of redpyjama", what)
        length, digest = int.from_bytes(file.read(8), "little"), int.from_bytes(file.read(8), "little")
        data = file.read(min(length, _CHUNK))
        if xxhash.xxh3_64_intdigest(data) != digest:
            raise InputError(path, "has a damaged header, or is cut short", _REMEDY)
        try:
            header: dict[str, Any] = json.loads(data)
            if header["format"] != FORMAT:
                raise InputError(path, f"has format {header['format']}, not {FORMAT}", _REMEDY)
            sections = {name: tuple(place) for name, place in header["sections"].items()}
            bases, homes = np.array(header["bases"], np.int64), np.array(header["homes"], np.int64)
            counts = tuple(header["counts"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(path, f"has a damaged header ({error})", _REMEDY) from error
    if (end := max(offset + taken for offset, taken, _ in sections.values())) > size:
        raise InputError(path, f"is cut short: it has {size} of {end} bytes", _REMEDY)
    found = {
        name: np.memmap(path, np.uint8, "r", at, taken) if taken else b"" for name, (at, taken, _) in sections.items()
    }
    for name, (_, _, digest) in sections.items():
        if _digest(found[name]) != digest:
            raise InputError(path, f"is damaged: its section {name!r} has another digest than its header says", _REMEDY)
    rows = np.asarray(found["rows"]).view(np.uint64).reshape(-1, 2)
    name = header["tokenizer"]
    return Model(
        order=len(counts),
        counts=counts,
        words=tuple(json.loads(bytes(found["words"]))),
        bases=bases,
        homes=homes,
        rows=rows,
        floats=rows.view(np.float32),
        tokenizer=(name, bytes(found["tokenizer"])) if name else None,
    )
