"""Repeated substrings by suffix array, as Lee et al. find them: ``python -m benchmarks.peers.suffix_array TEXTS N``.

TEXTS holds JSON lines. Prints CPU seconds of the suffix array, of the LCP array, and of the marking, how many bytes lie
in substrings of at least N bytes that stand twice, and a digest that says which.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time


def main(path: str, length: int) -> None:
    import numpy as np
    from pydivsufsort import divsufsort, kasai

    texts = [json.loads(line).encode() for line in open(path, encoding="utf-8")]
    data = np.frombuffer(
        b"\xff".join([*texts, b""]), np.uint8
    ).copy()  # no text has this byte: nothing equal crosses texts
    times = [time.process_time()]
    places = divsufsort(data)
    times.append(time.process_time())
    common = kasai(data, places)
    times.append(time.process_time())
    again = np.flatnonzero(common >= length)
    starts = np.zeros(len(data), np.bool_)
    starts[places[again]] = True
    starts[places[again[again + 1 < len(places)] + 1]] = True
    ends = np.cumsum([len(text) + 1 for text in texts])
    for end in ends.tolist():  # windows that reach beyond their text
        starts[max(end - length, 0) : end] = False
    found = np.flatnonzero(starts)
    change = np.zeros(len(data) + length + 1, np.int32)
    change[found] += 1
    change[found + length] -= 1
    covered = np.cumsum(change)[: len(data)] > 0
    covered = np.delete(covered, ends - 1)
    times.append(time.process_time())
    seconds = np.diff(times).tolist()
    answer = {"suffix array": seconds[0], "lcp": seconds[1], "marking": seconds[2], "bytes": int(covered.sum())}
    answer["digest"] = hashlib.sha256(np.packbits(covered).tobytes()).hexdigest()
    answer["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
