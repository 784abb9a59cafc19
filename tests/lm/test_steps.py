"""The steps that judge by a model keep the promises of all steps, with a model as without."""

from __future__ import annotations

import pyarrow as pa
import pytest

from redpyjama.document import SCHEMA
from redpyjama.lm import classifier_step, dsir_step
from redpyjama.lm.classifier import ClassifierParams
from redpyjama.lm.dsir import DsirParams
from redpyjama.lm.trainers import TRAINERS
from tests.contract.test_steps import HOSTILE, batch_of
from tests.lm import corpus

STEPS = {**classifier_step.STEPS, **dsir_step.STEPS}
TRAINERS = {
    "classifier": (TRAINERS["classifier"], ClassifierParams(min_chars=1, min_documents=1, dim=4, min_updates=100)),
    "dsir": (TRAINERS["dsir"], DsirParams(buckets=100)),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("models"), {}
    for name, (trainer, params) in TRAINERS.items():
        collected = [(slice_name, str(folder / f"{name}-{slice_name}")) for slice_name, _ in corpus.shards(10)]
        for (slice_name, path), (_, batch) in zip(collected, corpus.shards(10), strict=True):
            trainer.collect(iter([batch]), slice_name, params, path)
        made[name] = str(folder / name)
        trainer.fit(collected, params, made[name])
    return made


@pytest.mark.parametrize("name", STEPS)
def test_any_text_in_any_company(name, models):
    step = STEPS[name]
    params = step.params(model=models["classifier" if name in classifier_step.STEPS else "dsir"])
    together = step.run(batch_of(HOSTILE), params)

    assert step.name == name
    assert together.schema.names == list(step.signals)
    for signal, definition in step.signals.items():
        assert together[signal].type == pa.type_for_alias(definition.type)
    for i, text in enumerate(HOSTILE):
        assert step.run(batch_of([text]), params).to_pylist() == together.slice(i, 1).to_pylist(), repr(text[:20])
    assert step.run(batch_of(["x", *HOSTILE]).slice(1), params).to_pylist() == together.to_pylist()
    assert step.run(pa.RecordBatch.from_pylist([], schema=SCHEMA), params).num_rows == 0
    assert step.run(pa.RecordBatch.from_pylist([], schema=SCHEMA), step.params()).num_rows == 0


@pytest.mark.parametrize("name", TRAINERS)
def test_a_shard_without_documents_teaches_nothing(name, tmp_path):
    trainer, params = TRAINERS[name]
    collected = []
    for i, (slice_name, batch) in enumerate([*corpus.shards(10), *corpus.shards(10)]):
        path = str(tmp_path / str(i))
        trainer.collect(iter([batch]) if i < 2 else iter([]), slice_name, params, path)
        collected.append((slice_name, path))

    assert trainer.fit(collected, params, str(tmp_path / "a")) == trainer.fit(
        collected[:2], params, str(tmp_path / "b")
    )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
