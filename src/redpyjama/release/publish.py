"""The directory that others download: the release's files, their checksums, the card."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence

from redpyjama.corpus import Corpus
from redpyjama.errors import UsageError
from redpyjama.release import card, checksums, writers
from redpyjama.release import sample as samples
from redpyjama.stage import Task
from redpyjama.store import atomic, hashes
from redpyjama.store.manifest import Manifest

DIRECTORY = "release"

Run = Callable[[Sequence[Task]], None]
"""Runs tasks that do not need each other; those whose receipt exists need no run."""


def publish(root: str, made: Manifest, recipe_text: str) -> str:
    """Put the release that a build has written into ``release/``; return its path.

    The files are links to those of the stage: nothing is copied where the file system has links.

    Args:
        root: The corpus directory.
        made: Its manifest, not necessarily saved yet.
        recipe_text: The resolved recipe.
    """
    corpus = Corpus(root, made)
    parts = {name: corpus.stems("release", name) for name in corpus.slices}
    return _put(os.path.join(root, DIRECTORY), parts, "jsonl", made, recipe_text, share=1.0)


def release(path: str, *, form: str = "jsonl", sample: float | None = None, run: Run | None = None) -> list[str]:
    """Write the release of a corpus again, in another form, or as a sample.

    Args:
        path: The corpus.
        form: "jsonl" or "parquet".
        sample: Share of each stratum (slice; for common_crawl, crawl); None for all.
        run: Runs the tasks; one after the other in this process by default.

    Returns:
        The directories written: ``release/``, ``release-parquet/``, ``release-sample-0.001/``, ...

    Raises:
        UsageError: There is no such form, or *sample* is no share.
        CorpusError: The corpus is not there, incomplete, or damaged.
    """
    if form not in writers.SUFFIXES:
        raise UsageError(f"unknown form {form!r}", f"forms are {', '.join(writers.SUFFIXES)}")
    if sample is not None and not 0 < sample <= 1:
        raise UsageError(f"sample {sample} is not in (0, 1]", "it is the share of documents, as in --sample 0.001")
    corpus = Corpus(path)
    if form == "jsonl" and sample is None:
        return [publish(path, corpus.manifest, corpus.recipe_text)]
    share = 1.0 if sample is None else sample
    tasks = _tasks(corpus, form, share)
    (run or _run_here)([task for of_slice in tasks.values() for task in of_slice])
    name = DIRECTORY + (f"-sample-{sample:g}" if sample is not None else "") + ("-parquet" if form == "parquet" else "")
    parts = {slice_name: [task.output for task in of_slice] for slice_name, of_slice in tasks.items()}
    return [_put(os.path.join(path, name), parts, form, corpus.manifest, corpus.recipe_text, share=share)]


def _tasks(corpus: Corpus, form: str, share: float) -> dict[str, list[Task]]:
    seed = int(tomllib.loads(corpus.recipe_text).get("seed", 1))
    limits = samples.thresholds(corpus, share, seed) if share < 1 else {}
    tasks: dict[str, list[Task]] = {}
    for name in corpus.slices:
        # The directory of the full release carries the hash of all that decides its records.
        key = hashes.key(corpus.manifest.tables["release"][name], form, share, seed)
        tables = ("documents", "spans", "decisions", "tokens")
        stems = zip(*(corpus.stems(table, name) for table in tables), strict=True)
        for number, (documents, final, decisions, tokens) in enumerate(stems):
            args = writers.PartArgs(
                slice=name,
                documents=f"{documents}.parquet",
                final=f"{final}.parquet",
                decisions=f"{decisions}.parquet",
                tokens=f"{tokens}.parquet",
                form=form,
                seed=seed,
                sample_below=limits[name][number] if limits else None,
            )
            part = checksums.part_name(name, number)
            stem = os.path.join(corpus.path, f"stages/release-{key}", part)
            tasks.setdefault(name, []).append(
                Task(name=f"release/{part}", run=writers.write_part, args=args, output=stem)
            )
    return tasks


def _run_here(tasks: Iterable[Task]) -> None:
    for task in tasks:
        if not os.path.exists(f"{task.output}.json"):
            task.run(task)


def _put(
    target: str, parts: Mapping[str, Sequence[str]], form: str, made: Manifest, recipe_text: str, *, share: float
) -> str:
    """Fill a new directory, and let it take the place of the old one."""
    suffix = writers.SUFFIXES[form]
    fresh = f"{target}.tmp"  # a build holds its corpus: nobody else writes here
    receipts = {name: [atomic.read_receipt(stem) for stem in stems] for name, stems in parts.items()}
    digests: dict[str, str] = {}
    with atomic.explained(target):
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        for name, stems in parts.items():
            for number, (stem, receipt) in enumerate(zip(stems, receipts[name], strict=True)):
                if receipt["rows"]:
                    file = f"{checksums.part_name(name, number)}.{suffix}"
                    _link(f"{stem}.{suffix}", os.path.join(fresh, file))
                    digests[file] = receipt["files"][suffix]["sha256"]
    about = card.About(manifest=made, recipe_text=recipe_text, receipts=receipts, form=form, share=share)
    papers = {"README.md": card.write(about).encode(), "recipe.toml": recipe_text.encode()}
    for file, data in papers.items():
        atomic.write_file(os.path.join(fresh, file), data)
        digests[file] = hashes.sha256_file(os.path.join(fresh, file))
    atomic.write_file(os.path.join(fresh, checksums.FILE), checksums.sums(digests))
    with atomic.explained(target):
        shutil.rmtree(f"{target}.old", ignore_errors=True)
        if os.path.exists(target):
            os.rename(target, f"{target}.old")
        os.rename(fresh, target)
        shutil.rmtree(f"{target}.old", ignore_errors=True)
    return target


def _link(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
