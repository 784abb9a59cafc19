"""The models that the build learnt from its own documents, and those that it could not learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A model of the recipe.

    Attributes:
        name: As the recipe calls it.
        trainer: What it is.
        slices: What it learns from.
        said: What is known of it, in words: its figures (``corpus.json`` has more), or why there is none.
        learnt: Whether there is one; where not, the steps that name it measured nothing.
    """

    name: str
    trainer: str
    slices: str
    said: str
    learnt: bool


def rows(manifest: Mapping[str, Any]) -> list[ModelRow]:
    """Return a row for each model that ``corpus.json`` names."""
    return [_row(name, model) for name, model in (manifest.get("models") or {}).items()]


def _row(name: str, model: Mapping[str, Any]) -> ModelRow:
    missing = model.get("not_learnt")
    single = [(key, value) for key, value in model["figures"].items() if isinstance(value, int | float)]
    figures = ", ".join(f"{key.replace('_', ' ')} {_figure(value)}" for key, value in single)
    said = f"not learnt, what needs it was not measured: {missing}" if missing else figures
    return ModelRow(
        name=name, trainer=model["trainer"], slices=", ".join(model["slices"]), said=said, learnt=not missing
    )


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
