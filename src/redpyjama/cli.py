"""The command line: each verb parses, calls one function, and prints.

Exit status: 0 done, 1 failed (what, where, what to do), 2 wrong usage. Everything heavy is imported inside the verbs, so that
``--help`` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from redpyjama.errors import RecipeError, RedPyjamaError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

app = App(
    name="redpyjama",
    help="From raw dumps to an open pre-training corpus, with every document accounted for.",
    version_flags=["--version"],
)

Inputs = Annotated[list[str], Parameter(consume_multiple=True, negative=(), help="SLICE=PATTERN ..., as in "
                                        "wikipedia='dumps/*.xml.bz2'; further patterns may follow without their slice.")]  # fmt: skip
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON object at the end, and nothing else.")]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit status."""
    try:
        answer = app(argv, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"redpyjama: {error}\n'redpyjama --help' lists the commands and their options.", file=sys.stderr)  # noqa: T201
        return 2
    except (UsageError, RecipeError) as error:
        return _complain(error, 2)
    except (RedPyjamaError, OSError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("\nredpyjama: stopped; the same command goes on from here", file=sys.stderr)  # noqa: T201
        return 130
    return answer if isinstance(answer, int) else 0


def _complain(error: Exception, status: int) -> int:
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, RedPyjamaError):
        text = f"{error.filename or 'a file'}: {error.strerror or error}"
    print(f"redpyjama: {text}", file=sys.stderr)  # noqa: T201
    return status


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@app.command
def demo(
    *,
    to: Annotated[str, Parameter(help="Where the corpus goes.")] = "demo-corpus",
    workers: Annotated[int | None, Parameter(help="Processes; one for each core by default.")] = None,
) -> int:
    """Build the bundled sample of all seven slices with the recipe redpyjama-1, and show what came of it."""
    from importlib import resources

    folder = str(resources.files("redpyjama") / "demo")
    slices = sorted(n for n in os.listdir(folder) if os.path.isdir(os.path.join(folder, n)))
    return _build("redpyjama-1", {name: [os.path.join(folder, name)] for name in slices}, to, 1.0, workers, "local", as_json=False)


@app.command
def build(
    recipe: Annotated[str, Parameter(help="Name of a shipped recipe, or path of a .toml file.")],
    *,
    inputs: Inputs,
    to: Annotated[str, Parameter(help="The corpus directory; a build that is already there is brought up to date.")],
    sample: Annotated[float, Parameter(help="Share of the dumps' records to read: a quick trial below 1.")] = 1.0,
    workers: Annotated[int | None, Parameter(help="Processes; one for each core by default.")] = None,
    engine: Annotated[str, Parameter(help="What runs the tasks: local.")] = "local",
    as_json: Json = False,
) -> int:
    """Build a corpus from raw dumps, or bring one up to date."""
    return _build(recipe, _by_slice(inputs), to, sample, workers, engine, as_json=as_json)


def _by_slice(words: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for word in words:
        head, equals, tail = word.partition("=")
        if equals and "/" not in head and not os.path.exists(word):
            name, word = head, tail  # noqa: PLW2901 -- the pattern is what follows the slice
        if not name:
            raise UsageError(f"--inputs {word!r} names no slice", "write SLICE=PATTERN, as in wikipedia='dumps/*.bz2'")
        found.setdefault(name, []).append(word)
    return found


def _build(
    recipe: str, inputs: dict[str, list[str]], to: str, sample: float, workers: int | None, engine: str, *, as_json: bool
) -> int:
    from redpyjama import build as builder
    from redpyjama.engine.progress import Display
    from redpyjama.report import terminal

    console = _console()
    if as_json:
        made = builder.build(recipe, inputs, to, sample=sample, workers=workers, engine=engine)
        _print_json(made)
        return 0
    with Display(console) as display:
        made = builder.build(recipe, inputs, to, sample=sample, workers=workers, engine=engine, observe=display)
    terminal.print_summary(made, to)
    return 0


def _print_json(value: Any) -> None:
    import msgspec

    print(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))  # noqa: T201
