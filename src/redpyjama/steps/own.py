"""Signals of one's own: functions in a file of the user's, each a step that a recipe can name.

import pyarrow as pa
import redpyjama as rp

@rp.signal("num_question_marks", type="int32", meaning="Question marks in the text; at least 0.")
def num_question_marks(batch: pa.RecordBatch) -> pa.Array:
return pa.array([text.count("?") for text in batch["text"].to_pylist()], pa.int32())
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from redpyjama.errors import InputError
from redpyjama.stage import Signal, Step

_MARK = "_redpyjama_signal"
_REMEDY = "see docs/guide/signals.md"
_Function = TypeVar("_Function", bound=Callable[..., Any])


def signal(name: str, *, type: str, meaning: str, source: str = "this recipe") -> Callable[[_Function], _Function]:  # noqa: A002 -- the word of the field, and of the table it fills
    """Register a function as a signal; the step that measures it has the same name.

    The function gets a `pyarrow.RecordBatch` of N documents (column "text": with the spans of earlier steps applied;
    the other columns as in docs/formats.md) and returns N values, an array or what `pyarrow.array` takes. It must be a
    function of the batch alone: no clock, no chance, no state.

    Args:
        name: Of the signal and of the step: a word that SQL takes as a column.
        type: Arrow type: "int32", "float32", "bool", "string".
        meaning: One sentence: what it is, its unit and range.
        source: Where the definition comes from.
    """

    def register(function: _Function) -> _Function:
        setattr(function, _MARK, (name, Signal(type, meaning, source)))
        return function

    return register


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnParams:
    """Nothing to choose: what a function of one's own needs stands in its file."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Runs the function *name* of a file; the file is loaded once in each process."""

    file: str
    name: str

    def __call__(self, batch: pa.RecordBatch, params: OwnParams) -> pa.RecordBatch:
        function, made = _functions(self.file)[self.name]
        values = function(batch)
        type_ = pa.type_for_alias(made.type)
        column = values.cast(type_) if isinstance(values, pa.Array) else pa.array(values, type_)
        if len(column) != batch.num_rows:
            what = f"{self.name} returned {len(column)} values for {batch.num_rows} documents"
            raise InputError(self.file, what, "return one value for each row of the batch")
        return pa.RecordBatch.from_arrays([column], names=[self.name])


@dataclass(frozen=True, slots=True)
class _Files:
    """Names the file whose content decides what the step measures."""

    file: str

    def __call__(self, params: OwnParams) -> tuple[str, ...]:
        return (self.file,)


def load(path: str) -> dict[str, Step]:
    """Return the steps that a file of the user's defines, by name. This runs the file.

    Raises:
        InputError: It cannot be read, fails, or registers nothing or something unusable.
    """
    found = _functions(path)
    if not found:
        raise InputError(path, "registers no signal", f"put @rp.signal(...) above a function; {_REMEDY}")
    return {
        name: Step(
            name=name, version=1, params=OwnParams, run=_Run(path, name), signals={name: made}, files=_Files(path)
        )
        for name, (_, made) in found.items()
    }


@functools.cache
def _functions(path: str) -> dict[str, tuple[Callable[[pa.RecordBatch], Any], Signal]]:
    name = "redpyjama_own_" + hashlib.sha256(path.encode()).hexdigest()[:16]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(path, "is no Python file", f"name a .py file; {_REMEDY}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code fails as it likes
        del sys.modules[name]
        raise InputError(path, f"fails when it is loaded: {type(error).__name__}: {error}", _REMEDY) from error
    found: dict[str, tuple[Callable[[pa.RecordBatch], Any], Signal]] = {}
    for value in vars(module).values():
        if marked := getattr(value, _MARK, None):
            _check(path, *marked)
            found[marked[0]] = (value, marked[1])
    return found


def _check(path: str, name: str, made: Signal) -> None:
    if not name.isidentifier():
        raise InputError(path, f"signal {name!r} is no name for a column", "use letters, digits and underscores")
    try:
        pa.type_for_alias(made.type)
    except ValueError as error:
        what = f"signal {name!r} has the unknown type {made.type!r}"
        raise InputError(path, what, "use one of Arrow's: int32, float32, bool, string") from error
