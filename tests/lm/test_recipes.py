"""Both models are learnt in a build, and the steps that name them judge its documents."""

from __future__ import annotations

from importlib import resources

import pyarrow.parquet as pq
import pytest

from redpyjama import graph, recipe
from redpyjama.dedup.catalogue import METHODS
from redpyjama.engine.local import LocalEngine
from redpyjama.lm import classifier_step, dsir_step
from redpyjama.lm.trainers import TRAINERS
from redpyjama.sources import catalogue as sources
from redpyjama.steps import catalogue as steps
from redpyjama.store import hashes

DEMO = resources.files("redpyjama") / "demo"
CATALOGUE = recipe.Catalogue(
    sources=sources.CATALOGUE,
    steps={**steps.CATALOGUE, **classifier_step.STEPS, **dsir_step.STEPS},
    trainers={"classifier": TRAINERS["classifier"], "dsir": TRAINERS["dsir"]},
    methods=METHODS,
)
RECIPE = """
[slice.c4]
step = [{ step = "quality_classifier", model = "reference" }, { step = "dsir", model = "importance" },
    { step = "wikipedia_importance", model = "importance" }, { step = "wikiref_classifier", model = "reference" }]
[slice.wikipedia]
step = [{ step = "quality_classifier", model = "reference" }]
[model.reference]
trainer = "classifier"
slices = ["wikipedia", "c4"]
target = ["wikipedia"]
min_chars = 100
min_documents = 1
[model.importance]
trainer = "dsir"
slices = ["wikipedia", "c4"]
"""


@pytest.mark.slow
def test_a_build_learns_and_judges(tmp_path):
    (tmp_path / "r.toml").write_text(RECIPE)
    loaded = recipe.load(str(tmp_path / "r.toml"), CATALOGUE)
    found = {}
    for name, one in loaded.slices.items():
        dumps = CATALOGUE.sources[name].dumps([str(DEMO / name)], one.options)
        found[name] = [graph.Input(dump=d, sha256=hashes.sha256_path(d.path)) for d in dumps]
    tokenizer = {"name": "redpyjama-32k", "sha256": "x", "vocab_size": 32000}
    made = graph.make(graph.Plan(
        recipe=loaded, catalogue=CATALOGUE, inputs=found, fraction=1.0, root=str(tmp_path / "to"), tokenizer=tokenizer
    ))  # fmt: skip
    LocalEngine(1).run(made.tasks(), lambda event: None)

    def values(table, name, column):
        tasks = made.tables[table][name].tasks
        return [x for t in tasks for x in pq.read_table(f"{t.output}.parquet")[column].to_pylist()]

    wiki, web = (sorted(values("quality_classifier", name, "quality_score")) for name in ("wikipedia", "c4"))
    assert wiki[len(wiki) // 2] > 0.8
    assert web[len(web) // 2] < 0.2
    assert sorted(values("wikiref_classifier", "c4", "rps_doc_ml_wikiref_score")) == web
    importances = values("wikipedia_importance", "c4", "rps_doc_wikipedia_importance")
    assert importances == values("dsir", "c4", "dsir_importance")
    assert min(values("dsir", "c4", "dsir_importance_per_word")) < 0
