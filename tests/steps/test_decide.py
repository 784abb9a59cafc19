from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from redpyjama.document import DUPLICATES, SCHEMA, Document, to_batch
from redpyjama.recipe import Rule
from redpyjama.stage import Task
from redpyjama.steps import decide
from redpyjama.steps.annotate import FINAL
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import write_partitions
from redpyjama.store.shards import write_shard

DOCUMENTS = to_batch(
    "c4", "d", [Document(text=t, record=str(i)) for i, t in enumerate(["one", "two", "three", "four"])]
)
IDS = DOCUMENTS["id"]


def write(folder, name, batch):
    with Output(str(folder / name)) as output:
        write_shard(output, "parquet", batch.schema, [batch.slice(0, 3), batch.slice(3)])
        output.commit(rows=batch.num_rows)
    return str(folder / f"{name}.parquet")


def rules_of(folder, signals, *rules):
    documents = write(folder, "documents", DOCUMENTS)
    signal = write(folder, "signal", pa.record_batch({"document_id": IDS, **signals}))
    rules = tuple(Rule(rule=name, when=when, because="") for name, when in rules)
    args = decide.RulesArgs(documents=documents, signals=(signal,), rules=rules)
    counts = decide.apply_rules(Task(name="", run=decide.apply_rules, args=args, output=str(folder / "rules")))
    return pq.read_table(folder / "rules.parquet")["rules"].to_pylist(), counts


def test_every_rule_that_holds_is_named_in_the_recipes_order(tmp_path):
    rules, counts = rules_of(
        tmp_path, {"n": [1, 5, 9, None]}, ("big", "n > 8"), ("odd", "n % 2 = 1"), ("never", "n < 0")
    )

    assert rules == [["odd"], ["odd"], ["big", "odd"], []]
    assert counts["hits"] == {"big": 1, "odd": 3, "never": 0}


def test_unknown_is_no_reason_to_drop(tmp_path):
    rules, _ = rules_of(tmp_path, {"n": pa.nulls(4, pa.int32())}, ("small", "n < 3"), ("unknown", "n IS NULL"))

    assert rules == [["unknown"]] * 4


def test_a_slice_without_rules_keeps_everything(tmp_path):
    rules, _ = rules_of(tmp_path, {"n": [1, 2, 3, 4]})

    assert rules == [[], [], [], []]


def test_a_condition_may_end_in_a_comment(tmp_path):
    rules, _ = rules_of(tmp_path, {"n": [1, 2, 3, 4]}, ("x", "n > 3 -- why not"))

    assert rules == [[], [], [], ["x"]]


def decisions_of(folder, rules, duplicates):
    columns = {"document_id": IDS, "rules": pa.array(rules, pa.list_(pa.string()))}
    spans = pa.nulls(4, FINAL.field("spans").type)
    lengths, hashes = pa.array([10, 20, 30, 40], pa.int64()), pa.array(["h"] * 4)
    batch = pa.RecordBatch.from_pylist(duplicates, schema=DUPLICATES)
    with Output(str(folder / "copies")) as output:
        write_partitions(output.create("arrow"), batch, batch["shard"].to_numpy() // 64, 1)
        output.commit(rows=batch.num_rows)
    args = decide.DecideArgs(
        shard=5,
        rules=write(folder, "rules", pa.RecordBatch.from_pydict(columns, schema=decide.RULES)),
        final=write(folder, "final", pa.RecordBatch.from_arrays([IDS, spans, hashes, lengths], schema=FINAL)),
        tokens=write(folder, "tokens", pa.record_batch({"document_id": IDS, "num_tokens": pa.array([1, 2, 3, 4])})),
        duplicates=(str(folder / "copies.arrow"),),
    )
    counts = decide.decide(Task(name="", run=decide.decide, args=args, output=str(folder / "decisions")))
    return pq.read_table(folder / "decisions.parquet").drop(["document_id"]).to_pylist(), counts


def test_rules_and_duplicates_come_together(tmp_path):
    other_shard = {"shard": 4, "row": 0, "kept_id": "x", "method": "exact_duplicate"}
    first = {"shard": 5, "row": 1, "kept_id": "kept-1", "method": "exact_duplicate"}
    last = {"shard": 5, "row": 3, "kept_id": "kept-3", "method": "exact_duplicate"}

    rows, counts = decisions_of(tmp_path, [[], [], ["a", "b"], []], [last, first, other_shard])

    assert rows == [
        {"keep": True, "rule": None, "rules": [], "duplicate_of": None},
        {"keep": False, "rule": "exact_duplicate", "rules": ["exact_duplicate"], "duplicate_of": "kept-1"},
        {"keep": False, "rule": "a", "rules": ["a", "b"], "duplicate_of": None},
        {"keep": False, "rule": "exact_duplicate", "rules": ["exact_duplicate"], "duplicate_of": "kept-3"},
    ]
    assert counts == {
        "rows": 4,
        "kept": 1,
        "dropped_by": {"a": 1, "exact_duplicate": 2},
        "bytes_dropped_by": {"a": 30, "exact_duplicate": 60},
        "bytes_kept": 10,
        "tokens": 1,
    }


def test_without_duplicates_the_rules_decide(tmp_path):
    rows, counts = decisions_of(tmp_path, [[], ["a"], [], []], [])

    assert [r["keep"] for r in rows] == [True, False, True, True]
    assert counts["kept"] + sum(counts["dropped_by"].values()) == counts["rows"] == 4


def test_the_documents_schema_is_what_rules_see():
    assert {"licence", "language", "url", "domain", "meta", "created"} <= set(SCHEMA.names)
