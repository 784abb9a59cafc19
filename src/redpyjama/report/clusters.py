"""Clusters of copies, read from a corpus: the largest, or that of a document, and how its members differ.

What is held at a time does not grow with the corpus: one row group of the table of clusters, `MAX_MEMBERS` members of
one cluster, two texts. To find a document the column of all members' ids is read through.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from redpyjama.corpus import CLUSTERS, Corpus
from redpyjama.errors import CorpusError
from redpyjama.report import duplicates
from redpyjama.report.duplicates import Segment
from redpyjama.store.shards import read_columns, read_rows

MAX_MEMBERS: Final = 100
"""Members of a cluster that are listed; the SQL view ``clusters`` has all."""

MAX_DIFFERENCES: Final = 5
"""Copies whose differences are shown."""

_ID = re.compile(r"[0-9a-f]{32}")
_ID_BEGIN: Final = 8  # digits by which a mistyped id is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A document of a cluster.

    Attributes:
        slice: None for a document of an earlier corpus: nothing else is known of it here.
        kept: Whether it is the one that stayed.
        method: By which it was found to be a copy; None for the kept one.
        similarity: To the kept one; None where nothing measures it.
        bytes: Of its final text.
        url: Where it can be read, where that is known.
        dump: Where it came from; *record* is its key there.
        shard: Number of its shard in the tables of its slice; *row* is its row there.
    """

    id: str
    slice: str | None = None
    kept: bool = False
    method: str | None = None
    similarity: float | None = None
    bytes: int | None = None
    url: str | None = None
    dump: str | None = None
    record: str | None = None
    shard: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Documents that are copies of one another.

    Attributes:
        size: How many, the kept one included.
        found_by: Method -> copies that it found, in the recipe's order.
        kept: The member that stayed.
        copies: The others: the one that was asked for, then the least similar first, where a mistake would be seen;
            `MAX_MEMBERS` at most. None are listed of the largest clusters of a corpus.
    """

    size: int
    found_by: Mapping[str, int]
    kept: Member
    copies: Sequence[Member] = field(default_factory=tuple[Member, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All clusters of a corpus: how many, and the *largest*, the larger first, then by the kept document's id."""

    clusters: int
    largest: Sequence[Cluster]


def overview(corpus: Corpus, most: int = 20) -> Overview:
    """Count the clusters of a corpus, and describe the largest.

    Raises:
        CorpusError: The corpus was built without de-duplication, or is damaged.
    """
    _check(corpus)
    count, sizes = _largest(corpus, most)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    nodes: dict[str, int] = {}
    query = _LARGEST.format(", ".join("?" * len(sizes)))
    for kept_id, node, method, copies in _rows(corpus, query, list(sizes)) if sizes else ():
        found[kept_id][method] = copies
        if node is not None:
            nodes[kept_id] = node
    kept = {each: Member(id=each, kept=True) for each in sizes}
    kept |= {each.id: each for each in _described(corpus, [(kept[name], node) for name, node in nodes.items()])}
    clusters = [Cluster(size=n, found_by=_ordered(corpus, found[name]), kept=kept[name]) for name, n in sizes.items()]
    return Overview(clusters=count, largest=clusters)


def cluster_of(corpus: Corpus, document_id: str) -> Cluster:
    """Return the cluster that a document is a member of.

    Raises:
        CorpusError: It is in none, there is no such document, or the corpus was built without de-duplication.
    """
    _check(corpus)
    known = _rows(corpus, "SELECT kept_id FROM clusters WHERE document_id = ? LIMIT 1", [document_id])
    if not known:
        raise _in_none(corpus, document_id)
    kept_id: str = known[0][0]
    found = {method: copies for _, _, method, copies in _rows(corpus, _LARGEST.format("?"), [kept_id])}
    placed = [
        (
            Member(
                id=name,
                kept=name == kept_id,
                method=None if name == kept_id else method,
                similarity=None if similarity is None else round(similarity, 6),
            ),
            node,
        )
        for name, node, similarity, method in _rows(corpus, _MEMBERS, [kept_id, document_id, MAX_MEMBERS + 1])
    ]
    members = _described(corpus, placed)
    kept = [member for member in members if member.kept][:1] or [Member(id=kept_id, kept=True)]
    copies = [member for member in members if not member.kept][:MAX_MEMBERS]
    return Cluster(size=sum(found.values()) + 1, found_by=_ordered(corpus, found), kept=kept[0], copies=copies)


def differences(corpus: Corpus, cluster: Cluster) -> Iterator[tuple[Member, list[Segment]]]:
    """Yield how copies differ from the document that stayed: the first `MAX_DIFFERENCES` that are in this corpus.

    Nothing if the document that stayed is in an earlier one.
    """
    copies = [member for member in cluster.copies if member.slice][:MAX_DIFFERENCES]
    if not cluster.kept.slice or not copies:
        return
    kept = _text(corpus, cluster.kept)
    for member in copies:
        yield member, duplicates.difference(kept, _text(corpus, member))


def as_data(corpus: Corpus, cluster: Cluster) -> dict[str, Any]:
    """Return a cluster and the differences of its first copies as plain data, for JSON."""
    return {
        "size": cluster.size,
        "found_by": cluster.found_by,
        "members": [asdict(member) for member in (cluster.kept, *cluster.copies)],
        "left_out": cluster.size - 1 - len(cluster.copies),
        "differences": [
            {"id": member.id, "segments": duplicates.as_data(segments)}
            for member, segments in differences(corpus, cluster)
        ],
    }


def overview_as_data(found: Overview) -> dict[str, Any]:
    """Return the largest clusters as plain data, for JSON."""
    largest = [{"size": each.size, "found_by": each.found_by, "kept": asdict(each.kept)} for each in found.largest]
    return {"clusters": found.clusters, "largest": largest}


_LARGEST = """
    SELECT kept_id, any_value(node) FILTER (document_id = kept_id), method, count(*) FILTER (document_id <> kept_id)
    FROM clusters WHERE kept_id IN ({}) GROUP BY kept_id, method
"""
_MEMBERS = """
    SELECT document_id, node, similarity, method FROM clusters WHERE kept_id = ?
    ORDER BY document_id = kept_id DESC, document_id = ? DESC, similarity NULLS FIRST, document_id, node LIMIT ?
"""
_FATE = "SELECT slice, rule FROM decisions WHERE document_id = ? LIMIT 1"
_NEAREST = "SELECT min(document_id) FROM decisions WHERE starts_with(document_id, ?)"


def _rows(corpus: Corpus, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    return corpus.connect().execute(query, parameters).fetchall()


def _check(corpus: Corpus) -> None:
    if CLUSTERS not in corpus.manifest.tables:
        what = "was built without de-duplication"
        raise CorpusError(corpus.path, what, "name methods in [dedup] of its recipe and build again")


def _in_none(corpus: Corpus, document_id: str) -> CorpusError:
    """Say why a document is in no cluster, or that there is none."""
    if fate := _rows(corpus, _FATE, [document_id]):
        ((slice_name, rule),) = fate
        if rule is None:
            return CorpusError(corpus.path, f"document {document_id} ({slice_name}) is a copy of no other")
        what = f"document {document_id} ({slice_name}) was dropped by the rule {rule!r} before copies were looked for"
        return CorpusError(corpus.path, what)
    what = f"there is no document {document_id!r}"
    ((near,),) = _rows(corpus, _NEAREST, [document_id[:_ID_BEGIN]]) if len(document_id) >= _ID_BEGIN else ((None,),)
    if near:
        return CorpusError(corpus.path, what, f"did you mean {near!r}?")
    if not _ID.fullmatch(document_id):
        return CorpusError(corpus.path, what, "ids are 32 hexadecimal digits, as in meta.id of the release")
    return CorpusError(corpus.path, what)


def _largest(corpus: Corpus, most: int) -> tuple[int, dict[str, int]]:
    """Count the clusters, and return the sizes of the largest by the kept document's id."""
    count, floor = 0, 2
    found: list[tuple[int, str]] = []
    for stem in corpus.stems(CLUSTERS, "corpus"):
        for ids, sizes in _runs(f"{stem}.parquet"):
            count += len(sizes)
            large = np.flatnonzero(sizes >= floor)
            found += zip((-sizes[large]).tolist(), ids.take(pa.array(large)).to_pylist(), strict=True)
            found = sorted(found)[:most]
            floor = -found[-1][0] if len(found) == most else floor
    return count, {kept_id: -size for size, kept_id in found}


def _runs(path: str) -> Iterator[tuple[pa.StringArray, Any]]:
    """Yield the clusters of a file, kept ids and sizes, some at a time; a cluster may go on in the next row group."""
    open_id, open_size = "", 0
    for batch in read_columns(path, ["kept_id"]):
        runs = pc.run_end_encode(batch["kept_id"], run_end_type=pa.int64())
        ids, sizes = runs.values, np.diff(runs.run_ends.to_numpy(), prepend=0)
        if ids[0].as_py() == open_id:
            sizes[0] += open_size
        elif open_size:
            yield pa.array([open_id]), np.array([open_size])
        open_id, open_size = ids[-1].as_py(), int(sizes[-1])
        yield ids[:-1], sizes[:-1]
    if open_size:
        yield pa.array([open_id]), np.array([open_size])


def _ordered(corpus: Corpus, found: Mapping[str, int]) -> dict[str, int]:
    """Return what methods found in the order of the recipe, without those that found nothing."""
    order = [method.name for method in corpus.manifest.dedup]
    names = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: found[name] for name in names if found[name]}


def _described(corpus: Corpus, members: Iterable[tuple[Member, int]]) -> list[Member]:
    """Look up members by their nodes; those of an earlier corpus stay as they are."""
    slices = corpus.slices
    firsts = [0, *accumulate(len(corpus.stems("documents", name)) for name in slices)]
    found = list(members)
    wanted: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for i, (_, node) in enumerate(found):
        shard, row = node >> 32, node & 0xFFFFFFFF
        if shard < firsts[-1]:
            place = bisect_right(firsts, shard) - 1
            wanted[slices[place], shard - firsts[place]].append((row, i))
    described = [member for member, _ in found]
    for (name, shard), rows in sorted(wanted.items()):
        rows.sort()
        seen = _seen(corpus, name, shard, [row for row, _ in rows])
        for (row, i), facts in zip(rows, seen, strict=True):
            if facts.pop("id") != described[i].id:
                what = f"row {row} is another document than {described[i].id}"
                raise CorpusError(_file(corpus, "documents", name, shard), what, "build the corpus again")
            described[i] = replace(described[i], slice=name, shard=shard, row=row, **facts)
    return described


def _seen(corpus: Corpus, slice_name: str, shard: int, rows: Sequence[int]) -> Iterator[dict[str, Any]]:
    documents = read_rows(_file(corpus, "documents", slice_name, shard), rows, ["id", "url", "locator"])
    final = read_rows(_file(corpus, "spans", slice_name, shard), rows, ["final_bytes"])
    for document, size in zip(documents.to_pylist(), final["final_bytes"].to_pylist(), strict=True):
        place = document["locator"]
        yield {
            "id": document["id"],
            "bytes": size,
            "url": document["url"],
            "dump": place["dump"],
            "record": place["record"],
        }


def _text(corpus: Corpus, member: Member) -> str:
    """Return the final text of a member that is in this corpus."""
    from redpyjama.kernels.spans import apply_spans  # compiled code: a list of clusters must not wait for it

    assert member.slice is not None and member.shard is not None and member.row is not None  # noqa: PT018
    texts = read_rows(_file(corpus, "documents", member.slice, member.shard), [member.row], ["text"])["text"]
    spans = read_rows(_file(corpus, "spans", member.slice, member.shard), [member.row], ["spans"])["spans"]
    return apply_spans(texts.combine_chunks(), spans.combine_chunks())[0].as_py()


def _file(corpus: Corpus, table: str, slice_name: str, shard: int) -> str:
    return os.path.join(corpus.directory(table, slice_name), f"part-{shard:05d}.parquet")
