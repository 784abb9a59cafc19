"""What the catalogue holds together."""

from __future__ import annotations

from redpyjama.steps.catalogue import CATALOGUE


def test_names_are_keys_and_signals_are_unique() -> None:
    signals = [name for step in CATALOGUE.values() for name in step.signals]

    assert all(step.name == key for key, step in CATALOGUE.items())
    assert len(signals) == len(set(signals))
