"""What the seven sources share: naming dumps, cutting them into parts, opening compressed streams."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

import xxhash

from redpyjama import limits
from redpyjama.document import document_id
from redpyjama.stage import Dump, Part
from redpyjama.store import paths


def name_dumps(files: Iterable[str]) -> list[Dump]:
    """Give each path the name that locators carry, and order the dumps by it.

    The name is the base name, or, where several dumps share that, the shortest path suffix that tells them apart: ids
    stay the same when the folder moves and when dumps with other names are added.
    """
    unique = sorted(set(files))
    split = {path: path.replace(os.sep, "/").rstrip("/").split("/") for path in unique}
    depth = dict.fromkeys(unique, 1)
    while True:
        names = {path: "/".join(split[path][-depth[path] :]) for path in unique}
        counts = Counter(names.values())
        clashing = [p for p in unique if counts[names[p]] > 1 and depth[p] < len(split[p])]
        if not clashing:
            break
        for path in clashing:
            depth[path] += 1
    dumps = [Dump(path=path, name=names[path], num_bytes=paths.size(path)) for path in unique]
    return sorted(dumps, key=lambda dump: dump.name)


def in_sample(slice_name: str, part: Part, offset: int, record: str) -> bool:
    """Say whether a trial build takes a record; a larger share takes the same records and more.

    Sources ask before they parse a record, so that a trial of a hundredth costs little more than that.
    """
    if part.fraction >= 1:
        return True
    identity = document_id(slice_name, part.dump.name, offset, record)
    return xxhash.xxh3_64_intdigest(identity.encode()) < part.fraction * 2.0**64


def files_under(inputs: Iterable[str], accept: Callable[[str], bool]) -> list[str]:
    """Return the input files, and those files under input directories whose name *accept*s; sorted.

    A file that was named itself is always taken: who names it wants it read, or to hear why it cannot be.
    """
    found: set[str] = set()
    for path in inputs:
        if paths.is_directory(path):
            found.update(file for file in paths.walk(path) if accept(file))
        else:
            found.add(path)
    return sorted(found)


def part_bytes(num_bytes: int) -> int:
    """Return how many bytes of a dump of this size one task reads."""
    return max(limits.PART_BYTES_MIN, min(limits.PART_BYTES_MAX, -(-num_bytes // limits.PARTS_PER_DUMP)))


def byte_parts(dump: Dump) -> list[Part]:
    """Cut a dump whose format can be entered anywhere into parts by bytes."""
    step = part_bytes(dump.num_bytes)
    starts = range(0, max(dump.num_bytes, 1), step)
    return [Part(dump=dump, start=s, stop=None if s + step >= dump.num_bytes else s + step) for s in starts]


def stripe_parts(dump: Dump) -> list[Part]:
    """Cut a dump that can only be read from its beginning into stripes of records."""
    count = max(1, -(-dump.num_bytes // part_bytes(dump.num_bytes)))
    return [Part(dump=dump, stripe=i, num_stripes=count) for i in range(count)]
