"""What tells a secret from other text: entropy, sequences, words of placeholders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.ascii import ALNUM, FLAG, INT, holds_any, is_a, words_table
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import TEXT

COUNTS: Any = types.int64[::1]

MAX_LENGTH = 1024
"""The entropy of longer texts is taken over so many bytes."""

PLACEHOLDERS = (
    "example", "xxxx", "your", "change", "placeholder", "dummy", "sample", "insert", "replace", "redact", "fake",
    "mock", "foobar", "****", "....", "test", "demo", "lorem", "undefined", "getenv", "process.env", "qwerty", "passw",
    "secret", "token", "hidden", "todo", "hunter2", "letmein",
)  # fmt: skip
"""What stands in values that stand for a secret, in any case."""

_SEQUENCE = 6  # characters that go up by one, down by one, or stay the same

_PLACEHOLDERS, _PLACEHOLDER_OFFSETS = words_table(PLACEHOLDERS)
_N_LOG_N = np.array([0.0, *(n * math.log2(n) for n in range(1, MAX_LENGTH + 1))])


@compiled(FLAG(TEXT, INT, INT))
def is_free(text: Any, position: Int, start: Int) -> Int:
    r"""Say whether no ASCII letter or digit stands before *position*, but for that of an escape as "\n"."""
    if position == start or not is_a(text, position - 1, ALNUM):
        return True
    escape = text[position - 1] == 0x6E or text[position - 1] == 0x72 or text[position - 1] == 0x74
    return escape and position - 2 >= start and text[position - 2] == 0x5C


@compiled(types.float64(TEXT, INT, INT, COUNTS))
def entropy(text: Any, start: Int, stop: Int, counts: Any) -> float:
    """Return Shannon's entropy of the bytes, in bits a byte; *counts* are 256 zeros, before and after."""
    stop = min(stop, start + MAX_LENGTH)
    for i in range(start, stop):
        counts[text[i]] += 1
    total = 0.0
    for byte in range(256):
        total += _N_LOG_N[counts[byte]]
        counts[byte] = 0
    length = stop - start
    return (_N_LOG_N[length] - total) / length if length else 0.0


@compiled(FLAG(TEXT, INT, INT))
def is_sequence(text: Any, start: Int, stop: Int) -> Int:
    """Say whether characters follow one another as in "abcdef", "654321", "aaaaaa" or "aabbccdd"."""
    same = rises = run = 0
    last_step = 2
    for i in range(start + 1, stop):
        step = np.int64(text[i]) - np.int64(text[i - 1])
        run = run + 1 if step == last_step and -1 <= step <= 1 else 1
        last_step = step
        if run >= _SEQUENCE - 1 and -1 <= step <= 1:
            return True
        same += step == 0
        rises += step == 1
    return 2 * (same + rises) >= stop - start


@compiled(FLAG(TEXT, INT, INT))
def is_placeholder(text: Any, start: Int, stop: Int) -> Int:
    """Say whether the text looks as if it stood for a secret."""
    return is_sequence(text, start, stop) or holds_any(text, start, stop, _PLACEHOLDERS, _PLACEHOLDER_OFFSETS)
