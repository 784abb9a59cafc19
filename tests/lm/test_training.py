"""A model is learnt from documents of the build, and the steps that name it judge by it."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass
from importlib import resources

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from redpyjama import graph, recipe
from redpyjama.dedup.catalogue import METHODS
from redpyjama.engine.local import LocalEngine
from redpyjama.errors import InputError, RecipeError, TooLittleText, UsageError
from redpyjama.lm import training
from redpyjama.sources import catalogue as sources
from redpyjama.stage import Signal, Step, Trainer
from redpyjama.steps import catalogue as steps
from redpyjama.store import hashes

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanParams:
    """Parameters of a trainer that learns a mean length: *factor* multiplies it."""

    factor: float = 1.0


def collect(batches, slice_name, params, path):
    lengths = [pc.sum(pc.binary_length(batch["text"])).as_py() for batch in batches]
    pathlib.Path(path).write_text(json.dumps([slice_name, sum(lengths)]))
    return {"bytes": sum(lengths)}


class Little:
    """How much the trainer asks for; a test may ask for more."""

    needed = 1


LITTLE = Little()


def fit(collected, params, path):
    assert [name for name, _ in collected] == [json.loads(pathlib.Path(p).read_text())[0] for _, p in collected]
    total = sum(json.loads(pathlib.Path(p).read_text())[1] for _, p in collected)
    if total < LITTLE.needed:
        raise TooLittleText(f"{LITTLE.needed} bytes are needed", "give more")
    pathlib.Path(path).write_text(str(params.factor * total))
    return {"bytes": total}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareParams:
    """Parameters of a step: *model* is a file with a number in it."""

    model: str


def run(batch, params):
    if not params.model:
        return pa.record_batch({"share": pa.nulls(batch.num_rows, pa.float64())})
    total = float(pathlib.Path(params.model).read_text())
    return pa.record_batch({"share": pa.array([len(t) / total for t in batch["text"].to_pylist()], pa.float64())})


def files(params):
    return (params.model,)


SHARE = Step(
    name="share", version=1, params=ShareParams, run=run, files=files,
    signals={"share": Signal("float64", "Share of the length of all", "this test")},
)  # fmt: skip
TOTAL = Trainer(name="total", version=1, params=MeanParams, collect=collect, fit=fit)
CATALOGUE = recipe.Catalogue(
    sources=sources.CATALOGUE, steps={**steps.CATALOGUE, "share": SHARE}, trainers={"total": TOTAL}, methods=METHODS
)
RECIPE = """
[slice.wikipedia]
[slice.c4]
[[slice.c4.step]]
step = "share"
model = "length"
[model.length]
trainer = "total"
slices = ["wikipedia"]
factor = 2
"""


def plan(folder, text=RECIPE, inputs=("wikipedia", "c4")):
    (folder / "r.toml").write_text(text)
    loaded = recipe.load(str(folder / "r.toml"), CATALOGUE)
    found = {}
    for name in inputs:
        dumps = CATALOGUE.sources[name].dumps([str(DEMO / name)], loaded.slices[name].options)
        found[name] = [graph.Input(dump=d, sha256=hashes.sha256_path(d.path)) for d in dumps]
    tokenizer = {"name": "redpyjama-32k", "sha256": "x", "vocab_size": 32000}
    return graph.Plan(
        recipe=loaded, catalogue=CATALOGUE, inputs=found, fraction=1.0, root=str(folder / "to"), tokenizer=tokenizer
    )


def keys(made):
    return {(table, name): stage.key for table, by in made.tables.items() for name, stage in by.items()}


def test_a_step_judges_by_the_model_that_the_build_learns(tmp_path):
    made = graph.make(plan(tmp_path))
    LocalEngine(1).run(made.tasks(), lambda event: None)

    read = [pq.read_table(f"{t.output}.parquet") for t in made.tables["documents"]["wikipedia"].tasks]
    total = sum(len(text.encode()) for table in read for text in table["text"].to_pylist())
    model = pathlib.Path(made.tables["length.model"]["corpus"].tasks[0].output + ".model")
    assert float(model.read_text()) == 2 * total
    shares = pq.read_table(f"{made.tables['share']['c4'].tasks[0].output}.parquet")["share"].to_pylist()
    assert all(0 < share < 1 for share in shares)
    assert not list(model.parent.glob(".tmp-*")), "scratch is gone"


def test_a_parameter_of_the_training_makes_new_models_and_new_judgements_only(tmp_path):
    one, two = (keys(graph.make(plan(tmp_path, RECIPE.replace("= 2", f"= {factor}")))) for factor in (2, 3))

    changed = {table for table, name in one if one[table, name] != two[table, name] and name != "wikipedia"}
    assert {"length.model", "share", "rules", "decisions"} <= changed
    assert one["documents", "c4"] == two["documents", "c4"]
    assert one["rules", "wikipedia"] == two["rules", "wikipedia"]


def test_a_model_that_nothing_uses_is_not_learnt(tmp_path):
    made = graph.make(plan(tmp_path, inputs=["wikipedia"]))

    assert "length.model" not in made.tables


def test_without_the_slice_it_learns_from_the_build_says_so(tmp_path):
    with pytest.raises(UsageError, match=r"\[model.length\] learns from slice wikipedia, which has no inputs"):
        graph.make(plan(tmp_path, inputs=["c4"]))


OPTIONAL = RECIPE.replace("factor = 2", "required = false")


def shares(made):
    return pq.read_table(f"{made.tables['share']['c4'].tasks[0].output}.parquet")["share"]


def test_a_model_that_is_not_required_is_done_without(tmp_path):
    made = graph.make(plan(tmp_path, OPTIONAL, inputs=["c4"]))
    LocalEngine(1).run(made.tasks(), lambda event: None)

    assert "length.model" not in made.tables
    assert shares(made).null_count == len(shares(made)) > 0


@pytest.mark.parametrize("text", [RECIPE, OPTIONAL])
def test_too_little_text_ends_a_build_only_where_the_model_is_required(tmp_path, text, monkeypatch):
    monkeypatch.setattr(LITTLE, "needed", 1 << 40)
    made = graph.make(plan(tmp_path, text))
    (task,) = made.tables["length.model"]["corpus"].tasks
    tasks = list(made.tasks())
    for before in tasks[: tasks.index(task)]:
        before.run(before)
    if text is RECIPE:
        with pytest.raises(TooLittleText, match="are needed: give more"):
            training.fit(task)
        return
    for other in tasks[tasks.index(task) :]:
        other.run(other)

    assert "are needed" in json.loads(pathlib.Path(task.output + ".json").read_text())["not_learnt"]
    assert shares(made).null_count == len(shares(made)) > 0


def test_a_trained_file_is_known_by_its_content(tmp_path):
    text = RECIPE.partition("[model.length]")[0].replace('"length"', f'"{tmp_path}/m"')
    with pytest.raises(InputError, match=r"/m: cannot be opened"):
        graph.make(plan(tmp_path, text))
    (tmp_path / "m").write_text("5")
    one = keys(graph.make(plan(tmp_path, text)))
    (tmp_path / "m").write_text("6")
    two = keys(graph.make(plan(tmp_path, text)))

    assert one["share", "c4"] != two["share", "c4"]
    assert one["documents", "c4"] == two["documents", "c4"]


def test_mistakes_in_a_model_are_named(tmp_path):
    wrong = RECIPE.replace('"total"', '"totl"').replace('"c4"]', '"c5"]')
    with pytest.raises(RecipeError, match="unknown trainer 'totl'"):
        plan(tmp_path, wrong)
    with pytest.raises(RecipeError, match="no slice 'wikipdia'"):
        plan(tmp_path, RECIPE.replace('"wikipedia"]', '"wikipdia"]'))
    with pytest.raises(RecipeError, match="unknown key 'fctor'"):
        plan(tmp_path, RECIPE.replace("factor", "fctor"))


def test_the_resolved_recipe_reads_as_itself(tmp_path):
    loaded = plan(tmp_path).recipe
    (tmp_path / "again.toml").write_text(recipe.to_toml(loaded))

    assert recipe.load(str(tmp_path / "again.toml"), CATALOGUE).sha256 == loaded.sha256
