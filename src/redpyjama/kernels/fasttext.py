"""fastText's supervised prediction over Arrow buffers: what the C++ library says, bit for bit, several times faster.

Sums are made in the library's order and precision, so that not even the last bit of a score depends on whose code ran.
The time is saved elsewhere, in `redpyjama.kernels.fasttext_words`.

Source: facebookresearch/fastText v0.9.2, src/model.cc, src/loss.cc.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

from redpyjama.kernels.fasttext_tables import HIERARCHICAL_SOFTMAX, I32, LOSS, MODEL, SOFTMAX, U8
from redpyjama.kernels.fasttext_words import SEEN, end_of_line, new_work, sum_text

_SMALLEST = np.float32(math.log(1e-5))  # the library adds 1e-5 before it takes a logarithm

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


@njit(nogil=True)
def _product(hidden: Any, row: _Int, rows: Any, scales: Any) -> Any:
    """Multiply the hidden vector by a row of the output matrix."""
    begin = row * hidden.size
    total = np.float32(0)
    for j in range(hidden.size):
        total += rows[begin + j] * hidden[j]
    return total * scales[row]


@njit(nogil=True)
def _log(value: Any) -> Any:
    return np.float32(math.log(np.float64(np.float32(value)) + 1e-5))


@njit(nogil=True)
def _insert(labels: Any, scores: Any, count: _Int, label: _Int, score: Any) -> _Int:
    """Put a label among the best so far, behind its equals, or over the last of them if there is no room."""
    if count == labels.size:
        if score < scores[count - 1]:
            return count
        count -= 1
    at = count
    while at > 0 and scores[at - 1] < score:
        labels[at], scores[at] = labels[at - 1], scores[at - 1]
        at -= 1
    labels[at], scores[at] = label, score
    return count + 1


@njit(nogil=True)
def _descend(hidden: Any, model: Any, labels: Any, scores: Any) -> _Int:
    """Find the best labels of the tree, with logarithms of their probabilities; -1 for a weight that is no number."""
    _, _, _, _, (rows, scales), (left, right), _ = model
    num_labels = (left.size + 1) // 2
    nodes, sums = np.empty(left.size, np.int32), np.empty(left.size, np.float32)
    nodes[0], sums[0] = left.size - 1, 0
    depth, count = 1, np.int64(0)
    while depth > 0:
        depth -= 1
        node, score = nodes[depth], sums[depth]
        if score < _SMALLEST or (count == labels.size and score < scores[count - 1]):
            continue
        if left[node] < 0:
            count = _insert(labels, scores, count, node, score)
            continue
        product = _product(hidden, node - num_labels, rows, scales)
        if math.isnan(product):
            return -1
        rate = np.float32(1 / np.float64(np.float32(1) + np.float32(math.exp(-product))))
        nodes[depth], sums[depth] = right[node], score + _log(rate)
        nodes[depth + 1], sums[depth + 1] = left[node], score + _log(1 - np.float64(rate))
        depth += 2
    return count


@njit(nogil=True)
def _all_labels(hidden: Any, model: Any, labels: Any, scores: Any) -> _Int:
    """Find the best of all labels, with logarithms of their probabilities; -1 for a weight that is no number."""
    shape, _, _, _, (rows, scales), _, sigmoids = model
    found = np.empty(scales.size, np.float32)
    largest = np.float32(-np.inf)
    for label in range(found.size):
        found[label] = _product(hidden, label, rows, scales)
        if math.isnan(found[label]):
            return -1
        largest = max(largest, found[label])
    total = np.float32(0)
    for label in range(found.size):
        value = found[label]
        if shape[LOSS] == SOFTMAX:
            found[label] = np.float32(math.exp(np.float64(value - largest)))
            total += found[label]
        elif value < -8 or value > 8:
            found[label] = 0 if value < 0 else 1
        else:
            found[label] = sigmoids[np.int64((value + np.float32(8)) * np.float32(512) / np.float32(8) / np.float32(2))]
    count = np.int64(0)
    for label in range(found.size):
        value = found[label] / total if shape[LOSS] == SOFTMAX else found[label]
        count = _insert(labels, scores, count, label, _log(value))
    return count


@njit(types.int64(I32, U8, MODEL, SEEN, types.int32[:, ::1], types.float32[:, ::1]), cache=True, nogil=True)
def predict(offsets: Any, data: Any, model: Any, seen: Any, labels: Any, scores: Any) -> _Int:
    """Find the most probable labels of each text, taken as one line: a newline is a blank like others.

    Args:
        offsets: N + 1 positions in *data*.
        data: Valid UTF-8.
        model: As `MODEL` says.
        seen: From `new_seen`, for this model alone.
        labels: Where the labels go, the most probable first; -1 where the model has no more to say.
        scores: Where their probabilities go, 0 where there is no label.

    Returns:
        -1, or the first text for which a weight is no number.
    """
    shape = model[0]
    longest = np.int64(0)
    for row in range(labels.shape[0]):
        longest = max(longest, np.int64(offsets[row + 1]) - np.int64(offsets[row]))
    work = new_work(shape, longest)
    hidden = work[0]
    ending = end_of_line(shape, model[1])
    labels[:], scores[:] = -1, 0
    for row in range(labels.shape[0]):
        num_rows = sum_text(data, np.int64(offsets[row]), np.int64(offsets[row + 1]), ending, model, seen, work)
        if num_rows == 0:
            continue
        hidden *= np.float32(1 / num_rows)
        if shape[LOSS] == HIERARCHICAL_SOFTMAX:
            count = _descend(hidden, model, labels[row], scores[row])
        else:
            count = _all_labels(hidden, model, labels[row], scores[row])
        if count < 0:
            return row
        for i in range(count):
            scores[row, i] = np.float32(math.exp(scores[row, i]))
    return -1
