"""Candidates that are alike become clusters, and the member that the policy prefers stays."""

from __future__ import annotations

import dataclasses
import math
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.dedup import clusters
from redpyjama.dedup.fingerprints import Use
from redpyjama.dedup.meetings import SHARDS_PER_GROUP, mixed, partition_of
from redpyjama.dedup.members import schema
from redpyjama.document import CLUSTERS, DUPLICATES
from redpyjama.kernels.similar import MAX_REPRESENTATIVES, SAMPLES
from redpyjama.stage import Method, Task
from redpyjama.store.atomic import Output, read_receipt
from redpyjama.store.exchange import read_partition, write_partitions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much is enough."""

    limit: float = 0.0


def use(name, compare="", limit=0.0, verify=True):
    method = Method(
        name=name, version=1, params=Limit, rule=f"{name}_copy", because="this test", keys=None, compare=compare,
        limit=(lambda params: params.limit) if compare else None, sketches=(lambda *_: None) if compare else None,
    )  # fmt: skip
    return Use(method=method, params=Limit(limit=limit), verify=verify, scope="")


EXACT = use("exact")
MINHASH = use("minhash", "jaccard", 0.5)
SIMHASH = use("simhash", "hamming", 3)


@dataclasses.dataclass(kw_only=True)
class Member:
    """A document: keys and sketch for each method."""

    id: str
    node: int = 0
    hash: str = ""
    rank: int = 0
    prefer: tuple[float | None, ...] = ()
    keys: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    sketch: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    root: int = 0


def place(members):
    """Give nodes to those that have none, hashes too, and to each the root that the forest would give it."""
    for i, member in enumerate(members):
        member.node = member.node or (i % 3) * 64 << 32 | (i + 1)
        member.hash = member.hash or f"h-{member.id}"
    of_key, group = {}, {m.node: {m.node} for m in members}
    for member in members:
        for key in ((name, k) for name, keys in member.keys.items() for k in keys):
            if key in of_key:
                both = group[member.node] | group[of_key[key]]
                group.update(dict.fromkeys(both, both))
            of_key[key] = member.node
    for member in members:
        member.root = min(group[member.node])
    return members


def choose(folder, members, methods, *, num_partitions=1, order=None, num_shards=1 << 20):
    """Return the rows of all losers, those of the cluster tables, and the receipts."""
    names = [u.method.name for u in methods]
    preferences = len(members[0].prefer) if members else 0
    made = schema(names, preferences)
    paths = []
    shards = sorted({m.node >> 32 for m in members})
    for shard in order.sample(shards, len(shards)) if order else shards:
        own = [m for m in members if m.node >> 32 == shard]
        rows = [
            {
                **{name: getattr(m, name) for name in ("root", "node", "id", "hash", "rank")},
                **{f"prefer_{i}": value for i, value in enumerate(m.prefer)},
                **{f"{n}_keys": [k * 4 + i for k in m.keys.get(n, [])] for i, n in enumerate(names)},
                **{f"{n}_sketch": m.sketch.get(n, []) for n in names},
            }
            for m in own
        ]
        batch = pa.RecordBatch.from_pylist(rows, schema=made)
        parts = partition_of(mixed(batch["root"].to_numpy(), ""), num_partitions)
        with Output(f"{folder}/members-{shard}") as output:
            write_partitions(output.create("arrow"), batch, parts, num_partitions)
            output.commit(rows=len(own))
        paths.append(f"{folder}/members-{shard}.arrow")
    losers, table, receipts = [], [], []
    for p in range(num_partitions):
        args = clusters.ChooseArgs(
            members=tuple(paths),
            partition=p,
            methods=tuple(methods),
            num_preferences=preferences,
            num_groups=3,
            num_shards=num_shards,
        )
        stem = f"{folder}/chosen-{p}"
        receipts.append(clusters.choose(Task(name="c", run=clusters.choose, args=args, output=stem)))
        assert receipts[-1] == {k: v for k, v in read_receipt(stem).items() if k != "files"}
        for group in range(3):
            part = read_partition([f"{stem}.arrow"], group, DUPLICATES).to_pylist()
            assert all(row["shard"] // SHARDS_PER_GROUP == group for row in part)
            losers += part
        found = pq.read_table(f"{stem}.parquet")
        assert found.schema.remove_metadata() == CLUSTERS
        rows = found.to_pylist()
        assert rows == sorted(rows, key=lambda r: (r["kept_id"], r["document_id"]))
        table += rows
    return losers, table, receipts


def jaccard(a, b):
    return len({*a} & {*b}) / len({*a} | {*b}) if a or b else 1.0


def hamming(a, b):
    return 65 if bool(a) != bool(b) else (a[0] ^ b[0]).bit_count() if a else 0


def alike(u, one, other):
    name, limit = u.method.name, u.params.limit
    if not {*one.keys.get(name, [])} & {*other.keys.get(name, [])}:
        return False
    if not (u.verify and u.method.compare):
        return True
    a, b = one.sketch.get(name, []), other.sketch.get(name, [])
    return jaccard(a, b) >= limit if u.method.compare == "jaccard" else hamming(a, b) <= limit


def twin(members, methods):
    """Return {(member, kept, method)}, by comparing all pairs."""
    clustered, how = {m.id: {m.id} for m in members}, {}
    for u in methods:
        for one in members:
            for other in members:
                if one.id < other.id and alike(u, one, other):
                    both = clustered[one.id] | clustered[other.id]
                    clustered.update(dict.fromkeys(both, both))
                    how.setdefault(one.id, u.method.name)
                    how.setdefault(other.id, u.method.name)
    best = {m.id: (m.rank, *((p is None, -(p or 0)) for p in m.prefer), m.hash, m.id) for m in members}
    return {(m, min(clustered[m], key=best.__getitem__), how[m]) for m in clustered if len(clustered[m]) > 1}


def told(table):
    return {(row["document_id"], row["kept_id"], row["method"]) for row in table}


sketches = st.sets(st.integers(0, 9), max_size=8).map(sorted)
member = st.builds(
    lambda rank, prefer, same, exact, minhash, simhash, sets, bits: Member(
        id="", hash=same, rank=rank, prefer=prefer,
        keys={"exact": exact, "minhash": minhash, "simhash": simhash}, sketch={"minhash": sets, "simhash": bits},
    ),
    st.integers(-1, 1), st.tuples(st.none() | st.integers(0, 2).map(float), st.none() | st.floats(-1, 1)),
    st.sampled_from(["", "a", "b"]), st.lists(st.integers(0, 30), max_size=1), st.lists(st.integers(0, 9), max_size=3),
    st.lists(st.integers(0, 9), max_size=2), sketches, st.lists(st.integers(2**63, 2**63 + 255), max_size=1),
)  # fmt: skip


@given(st.lists(member, max_size=25), st.booleans(), st.permutations([EXACT, MINHASH, SIMHASH]), st.randoms(use_true_random=False))  # fmt: skip
@settings(max_examples=20)
@example([], True, [EXACT], None)
def test_clusters_are_what_comparing_all_pairs_finds(tmp_path_factory, members, verify, methods, random):
    methods = [dataclasses.replace(u, verify=verify) for u in methods]
    for i, m in enumerate(members):
        m.id = f"{i * 7919 % 100:02}"
    members = place(members)
    expected = twin(members, methods)
    of = {m.id: m for m in members}
    for num_partitions in (1, 4):
        folder = tmp_path_factory.mktemp("clusters")
        losers, table, receipts = choose(folder, members, methods, num_partitions=num_partitions, order=random)

        assert told(table) == expected
        assert sum(r["members"] for r in receipts) == len(members)
        assert sum(r["clusters"] for r in receipts) == len({kept for _, kept, _ in expected})
        assert {r["node"] for r in table} == {of[r["document_id"]].node for r in table}
        assert sorted((r["shard"] << 32 | r["row"], r["kept_id"], r["method"]) for r in losers) == sorted(
            (of[m].node, kept, f"{how}_copy") for m, kept, how in expected if m != kept
        )
        for row in table:
            check_similarity(of[row["document_id"]], of[row["kept_id"]], row, methods)


def check_similarity(one, kept, row, methods):
    found = {"minhash": None, "simhash": None}
    if all(methods[0].verify and m.sketch["minhash"] for m in (one, kept)):
        found["minhash"] = jaccard(one.sketch["minhash"], kept.sketch["minhash"])
    if all(methods[0].verify and m.sketch["simhash"] for m in (one, kept)):
        found["simhash"] = 1 - hamming(one.sketch["simhash"], kept.sketch["simhash"]) / 64
    named = [found.get(row["method"]), *(found.get(u.method.name) for u in methods)]
    expected = 1.0 if one.hash == kept.hash else next((x for x in named if x is not None), None)
    assert row["similarity"] == (None if expected is None else float(np.float32(expected)))


KEEP = {
    "the lowest rank": ({"rank": 1, "prefer": (9.0,)}, {"rank": 0, "prefer": (None,)}),
    "a rank below zero": ({"rank": 0}, {"rank": -1}),
    "the greatest number": ({"prefer": (1.0, 9.0)}, {"prefer": (2.0, 0.0)}),
    "less below zero": ({"prefer": (-2.0,)}, {"prefer": (-1.0,)}),
    "known before unknown": ({"prefer": (None,)}, {"prefer": (-1e300,)}),
    "numbers before what is none": ({"prefer": (math.nan,)}, {"prefer": (-math.inf,)}),
    "the second where the first is equal": ({"prefer": (1.0, 1.0)}, {"prefer": (1.0, 2.0)}),
    "the second where the first is unknown": ({"prefer": (None, 1.0)}, {"prefer": (None, 2.0)}),
    "no difference between zeros": ({"prefer": (0.0,), "hash": "b"}, {"prefer": (-0.0,), "hash": "a"}),
    "the smallest hash": ({"hash": "b"}, {"hash": "a"}),
    "not the first node": ({"hash": "b", "node": 1}, {"hash": "a", "node": 2 << 32}),
}


def test_of_equal_texts_the_first_stays(tmp_path):
    texts = [Member(id=name, hash="a", keys={"exact": [1]}) for name in ("3", "1", "2")]
    losers, _, _ = choose(tmp_path, place(texts), [EXACT])

    assert [row["kept_id"] for row in losers] == ["3", "3"]


@pytest.mark.parametrize(("worse", "better"), KEEP.values(), ids=KEEP.keys())
@pytest.mark.parametrize("turn", [1, -1])
def test_the_policy_says_which_stays(tmp_path, worse, better, turn):
    pair = [Member(**{"id": "worse", "keys": {"exact": [1]}, **worse}), Member(**{"id": "better", "keys": {"exact": [1]}, **better})]  # fmt: skip
    losers, table, _ = choose(tmp_path, place(pair[::turn]), [EXACT])

    assert [row["kept_id"] for row in losers] == [pair[1].id]
    assert {row["kept_id"] for row in table} == {pair[1].id}


def chain(compare):
    far, near = ([2], [1]) if compare == "keys" else ([1], [1])
    sets = [[1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6], [4, 5, 6, 7]]
    return [Member(id=f"{i}", keys={"minhash": near if i < 2 else [*far, *near][:2]}, sketch={"minhash": s}) for i, s in enumerate(sets)]  # fmt: skip


def test_copies_of_copies_are_in_one_cluster(tmp_path):
    _, table, receipts = choose(tmp_path, place(chain("")), [MINHASH])

    assert told(table) == {(i, "0", "minhash") for i in "0123"}
    assert [round(row["similarity"], 3) for row in table] == [1.0, 0.6, 0.333, 0.143]
    assert receipts[0]["largest"] == 4


@pytest.mark.parametrize(
    ("sets", "joined"),
    [
        (([1, 2], [1, 2, 3, 4]), True),  # exactly 0.5
        (([1, 2], [1, 2, 3, 4, 5]), False),
        (([1, 2, 3], [3, 4, 5]), False),
        (([], [1]), False),
        (([], []), True),
        (([2**64 - 1], [2**64 - 1]), True),
        (([5], [6]), False),
    ],
)
def test_sets_are_compared_by_jaccard(tmp_path, sets, joined):
    pair = [Member(id=str(i), keys={"minhash": [7]}, sketch={"minhash": s}) for i, s in enumerate(sets)]

    assert bool(choose(tmp_path, place(pair), [MINHASH])[0]) == joined


@pytest.mark.parametrize("size", [7, 10, 100, 1000])
def test_the_limit_itself_is_enough(tmp_path, size):
    for common in range(1, size):
        limit = common / (2 * size - common)
        found = use("minhash", "jaccard", limit)
        if common % max(1, size // 7):
            continue
        for missing in (0, 1):
            other = range(size - common + missing, 2 * size - common + missing)
            pair = [Member(id="a", keys={"minhash": [1]}, sketch={"minhash": [*range(size)]}), Member(id="b", keys={"minhash": [1]}, sketch={"minhash": [*other]})]  # fmt: skip
            assert len(choose(tmp_path, place(pair), [found])[0]) == 1 - missing


@pytest.mark.parametrize(("bits", "joined"), [(0, True), (0b111, True), (0b1111, False), (2**64 - 1, False), (1 << 63, True)])  # fmt: skip
def test_single_values_are_compared_by_hamming_distance(tmp_path, bits, joined):
    pair = [Member(id=str(i), keys={"simhash": [7]}, sketch={"simhash": [s]}) for i, s in enumerate((5, 5 ^ bits))]
    _, table, _ = choose(tmp_path, place(pair), [SIMHASH])

    assert [row["similarity"] for row in table] == ([1.0, 1 - bits.bit_count() / 64] if joined else [])


def test_members_that_share_no_key_are_not_compared(tmp_path):
    members = [
        Member(id=str(i), keys={"exact": [i // 2], "minhash": [i]}, sketch={"minhash": [1, 2]}) for i in range(4)
    ]
    _, table, receipts = choose(tmp_path, place(members), [MINHASH, EXACT])

    assert told(table) == {("0", "0", "exact"), ("1", "0", "exact"), ("2", "2", "exact"), ("3", "2", "exact")}
    assert receipts[0]["comparisons"] == 0


def test_the_method_is_the_first_that_found_the_member(tmp_path):
    members = [
        Member(id="0", keys={"exact": [1], "minhash": [1]}, sketch={"minhash": [1, 2, 3]}),
        Member(id="1", keys={"exact": [1], "minhash": [1]}, sketch={"minhash": [1, 2, 3]}),
        Member(id="2", keys={"minhash": [1]}, sketch={"minhash": [1, 2, 4]}),
        Member(id="3", keys={"exact": [9]}),
        Member(id="4", keys={"exact": [9]}),
    ]
    _, table, _ = choose(tmp_path, place(members), [EXACT, MINHASH])
    assert [(r["document_id"], r["method"], r["similarity"]) for r in table] == [
        ("0", "exact", 1.0), ("1", "exact", 1.0), ("2", "minhash", 0.5), ("3", "exact", 1.0), ("4", "exact", None)
    ]  # fmt: skip
    _, table, _ = choose(tmp_path, members, [MINHASH, EXACT])
    assert [(r["document_id"], r["method"]) for r in table][:3] == [("0", "minhash"), ("1", "minhash"), ("2", "minhash")]  # fmt: skip


def bucket(count, sketch):
    return place([Member(id=f"{i:06}", keys={"minhash": [1, 2]}, sketch={"minhash": sketch(i)}) for i in range(count)])


def test_a_template_with_many_pages_takes_one_comparison_each(tmp_path):
    members = bucket(5000, lambda i: [*range(100), 1000 + i])
    _, table, (receipt,) = choose(tmp_path, members, [MINHASH])

    assert len(table) == 5000
    assert receipt["comparisons"] == 4999
    assert receipt["crowded"] == 2


def test_unlike_members_of_a_giant_bucket_take_a_bounded_number_of_comparisons(tmp_path):
    count = 3000
    _, table, (receipt,) = choose(tmp_path, bucket(count, lambda i: [*range(10 * i, 10 * i + 10)]), [MINHASH])

    assert not table
    assert receipt["comparisons"] <= 2 * count * (MAX_REPRESENTATIVES + SAMPLES)
    assert receipt["crowded"] == 2


def hashed(values):
    return np.sort(mixed(np.array(values, np.uint64), "shingles")).tolist()


@pytest.mark.parametrize("own", [1, 20, 40])
def test_small_clusters_in_a_giant_bucket_are_found(tmp_path, own):
    """Four hundred templates of ten pages, mixed, in a bucket with room for 64; all share some boilerplate."""
    rng = np.random.default_rng(2)
    of = np.repeat(np.arange(400), 10)
    rng.shuffle(of)
    boilerplate = [*range(10)]
    pages = [hashed([*boilerplate, *range(1000 * t, 1000 * t + 90), *range(10**6 + i * 100, 10**6 + i * 100 + own)]) for i, t in enumerate(of, start=1)]  # fmt: skip
    _, table, (receipt,) = choose(tmp_path, bucket(4000, lambda i: pages[i]), [MINHASH])

    assert all(of[int(r["document_id"])] == of[int(r["kept_id"])] for r in table)
    assert len(table) > 3990
    assert len({r["kept_id"] for r in table}) < 420
    assert receipt["comparisons"] <= 2 * 4000 * (MAX_REPRESENTATIVES + SAMPLES)


def test_values_near_one_another_in_a_giant_bucket_are_found(tmp_path):
    rng = np.random.default_rng(6)
    centres = rng.integers(0, 2**63, 400).astype(np.uint64)
    of = np.repeat(np.arange(400), 5)
    rng.shuffle(of)
    bits = [int(centres[t]) ^ (1 << int(rng.integers(64))) for t in of]
    members = place([Member(id=f"{i:06}", keys={"simhash": [1]}, sketch={"simhash": [v]}) for i, v in enumerate(bits)])
    _, table, _ = choose(tmp_path, members, [SIMHASH])

    assert all(of[int(r["document_id"])] == of[int(r["kept_id"])] for r in table)
    assert len(table) > 1990
    assert len({r["kept_id"] for r in table}) < 410


def test_identical_sketches_are_joined_without_comparison_however_far_apart(tmp_path):
    members = bucket(1000, lambda i: [*range(10 * (i % 500), 10 * (i % 500) + 10)])
    _, table, (receipt,) = choose(tmp_path, members, [MINHASH])

    assert told(table) == {(f"{i:06}", f"{i % 500:06}", "minhash") for i in range(1000)}
    assert receipt["identical"] == 1000
    assert receipt["comparisons"] <= 2 * 500 * (MAX_REPRESENTATIVES + SAMPLES)


def test_a_bucket_of_as_many_as_there_is_room_for_is_compared_in_full(tmp_path):
    sketches = [[10 * i, 10 * i + 1] for i in range(MAX_REPRESENTATIVES)]
    for last in range(MAX_REPRESENTATIVES):
        members = bucket(MAX_REPRESENTATIVES + 1, lambda i, last=last: [*sketches, [*sketches[last], 9999]][i])
        _, table, _ = choose(tmp_path, members, [MINHASH])
        assert told(table) == {(f"{i:06}", f"{last:06}", "minhash") for i in (last, MAX_REPRESENTATIVES)}


def test_the_same_members_give_the_same_bytes(tmp_path):
    rng = np.random.default_rng(4)
    members = place([Member(id=f"{i:05}", node=(i % 3) * 64 << 32 | (i + 1), prefer=(float(rng.integers(3)),), keys={"minhash": rng.integers(0, 300, 4).tolist()}, sketch={"minhash": sorted({*rng.integers(0, 6, 4).tolist()})}) for i in range(400)])  # fmt: skip
    found = set()
    for turn in (1, -1):
        folder = tmp_path / str(turn)
        choose(folder, members[::turn], [MINHASH], num_partitions=3)
        found.add(b"".join(pathlib.Path(folder, f"chosen-{p}.{s}").read_bytes() for p in range(3) for s in ("arrow", "parquet")))  # fmt: skip

    assert len(found) == 1
