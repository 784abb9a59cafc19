"""Reads a recipe and checks all of it at once, against the catalogue and the columns that there will be."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from redpyjama.document import SCHEMA, SLICES
from redpyjama.errors import InputError, RecipeError, nearest
from redpyjama.recipe.binding import SQL_TYPES, unbound
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
)
from redpyjama.stage import SharedStep
from redpyjama.store import toml


def shipped() -> list[str]:
    """Return the names of the recipes in the package, sorted."""
    files = resources.files("redpyjama") / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in files.iterdir() if f.name.endswith(".toml"))


def load(name: str, catalogue: Catalogue) -> Recipe:
    """Load a recipe by name (of a shipped one) or by path, and check everything in it.

    Raises:
        RecipeError: With every problem found, each with its line.
    """
    if name in shipped():
        label = name
        text = (resources.files("redpyjama") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    else:
        label = name
        text = _read(name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(label, [(0, f"no valid TOML: {error}")]) from error
    return _Loader(label, text, catalogue).recipe(raw)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise RecipeError(path, [(0, f"is no UTF-8 text: {error}")]) from error
    except OSError as error:
        looks_like_path = path.endswith(".toml") or os.sep in path
        hint = "" if looks_like_path else nearest(path, shipped())
        names = ", ".join(shipped())
        what = f"no such recipe ({error.strerror}){hint}; shipped recipes: {names}; or give the path of a .toml file"
        raise RecipeError(path, [(0, what)]) from error


class _Loader:
    """Collects problems instead of stopping at the first."""

    def __init__(self, label: str, text: str, catalogue: Catalogue) -> None:
        self.label = label
        self.text = text
        self.catalogue = catalogue
        self.problems: list[tuple[int, str]] = []

    def problem(self, path: tuple[str | int, ...], what: str) -> None:
        self.problems.append((toml.line_of(self.text, path), what))

    def recipe(self, raw: dict[str, Any]) -> Recipe:
        known = {f.name for f in dataclasses.fields(Recipe)} - {"slices", "models"} | {"slice", "model"}
        self.unknown((), raw, known, "recipe")
        code = self.code(raw)
        slices: dict[str, Slice] = {}
        tables = self.typed(("slice",), raw.get("slice", {}), dict[str, dict[str, Any]], "tables", {})
        for name in sorted(tables, key=_slice_order):
            if name not in SLICES:
                hint = nearest(name, SLICES) or f"; slices are {', '.join(SLICES)}"
                self.problem(("slice", name), f"unknown slice {name!r}{hint}")
            elif name in self.catalogue.sources:
                slices[name] = self.slice(name, tables[name])
        if not tables:
            self.problem((), "no [slice.X] table: a recipe needs at least one slice")
        recipe = Recipe(
            name=self.typed(("name",), raw.get("name", ""), str, "a string", "") or _stem(self.label),
            description=self.typed(("description",), raw.get("description", ""), str, "a string", ""),
            seed=self.typed(("seed",), raw.get("seed", 1), int, "a whole number", 1),
            tokenizer=self.typed(("tokenizer",), raw.get("tokenizer", "redpyjama-32k"), str, "a string", ""),
            code=code,
            slices=slices,
            models=self.models(raw, slices),
            dedup=self.dedup(raw.get("dedup", {}), slices),
            mixture=self.params(("mixture",), raw.get("mixture", {}), Mixture, "[mixture]"),
            sample=self.params(("sample",), raw.get("sample", {}), Sample, "[sample]"),
            budget=self.params(("budget",), raw.get("budget", {}), Budget, "[budget]"),
        )
        self.values(recipe)
        if self.problems:
            raise RecipeError(self.label, sorted(self.problems))
        return recipe

    def code(self, raw: dict[str, Any]) -> tuple[str, ...]:
        files = self.typed(("code",), raw.get("code", []), tuple[str, ...], "a list of Python files", ())
        for file in files:
            known = self.catalogue
            try:
                self.catalogue = known.with_own([file])
            except InputError as error:
                self.problem(("code",), str(error))
                continue
            for name in known.steps:
                if self.catalogue.steps[name] is not known.steps[name]:
                    self.problem(("code",), f"{file} defines the step {name!r}, which there is already")
        return files

    def models(self, raw: dict[str, Any], slices: Mapping[str, Slice]) -> dict[str, Model]:
        found: dict[str, Model] = {}
        tables = self.typed(("model",), raw.get("model", {}), dict[str, dict[str, Any]], "tables", {})
        for name in sorted(tables):
            path, table = ("model", name), tables[name]
            trainer = str(table.get("trainer", ""))
            if trainer not in self.catalogue.trainers:
                known = f"; trainers are {', '.join(self.catalogue.trainers)}"
                hint = nearest(trainer, self.catalogue.trainers) or known
                self.problem((*path, "trainer"), f"unknown trainer {trainer!r} in [model.{name}]{hint}")
                continue
            learns = self.typed((*path, "slices"), table.get("slices"), tuple[str, ...], "a list of slices", ())
            for missing in (s for s in learns if s not in slices):
                hint = nearest(missing, slices)
                self.problem((*path, "slices"), f"the recipe has no slice {missing!r} for [model.{name}]{hint}")
            options = {k: v for k, v in table.items() if k not in ("trainer", "slices", "required")}
            params = self.params(path, options, self.catalogue.trainers[trainer].params, f"[model.{name}]")
            required = self.typed((*path, "required"), table.get("required", True), bool, "true or false", True)
            found[name] = Model(name=name, trainer=trainer, slices=learns, params=params, required=required)
        return found

    def dedup(self, raw: Any, slices: Mapping[str, Slice]) -> Dedup:
        if not isinstance(raw, dict):
            self.problem(("dedup",), f"[dedup] must be a table, not {raw!r}")
            return Dedup()
        table: dict[str, Any] = raw
        names = self.typed(
            ("dedup", "methods"), table.get("methods", ["exact"]), tuple[str, ...], "a list of names", ()
        )
        uses: list[MethodUse] = []
        for name in names:
            if name not in self.catalogue.methods:
                known = f"; methods are {', '.join(self.catalogue.methods)}"
                hint = nearest(name, self.catalogue.methods) or known
                self.problem(("dedup", "methods"), f"unknown method {name!r}{hint}")
            elif name in [use.method for use in uses]:
                self.problem(("dedup", "methods"), f"method {name!r} is there twice")
            else:
                uses.append(self.method(name, table.get(name, {})))
        rest = {key: value for key, value in table.items() if key not in ("methods", *self.catalogue.methods)}
        for name in set(table) & set(self.catalogue.methods) - set(names):
            self.problem(("dedup", name), f"[dedup.{name}] is for a method that 'methods' does not name")
        made: Dedup = self.params(("dedup",), rest, Dedup, "[dedup]")
        for expression in made.prefer if slices else ():
            wrong = [unbound(f"CAST(({expression}) AS DOUBLE) > 0", self.columns(part)) for part in slices.values()]
            if all(wrong):  # where a slice has no such column, it is unknown
                self.problem(("dedup", "prefer"), f"{expression!r}: {wrong[0]}")
        return dataclasses.replace(made, methods=tuple(uses))

    def method(self, name: str, raw: Any) -> MethodUse:
        method, path = self.catalogue.methods[name], ("dedup", name)
        table: dict[str, Any] = self.typed(path, raw, dict[str, Any], "a table", {})
        preset = table.get("preset")
        if preset is not None and preset not in method.presets:
            known = f"; presets are {', '.join(method.presets)}" if method.presets else f"; {name} has none"
            self.problem((*path, "preset"), f"unknown preset {preset!r}{nearest(str(preset), method.presets) or known}")
        beside = ("preset", "slices", "verify")
        options = {**method.presets.get(str(preset), {}), **{k: v for k, v in table.items() if k not in beside}}
        learns = self.typed((*path, "slices"), table.get("slices", []), tuple[str, ...], "a list of slices", ())
        for missing in (s for s in learns if s not in SLICES):
            self.problem((*path, "slices"), f"unknown slice {missing!r}{nearest(missing, SLICES)}")
        verify = self.typed((*path, "verify"), table.get("verify", True), bool, "true or false", True)
        params = self.params(path, options, method.params, f"[dedup.{name}]")
        return MethodUse(method=name, params=params, slices=learns, verify=verify)

    def columns(self, part: Slice) -> tuple[tuple[str, str], ...]:
        """Return the columns that a slice's documents have in the end, with their types."""
        found = {f.name: str(f.type) for f in SCHEMA if f.name not in ("locator", "text")} | {"num_tokens": "int32"}
        for use in part.steps:
            found |= {name: signal.type for name, signal in self.catalogue.steps[use.step].signals.items()}
        return tuple(found.items())

    def slice(self, name: str, raw: dict[str, Any]) -> Slice:
        options = {k: v for k, v in raw.items() if k not in ("step", "threshold", "drop")}
        path = ("slice", name)
        steps = [self.step((*path, "step", i), s) for i, s in enumerate(self.tables((*path, "step"), raw))]
        tables = self.tables((*path, "threshold"), raw)
        cuts = [self.threshold((*path, "threshold", i), t) for i, t in enumerate(tables)]
        drop = [self.rule((*path, "drop", i), r) for i, r in enumerate(self.tables((*path, "drop"), raw))]
        made = Slice(
            name=name,
            options=self.params(path, options, self.catalogue.sources[name].options, f"[slice.{name}]"),
            steps=tuple(s for s in steps if s),
            thresholds=tuple(t for t in cuts if t),
            drop=tuple(r for r in drop if r),
        )
        self.conditions(path, made)
        return made

    def step(self, path: tuple[str | int, ...], raw: dict[str, Any]) -> StepUse | None:
        name = str(raw.get("step", ""))
        if name not in self.catalogue.steps:
            hint = nearest(name, self.catalogue.steps)
            known = "'redpyjama recipe --steps' lists all"
            self.problem((*path, "step"), f"unknown step {name!r} in [slice.{path[1]}]{hint}; {known}")
            return None
        options = {k: v for k, v in raw.items() if k not in ("step", "only")}
        params = self.params(path, options, self.catalogue.steps[name].params, f"step {name!r}")
        only = self.typed((*path, "only"), raw.get("only"), str | None, "an SQL condition", None)
        if isinstance(self.catalogue.steps[name], SharedStep):
            if only:
                self.problem((*path, "only"), f"step {name!r} looks at all documents of a group: it takes no 'only'")
                only = None
        return StepUse(step=name, params=params, only=only)

    def rule(self, path: tuple[str | int, ...], raw: dict[str, Any]) -> Rule | None:
        self.unknown(path, raw, {"rule", "when", "because"}, "[[drop]]")
        missing = [k for k in ("rule", "when", "because") if not isinstance(raw.get(k), str) or not raw[k].strip()]
        for key in missing:
            self.problem(path, f"a [[slice.{path[1]}.drop]] needs {key!r}, a string that is not empty")
        return None if missing else Rule(rule=raw["rule"], when=raw["when"], because=raw["because"])

    def threshold(self, path: tuple[str | int, ...], raw: dict[str, Any]) -> Threshold | None:
        where = f"[[slice.{path[1]}.threshold]]"
        if not all(isinstance(raw.get(key), str) for key in ("name", "signal")):
            self.problem(path, f"a {where} needs 'name' and 'signal', strings")
            return None
        made: Threshold = self.params(path, raw, Threshold, where, name=raw["name"], signal=raw["signal"])
        if not made.name.isidentifier():
            self.problem((*path, "name"), f"threshold {made.name!r} is no name for a column")
        if (made.tokens is None) == (made.share is None):
            self.problem(path, f"threshold {made.name!r} needs either 'tokens' or 'share'")
        if made.share is not None and not 0 < made.share < 1:
            self.problem((*path, "share"), f"share must be in (0, 1), not {made.share}")
        if made.tokens is not None and made.by:
            self.problem((*path, "by"), "tokens are wanted of all groups together: leave out 'by', or give a 'share'")
        return made

    def tables(self, path: tuple[str | int, ...], raw: dict[str, Any]) -> list[dict[str, Any]]:
        key = str(path[-1])
        return self.typed(path, raw.get(key, []), list[dict[str, Any]], f"tables [[{'.'.join(map(str, path))}]]", [])

    def unknown(self, path: tuple[str | int, ...], raw: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        names = sorted(known)
        for key in sorted(set(raw) - set(names)):
            hint = nearest(key, names) or f"; known keys are {', '.join(names)}"
            self.problem((*path, key), f"unknown key {key!r} in {where}{hint}")

    def typed(self, path: tuple[str | int, ...], value: Any, type_: Any, what: str, default: Any) -> Any:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError:
            self.problem(path, f"{'.'.join(map(str, path))} must be {what}, not {value!r}")
            return default

    def params(self, path: tuple[str | int, ...], raw: Any, type_: type[Any], where: str, **needed: Any) -> Any:
        """Make *type_* of a table; *needed* are fields without a default, known to be right."""
        if not isinstance(raw, dict):
            self.problem(path, f"{where} must be a table, not {raw!r}")
            return type_(**needed)
        self.unknown(path, raw, [f.name for f in dataclasses.fields(type_)], where)
        values = {f.name: raw[f.name] for f in dataclasses.fields(type_) if f.name in raw}
        refused: dict[str, str] = {}
        for key, value in list(values.items()):  # one by one, so that each wrong value is named
            try:
                msgspec.convert({**needed, key: value}, type_)
            except msgspec.ValidationError as error:
                refused[key] = str(error)
                if error.__cause__ is None:  # else it was `__post_init__`: beside the others the value may be right
                    expected = _expected(refused.pop(key), type_, key, value)
                    self.problem((*path, key), f"{key} = {value!r} in {where}: {expected}")
                    del values[key]
        try:
            return msgspec.convert(values, type_)
        except msgspec.ValidationError as error:
            key = next((key for key in refused if refused[key] == str(error)), "")
            what = f"{key} = {values[key]!r} in {where}" if key else where
            self.problem((*path, key) if key else path, f"{what}: {error}")
            return type_(**needed)

    def conditions(self, path: tuple[str | int, ...], made: Slice) -> None:
        """Bind every SQL condition against the columns that it may use."""
        columns = {f.name: str(f.type) for f in SCHEMA if f.name not in ("locator", "text")}
        taken: dict[str, str] = {}
        for i, use in enumerate(made.steps):
            if use.only:
                self.sql((*path, "step", i, "only"), use.only, columns)
            for signal, definition in self.catalogue.steps[use.step].signals.items():
                if signal in taken:
                    again = f"steps {taken[signal]!r} and {use.step!r} both measure {signal!r}; keep one of them"
                    self.problem((*path, "step", i), again)
                taken[signal] = use.step
                columns[signal] = definition.type
        for i, threshold in enumerate(made.thresholds):
            self.cut((*path, "threshold", i), threshold, columns)
        columns |= {threshold.name: "float64" for threshold in made.thresholds}
        seen: set[str] = set()
        for i, rule in enumerate(made.drop):
            if rule.rule in seen:
                self.problem((*path, "drop", i, "rule"), f"rule {rule.rule!r} is there twice in [slice.{made.name}]")
            if rule.rule in [method.rule for method in self.catalogue.methods.values()]:
                self.problem((*path, "drop", i, "rule"), f"rule {rule.rule!r} is what copies go by; name it otherwise")
            seen.add(rule.rule)
            self.sql((*path, "drop", i, "when"), rule.when, columns)

    def cut(self, path: tuple[str | int, ...], threshold: Threshold, columns: Mapping[str, str]) -> None:
        if threshold.name in columns:
            self.problem((*path, "name"), f"there is a column {threshold.name!r} already; name the threshold otherwise")
        if threshold.signal not in columns:
            hint = nearest(threshold.signal, columns)
            self.problem((*path, "signal"), f"no step before measures {threshold.signal!r}{hint}")
        elif SQL_TYPES.get(columns[threshold.signal], "BOOLEAN") == "BOOLEAN":
            self.problem((*path, "signal"), f"{threshold.signal!r} is no number")
        if threshold.by and threshold.by not in columns:
            self.problem((*path, "by"), f"no column {threshold.by!r}{nearest(threshold.by, columns)}")

    def sql(self, path: tuple[str | int, ...], condition: str, columns: Mapping[str, str]) -> None:
        if what := unbound(condition, tuple(columns.items())):
            self.problem(path, f"condition {condition!r}: {what}")

    def values(self, recipe: Recipe) -> None:
        """Check what types cannot say."""
        if recipe.dedup.scope not in ("corpus", "slice"):
            self.problem(("dedup", "scope"), f"scope must be 'corpus' or 'slice', not {recipe.dedup.scope!r}")
        for name in [*recipe.dedup.precedence, *recipe.mixture.share]:
            if name not in SLICES:
                self.problem(("dedup", "precedence"), f"unknown slice {name!r}{nearest(name, SLICES)}")
        if recipe.mixture.share and abs(sum(recipe.mixture.share.values()) - 1) > 1e-6:
            total = sum(recipe.mixture.share.values())
            self.problem(("mixture", "share"), f"shares must add up to 1, not {total:.6g}")
        if not 0 < recipe.sample.fraction <= 1:
            self.problem(("sample", "fraction"), f"fraction must be in (0, 1], not {recipe.sample.fraction}")
        if not 0 <= recipe.budget.quarantined <= 1:
            self.problem(("budget", "quarantined"), f"quarantined must be 0 to 1, not {recipe.budget.quarantined}")


def _expected(error: str, type_: type[Any], key: str, value: Any) -> str:
    """Say what a value should be, and of a choice, what there is to choose."""
    hint = get_type_hints(type_)[key]
    if get_origin(hint) is Literal:
        choices = [str(choice) for choice in get_args(hint)]
        return f"it is one of {', '.join(choices)}{nearest(str(value), choices)}"
    expected = error.partition(" - at ")[0]
    return f"{expected[0].lower()}{expected[1:]}"


def _stem(path: str) -> str:
    """Return the name of a recipe that has none: its file's, wherever that lies."""
    return os.path.basename(path).removesuffix(".toml")


def _slice_order(name: str) -> tuple[int, str]:
    return (SLICES.index(name) if name in SLICES else len(SLICES), name)
