"""N-gram models as hash tables in one array, and the scores that they give to sentences.

The model is a tree: an n-gram hangs below the n-gram without its first word. A row has two 64-bit words. The first is
the row of the n-gram below (within its order's table) and the first word, in one number that is mixed by a bijection:
no two n-grams share it, and the words can be read back. The second has two floats, the logarithms to base 10 of
probability (low half) and back-off weight. Rows of a table stand in numeric order, each at its home or after it, homes
being in numeric order too; a free row is greater than all. So a look-up ends at the first row that is not smaller.

The sign of the probability says that a longer n-gram hangs below; a back-off of -0.0 that no longer n-gram begins so; a
probability that is no number that the model has the n-gram only because longer ones hang below it.
Source: the two signs are those of kpu/kenlm, lm/model.cc, as is the order of the sums.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.ngrams import BEGIN, END, MAX_ORDER, field

WORD_BITS: Final = 24
"""Bits of a word in a row's number; the other 40 are the row below."""

ROOM: Final = 0.75
"""Rows that are taken, of those that are homes."""

FREE = np.uint64(2**64 - 1)

_MULTIPLY_1, _MULTIPLY_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_ONE = np.uint64(_MULTIPLY_1)
_TWO = np.uint64(_MULTIPLY_2)
_BACK_1 = np.uint64(pow(_MULTIPLY_1, -1, 2**64))
_BACK_2 = np.uint64(pow(_MULTIPLY_2, -1, 2**64))
_WORD_MASK = np.uint64((1 << WORD_BITS) - 1)
_HAS_LONGER = np.uint64(1 << 31)
_NO_CONTEXT = np.uint64(1 << 31)  # the upper half of a row's second word: -0.0
_LOW_HALF = np.uint64((1 << 32) - 1)
_NO_NUMBER = np.uint64(0x7FC00000)
_INT: Any = types.int64
_ROWS: Any = types.uint64[:, ::1]
_FIXED_ROWS: Any = types.Array(types.uint64, 2, "C", readonly=True)
_PLACES: Any = types.Array(types.int64, 1, "C", readonly=True)
_BASES: Any = types.int64[::1]
_WORDS: Any = types.int64[:, ::1]
_LEVELS: Any = types.int64[:, ::1]


@compiled(types.uint64(types.uint64))
def mixed(number: Any) -> Any:
    """Mix 64 bits by a bijection. Source: Steele et al. 2014, splitmix64, without its first and last shift."""
    number = number * _ONE
    return (number ^ (number >> np.uint64(32))) * _TWO


@compiled(types.uint64(types.uint64))
def unmixed(number: Any) -> Any:
    """Return what `mixed` made this number of."""
    number = number * _BACK_2
    return (number ^ (number >> np.uint64(32))) * _BACK_1


@compiled(_INT(types.uint64, _INT))
def _home(number: Any, homes: Int) -> Int:
    return np.int64(((number >> np.uint64(32)) * np.uint64(homes)) >> np.uint64(32))


@compiled(_INT(_FIXED_ROWS, _INT, _INT, _INT, _INT))
def find(rows: Any, base: Int, homes: Int, below: Int, word: Int) -> Int:
    """Return the row (within its table) of the n-gram with this first word that hangs below that row, or -1."""
    number = mixed((np.uint64(below) << np.uint64(WORD_BITS)) | np.uint64(word))
    at = base + _home(number, homes)
    while rows[at, 0] < number:
        at += 1
    return at - base if rows[at, 0] == number else -1


# --- building -----------------------------------------------------------------------------------------------------


@compiled(_INT(_ROWS, _INT, _INT, _BASES, _BASES, types.int64[::1], _ROWS))
def number(ngrams: Any, order: Int, bits: Int, bases: Any, homes: Any, path: Any, rows: Any) -> Int:
    """Turn n-grams in suffix order into the numbers of their rows, and note below that longer ones hang there.

    Args:
        ngrams: Records of the order; the first word becomes the number, the second 0.
        order: Of the n-grams, 2 or more.
        bits: Of a packed word.
        bases: Where the table of each order begins, the first being that of single words.
        homes: How many homes each has.
        path: Rows found for the n-gram before and its words, kept between calls: room for 2 * `MAX_ORDER`, -1 at first.
        rows: All tables, those of lower orders filled.

    Returns:
        The first n-gram that has nothing to hang below, or -1.
    """
    for i in range(len(ngrams)):
        high, low = ngrams[i, 0], ngrams[i, 1]
        same = 1
        for place in range(order - 1):
            word = np.int64(field(high, low, place, bits))
            if same and path[MAX_ORDER + place] == word:
                continue
            same = 0
            path[MAX_ORDER + place] = word
            path[place] = word if place == 0 else find(rows, bases[place], homes[place], path[place - 1], word)
            if path[place] < 0:
                path[:] = -1
                return i
        below = path[order - 2]
        rows[bases[order - 2] + below, 1] |= _HAS_LONGER
        word = field(high, low, order - 1, bits)
        ngrams[i, 0] = mixed((np.uint64(below) << np.uint64(WORD_BITS)) | word)
        ngrams[i, 1] = np.uint64(0)
    return -1


@compiled(_INT(_ROWS, _INT, _INT, _INT, _ROWS))
def place(numbered: Any, base: Int, homes: Int, at: Int, rows: Any) -> Int:
    """Put records in numeric order in their table; *at* is the first row not decided, and so is what is returned."""
    for i in range(len(numbered)):
        home = _home(numbered[i, 0], homes)
        while at < home:
            rows[base + at, 0], rows[base + at, 1] = FREE, np.uint64(0)
            at += 1
        rows[base + at, 0], rows[base + at, 1] = numbered[i, 0], numbered[i, 2]
        at += 1
    return at


@compiled(_INT(_ROWS, _INT, _INT, _BASES, _BASES, _ROWS))
def mark_contexts(ngrams: Any, order: Int, bits: Int, bases: Any, homes: Any, rows: Any) -> Int:
    """Note that longer n-grams begin as these without their last word, where the back-off weight does not say so.

    What is only there because longer n-grams end with it may begin with one that is not there.

    Returns:
        The first n-gram whose beginning the model does not have, or -1.
    """
    for i in range(len(ngrams)):
        high, low = ngrams[i, 0], ngrams[i, 1]
        at = np.int64(field(high, low, 1, bits))
        for level in range(1, order - 1):
            if at >= 0:
                at = find(rows, bases[level], homes[level], at, np.int64(field(high, low, level + 1, bits)))
        if at < 0:
            if ngrams[i, 2] & _NO_NUMBER == _NO_NUMBER:
                continue
            return i
        if rows[bases[order - 2] + at, 1] >> np.uint64(32) == _NO_CONTEXT:
            rows[bases[order - 2] + at, 1] &= _LOW_HALF
    return -1


@compiled(_INT(_FIXED_ROWS, _INT, _INT, _INT, _PLACES, types.int32[:, ::1], types.int64[::1]))
def spell(rows: Any, order: Int, first: Int, last: Int, bases: Any, words: Any, places: Any) -> Int:
    """Write the words of the n-grams in the rows [first, last) of a table, and these rows; return how many."""
    used = 0
    for at in range(bases[order - 1] + first, bases[order - 1] + last):
        if order > 1 and rows[at, 0] == FREE:
            continue
        level, row = order, at - bases[order - 1]
        for i in range(order - 1):
            number = unmixed(rows[bases[level - 1] + row, 0])
            words[used, i] = np.int32(number & _WORD_MASK)
            row = np.int64(number >> np.uint64(WORD_BITS))
            level -= 1
        words[used, order - 1] = row
        places[used] = at
        used += 1
    return used


# --- scoring ------------------------------------------------------------------------------------------------------

BLOCK: Final = 512
"""Words that are looked up side by side: memory answers many at once, where one after another would wait each time."""

_BEFORE = MAX_ORDER - 1  # words of the block before that the first of a block may need


def new_space() -> tuple[NDArray[Any], ...]:
    """Make room for one call of `score` at a time.

    Returns:
        Of the words of a block: numbers, documents (-1 where a line begins), depths, and which are left to do; the row
        of each n-gram by order; numbers to look up; values by order, and the same memory as floats.
    """
    size = _BEFORE + BLOCK
    values = np.zeros((MAX_ORDER, size), np.uint64)
    words = np.zeros((4, size), np.int64)
    words[1] = -1
    return words, np.zeros((MAX_ORDER, size), np.int64), np.zeros(size, np.uint64), values, values.view(np.float32)


def _fetch(_context: Any, rows: Any, _row: Any) -> Any:
    """Ask for a row before it is needed."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        zero = context.get_constant(types.intp, 0)
        place = cgutils.get_item_pointer(context, builder, signature.args[0], array, [arguments[1], zero])
        place = builder.bitcast(place, cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [place, number(0), number(3), number(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return types.void(rows, types.intp), generate


_intrinsic: Any = intrinsic
fetch: Any = _intrinsic(_fetch)


@compiled(types.void(_INT, _INT, _WORDS, _LEVELS, types.uint64[::1], _ROWS, _PLACES, _PLACES, _FIXED_ROWS))
def _look_up(
    stop: Int, order: Int, words: Any, found: Any, numbers: Any, values: Any, bases: Any, homes: Any, rows: Any
) -> None:
    """Find the longest n-gram that ends at each word of a block, order by order."""
    word_at, document_of, depth, todo = words[0], words[1], words[2], words[3]
    count = 0
    for at in range(_BEFORE, stop):
        depth[at] = 1
        found[0, at] = word_at[at]
        values[0, at] = rows[word_at[at], 1]
        if document_of[at] >= 0:
            todo[count] = at
            count += 1
    for level in range(1, order):
        left = 0
        for i in range(count):
            at = todo[i]
            if depth[at - 1] < level or not values[level - 1, at] & _HAS_LONGER:
                continue
            if values[level - 1, at - 1] >> np.uint64(32) == _NO_CONTEXT:
                continue
            number = mixed((np.uint64(found[level - 1, at]) << np.uint64(WORD_BITS)) | np.uint64(word_at[at - level]))
            home = bases[level] + _home(number, homes[level])
            fetch(rows, home)
            fetch(rows, home + 3)  # where the search mostly ends: perhaps in the next line of the cache
            numbers[left], todo[left] = number, at
            left += 1
        count = 0
        for i in range(left):
            number, at = numbers[i], todo[i]
            row = bases[level] + _home(number, homes[level])
            while rows[row, 0] < number:
                row += 1
            if rows[row, 0] == number:
                depth[at] = level + 1
                found[level, at] = row - bases[level]
                values[level, at] = rows[row, 1]
                todo[count] = at
                count += 1


@compiled(types.void(_INT, _INT, _WORDS, types.float32[:, ::1], types.float64[::1], types.int64[::1]))
def _add(stop: Int, order: Int, words: Any, floats: Any, scores: Any, counts: Any) -> None:
    """Add the logarithms of a block's words to their documents' sums: of n-grams, and of weights of longer contexts."""
    for at in range(_BEFORE, stop):
        if words[1, at] < 0:
            continue
        deepest = words[2, at] - 1
        while floats[deepest, 2 * at] != floats[deepest, 2 * at]:  # there only for longer ones
            deepest -= 1
        total = -np.float64(abs(floats[deepest, 2 * at]))
        for level in range(deepest, min(words[2, at - 1], order - 1)):
            total += floats[level, 2 * at - 1]
        scores[words[1, at]] += total
        counts[words[1, at]] += 1


@compiled(types.void(types.Array(types.int32, 1, "C", readonly=True), types.Array(types.int64, 1, "C", readonly=True),
                     types.Array(types.int32, 1, "C", readonly=True), types.Array(types.int32, 1, "C", readonly=True),
                     _INT, _PLACES, _PLACES, _FIXED_ROWS, types.float64[::1], types.int64[::1],
                     _WORDS, _LEVELS, types.uint64[::1], _ROWS, types.float32[:, ::1]))  # fmt: skip
def score(
    pieces: Any, line_bounds: Any, documents: Any, word_of: Any, order: Int, bases: Any, homes: Any, rows: Any,
    scores: Any, counts: Any, words: Any, found: Any, numbers: Any, values: Any, floats: Any,
) -> None:  # fmt: skip
    """Add up the logarithms of the probabilities of documents, whose lines are sentences.

    Args:
        pieces: Numbers of pieces of all lines.
        line_bounds: Where each line begins in *pieces* and, after the last, ends.
        documents: The number of the first line of each of N documents and, after the last one, of all lines.
        word_of: The model's word for each piece, never `BEGIN`.
        order: Of the model.
        bases: Where each order's table begins.
        homes: How many homes each has.
        rows: The tables.
        scores: The N sums, to base 10: the pieces of each line and its end, after its beginning; 0 before.
        counts: Where it goes how many pieces and ends of lines each document has.
        words: This and the rest are from `new_space`.
        found: See above.
        numbers: See above.
        values: See above.
        floats: See above.
    """
    document, line, position = 0, np.int64(documents[0]), np.int64(-1)
    num_documents, num_lines = len(documents) - 1, np.int64(documents[len(documents) - 1])
    counts[:] = 0
    while line < num_lines:
        stop = _BEFORE
        while stop < _BEFORE + BLOCK and line < num_lines:
            while document + 1 < num_documents and line >= documents[document + 1]:
                document += 1
            if position < 0:
                words[0, stop], words[1, stop] = BEGIN, -1
                position = line_bounds[line]
            elif position < line_bounds[line + 1]:
                words[0, stop], words[1, stop] = word_of[pieces[position]], document
                position += 1
            else:
                words[0, stop], words[1, stop] = END, document
                line += 1
                position = -1
            stop += 1
        _look_up(stop, order, words, found, numbers, values, bases, homes, rows)
        _add(stop, order, words, floats, scores, counts)
        for i in range(_BEFORE):
            last = stop - _BEFORE + i
            for k in range(3):
                words[k, i] = words[k, last]
            for level in range(order):
                found[level, i], values[level, i] = found[level, last], values[level, last]
