"""Estimates an n-gram model with modified Kneser-Ney smoothing, in bounded memory.

N-grams are counted by sorting, and sorted twice more for each order: by their contexts, to discount them, and back by
their ends, to interpolate. The definitions are those of `redpyjama.kernels.kneser_ney`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import kneser_ney as kernels
from redpyjama.kernels import ngrams
from redpyjama.lm.sorted_runs import Records, Sorter, Stream, floats, records

FALLBACK = (0.0, 0.5, 1.0, 1.5)
"""Discounts where the counts give none. Source: kpu/kenlm, lmplz --discount_fallback."""

_WORDS = 1 << 18  # words of the corpus that are made n-grams of at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An n-gram model on the disk.

    Attributes:
        order: The longest n-grams.
        bits: Of a packed word.
        counts: How many n-grams of each order it has.
        discounts: For each order what was taken off the counts 0, 1, 2 and more.
        paths: For each order the file of its n-grams in suffix order; the value is the probability and the back-off
            weight, 0 where no longer n-gram begins so.
    """

    order: int
    bits: int
    counts: tuple[int, ...]
    discounts: tuple[tuple[float, ...], ...]
    paths: tuple[str, ...]

    def logarithms(self, order: int) -> Iterator[Records]:
        """Yield the n-grams of an order with minus the logarithm of the probability, and that of the weight."""
        first = order == 1
        with contextlib.closing(Stream(self.paths[order - 1])) as stream:
            while len(stream.block):
                values = floats(stream.block)
                none = values[:, 5] == 0
                values[:, 4] = -np.log10(values[:, 4].astype(np.float64))
                values[:, 5] = np.log10(np.where(none, 1, values[:, 5]).astype(np.float64))
                values[none, 5] = -0.0
                if first:
                    values[ngrams.BEGIN, 4] = 0.0  # never asked for
                    first = False
                yield stream.block
                stream.refill()


def estimate(
    words: Iterable[NDArray[np.int32]],
    num_words: int,
    order: int,
    *,
    cutoffs: Sequence[int],
    limit_bytes: int,
    path: str,
) -> Estimate:
    """Estimate a model of a corpus.

    Args:
        words: The corpus: numbers of words, every sentence ended by `ngrams.END`.
        num_words: How many words there are, with the three that every model has.
        order: 2 to `ngrams.MAX_ORDER`.
        cutoffs: For each order up to which count its n-grams are left out; the first is 0, none is less than the one
            before; missing ones are as the last, or 0.
        limit_bytes: Memory for sorting; besides that each word takes about 100 bytes.
        path: Files are written beside it, to names that begin with this one.
    """
    bits = ngrams.word_bits(num_words, order)
    share = limit_bytes // (2 * order)
    everywhere = np.array([*cutoffs, *[cutoffs[-1] if cutoffs else 0] * (order - len(cutoffs))], np.int64)
    counted = Sorter(f"{path}.counts", limit_bytes // 2, add=True)
    state = np.zeros(2, np.uint64)
    for some in words:
        for start in range(0, len(some), _WORDS):
            part = some[start : start + _WORDS]
            block = records(len(part))
            ngrams.emit(part, order, bits, state, block)
            counted.push(block)
    by_context = [Sorter(f"{path}.contexts{n}", share, add=False) for n in range(2, order + 1)]
    singles, statistics = _adjust(counted, num_words, bits, everywhere, by_context)
    found = tuple(discounts(row) for row in statistics.tolist())
    by_end = [Sorter(f"{path}.ends{n}", share, add=False) for n in range(2, order + 1)]
    for n, (source, target) in enumerate(zip(by_context, by_end, strict=True), start=2):
        _weigh(source, target, n, bits, found[n - 1], f"{path}.weights{n - 1}")
    paths = tuple(f"{path}.ngrams{n}" for n in range(1, order + 1))
    blocks: list[Iterator[Records]] = [iter([_singles(singles, bits, found[0])]), *(s.blocks() for s in by_end)]
    counts = tuple(_interpolate(some, n, order, bits, path) for n, some in enumerate(blocks, start=1))
    return Estimate(order=order, bits=bits, counts=counts, discounts=found, paths=paths)


def discounts(counted: Sequence[int]) -> tuple[float, ...]:
    """Return what is taken off the counts 0, 1, 2 and more.

    Args:
        counted: How many n-grams have the adjusted counts 0 to 4.

    Source: Chen and Goodman 1998, equation 26; `FALLBACK` where a count does not occur or a discount is out of range.
    """
    _, n1, n2, n3, n4 = counted
    if not (n1 and n2 and n3):
        return FALLBACK
    share = n1 / (n1 + 2 * n2)
    found = (0.0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3)
    return found if all(0 <= amount <= count for count, amount in enumerate(found)) else FALLBACK


def _adjust(
    counted: Sorter, num_words: int, bits: int, cutoffs: NDArray[np.int64], by_context: Sequence[Sorter]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hand the n-grams with adjusted counts to the sorters; return those of single words, and the statistics."""
    order = len(cutoffs)
    singles, statistics = np.zeros(num_words, np.int64), np.zeros((order, 5), np.int64)
    last, counts, used = np.zeros(2, np.uint64), np.zeros((order, 2), np.uint64), np.zeros(order, np.int64)
    out = np.empty((order, 0, 3), np.uint64)

    def hand_over() -> None:
        shift = np.uint64(bits * (64 // bits - 1))
        block = out[0, : used[0]]
        singles[(block[:, 0] >> shift).astype(np.int64)] = block[:, 2].astype(np.int64)
        for n, sorter in enumerate(by_context, start=2):
            block = out[n - 1, : used[n - 1]]
            ngrams.turn_to_contexts(block, n, bits)
            sorter.push(block)
        used[:] = 0

    active = 0
    for blocks in counted.blocks():
        for start in range(0, len(blocks), _WORDS):
            block = blocks[start : start + _WORDS]
            if out.shape[1] < len(block) + 2:
                out = np.empty((order, len(block) + 2, 3), np.uint64)
            active = kernels.adjust(block, order, bits, active, last, counts, cutoffs, out, used, statistics)
            hand_over()
    kernels.adjust_end(bits, active, last, counts, cutoffs, out, used, statistics)
    hand_over()
    return singles, statistics


def _weigh(source: Sorter, target: Sorter, order: int, bits: int, amounts: Sequence[float], path: str) -> None:
    """Discount the n-grams of an order; write the weights of their contexts."""
    taken_off = np.array(amounts, np.float64)
    with open(path, "wb") as file:
        left = records(0)
        for more, final in _with_end(source.blocks()):
            block = np.concatenate([left, more])
            out, contexts = records(len(block)), records(len(block))
            done, written, found = kernels.weigh(
                block, final, order, bits, taken_off, out, floats(out), contexts, floats(contexts)
            )
            target.push(out[:written])
            file.write(contexts[:found].data)
            left = block[done:]


def _with_end(blocks: Iterator[Records]) -> Iterator[tuple[Records, bool]]:
    for block in blocks:
        yield block, False
    yield records(0), True


def _singles(counts: NDArray[np.int64], bits: int, amounts: Sequence[float]) -> Records:
    """Return single words with their probabilities; <unk> has a share of the uniform distribution, <s> has none.

    Source: kpu/kenlm, lm/builder: the uniform distribution is over all words but <s>.
    """
    off = np.array(amounts)[np.minimum(counts, 3)]
    total = max(int(counts.sum()), 1)
    block = records(len(counts))
    block[:, 0] = np.arange(len(counts), dtype=np.uint64) << np.uint64(bits * (64 // bits - 1))
    block[:, 1:] = 0
    floats(block)[:, 4] = (counts - off) / total + off.sum() / total / (len(counts) - 1)
    return block


def _interpolate(blocks: Iterator[Records], order: int, highest: int, bits: int, path: str) -> int:
    """Write the n-grams of an order with probabilities and weights; return how many there are."""
    count = 0
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open(f"{path}.ngrams{order}", "wb"))
        lower = contexts = None
        if order > 1:
            lower = stack.enter_context(contextlib.closing(Stream(f"{path}.ngrams{order - 1}")))
        if order < highest:
            contexts = stack.enter_context(contextlib.closing(Stream(f"{path}.weights{order}")))
        for block in blocks:
            values = floats(block)
            i = 0
            while lower and i < len(block):
                i, lower.at = kernels.interpolate(
                    block, values, i, order, bits, lower.block, floats(lower.block), lower.at
                )
                if i < len(block):
                    lower.refill()
            i = 0
            while contexts and i < len(block):
                here = contexts
                i, here.at = kernels.back_off(block, values, i, here.block, floats(here.block), here.at, here.done)
                if i < len(block):
                    here.refill()
            file.write(block.data)
            count += len(block)
    if order < highest:
        os.remove(f"{path}.weights{order}")
    return count
