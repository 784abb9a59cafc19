"""Writes docs/reference from the program itself: ``python -m docs.generate``. A test fails when they differ."""

from __future__ import annotations

import dataclasses
import io
import pathlib
from collections.abc import Iterable
from typing import Any

from rich.console import Console

from redpyjama import cli, limits
from redpyjama import recipe as recipes
from redpyjama.builder import CATALOGUE
from redpyjama.store import toml

DOCS = pathlib.Path(__file__).resolve().parent
HERE = DOCS / "reference"
_NOTE = "<!-- Written by `make docs` from the program: edit there, not here. -->\n\n"


def pages() -> dict[str, str]:
    """Return file name -> content of every generated page."""
    fixed = {
        "cli.md": _cli(),
        "steps.md": _steps(),
        "trainers.md": _trainers(),
        "sources.md": _sources(),
        "limits.md": _limits(),
        "../signals.md": _signals(),
    }
    return fixed | {f"recipe-{name}.md": _recipe(name) for name in recipes.shipped()} | {"../recipes.md": _recipes()}


def main() -> None:
    """Write all pages."""
    HERE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")


def _cli() -> str:
    text = "# Command line\n\n" + _NOTE
    for command in cli.app:
        if command.startswith("-"):
            continue
        out = io.StringIO()
        console = Console(file=out, width=100, force_terminal=False, color_system=None)
        cli.app.help_print([command], console=console)
        lines = [line.rstrip() for line in out.getvalue().strip().splitlines()]
        text += f"## redpyjama {command}\n\n```text\n" + "\n".join(lines) + "\n```\n\n"
    return text.rstrip() + "\n"


def _steps() -> str:
    text = "# Steps, their parameters, signals and spans\n\n" + _NOTE
    for step in CATALOGUE.steps.values():
        text += f"## {step.name}\n\n" + _fields("parameter", step.params)
        text += _table(
            ("signal", "type", "meaning", "source"), ((n, s.type, s.meaning, s.source) for n, s in step.signals.items())
        )
        if step.spans:
            text += _table(("span rule", "why it is cut"), step.spans.items())
    return text.rstrip() + "\n"


_WORDS = """\
A signal is a number that a step measures on each document; rules of a recipe compare it
with a limit (`when = "gopher_num_words < 50"`).
All steps that look at words share one tokenisation (`kernels/words.py`).

RedPajama V2 keeps its signals of lines as lists; here they are one number a document: the share of lines, the mean or the sum over them, as the meaning says.
A ratio over nothing (no words, no lines) is taken over one; no signal of words or lines is ever null.

## What a word is

| `words` | what it is | as |
| --- | --- | --- |
| `spacy` | spaCy's rules for English; marks are words too | datatrove: 99.9 % of its decisions, with its reason |
| `unicode` | runs of letters, marks and digits, `don't` and `3.14` whole; in scripts without spaces (Han, Hiragana, Thai, Khmer ...) each character; no marks | UAX #29 |
| `whitespace` | what white space parts | Dolma: 98.9 % of its decisions |
| `word_punct` | runs of letters, digits and underscores, and runs of marks | RedPajama V2's raw words, NLTK |
| `normalised` | what white space parts, without ASCII punctuation, small, NFD | RedPajama V2's words |

The step `quality` takes `spacy` unless the recipe says otherwise, since Gopher's and FineWeb's limits are used with it.
With `unicode` Gopher's quality rules decide as datatrove does for 86 % of raw pages and released C4 records: tables and menus whose marks count as words there, and so as words without a letter, stay.
Repetition (98.6 %) and FineWeb (99.9 %) hardly depend on it. For languages other than English take `unicode`.

"""  # noqa: E501 -- lines of Markdown tables


def _signals() -> str:
    text = "# Signals\n\n" + _NOTE + _WORDS
    for step in CATALOGUE.steps.values():
        text += f"## Step [{step.name}](reference/steps.md#{step.name})\n\n"
        text += _table(
            ("signal", "type", "definition and range", "source"),
            ((n, s.type, s.meaning, s.source) for n, s in step.signals.items()),
        )
        if step.spans:
            text += "Cuts: " + ", ".join(f"`{rule}`" for rule in step.spans) + ".\n\n"
    return text.rstrip() + "\n"


def _trainers() -> str:
    text = "# Trainers of models that judge text, and their parameters\n\n" + _NOTE
    text += "A recipe names one in `[model.X]`, with `slices` to learn from ([guide](../guide/build.md#recipes)).\n\n"
    for trainer in CATALOGUE.trainers.values():
        text += f"## {trainer.name}\n\n" + _fields("parameter", trainer.params)
    return text.rstrip() + "\n"


def _sources() -> str:
    text = "# Sources, their options, and the records that they skip\n\n" + _NOTE
    for source in CATALOGUE.sources.values():
        text += f"## {source.slice}\n\n" + _fields("option", source.options)
        text += _table(("skipped as", "why it is no document"), source.skips.items())
    return text.rstrip() + "\n"


def _recipe(name: str) -> str:
    recipe = recipes.load(name, CATALOGUE)
    head = f"# Recipe {name}\n\n{_NOTE}{recipe.description}.\n\n"
    text = (
        f"As `redpyjama recipe {name}` prints it, every value spelled out:\n\n```toml\n{recipes.to_toml(recipe)}```\n"
    )
    return head + text


_RECIPES = """\
RedPajama's published code and its prose differ in many places.
So each step exists as *fixed* (the default: what was meant) and, where the code did something else, as `faithful` (what
it did): an option of the source or a parameter of the step.
`redpajama-v1-faithful` sets it everywhere; `corpus.json` and `recipe.toml` say what was used.

"""


def _recipes() -> str:
    """List the shipped recipes, and gather the tables of differences from the pages of the sources."""
    rows = [(f"[{n}](reference/recipe-{n}.md)", recipes.load(n, CATALOGUE).description) for n in recipes.shipped()]
    text = "# Recipes, and where they depart from what was published\n\n" + _NOTE
    text += _table(("recipe", "what it is"), rows)
    text += "## Fixed and faithful\n\n" + _RECIPES
    for name in CATALOGUE.sources:
        page = (DOCS / "sources" / f"{name}.md").read_text(encoding="utf-8")
        text += f"### [{name}](sources/{name}.md)\n\n" + "\n\n".join(_tables_of_differences(page)) + "\n\n"
    return text.rstrip() + "\n"


def _tables_of_differences(page: str) -> list[str]:
    """Return the Markdown tables whose head speaks of "faithful"."""
    blocks = [block.strip() for block in page.split("\n\n")]
    return [b for b in blocks if b.startswith("|") and "faithful" in b.splitlines()[0]]


def _limits() -> str:
    """Read the constants and the docstrings beneath them."""
    lines = pathlib.Path(limits.__file__).read_text(encoding="utf-8").splitlines()
    rows: list[tuple[str, str, str]] = []
    names: list[str] = []
    reason: list[str] = []
    for line in lines[lines.index("MIB: Final = 1 << 20") + 1 :]:
        if ": Final" in line:
            if reason:
                rows += [(n, f"{getattr(limits, n):,}", " ".join(reason)) for n in names]
                names, reason = [], []
            names.append(line.partition(":")[0])
        elif line.strip():
            reason.append(line.replace('r"""', "").replace('"""', "").strip())
    rows += [(n, f"{getattr(limits, n):,}", " ".join(reason)) for n in names]
    return "# Limits\n\n" + _NOTE + _table(("limit", "value", "reason"), rows).rstrip() + "\n"


def _fields(title: str, type_: type[Any]) -> str:
    default = type_()
    docs = _attributes(type_)
    rows = ((f.name, toml.value(v) if (v := getattr(default, f.name)) is not None else "", docs.get(f.name, ""))
            for f in dataclasses.fields(type_))  # fmt: skip
    return _table((title, "default", "meaning"), rows)


def _attributes(type_: type[Any]) -> dict[str, str]:
    """Read the "Attributes" section of a docstring."""
    found: dict[str, str] = {}
    name = ""
    inside = False
    for line in (type_.__doc__ or "").splitlines():
        text = line.strip()
        if text == "Attributes:":
            inside = True
        elif inside and line.startswith(" " * 8) and not line.startswith(" " * 12) and ":" in text:
            name, _, meaning = text.partition(":")
            found[name] = meaning.strip()
        elif inside and text and name:
            found[name] += f" {text}"
    return found


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [[str(c).replace("|", "\\|").replace("\n", " ") for c in row] for row in rows]
    if not cells:
        return ""
    names = list(head)
    lines = [names, ["---"] * len(names), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"


if __name__ == "__main__":
    main()
