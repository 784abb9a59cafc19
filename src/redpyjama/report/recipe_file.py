"""What the report takes from a corpus's own ``recipe.toml``: why rules drop, and the mixture's shares."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

Because = Mapping[str, Mapping[str, str]]
"""Slice -> rule -> why it drops."""


class _Rule(msgspec.Struct):
    rule: str
    because: str = ""


class _Slice(msgspec.Struct):
    drop: list[_Rule] = []


class _Mixture(msgspec.Struct):
    share: dict[str, float] = {}


class _Recipe(msgspec.Struct):
    slice: dict[str, _Slice] = {}
    mixture: _Mixture = msgspec.field(default_factory=_Mixture)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a recipe tells.

    Attributes:
        shares: Slice -> share in training; empty if the recipe states none.
    """

    because: Because = field(default_factory=dict[str, dict[str, str]])
    shares: Mapping[str, float] = field(default_factory=dict[str, float])


def told(corpus: str) -> Told:
    """Read the recipe of a corpus; a report can do without one, so a missing or foreign file tells nothing."""
    try:
        with open(os.path.join(corpus, "recipe.toml"), "rb") as file:
            recipe = msgspec.convert(tomllib.load(file), _Recipe)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError):
        return Told()
    because = {name: {rule.rule: rule.because for rule in part.drop} for name, part in recipe.slice.items()}
    return Told(because=because, shares=recipe.mixture.share)
