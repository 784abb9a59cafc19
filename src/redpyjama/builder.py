"""Recipe + inputs -> corpus: the one module that knows both the steps and the engine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redpyjama import graph as graphs
from redpyjama import recipe as recipes
from redpyjama.budget import ErrorBudget
from redpyjama.dedup import catalogue as copies
from redpyjama.document import SLICES
from redpyjama.engine import progress
from redpyjama.engine.base import Engine, Observer
from redpyjama.engine.local import LocalEngine
from redpyjama.errors import CorpusError, InputError, UsageError, nearest
from redpyjama.lm import catalogue as models
from redpyjama.lm.trainers import TRAINERS
from redpyjama.lm.training import MODEL, NOT_LEARNT
from redpyjama.recipe import Catalogue, Recipe
from redpyjama.release import checksums, publish
from redpyjama.report import write as write_report
from redpyjama.sources import catalogue as sources
from redpyjama.sources.read import EMPTY
from redpyjama.stage import Stage, Task
from redpyjama.steps import own
from redpyjama.steps.catalogue import CATALOGUE as STEPS
from redpyjama.steps.tokens import tokenizer_identity
from redpyjama.store import atomic, hashes, lock, manifest, paths

CATALOGUE = Catalogue(
    sources=sources.CATALOGUE,
    steps={**STEPS, **models.STEPS, **copies.STEPS},
    trainers=TRAINERS,
    methods=copies.METHODS,
    own=own.load,
)
"""All sources, steps and trainers: what a recipe may name."""

_FINGERPRINTS = "inputs.cache.json"
_ELSEWHERE = "choose an empty or new directory with --to"


def build(
    recipe: str | Recipe,
    inputs: Mapping[str, Sequence[str]],
    to: str,
    *,
    sample: float = 1.0,
    workers: int | None = None,
    engine: str = "local",
    against: Sequence[str] = (),
    observe: Observer | None = None,
) -> manifest.Manifest:
    """Build a corpus, or bring an existing one up to date.

    Args:
        recipe: Name of a shipped recipe, path of a TOML file, or a loaded one.
        inputs: Slice -> paths, glob patterns, directories or fsspec URLs of its dumps.
        to: The corpus directory; made if it is missing.
        sample: Share of the dumps' records to read: a quick trial below 1.
        workers: How many processes work at once; None takes one for each core.
        engine: "local".
        against: Directories of corpora that were released before: what is a copy of one of their documents goes.
        observe: Told of each task that starts, ends or fails.

    Returns:
        What `corpus.json` says.

    Raises:
        RecipeError: The recipe is wrong.
        InputError: An input is missing or cannot be read.
        CorpusError: The target cannot be written, is no corpus, or is being built by another process; an earlier
            corpus is missing, damaged or not finished.
        TaskError: A task failed; what was built before stays, and the same call goes on from there.
    """
    loaded = recipe if isinstance(recipe, Recipe) else recipes.load(recipe, CATALOGUE)
    _check(loaded, inputs, sample, engine)
    workers = workers or os.cpu_count() or 1
    root = os.path.abspath(to)
    with _locked(root):
        found = _inputs(loaded, inputs, root, workers)
        identity = tokenizer_identity(loaded.tokenizer)
        plan = graphs.Plan(
            recipe=loaded,
            catalogue=CATALOGUE.with_own(loaded.code),
            inputs=found,
            fraction=sample,
            root=root,
            tokenizer=identity,
            against=_against(loaded, against),
        )
        graph = graphs.make(plan)
        tasks = graph.tasks()
        with progress.log(root, tasks, workers, observe) as told:
            watched = ErrorBudget(loaded.budget, graph).watch(told)
            _engine(workers).run(tasks, watched)
        return _finish(root, plan, graph)


def _against(recipe: Recipe, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the directories of earlier corpora in an order that does not depend on the caller's."""
    if paths and not recipe.dedup.methods:
        raise UsageError("--against without de-duplication", "name [dedup] methods in the recipe, as in ['exact']")
    found = {manifest.load(path).content_sha256 or path: os.path.abspath(path) for path in paths}
    return tuple(found[key] for key in sorted(found))


def _engine(workers: int) -> Engine:
    return LocalEngine(workers)


def _check(recipe: Recipe, inputs: Mapping[str, Sequence[str]], sample: float, engine: str) -> None:
    for name in inputs:
        if name not in SLICES:
            raise UsageError(f"unknown slice {name!r}{nearest(name, SLICES)}", f"slices are {', '.join(SLICES)}")
        if name not in recipe.slices:
            have = ", ".join(recipe.slices)
            raise UsageError(f"recipe {recipe.name!r} has no slice {name!r}", f"it has {have}; leave that input out")
    if not inputs:
        raise UsageError("no inputs", "name at least one, as in --inputs wikipedia=dumps/*.xml.bz2")
    if not 0 < sample <= 1:
        raise UsageError(f"sample {sample} is not in (0, 1]", "it is the share of records to read, as in --sample 0.01")
    if engine != "local":
        raise UsageError(f"unknown engine {engine!r}", "the engine is 'local'")


@contextlib.contextmanager
def _locked(root: str) -> Generator[None]:
    """Make the directory and hold it: nobody else writes there meanwhile."""
    with contextlib.ExitStack() as stack:
        try:
            os.makedirs(root, exist_ok=True)
            others = [n for n in os.listdir(root) if n not in ("stages", lock.FILE, _FINGERPRINTS, "build.log.jsonl")]
            if others and not os.path.exists(os.path.join(root, "corpus.json")) and "stages" not in os.listdir(root):
                raise CorpusError(root, "is not empty and holds no corpus", _ELSEWHERE)
            stack.enter_context(lock.hold(root))
        except OSError as error:
            raise CorpusError(root, f"cannot be written ({error.strerror})", _ELSEWHERE) from error
        yield


def _inputs(
    recipe: Recipe, inputs: Mapping[str, Sequence[str]], root: str, workers: int
) -> dict[str, list[graphs.Input]]:
    """Find the dumps of each slice and hash them; what was hashed before and has not changed is not read again."""
    dumps = {
        name: CATALOGUE.sources[name].dumps(
            sorted({path for pattern in inputs[name] for path in paths.expand(pattern)}), recipe.slices[name].options
        )
        for name in SLICES
        if name in inputs
    }
    for name, found in dumps.items():
        if not found:
            raise InputError(", ".join(inputs[name]), f"holds no dump that slice {name} can read", "see docs/sources")
    cache_path = os.path.join(root, _FINGERPRINTS)
    cache = _read_json(cache_path)
    every = [dump for found in dumps.values() for dump in found]
    with ThreadPoolExecutor(workers) as pool:
        digests = dict(
            zip([d.path for d in every], pool.map(lambda d: _fingerprint(d.path, cache), every), strict=True)
        )
    atomic.write_file(cache_path, atomic.encode(digests))
    return {
        name: [graphs.Input(dump=dump, sha256=digests[dump.path]["sha256"]) for dump in found]
        for name, found in dumps.items()
    }


def _fingerprint(path: str, cache: Mapping[str, Any]) -> dict[str, Any]:
    state = paths.state(path)
    known = cache.get(path)
    if known and state is not None and known["state"] == state:
        return known
    return {"state": state, "sha256": hashes.sha256_path(path)}


def _read_json(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):  # a cache: what can't be read is made anew
        return {}


def _finish(root: str, plan: graphs.Plan, graph: graphs.Graph) -> manifest.Manifest:
    """Write what stands on all tasks: the manifest last, so that its existence means that everything else is there."""
    made = _manifest(root, plan, graph)
    if _is_current(root, made):
        return made
    recipe_text = recipes.to_toml(plan.recipe)
    for name in plan.inputs:
        _quarantine(root, name, graph.tables["documents"][name])
    atomic.write_file(os.path.join(root, "recipe.toml"), recipe_text.encode())
    publish.publish(root, made, recipe_text)
    write_report(made, os.path.join(root, "report"))
    manifest.save(root, made)
    return made


def _is_current(root: str, made: manifest.Manifest) -> bool:
    try:
        with open(os.path.join(root, manifest.FILE), "rb") as file:
            return file.read() == manifest.encode(made)
    except OSError:
        return False


def _quarantine(root: str, name: str, documents: Stage) -> None:
    """Put the quarantined records of all shards of a slice into one file."""
    parts: list[bytes] = []
    for task in documents.tasks:
        with open(f"{task.output}.quarantine.jsonl", "rb") as part:
            parts.append(part.read())
    atomic.write_file(os.path.join(root, "quarantine", f"{name}.jsonl"), b"".join(parts))


def _manifest(root: str, plan: graphs.Plan, graph: graphs.Graph) -> manifest.Manifest:
    slices = {name: _slice(name, graph, _because(name, plan)) for name in plan.inputs}
    release = {name: _receipts(stage) for name, stage in graph.tables["release"].items()}
    inputs = [
        manifest.Input(slice=name, path=found.dump.name, bytes=found.dump.num_bytes, sha256=found.sha256)
        for name, every in plan.inputs.items()
        for found in every
    ]
    return manifest.Manifest(
        recipe=manifest.RecipeRef(name=plan.recipe.name, sha256=plan.recipe.sha256),
        inputs=inputs,
        sample=plan.fraction if plan.fraction < 1 else None,
        tables={t: {n: s.directory for n, s in by.items()} for t, by in sorted(graph.tables.items())},
        slices=slices,
        dedup=_methods(plan),
        against=[_earlier(path) for path in plan.against],
        models=_models(plan, graph),
        tokenizer=manifest.Tokenizer(**plan.tokenizer),
        content_sha256=checksums.content_sha256(release),
    )


def _methods(plan: graphs.Plan) -> list[manifest.Method]:
    """Say which methods of de-duplication compared which slices."""
    present = [name for name in SLICES if name in plan.inputs]
    return [
        manifest.Method(
            name=use.method,
            rule=plan.catalogue.methods[use.method].rule,
            slices=[name for name in present if name in (use.slices or SLICES)],
        )
        for use in plan.recipe.dedup.methods
    ]


def _earlier(path: str) -> manifest.Earlier:
    made = manifest.load(path)
    return manifest.Earlier(recipe=made.recipe.name, content_sha256=made.content_sha256)


def _models(plan: graphs.Plan, graph: graphs.Graph) -> dict[str, manifest.Model]:
    """Say of each model that steps of this build name what was learnt, or why nothing was."""
    used = {getattr(use.params, "model", "") for name in plan.inputs for use in plan.recipe.slices[name].steps}
    found: dict[str, manifest.Model] = {}
    for name, model in plan.recipe.models.items():
        if name not in used:
            continue
        missing = [s for s in model.slices if s not in plan.inputs]
        if missing:
            figures: dict[str, Any] = {NOT_LEARNT: f"slice {missing[0]} has no inputs"}
        else:
            figures = _receipts(graph.tables[f"{name}.{MODEL}"]["corpus"])[0]
        beside = ("rows", "files", NOT_LEARNT)
        found[name] = manifest.Model(
            trainer=model.trainer,
            slices=list(model.slices),
            figures={key: value for key, value in figures.items() if key not in beside},
            not_learnt=figures.get(NOT_LEARNT),
        )
    return found


def _receipts(stage: Stage) -> list[dict[str, Any]]:
    return [atomic.read_receipt(task.output) for task in stage.tasks]


def _because(name: str, plan: graphs.Plan) -> dict[str, str]:
    """Say of each rule that can drop a record of a slice why it does."""
    return {
        EMPTY: "nothing but blanks is left once it is cleaned",
        **{(found := plan.catalogue.methods[use.method]).rule: found.because for use in plan.recipe.dedup.methods},
        **plan.catalogue.sources[name].skips,
        **{rule.rule: rule.because for rule in plan.recipe.slices[name].drop},
    }


def _slice(name: str, graph: graphs.Graph, because: Mapping[str, str]) -> manifest.SliceCounts:
    """Add up the receipts of one slice, and check that nothing was lost."""
    read = _receipts(graph.tables["documents"][name])
    decided = _receipts(graph.tables["decisions"][name])
    dropped: Counter[str] = Counter()
    num_bytes: Counter[str] = Counter()
    for receipt in read:
        dropped.update(receipt["skipped_by"])
    for receipt in decided:
        dropped.update(receipt["dropped_by"])
        num_bytes.update(receipt["bytes_dropped_by"])
    counts = manifest.SliceCounts(
        read=sum(r["read"] for r in read),
        kept=sum(r["kept"] for r in decided),
        dropped=sum(dropped.values()),
        quarantined=sum(r["quarantined"] for r in read),
        dropped_by=dict(sorted(dropped.items())),
        bytes_dropped_by=dict(sorted(num_bytes.items())),
        because={rule: because[rule] for rule in sorted(dropped)},
        bytes_read=sum(r["bytes_read"] for r in read),
        bytes_kept=sum(r["bytes_kept"] for r in decided),
        tokens=sum(r["tokens"] for r in decided),
        encoding_repairs=sum(r["encoding_repairs"] for r in read),
    )
    if counts.read != counts.kept + counts.dropped + counts.quarantined:
        what = (
            f"{counts.read} read, but {counts.kept} kept + {counts.dropped} dropped + {counts.quarantined} quarantined"
        )
        raise CorpusError(name, f"documents were lost: {what}", "please report this with the build log")
    return counts


def release(to: str, *, form: str = "jsonl", sample: float | None = None, workers: int | None = None) -> list[str]:
    """Write the release of a finished corpus again, in another form, or as a sample; return the directories written.

    Args:
        to: The corpus directory.
        form: "jsonl" or "parquet".
        sample: Share of each stratum (slice; for common_crawl, crawl); None for all.
        workers: How many processes work at once; None takes one for each core.

    Raises:
        UsageError: There is no such form, or *sample* is no share.
        CorpusError: The corpus is not there, incomplete, damaged, or being built.
    """
    root = os.path.abspath(to)
    manifest.load(root)
    workers = workers or os.cpu_count() or 1

    def run(tasks: Sequence[Task]) -> None:
        with progress.log(root, tasks, workers, None) as told:
            _engine(workers).run(tasks, told)

    with _locked(root):
        return publish.release(root, form=form, sample=sample, run=run)


def clean(to: str) -> list[str]:
    """Delete the stage directories that `corpus.json` does not name; return them, relative to the corpus."""
    root = os.path.abspath(to)
    current = {place for by in manifest.load(root).tables.values() for place in by.values()}
    deleted: list[str] = []
    with _locked(root):
        for stage in sorted(os.listdir(os.path.join(root, "stages"))):
            for name in sorted(os.listdir(os.path.join(root, "stages", stage))):
                place = f"stages/{stage}/{name}"
                if place not in current:
                    shutil.rmtree(os.path.join(root, place))
                    deleted.append(place)
            with contextlib.suppress(OSError):  # not empty: a slice of it is still current
                os.rmdir(os.path.join(root, "stages", stage))
    return deleted
