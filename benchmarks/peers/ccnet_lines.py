"""CCNet's way to cut repeated lines, in Python and numpy: ``python -m benchmarks.peers.ccnet_lines TEXTS LEFT``.

facebookresearch/cc_net is not on PyPI, and its hash table (getpy) no longer installs: this does what it does, written
anew. A line is stripped, small, without digits' values, some punctuation and control characters; its key is the first
eight bytes of SHA-1. Lines that two documents have go from both, and of repeats within a document the first stays. The
table is numpy's sort, which takes less time than a Python dict does.

Writes the texts that are left to LEFT; prints the CPU seconds of hashing and of the rest, without reading and writing.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import sys
import time

import numpy as np
from numpy.typing import NDArray

_DIGIT = re.compile(r"\d")
_PUNCTUATION = "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►"
_GOES = re.compile(f"[{_PUNCTUATION}\x00-\x1f\x7f-\x9f]")


def main(texts: str, left: str) -> None:
    documents = [json.loads(line) for line in pathlib.Path(texts).read_text(encoding="utf-8").splitlines()]
    begin = time.process_time()
    keys = [_keys(text) for text in documents]
    hashed = time.process_time()
    found = _without_repeats(documents, keys)
    cut = time.process_time()
    pathlib.Path(left).write_text("".join(json.dumps(text) + "\n" for text in found), encoding="utf-8")
    print(json.dumps({"hashing": hashed - begin, "rest": cut - hashed}))


def _keys(text: str) -> NDArray[np.uint64]:
    digests = [hashlib.sha1(_normalised(line).encode()).digest()[:8] for line in text.split("\n")]
    return np.frombuffer(b"".join(digests), np.uint64)


def _normalised(line: str) -> str:
    line = line.strip()
    return _GOES.sub("", _DIGIT.sub("0", line.lower())) if line else line


def _without_repeats(documents: list[str], keys: list[NDArray[np.uint64]]) -> list[str]:
    ordered = np.sort(np.concatenate([np.unique(found) for found in keys]))
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    left: list[str] = []
    for text, found in zip(documents, keys, strict=True):
        place = np.minimum(np.searchsorted(repeated, found), len(repeated) - 1)
        seen: set[int] = set()
        kept: list[str] = []
        is_repeated = (repeated[place] == found).tolist() if len(repeated) else [False] * len(found)
        for line, key, goes in zip(text.split("\n"), found.tolist(), is_repeated, strict=True):
            if not goes and key not in seen:
                kept.append(line)
                seen.add(key)
        left.append("\n".join(kept))
    return left


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
