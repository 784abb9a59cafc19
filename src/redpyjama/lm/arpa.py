"""N-gram models as ARPA files, which KenLM, SRILM and others read and write."""

from __future__ import annotations

import contextlib
import gzip
import os
from collections.abc import Iterator
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from redpyjama.errors import InputError
from redpyjama.kernels import ngram_table, ngrams
from redpyjama.lm import model_file
from redpyjama.lm.sorted_runs import Records, Sorter, Stream, floats, records

_ROWS = 1 << 16
_SPECIAL = ("<unk>", "<s>", "</s>")
_NEVER = 99.0  # minus the logarithm of what never happens. Source: SRILM, ngram-format(5)


def write(model_path: str, path: str) -> None:
    """Write a model as an ARPA file; its n-grams stand in the order of the model's tables.

    Raises:
        InputError: The model cannot be read, or has a word with white space in it.
    """
    model = model_file.load(model_path)
    if odd := [word for word in model.words if word.encode().split() != [word.encode()]]:
        raise InputError(model_path, f"has the word {odd[0]!r}, which no ARPA file can hold")
    names = pa.array(model.words, pa.string())
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write("\\data\\\n")
        file.writelines(f"ngram {order}={count}\n" for order, count in enumerate(model.counts, start=1))
        for order in range(1, model.order + 1):
            file.write(f"\n\\{order}-grams:\n")
            file.writelines("\n".join(lines.to_pylist()) + "\n" for lines in _lines(model, names, order))
        file.write("\n\\end\\\n")


def _lines(model: model_file.Model, names: pa.StringArray, order: int) -> Iterator[pa.StringArray]:
    words, places = np.empty((_ROWS, order), np.int32), np.empty(_ROWS, np.int64)
    last = int(model.bases[order]) if order < model.order else len(model.rows)
    size = last - int(model.bases[order - 1])
    for first in range(0, size, _ROWS):
        used = ngram_table.spell(model.rows, order, first, min(first + _ROWS, size), model.bases, words, places)
        values = model.floats[places[:used], 2:]
        real = ~np.isnan(values[:, 0])
        columns = [names.take(pa.array(words[:used][real, i])) for i in range(order)]
        found = [_text(-np.abs(values[real, 0])), pc.binary_join_element_wise(*columns, " ")]
        if order < model.order:
            found.append(_text(values[real, 1]))
        if len(found[0]):
            yield pc.binary_join_element_wise(*found, "\t")


def _text(values: Any) -> pa.StringArray:
    return pc.cast(pa.array(values + np.float32(0)), pa.string())  # -0.0 + 0.0 is 0.0


def read(path: str, model_path: str, *, tokenizer: tuple[str, bytes] | None, limit_bytes: int = 1 << 30) -> None:
    """Make a model file of an ARPA file, plain or gzip.

    Args:
        path: The ARPA file.
        model_path: Where the model goes; scratch files come and go beside it.
        tokenizer: Name and content of the file of the tokenizer whose pieces the words are; None for words between
            blanks.
        limit_bytes: Memory for sorting; the vocabulary comes on top.

    Raises:
        InputError: The file is no ARPA file, or damaged; or it has more words or longer n-grams than fit.
    """
    with contextlib.ExitStack() as stack:
        source = _Source(path, stack.enter_context(_open(path)))
        counts = source.counts()
        words = _Words(source, counts)
        scratch = f"{model_path}.arpa"
        files = [f"{scratch}{order}" for order in range(1, len(counts) + 1)]
        stack.callback(lambda: [os.remove(file) for file in files if os.path.exists(file)])
        for order, count in enumerate(counts, start=1):
            blocks = words.singles() if order == 1 else _sorted(source, words, order, count, scratch, limit_bytes)
            with open(files[order - 1], "wb") as file:
                file.writelines(block.data for block in blocks)
        source.end()
        counts = [len(words.names), *counts[1:]]
        gaps = _connect(files, words.bits)
        content = model_file.Content(
            bits=words.bits,
            counts=tuple(counts),
            gaps=gaps,
            levels=[lambda file=file: _blocks(file) for file in files],
            words=words.names,
            tokenizer=tokenizer,
            contexts_marked=False,
            facts={"imported": True},
        )
        try:
            model_file.write(model_path, content, limit_bytes)
        except model_file.Unconnected as error:
            order, (high, low, _), which = error.args
            gram = [words.names[ngrams.field(np.uint64(high), np.uint64(low), i, words.bits)] for i in range(order)]
            what = f"has the n-gram {' '.join(reversed(gram))!r}, but not the one with which it {which}"
            raise InputError(path, what) from error


def _open(path: str) -> IO[bytes]:
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("IO[bytes]", gzip.open(path, "rb")) if packed else open(path, "rb")
    except OSError as error:
        raise InputError(path, f"cannot be opened ({error.strerror})", "check the path") from error


class _Source:
    """An ARPA file, line by line."""

    def __init__(self, path: str, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.line = 0

    def fail(self, problem: str) -> InputError:
        return InputError(f"{self._path}:{self.line}", problem, "see ngram-format(5) of SRILM for what it should be")

    def next(self) -> bytes:
        """Return the next line that is not blank, without white space around."""
        while True:
            self.line += 1
            try:
                line = self._file.readline(1 << 20)
            except (OSError, EOFError) as error:
                raise self.fail(f"cannot be read ({error})") from error
            if not line:
                raise self.fail("ends before its \\end\\ line: it is cut short")
            if line := line.strip(b" \t\r\n"):
                return line

    def counts(self) -> list[int]:
        while (line := self.next()) != b"\\data\\":
            if line.startswith(b"\\") or self.line > 100:
                raise self.fail("has no \\data\\ line: it is no ARPA file")
        found: list[int] = []
        while (line := self.next()).startswith(b"ngram "):
            order, _, count = line[6:].partition(b"=")
            if order.strip() != b"%d" % (len(found) + 1) or not count.strip().isdigit():
                raise self.fail(
                    f"says {line.decode(errors='replace')!r} where 'ngram {len(found) + 1}=COUNT' should be"
                )
            found.append(int(count))
        if not 2 <= len(found) <= ngrams.MAX_ORDER:
            raise self.fail(f"has n-grams of {len(found)} orders; 2 to {ngrams.MAX_ORDER} are understood")
        self._header = line
        return found

    def section(self, order: int) -> None:
        line = self._header if order == 1 else self.next()
        if line != b"\\%d-grams:" % order:
            raise self.fail(f"says {line.decode(errors='replace')[:80]!r} where '\\{order}-grams:' should be")

    def entry(self, order: int) -> tuple[float, list[bytes], float]:
        """Return minus the logarithm of the probability, the words, and the logarithm of the back-off weight."""
        line = self.next()
        found = line.split()
        try:
            if not order + 1 <= len(found) <= order + 2:
                raise ValueError("as many words as it should have, a probability and perhaps a weight")
            chance, weight = float(found[0]), float(found[order + 1]) if len(found) > order + 1 else 0.0
            if not (chance <= 0 and weight == weight and abs(weight) < np.inf):
                raise ValueError("a probability of at most 1 and a finite weight")
        except ValueError as error:
            raise self.fail(f"says {line.decode(errors='replace')[:80]!r}, which lacks {error}") from error
        return min(-chance, _NEVER), found[1 : order + 1], weight or -0.0

    def end(self) -> None:
        if self.next() != b"\\end\\":
            raise self.fail("has more n-grams than it says, or lacks its \\end\\ line")


class _Words:
    """The words of an ARPA file, in its order but for the three that every model has."""

    def __init__(self, source: _Source, counts: list[int]) -> None:
        source.section(1)
        values: dict[bytes, tuple[float, float]] = {}
        for _ in range(counts[0]):
            chance, (word,), weight = source.entry(1)
            if word in values:
                raise source.fail(f"has the word {word.decode(errors='replace')!r} twice")
            values[word] = (chance, weight)
        special = [word.encode() for word in _SPECIAL]
        if missing := [word for word in _SPECIAL[1:] if word.encode() not in values]:
            raise source.fail(f"lacks the word {missing[0]}")
        values.setdefault(special[0], (100.0, -0.0))  # as KenLM scores it. Source: kpu/kenlm, lm/config.cc
        self._in_order = [*special, *(word for word in values if word not in special)]
        self.numbers = {word: number for number, word in enumerate(self._in_order)}
        self.names = [word.decode("utf-8", "replace") for word in self._in_order]
        self.bits = ngrams.word_bits(len(self.names), len(counts))
        if not self.bits or len(self.names) > 1 << ngram_table.WORD_BITS:
            raise source.fail(f"has {len(self.names)} words, more than fit in n-grams of order {len(counts)}")
        self._values = values

    def singles(self) -> Iterator[Records]:
        block = records(len(self._in_order))
        shift = self.bits * (64 // self.bits - 1)
        block[:, 0] = np.arange(len(block), dtype=np.uint64) << np.uint64(shift)
        block[:, 1:] = 0
        floats(block)[:, 4:] = [self._values[word] for word in self._in_order]
        yield block


def _sorted(source: _Source, words: _Words, order: int, count: int, path: str, limit_bytes: int) -> Iterator[Records]:
    """Read a section; yield its n-grams in suffix order."""
    source.section(order)
    sorter = Sorter(path, limit_bytes, add=False)
    unit = 64 // words.bits
    shifts = [words.bits * ((unit if i < unit else 2 * unit) - 1 - i) for i in range(order)]
    for start in range(0, count, _ROWS):
        block = records(min(_ROWS, count - start))
        values = np.empty((len(block), 2), np.float32)
        numbers = np.empty((len(block), order), np.uint64)
        for i in range(len(block)):
            chance, gram, weight = source.entry(order)
            try:
                numbers[i] = [words.numbers[word] for word in gram]
            except KeyError as error:
                raise source.fail(f"has the word {error.args[0].decode(errors='replace')!r} only here") from error
            values[i] = chance, weight
        block[:] = 0
        for i, shift in enumerate(shifts):
            block[:, i // unit] |= numbers[:, order - 1 - i] << np.uint64(shift)
        floats(block)[:, 4:] = values
        sorter.push(block)
    last: list[int] = []
    for block in sorter.blocks():
        same = (block[1:, :2] == block[:-1, :2]).all(axis=1).any()
        if same or block[0, :2].tolist() == last:
            raise source.fail(f"has one of its {order}-grams twice")
        last = block[-1, :2].tolist()
        yield block


def _blocks(path: str) -> Iterator[Records]:
    with contextlib.closing(Stream(path)) as stream:
        while len(stream.block):
            yield stream.block
            stream.refill()


def _connect(files: list[str], bits: int) -> tuple[int, ...]:
    """Add the n-grams that are missing below others, as some tools prune; return how many of each order.

    They have no probability and no weight, and only lead to the longer ones.
    """
    gaps = [0] * len(files)
    for order in range(len(files), 2, -1):
        target = f"{files[order - 2]}.new"
        last = np.zeros(3, np.uint64)
        with contextlib.ExitStack() as stack:
            lower = stack.enter_context(contextlib.closing(Stream(files[order - 2])))
            file = stack.enter_context(open(target, "wb"))
            for block in _blocks(files[order - 1]):
                i = 0
                while i < len(block):
                    out = records(len(block) + len(lower.block))
                    i, lower.at, used, added = ngrams.fill_gaps(
                        block, i, order - 1, bits, lower.block, lower.at, lower.done, last, out
                    )
                    gaps[order - 2] += added
                    file.write(out[:used].data)
                    if i < len(block):
                        lower.refill()
            while len(lower.block):
                file.write(lower.block[lower.at :].data)
                lower.refill()
        os.replace(target, files[order - 2])
    return tuple(gaps)
