"""The command line: each verb parses, calls one function, and prints.

Exit status: 0 done, 1 failed (what, where, what to do), 2 wrong usage. Everything heavy is imported inside the verbs,
so that ``--help`` answers at once.
"""

from __future__ import annotations

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

_INPUTS = "SLICE=PATTERN ..., as in wikipedia='dumps/*.xml.bz2'; further patterns of a slice may follow bare."
Inputs = Annotated[list[str], Parameter(consume_multiple=True, negative=(), help=_INPUTS)]
Json = Annotated[
    bool, Parameter(name="--json", negative=(), help="Print one JSON object at the end, and nothing else.")
]

Workers = Annotated[int | None, Parameter(help="Processes that work at once; one for each core by default.")]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit status."""
    try:
        answer = app(argv, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"redpyjama: {error}\n'redpyjama --help' lists the commands and their options.", file=sys.stderr)
        return 2
    except (UsageError, RecipeError) as error:
        return _complain(error, 2)
    except (RedPyjamaError, OSError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("\nredpyjama: stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return answer if isinstance(answer, int) else 0


def _complain(error: Exception, status: int) -> int:
    text = str(error)
    if isinstance(error, OSError) and not isinstance(error, RedPyjamaError):
        text = f"{error.filename or 'a file'}: {error.strerror or error}"
    print(f"redpyjama: {text}", file=sys.stderr)
    return status


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@app.command
def demo(
    *,
    to: Annotated[str, Parameter(help="Where the corpus goes.")] = "demo-corpus",
    workers: Workers = None,
) -> int:
    """Build the bundled sample of all seven slices with the recipe redpyjama-1, and show what came of it."""
    from importlib import resources

    folder = str(resources.files("redpyjama") / "demo")
    slices = sorted(n for n in os.listdir(folder) if os.path.isdir(os.path.join(folder, n)))
    return _build("redpyjama-1", {name: [os.path.join(folder, name)] for name in slices}, to, workers=workers)


@app.command
def build(
    recipe: Annotated[str, Parameter(help="Name of a shipped recipe, or path of a .toml file.")],
    *,
    inputs: Inputs,
    to: Annotated[str, Parameter(help="The corpus directory; a build that is already there is brought up to date.")],
    sample: Annotated[float, Parameter(help="Share of the dumps' records to read: a quick trial below 1.")] = 1.0,
    workers: Workers = None,
    engine: Annotated[str, Parameter(help="What runs the tasks: local.")] = "local",
    against: Annotated[
        tuple[str, ...],
        Parameter(consume_multiple=True, help="Corpora released before: copies of their documents go."),
    ] = (),
    as_json: Json = False,
) -> int:
    """Build a corpus from raw dumps, or bring one up to date."""
    options = {"sample": sample, "workers": workers, "engine": engine, "against": against}
    return _build(recipe, _by_slice(inputs), to, as_json=as_json, **options)


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


def _build(recipe: str, inputs: dict[str, list[str]], to: str, *, as_json: bool = False, **options: Any) -> int:
    from redpyjama import builder
    from redpyjama.engine.progress import Display
    from redpyjama.report import terminal

    if as_json:
        _print_json(builder.build(recipe, inputs, to, **options))
        return 0
    with Display(_console()) as display:
        made = builder.build(recipe, inputs, to, observe=display, **options)
    terminal.print_summary(made, to)
    return 0


def _print_json(value: Any) -> None:
    from redpyjama.report.safe import as_json

    print(as_json(value))


@app.command
def release(
    corpus: Annotated[str, Parameter(help="The corpus directory.")],
    *,
    form: Annotated[str, Parameter(name="--format", help="jsonl or parquet.")] = "jsonl",
    sample: Annotated[float | None, Parameter(help="Share of each stratum; writes release-sample-SHARE.")] = None,
    workers: Workers = None,
) -> int:
    """Write the release of a corpus again, as Parquet, or as a sample stratified by slice and crawl."""
    from redpyjama import builder

    for path in builder.release(corpus, form=form, sample=sample, workers=workers):
        print(path)
    return 0


@app.command
def report(
    corpus: Annotated[str, Parameter(help="The corpus directory.")],
    *,
    budget: Annotated[
        str | None, Parameter(help="Tokens of a training run, as in 300B or 1.4T: epochs of each slice.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Write report/ anew, and print the token table, what was dropped by which rule, and the mixture.

    Where the recipe looked for evaluation sets, their items in the corpus are counted too.
    """
    from redpyjama.corpus import Corpus
    from redpyjama.report import contamination, terminal, write
    from redpyjama.store import manifest

    made = manifest.load(corpus)
    if as_json:
        _print_json(made)
        return 0
    tokens = _tokens(budget) if budget else None
    write(made, os.path.join(corpus, "report"), budget=tokens)
    terminal.print_summary(made, corpus, budget=tokens)
    if contamination.STEP in made.tables:
        sets, items = contamination.contamination(Corpus(corpus))
        contamination.write(sets, items, os.path.join(corpus, "report"))
        terminal.print_contamination(sets)
    return 0


@app.command
def duplicates(
    corpus: Annotated[str, Parameter(help="The corpus directory.")],
    *,
    document: Annotated[
        str | None, Parameter(name="--id", help="A document: show its cluster, and how the copies differ.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Say how much of a corpus were copies, found by which method; show the largest clusters, or one."""
    from redpyjama.corpus import Corpus
    from redpyjama.report import clusters, copies, plain, terminal

    made = Corpus(corpus)
    if document is not None:
        cluster = clusters.cluster_of(made, document)
        if as_json:
            _print_json(clusters.as_data(made, cluster))
        else:
            terminal.print_cluster(cluster, clusters.differences(made, cluster))
        return 0
    found = clusters.overview(made)
    if as_json:
        _print_json({"copies": copies.as_data(plain.plain(made.manifest)), **clusters.overview_as_data(found)})
    else:
        terminal.print_copies(made.manifest, found, corpus)
    return 0


def _tokens(text: str) -> int:
    """Read "1.4T", "300B", "20_000_000"."""
    units = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
    number, unit = (text[:-1], units[text[-1].upper()]) if text[-1].upper() in units else (text, 1)
    try:
        tokens = round(float(number) * unit)
    except (ValueError, OverflowError):
        tokens = 0
    if tokens < 1:
        raise UsageError(f"--budget {text!r} is no number of tokens", "write one as in 300B, 1.4T or 20000000")
    return tokens


@app.command
def fetch(
    recipe: Annotated[str, Parameter(help="Name of a shipped recipe, or path of a .toml file.")],
    *,
    to: Annotated[str, Parameter(help="The folder for the dumps; a download that is there is gone on with.")],
    slices: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative=(), help="Those to fetch; all by default.")
    ] = (),
    sample: Annotated[float, Parameter(help="Share of each publisher's files; at least one of each.")] = 1.0,
    crawls: Annotated[
        tuple[str, ...],
        Parameter(
            name="--crawl", consume_multiple=True, negative=(), help="As in CC-MAIN-2023-06; by default the latest."
        ),
    ] = (),
    jobs: Annotated[int, Parameter(help="Files at a time; two at most from one host.")] = 4,
    only_list: Annotated[bool, Parameter(name="--list", negative=(), help="Print what would be fetched.")] = False,
    as_json: Json = False,
) -> int:
    """Download the dumps of a recipe from those who publish them."""
    from redpyjama import recipe as recipes
    from redpyjama.builder import CATALOGUE
    from redpyjama.fetch import command

    console = _console()
    outcome = command.run(
        recipes.load(recipe, CATALOGUE),
        to, console, slices=slices, sample=sample, crawls=crawls, jobs=jobs, only_list=only_list,
    )  # fmt: skip
    if as_json:
        _print_json(outcome)
    else:
        command.print_outcome(outcome, console, only_list=only_list)
    return 1 if outcome["failed"] else 0


@app.command
def status(
    corpus: Annotated[str, Parameter(help="The corpus directory of a build, running or not.")],
    *,
    as_json: Json = False,
) -> int:
    """Show how far a build is, from another terminal: stages, speed, what is left, what went wrong."""
    from redpyjama.report import status as watching

    found = watching.read(corpus)
    if as_json:
        _print_json(found)
    else:
        watching.print_status(found)
    return 0


@app.command
def verify(
    corpus: Annotated[str, Parameter(help="The corpus directory.")],
    *,
    inputs: Annotated[bool, Parameter(negative=(), help="Hash the dumps too, where they still lie.")] = False,
    as_json: Json = False,
) -> int:
    """Hash and count everything again; stop with status 1 at the first mismatch."""
    from redpyjama.release.verify import verify as check

    checked = 0
    for finding in check(corpus, inputs=inputs):
        if finding.problem:
            if as_json:
                _print_json({"ok": False, "file": finding.path, "problem": finding.problem})
            else:
                print(f"{finding.path}: {finding.problem}", file=sys.stderr)
            return 1
        checked += 1
    if as_json:
        _print_json({"ok": True, "checked": checked})
    else:
        print(f"{corpus}: {checked} checks, all hold")
    return 0


@app.command
def diff(
    a: Annotated[str, Parameter(help="A corpus directory.")],
    b: Annotated[str, Parameter(help="Another one.")],
    *,
    as_json: Json = False,
) -> int:
    """Say which documents differ between two corpora, and by which stage; status 1 if any do."""
    from redpyjama.release.diff import diff as compare

    found = compare(a, b)
    if as_json:
        _print_json(found)
    else:
        print(found)
    return 1 if found.differ else 0


@app.command
def recipe(
    name: Annotated[str | None, Parameter(help="Name of a shipped recipe, or path of a .toml file.")] = None,
    *,
    steps: Annotated[
        bool, Parameter(negative=(), help="List the steps, their parameters and signals instead.")
    ] = False,
    curve: Annotated[
        bool,
        Parameter(
            negative=(), help="Print instead how likely its MinHash compares two documents, by their similarity."
        ),
    ] = False,
) -> int:
    """Print a recipe with every value spelled out; without a name, list the shipped ones."""
    from redpyjama import recipe as recipes
    from redpyjama.builder import CATALOGUE

    if curve:
        print(_curve(name))
    elif steps:
        for step in CATALOGUE.steps.values():
            print(f"{step.name}: {', '.join(step.signals)}" + (f"; cuts {', '.join(step.spans)}" if step.spans else ""))
    elif name is None:
        for each in recipes.shipped():
            print(f"{each:24} {recipes.load(each, CATALOGUE).description}")
    else:
        print(recipes.to_toml(recipes.load(name, CATALOGUE)), end="")
    return 0


def _curve(name: str | None) -> str:
    from redpyjama import recipe as recipes
    from redpyjama.builder import CATALOGUE
    from redpyjama.dedup import minhash

    if name is None:
        raise UsageError("--curve needs a recipe", "name one, as in redpyjama recipe slimpajama --curve")
    for use in recipes.load(name, CATALOGUE).dedup.methods:
        if use.method == minhash.METHOD.name:
            return minhash.curve_text(use.params)
    raise UsageError(f"recipe {name!r} does not use MinHash", "name 'minhash' in [dedup] methods")


@app.command
def clean(corpus: Annotated[str, Parameter(help="The corpus directory.")]) -> int:
    """Delete the stages of earlier builds that the corpus no longer uses."""
    from redpyjama.builder import clean as sweep

    for directory in sweep(corpus):
        print(f"deleted {directory}")
    return 0


if __name__ == "__main__":
    main()
