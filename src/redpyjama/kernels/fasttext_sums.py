"""Sums of rows of a fastText model's input matrix, in the library's order and precision.

Source: facebookresearch/fastText v0.9.2, src/densematrix.cc, src/productquantizer.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from redpyjama.kernels.fasttext_tables import LAST_WIDTH, PARTS, WIDTH

_NARROW = 32  # measured: up to here eight columns at a time are faster by a third, at 100 whole rows are

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


@njit(nogil=True)
def _add_narrow(hidden: Any, rows: Any, count: _Int, dense: Any) -> None:
    """Add rows, eight columns at a time: so many sums stay in the processor's registers."""
    dim, j = np.int64(hidden.size), np.int64(0)
    while j + 8 <= dim:
        a, b, c, d = hidden[j], hidden[j + 1], hidden[j + 2], hidden[j + 3]
        e, f, g, h = hidden[j + 4], hidden[j + 5], hidden[j + 6], hidden[j + 7]
        for i in range(count):
            at = np.int64(rows[i]) * dim + j
            a, b, c, d = a + dense[at], b + dense[at + 1], c + dense[at + 2], d + dense[at + 3]
            e, f, g, h = e + dense[at + 4], f + dense[at + 5], g + dense[at + 6], h + dense[at + 7]
        hidden[j], hidden[j + 1], hidden[j + 2], hidden[j + 3] = a, b, c, d
        hidden[j + 4], hidden[j + 5], hidden[j + 6], hidden[j + 7] = e, f, g, h
        j += 8
    while j < dim:
        for i in range(count):
            hidden[j] += dense[np.int64(rows[i]) * dim + j]
        j += 1


@njit(nogil=True)
def add_rows(hidden: Any, rows: Any, count: _Int, shape: Any, weights: Any) -> None:
    """Add rows of the input matrix, one after the other: another order would give other last bits.

    Args:
        hidden: What they are added to.
        rows: Which ones: the first *count* of these.
        count: How many.
        shape: The model's.
        weights: The model's input matrix.
    """
    dense, codes, centroids, norms = weights
    if dense.size and hidden.size <= _NARROW:
        _add_narrow(hidden, rows, count, dense)
        return
    if dense.size:
        for i in range(count):
            begin = np.int64(rows[i]) * hidden.size
            row = dense[begin : begin + hidden.size]
            for j in range(hidden.size):
                hidden[j] += row[j]
        return
    parts, width = shape[PARTS], shape[WIDTH]
    for i in range(count):
        row = np.int64(rows[i])
        norm = norms[row] if norms.size else np.float32(1)
        for part in range(parts):
            size = width if part < parts - 1 else shape[LAST_WIDTH]
            begin = part * 256 * width + np.int64(codes[row * parts + part]) * size
            for j in range(size):
                hidden[part * width + j] += norm * centroids[begin + j]
