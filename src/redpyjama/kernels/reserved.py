"""Host names that are nobody's: what stands behind their "@" concerns no one."""

from __future__ import annotations

from typing import Any

from redpyjama.kernels.ascii import FLAG, INT, stands_at, words_table
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import TEXT

RESERVED = ("example.com", "example.org", "example.net", "example", "test", "invalid")
"""These and the names below them. Source: RFC 2606 and 6761."""

_RESERVED, _OFFSETS = words_table(RESERVED)


@compiled(FLAG(TEXT, INT, INT))
def is_reserved(text: Any, host: Int, end: Int) -> Int:
    """Say whether the host name [host, end) is reserved for examples and tests."""
    for i in range(len(_OFFSETS) - 1):
        first = end - (_OFFSETS[i + 1] - _OFFSETS[i])
        if first == host or (first > host and text[first - 1] == 0x2E):
            if stands_at(text, first, end, _RESERVED, _OFFSETS[i], _OFFSETS[i + 1]):
                return True
    return False
