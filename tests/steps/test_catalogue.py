"""What the catalogue holds together."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest

from redpyjama.stage import Step
from redpyjama.steps.catalogue import CATALOGUE


def test_names_are_keys_and_signals_are_unique() -> None:
    signals = [name for step in CATALOGUE.values() for name in step.signals]

    assert all(step.name == key for key, step in CATALOGUE.items())
    assert len(signals) == len(set(signals))


@pytest.mark.parametrize("step", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_step_is_documented_frozen_data(step: Step) -> None:
    assert step.params.__dataclass_params__.frozen
    assert dataclasses.asdict(step.params()) is not None
    for signal in step.signals.values():
        assert pa.type_for_alias(signal.type)
        assert signal.meaning.endswith(".")
        assert signal.source
    assert all(reason.endswith(".") for reason in step.spans.values())
