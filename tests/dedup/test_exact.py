from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.dedup import exact
from redpyjama.document import DUPLICATES, content_hash
from redpyjama.stage import Task
from redpyjama.steps.annotate import FINAL
from redpyjama.steps.decide import RULES
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import read_partition
from redpyjama.store.shards import write_shard


def write_sidecars(folder, shard, rows):
    """Write the rules and spans sidecars of a shard whose rows are (text, dropped)."""
    ids = [f"{shard}.{i}" for i in range(len(rows))]
    rules = pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.string()), pa.array([["bad"] if d else [] for _, d in rows], pa.list_(pa.string()))],
        schema=RULES,
    )
    hashes = [content_hash(t.encode()) for t, _ in rows]
    final = pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.string()), pa.nulls(len(rows), FINAL.field("spans").type), pa.array(hashes, pa.string()),
         pa.array([len(t) for t, _ in rows], pa.int64())], schema=FINAL,
    )  # fmt: skip
    for name, schema, batch in (("rules", RULES, rules), ("final", FINAL, final)):
        with Output(str(folder / f"{name}-{shard}")) as output:
            write_shard(output, "parquet", schema, [batch] if rows else [])
            output.commit(rows=len(rows))


def losers_of(folder, shards, *, ranks=None, scopes=None, num_partitions=3):
    """Run both exchanges; return {lost id: kept id}."""
    for i, rows in enumerate(shards):
        write_sidecars(folder, i, rows)
        args = exact.HashArgs(
            rules=str(folder / f"rules-{i}.parquet"),
            final=str(folder / f"final-{i}.parquet"),
            scope=(scopes or [0] * len(shards))[i],
            rank=(ranks or [0] * len(shards))[i],
            shard=i,
            num_partitions=num_partitions,
        )
        exact.by_hash(Task(name="", run=exact.by_hash, args=args, output=str(folder / f"hash-{i}")))
    copies = tuple(str(folder / f"hash-{i}.arrow") for i in range(len(shards)))
    groups = -(-len(shards) // exact.SHARDS_PER_GROUP)
    for p in range(num_partitions):
        args = exact.MeetArgs(copies=copies, partition=p, num_groups=groups)
        exact.meet(Task(name="", run=exact.meet, args=args, output=str(folder / f"meet-{p}")))
    met = [str(folder / f"meet-{p}.arrow") for p in range(num_partitions)]
    rows = [row for g in range(groups) for row in read_partition(met, g, DUPLICATES).to_pylist()]
    return {f"{r['shard']}.{r['row']}": r["kept_id"] for r in rows}


def test_the_first_copy_in_order_stays(tmp_path):
    shards = [[("a", False), ("b", False), ("a", False)], [("b", False), ("c", False)]]

    assert losers_of(tmp_path, shards) == {"0.2": "0.0", "1.0": "0.1"}


def test_the_slice_with_precedence_keeps_its_copy(tmp_path):
    shards = [[("a", False)], [("a", False)]]

    assert losers_of(tmp_path, shards, ranks=[1, 0]) == {"0.0": "1.0"}


def test_scopes_are_never_compared(tmp_path):
    shards = [[("a", False), ("a", False)], [("a", False)]]

    assert losers_of(tmp_path, shards, scopes=[1, 2]) == {"0.1": "0.0"}


def test_a_copy_that_a_rule_drops_takes_no_other_with_it(tmp_path):
    shards = [[("a", True)], [("a", False)]]

    assert losers_of(tmp_path, shards, ranks=[0, 1]) == {}


@pytest.mark.parametrize("shards", [[], [[]], [[], [("a", False)]]])
def test_empty_shards_are_fine(tmp_path, shards):
    assert losers_of(tmp_path, shards or [[]]) == {}


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), min_size=1, max_size=5),
    num_partitions=st.sampled_from([1, 2, 7]),
)
def test_one_copy_of_each_text_stays_however_shards_and_partitions_are_cut(tmp_path_factory, texts, num_partitions):
    shards = [[(t, False) for t in shard] for shard in texts]

    lost = losers_of(tmp_path_factory.mktemp("d"), shards, num_partitions=num_partitions)

    first: dict[str, str] = {}
    expected: dict[str, str] = {}
    for i, shard in enumerate(texts):
        for j, text in enumerate(shard):
            if text in first:
                expected[f"{i}.{j}"] = first[text]
            else:
                first[text] = f"{i}.{j}"
    assert lost == expected


def test_partitions_are_ranges_of_hashes():
    hashes = sorted(content_hash(str(i).encode()) for i in range(300))

    partitions = exact._partition(pa.array(hashes, pa.string()), 5)

    assert all(a <= b for a, b in pairwise(partitions))
    assert set(partitions) == set(range(5))
