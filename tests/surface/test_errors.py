"""Every exception of ours survives the way out of a worker, and says what happened."""

from __future__ import annotations

import inspect
import pickle

import pytest

from redpyjama import errors

ARGS = {
    "RedPyjamaError": ("what",),
    "UsageError": ("no inputs", "name one"),
    "TooLittleText": ("3 documents", "give more"),
    "RecipeError": ("mine.toml", [(3, "unknown key 'x'"), (0, "no slice")]),
    "InputError": ("dump.gz", "does not exist", "check it"),
    "CorpusError": ("corpus", "is damaged", "build it again"),
    "TaskError": ("read/c4/part-00000", "ValueError: x", "traceback"),
    "LimitExceeded": ("MAX_RECORD_BYTES", 10, 11),
    "MissingDependency": ("ray", "ray", "the engine 'ray'"),
}
CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.RedPyjamaError)]


@pytest.mark.parametrize("class_", CLASSES, ids=lambda c: c.__name__)
def test_an_error_survives_pickling_with_its_text(class_):
    error = class_(*ARGS[class_.__name__])

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is class_
    assert str(again) == str(error)
    assert again.args == error.args


@pytest.mark.parametrize("class_", CLASSES, ids=lambda c: c.__name__)
def test_an_error_shows_all_that_it_was_given(class_):
    args = ARGS[class_.__name__]

    text = str(class_(*args))

    shown = [a for a in args if isinstance(a, str) and a != "traceback"]
    assert all(a in text for a in shown if a != "ray"), text
