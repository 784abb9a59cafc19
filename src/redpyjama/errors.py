"""Every exception that RedPyjama raises on purpose.

Raw values travel in ``args`` and the sentence is made in ``__str__``: an exception that formats itself in ``__init__``
dies in pickle on its way out of a worker process.
A message says what went wrong, where, the offending value, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name closest to *name*, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


class RedPyjamaError(Exception):
    """Something that the user can understand and mend."""


class UsageError(RedPyjamaError, ValueError):
    """The command line or the call asks for something that makes no sense: ``UsageError(what, what_to_do)``."""

    def __str__(self) -> str:
        return ": ".join(str(a) for a in self.args)


class TooLittleText(UsageError):
    """A model cannot be learnt from so few documents: ``TooLittleText(what, what_to_do)``."""


class RecipeError(RedPyjamaError, ValueError):
    """A recipe is wrong: ``RecipeError(path, [(line or 0, problem), ...])``; all problems at once."""

    def __str__(self) -> str:
        path, problems = self.args
        return "\n".join(f"{path}:{line}: {problem}" if line else f"{path}: {problem}" for line, problem in problems)


class InputError(RedPyjamaError, ValueError):
    """A dump cannot be used at all: ``InputError(path, problem, what_to_do)``.

    A record that cannot be read is no error: the source quarantines it. No OSError: that class eats its third argument.
    """

    def __str__(self) -> str:
        path, problem, *remedy = self.args
        return f"{path}: {problem}" + (f"; {remedy[0]}" if remedy else "")


class CorpusError(RedPyjamaError, ValueError):
    """A corpus is missing, incomplete, of another version or damaged: ``CorpusError(path, problem, what_to_do)``."""

    def __str__(self) -> str:
        path, problem, *remedy = self.args
        return f"{path}: {problem}" + (f"; {remedy[0]}" if remedy else "")


class TaskError(RedPyjamaError, RuntimeError):
    """A task failed after all its tries: ``TaskError(task name, reason, traceback text)``."""

    def __str__(self) -> str:
        name, reason, *_ = self.args
        return f"task {name} failed: {reason}"


class LimitExceeded(RedPyjamaError, ValueError):
    """Input goes beyond a limit of `redpyjama.limits`: ``LimitExceeded(limit name, limit, found)``."""

    def __str__(self) -> str:
        name, limit, found = self.args
        return f"exceeds {name}: {found} > {limit}"


class MissingDependency(RedPyjamaError, ImportError):
    """An optional package is not installed: ``MissingDependency(package, extra, what needs it)``."""

    def __str__(self) -> str:
        package, extra, purpose = self.args
        return f"{purpose} needs the package {package!r}: pip install 'redpyjama[{extra}]'"
