"""What every step promises, whatever the text."""

from __future__ import annotations

import dataclasses
import pickle

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.document import SCHEMA, SPANS, Document, to_batch
from redpyjama.kernels.spans import apply_spans
from redpyjama.steps.catalogue import CATALOGUE

STEPS = pytest.mark.parametrize("step", CATALOGUE.values(), ids=list(CATALOGUE))

HOSTILE = [
    "",
    " ",
    "\n",
    "\x00",
    "a" * 100_000,
    "\u0301" * 50,
    "\U0001f600\u200d\U0001f680 \U00010348" * 20,
    "\r\n\r\n\u2028\u2029\x85",
    "{" * 5000,
    "/*" * 3000,
    "# " * 3000 + "\n",
    ". " * 3000,
    "\u3042\u3044\u3046\u3002" * 100,
    "\u202e<script>alert(1)</script>\x1b[31m",
    "1" * 5000,
    "\ufffd" * 100,
]


def batch_of(texts):
    documents = [
        Document(text=t, record=str(i), url="https://e.org/x.py", meta={"path": "x.py"}) for i, t in enumerate(texts)
    ]
    return to_batch("github", "d", documents)


def check(step, batch):
    out = step.run(batch, step.params())

    assert out.num_rows == batch.num_rows
    for name, signal in step.signals.items():
        assert out[name].type == pa.type_for_alias(signal.type), name
    if step.spans:
        assert out["spans"].type == SPANS
        apply_spans(batch["text"], out["spans"])  # raises for spans that overlap or cut through a character
        rules = {s["rule"] for spans in out["spans"].to_pylist() for s in spans or []}
        assert rules <= set(step.spans)
    return out


@STEPS
def test_its_parameters_are_frozen_plain_values_with_defaults(step):
    params = step.params()

    assert dataclasses.is_dataclass(params)
    assert msgspec.convert(msgspec.to_builtins(params), step.params) == params
    assert pickle.loads(pickle.dumps(step)) == step


@STEPS
def test_it_survives_hostile_text(step):
    check(step, batch_of(HOSTILE))


@STEPS
def test_it_takes_an_empty_batch(step):
    check(step, pa.RecordBatch.from_pylist([], schema=SCHEMA))


@STEPS
def test_a_document_is_measured_alike_in_any_company(step):
    together = check(step, batch_of(HOSTILE))

    for i, text in enumerate(HOSTILE):
        assert check(step, batch_of([text])).to_pylist() == together.slice(i, 1).to_pylist(), repr(text[:20])


@STEPS
def test_a_slice_of_a_batch_is_a_batch(step):
    batch = batch_of(["first one", *HOSTILE])

    assert check(step, batch.slice(1)).to_pylist() == check(step, batch_of(HOSTILE)).to_pylist()


@STEPS
@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=5))
def test_it_takes_any_text(step, texts):
    check(step, batch_of(texts))


def test_signals_have_one_meaning_each():
    names = [name for step in CATALOGUE.values() for name in step.signals]

    assert len(names) == len(set(names))


def test_the_catalogue_calls_each_step_by_its_name():
    assert all(step.name == name for name, step in CATALOGUE.items())
