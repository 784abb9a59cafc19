"""Documents of several shards answer a question together, whoever takes part and however they are cut."""

from __future__ import annotations

import gzip
import json
import pathlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from redpyjama import graph, recipe
from redpyjama.dedup import meetings
from redpyjama.dedup.catalogue import METHODS
from redpyjama.document import SPANS
from redpyjama.engine.local import LocalEngine
from redpyjama.errors import RecipeError, UsageError
from redpyjama.sources import catalogue as sources
from redpyjama.stage import Meeting, SharedStep, Signal
from redpyjama.steps import catalogue as steps
from redpyjama.store import hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoParams:
    """Who meets."""

    group: Literal["dump", "slice", "corpus"] = "slice"


RECORDS = pa.schema([("key", pa.uint64()), ("row", pa.int64())])
COUNTS = pa.schema([("shard", pa.int32()), ("row", pa.int64()), ("count", pa.int64())])


def send(batches, answers, params):
    """Send a record for each text; in the second meeting only for those that the first found more than once."""
    texts = [text for batch in batches for text in batch["text"].to_pylist()]
    rows = range(len(texts)) if answers is None else answers["row"].to_pylist()
    keys = [xxhash.xxh3_64_intdigest(texts[row].encode()) for row in rows]
    return pa.RecordBatch.from_arrays([pa.array(keys, pa.uint64()), pa.array(list(rows), pa.int64())], schema=RECORDS)


def several(records, params):
    counted = records.group_by("key").aggregate([("row", "count")])
    joined = records.join(counted, "key")
    joined = joined.filter(pa.compute.greater(joined["row_count"], 1))
    return joined.select(["shard", "row", "row_count"]).rename_columns(["shard", "row", "count"])


def mark(batch, first_row, answers, params):
    counts = np.ones(batch.num_rows, np.int64)
    counts[answers["row"].to_numpy() - first_row] = answers["count"].to_numpy()
    spans = [[{"start": 0, "end": 1, "rule": "echo", "replacement": ""}] if c > 1 else [] for c in counts]
    return pa.record_batch({"echoes": pa.array(counts), "spans": pa.array(spans, SPANS)})


MEETING = Meeting(send=send, meet=several, records=RECORDS, answers=COUNTS)
ECHO = SharedStep(
    name="echo", version=1, params=EchoParams, meetings=(MEETING, MEETING), mark=mark,
    signals={"echoes": Signal("int64", "How often the text is there", "this test")}, spans={"echo": "said before"},
)  # fmt: skip
AGAIN = SharedStep(
    name="again", version=1, params=EchoParams, meetings=(MEETING,), mark=mark,
    signals={"again": Signal("int64", "How often the text is there", "this test")}, spans={"echo": "said before"},
)  # fmt: skip
CATALOGUE = recipe.Catalogue(
    sources=sources.CATALOGUE, steps={**steps.CATALOGUE, "echo": ECHO, "again": AGAIN}, methods=METHODS
)
DUMPS = {
    "c4": {"a": ["one", "two", "two"], "b": ["two", "three"], "c": ["one"]},
    "stackexchange": {},
    "book": {"one.txt": "one", "two.txt": "four"},
}


def plan(folder: pathlib.Path, text: str, dumps=DUMPS["c4"], books=DUMPS["book"], slices=("c4", "book")):
    (folder / "r.toml").write_text(text)
    loaded = recipe.load(str(folder / "r.toml"), CATALOGUE)
    paths: dict[str, list[str]] = {"c4": [], "book": []}
    for name, texts in dumps.items():
        path = folder / f"c4-train.{name}.json.gz"
        with gzip.open(path, "wt") as file:
            file.writelines(json.dumps({"text": t, "url": "http://a.example", "timestamp": ""}) + "\n" for t in texts)
        paths["c4"].append(str(path))
    for name, content in books.items():
        (folder / name).write_text(content)
        paths["book"].append(str(folder / name))
    found = {}
    for name in slices:
        made = CATALOGUE.sources[name].dumps(paths[name], loaded.slices[name].options)
        found[name] = [graph.Input(dump=d, sha256=hashes.sha256_path(d.path)) for d in made]
    tokenizer = {"name": "redpyjama-32k", "sha256": "x", "vocab_size": 32000}
    return graph.Plan(
        recipe=loaded, catalogue=CATALOGUE, inputs=found, fraction=1.0, root=str(folder / "to"), tokenizer=tokenizer
    )


def echoes(folder, text, **options):
    """Return {slice: {(dump, text): how often}}, and the final texts' sizes."""
    made = graph.make(plan(folder, text, **options))
    LocalEngine(1).run(made.tasks(), lambda event: None)
    found: dict[str, list[tuple[str, int, int]]] = {}
    for name, stage in made.tables["echo"].items():
        for i, task in enumerate(stage.tasks):
            documents = pq.read_table(f"{made.tables['documents'][name].tasks[i].output}.parquet")
            counts = pq.read_table(f"{task.output}.parquet")["echoes"].to_pylist()
            final = pq.read_table(f"{made.tables['spans'][name].tasks[i].output}.parquet")["final_bytes"].to_pylist()
            found.setdefault(name, []).extend(zip(documents["text"].to_pylist(), counts, final, strict=True))
    return found


def recipe_of(c4: str, book: str = "") -> str:
    return f"[slice.c4]\nstep = [{c4}]\n[slice.book]\nstep = [{book}]\n"


def test_the_documents_of_a_slice_meet_and_are_cut_by_what_they_find(tmp_path):
    found = echoes(tmp_path, recipe_of('{ step = "echo" }'))

    assert found["c4"] == [("one", 2, 2), ("two", 3, 2), ("two", 3, 2), ("two", 3, 2), ("three", 1, 5), ("one", 2, 2)]


def test_those_of_a_dump_meet_nobody_else(tmp_path):
    found = echoes(tmp_path, recipe_of('{ step = "echo", group = "dump" }'))

    assert [count for _, count, _ in found["c4"]] == [1, 2, 2, 1, 1, 1]


def test_slices_meet_where_the_group_is_the_corpus(tmp_path):
    both = '{ step = "echo", group = "corpus" }'
    found = echoes(tmp_path, recipe_of(both, both))

    assert {text: count for text, count, _ in found["c4"]} == {"one": 3, "two": 3, "three": 1}
    assert [(text, count) for text, count, _ in found["book"]] == [("one", 3), ("four", 1)]


def test_a_later_step_sees_what_is_left(tmp_path):
    text = recipe_of('{ step = "echo", group = "dump" }, { step = "length" }')
    made = graph.make(plan(tmp_path, text))
    LocalEngine(1).run(made.tasks(), lambda event: None)
    tasks = made.tables["length"]["c4"].tasks

    assert [n for t in tasks for n in pq.read_table(f"{t.output}.parquet")["num_chars"].to_pylist()] == [
        3,
        2,
        2,
        3,
        5,
        3,
    ]


def test_slices_wait_for_one_another(tmp_path):
    corpus = 'group = "corpus" }'
    first, second = f'{{ step = "echo", {corpus}', f'{{ step = "again", {corpus}'
    made = graph.make(plan(tmp_path, recipe_of(f"{first}, {second}", second)))
    assert set(made.tables["again.met0"]) == {"corpus"}
    with pytest.raises(UsageError, match=r"in different orders \(c4: echo, book: again\)"):
        graph.make(plan(tmp_path, recipe_of(f"{first}, {second}", f"{second}, {first}")))


def test_what_does_not_make_sense_is_refused(tmp_path):
    with pytest.raises(
        RecipeError, match="group = 'slize' in step 'echo': it is one of dump, slice, corpus; did you mean 'slice'"
    ):
        plan(tmp_path, recipe_of('{ step = "echo", group = "slize" }'))
    with pytest.raises(RecipeError, match="takes no 'only'"):
        plan(tmp_path, recipe_of('{ step = "echo", only = "url IS NULL" }'))


def test_another_slice_changes_nothing_for_a_slice_that_meets_alone(tmp_path):
    text = recipe_of('{ step = "echo" }', '{ step = "echo" }')
    alone = graph.make(plan(tmp_path, text, slices=("book",)))
    both = graph.make(plan(tmp_path, text))

    assert alone.tables["echo"]["book"].key == both.tables["echo"]["book"].key


@pytest.mark.parametrize("num_partitions", [1, 2, 7, 4096])
def test_partitions_are_ranges_of_keys_of_about_the_same_size(num_partitions):
    keys = meetings.mixed(np.arange(200_000, dtype=np.uint64), "group")
    parts = meetings.partition_of(np.sort(keys), num_partitions)
    sizes = np.bincount(parts, minlength=num_partitions)

    assert (np.diff(parts) >= 0).all()
    assert parts[-1] < num_partitions
    assert sizes.max() < 200_000 / num_partitions + 6 * np.sqrt(200_000 / num_partitions)


def test_equal_keys_of_different_groups_are_different():
    keys = np.arange(1000, dtype=np.uint64)

    assert len(np.unique(meetings.mixed(keys, "a"))) == 1000
    assert not np.isin(meetings.mixed(keys, "a"), meetings.mixed(keys, "b")).any()
