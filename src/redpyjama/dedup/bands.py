"""How many bands of how many rows a threshold asks for, and how likely documents then meet."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa

_STEPS = 1000  # of the integrals


def probability(similarity: float, bands: int, rows: int) -> float:
    """Return how likely two documents of this Jaccard similarity share the key of a band.

    Source: Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.2.
    """
    return 1 - (1 - similarity**rows) ** bands


@functools.cache
def choose(threshold: float, permutations: int) -> tuple[int, int]:
    """Return the bands and rows that make the fewest errors at a threshold, both kinds weighing the same.

    The integral of the share of pairs below the threshold that meet, and that of the pairs above it that do not.

    Source: datasketch, lsh.py, `_optimal_param` with its weights of 0.5; so did RedPajama V2 and SlimPajama.
    """
    below = threshold * (np.arange(_STEPS) + 0.5) / _STEPS
    above = threshold + (1 - threshold) * (np.arange(_STEPS) + 0.5) / _STEPS
    best, chosen = np.inf, (1, 1)
    for rows in range(1, permutations + 1):
        numbers = np.arange(1, permutations // rows + 1)[:, None]
        meet = (1 - (1 - below**rows) ** numbers).mean(axis=1) * threshold
        miss = ((1 - above**rows) ** numbers).mean(axis=1) * (1 - threshold)
        wrong = meet + miss
        if wrong.min() < best:
            best, chosen = wrong.min(), (int(wrong.argmin()) + 1, rows)
    return chosen


def curve(bands: int, rows: int, points: int = 11) -> pa.Table:
    """Return the S-curve: how likely documents of a similarity from 0 to 1 become candidates."""
    similarities = [i / (points - 1) for i in range(points)]
    likely = [probability(s, bands, rows) for s in similarities]
    return pa.table({"jaccard": similarities, "candidates": likely})
