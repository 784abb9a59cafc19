"""The recipe: which slices, read how, measured by which steps, kept by which rules, mixed in which shares.

A recipe is a TOML file. `load` checks all of it at once against the catalogue that it is handed (it imports no source
and no step), and returns frozen data; what is not in the file has the default that the source or step states.
"""

from redpyjama.recipe.loader import load, shipped
from redpyjama.recipe.parts import (
    Budget,
    Catalogue,
    Dedup,
    MethodUse,
    Mixture,
    Model,
    Recipe,
    Rule,
    Sample,
    Slice,
    StepUse,
    Threshold,
    to_toml,
)

__all__ = [
    "Budget",
    "Catalogue",
    "Dedup",
    "MethodUse",
    "Mixture",
    "Model",
    "Recipe",
    "Rule",
    "Sample",
    "Slice",
    "StepUse",
    "Threshold",
    "load",
    "shipped",
    "to_toml",
]
