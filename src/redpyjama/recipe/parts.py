"""What a recipe says, as frozen data, and the TOML that says the same."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from redpyjama.document import SLICES
from redpyjama.stage import Method, SharedStep, Source, Step, Trainer
from redpyjama.store import toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a recipe may name: the sources by slice; steps, trainers and methods of de-duplication by name.

    Attributes:
        own: Loads a file with steps of the user's.
    """

    sources: Mapping[str, Source]
    steps: Mapping[str, Step | SharedStep]
    trainers: Mapping[str, Trainer] = field(default_factory=dict[str, Trainer])
    methods: Mapping[str, Method] = field(default_factory=dict[str, Method])
    own: Callable[[str], Mapping[str, Step]] | None = None

    def with_own(self, files: Sequence[str]) -> Catalogue:
        """Return a catalogue that has the steps of these files too; raises what *own* raises for a file."""
        steps = dict(self.steps)
        for file in files if self.own else ():
            assert self.own
            steps |= self.own(file)
        return dataclasses.replace(self, steps=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUse:
    """One ``[[slice.X.step]]``: a step with its parameters, on all documents or only on some.

    Attributes:
        only: SQL condition over document columns and earlier signals; elsewhere the step's signals are null.
    """

    step: str
    params: Any
    only: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One ``[[slice.X.drop]]``: a document for which *when* is true leaves the corpus; null counts as false."""

    rule: str
    when: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One ``[[slice.X.threshold]]``: a number that the documents themselves set, for rules to compare a signal with.

    Counted are the documents that no rule without a threshold drops; copies of one another still count.

    Attributes:
        name: The column that rules use.
        signal: The signal that is cut.
        keep: "highest" or "lowest": which side of the threshold is wanted.
        tokens: How many tokens are wanted; or
        share: which share of the documents, in (0, 1).
        by: A column; each of its values has a threshold of its own.
    """

    name: str
    signal: str
    keep: Literal["highest", "lowest"] = "highest"
    tokens: int | None = None
    share: float | None = None
    by: str | None = None

    def decides(self, rule: Rule) -> bool:
        """Say whether a rule compares with this threshold."""
        return re.search(rf"\b{re.escape(self.name)}\b", rule.when) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One ``[slice.X]``: the source's options, the steps in order, the thresholds, the rules in order."""

    name: str
    options: Any
    steps: tuple[StepUse, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    drop: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One ``[model.X]``: a model that judges text, learnt from documents of this build.

    Attributes:
        name: What steps call it: ``model = "X"``.
        slices: Whose documents it learns from.
        required: Whether a build without it fails. Otherwise, where these slices have no inputs, or too few documents
            to learn from, the steps that name it measure nothing, and `corpus.json` says so.
    """

    name: str
    trainer: str
    slices: tuple[str, ...]
    params: Any
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodUse:
    """One of ``[dedup] methods`` with its table ``[dedup.NAME]``.

    Attributes:
        slices: Those whose documents it compares; empty for all.
        verify: Whether candidates are compared before they count as copies; without it, those that share a key do.
    """

    method: str
    params: Any
    slices: tuple[str, ...] = ()
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dedup:
    """``[dedup]``.

    Attributes:
        methods: What makes documents copies of one another; a pair that several say so of goes by the first of them.
        scope: "corpus": across slices; "slice": within each.
        precedence: Slices, the one whose copy stays first; those not named follow in RedPajama's order.
        prefer: SQL numbers or truth values over document and signal columns: of copies of the same precedence the one
            with the greatest stays, by the first that tells them apart. Unknown comes last. The last word has the hash
            of the text.
    """

    methods: tuple[MethodUse, ...] = ()
    scope: str = "corpus"
    precedence: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()

    def rank(self, slice_name: str) -> int:
        """Return the slice's place in the order of precedence, from 0 (its copy stays)."""
        order = [*self.precedence, *(s for s in SLICES if s not in self.precedence)]
        return order.index(slice_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """``[mixture]``: the share of each slice in training, and the budget.

    Attributes:
        tokens: How many tokens a training run sees.
        share: Slice -> share of them; shares add up to 1.
    """

    tokens: int = 1_000_000_000_000
    share: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """``[budget]``: how much may go wrong before a build stops.

    Attributes:
        quarantined: Share of a slice's records that may be unreadable; 1: all of them.
        min_records: A slice is judged once so many records are read, or all of them.
    """

    quarantined: float = 1.0
    min_records: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """``[sample]``: the share of each stratum that the sample release takes."""

    fraction: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A recipe, resolved: every value is there, whether the file or a default gave it.

    Attributes:
        tokenizer: "redpyjama-32k" (shipped), a path to a tokenizer.json or SentencePiece model, or a hub id.
        code: Python files with signals of one's own; loading the recipe runs them.
        seed: Enters every choice that is random by nature (samples); never the order of anything.
    """

    name: str
    description: str
    seed: int
    tokenizer: str
    code: tuple[str, ...]
    slices: Mapping[str, Slice]
    models: Mapping[str, Model]
    dedup: Dedup
    mixture: Mixture
    sample: Sample
    budget: Budget

    @property
    def sha256(self) -> str:
        """Hash of the resolved recipe: equal for two files that mean the same."""
        return hashlib.sha256(to_toml(self).encode()).hexdigest()


def to_toml(recipe: Recipe) -> str:
    """Write the resolved recipe as TOML: every value spelled out, always in the same order."""
    lines = [f"{k} = {toml.value(getattr(recipe, k))}" for k in ("name", "description", "seed", "tokenizer", "code")]
    for part in recipe.slices.values():
        lines += ["", f"[slice.{part.name}]", *_table(part.options)]
        for use in part.steps:
            lines += ["", f"[[slice.{part.name}.step]]", f"step = {toml.value(use.step)}"]
            lines += [f"only = {toml.value(use.only)}"] if use.only else []
            lines += _table(use.params)
        for threshold in part.thresholds:
            lines += ["", f"[[slice.{part.name}.threshold]]", *_table(threshold)]
        for rule in part.drop:
            lines += ["", f"[[slice.{part.name}.drop]]", *_table(rule)]
    for model in recipe.models.values():
        lines += ["", f"[model.{model.name}]", f"trainer = {toml.value(model.trainer)}"]
        lines += [f"slices = {toml.value(model.slices)}", f"required = {toml.value(model.required)}"]
        lines += _table(model.params)
    lines += _dedup(recipe.dedup)
    for name in ("mixture", "sample", "budget"):
        lines += ["", f"[{name}]", *_table(getattr(recipe, name))]
    return "\n".join(lines) + "\n"


def _dedup(dedup: Dedup) -> list[str]:
    lines = ["", "[dedup]", f"methods = {toml.value([use.method for use in dedup.methods])}"]
    lines += [f"{name} = {toml.value(getattr(dedup, name))}" for name in ("scope", "precedence", "prefer")]
    for use in dedup.methods:
        lines += ["", f"[dedup.{use.method}]", f"slices = {toml.value(use.slices)}"]
        lines += [f"verify = {toml.value(use.verify)}", *_table(use.params)]
    return lines


def _table(values: Any) -> list[str]:
    fields = [f.name for f in dataclasses.fields(values)]
    return [f"{name} = {toml.value(getattr(values, name))}" for name in fields if getattr(values, name) is not None]
