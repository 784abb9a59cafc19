"""What the report takes from a corpus's own ``recipe.toml``: the mixture's shares."""

from __future__ import annotations

import os
import tomllib

import msgspec


class _Mixture(msgspec.Struct):
    share: dict[str, float] = {}


class _Recipe(msgspec.Struct):
    mixture: _Mixture = msgspec.field(default_factory=_Mixture)


def shares(corpus: str) -> dict[str, float]:
    """Return slice -> share in training; empty where the recipe states none, is missing, or is foreign."""
    try:
        with open(os.path.join(corpus, "recipe.toml"), "rb") as file:
            return msgspec.convert(tomllib.load(file), _Recipe).mixture.share
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError):
        return {}
