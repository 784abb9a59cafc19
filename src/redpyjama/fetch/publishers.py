"""What to download for a slice, and from whom; what needs an account or money is explained and not attempted."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redpyjama.errors import InputError, RedPyjamaError, UsageError, nearest
from redpyjama.fetch.download import Failed, Wanted, get
from redpyjama.recipe import Recipe
from redpyjama.store import hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishers:
    """Where each publisher's files are.

    Attributes:
        gutenberg: A mirror: the main site asks programs to use one.
    """

    common_crawl: str = "https://data.commoncrawl.org"
    common_crawl_index: str = "https://index.commoncrawl.org/collinfo.json"
    c4: str = "https://huggingface.co/datasets/allenai/c4/resolve/main/en"
    wikimedia: str = "https://dumps.wikimedia.org"
    archive: str = "https://archive.org"
    gutenberg: str = "https://gutenberg.pglaf.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A slice whose dumps are not downloaded: why, and how to get them."""

    slice: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is chosen of a slice.

    Attributes:
        share: Of the publisher's files, by a hash of their names and the recipe's seed; at least one.
        crawls: Of Common Crawl; empty for the latest.
    """

    recipe: Recipe
    share: float
    crawls: tuple[str, ...] = ()

    def of(self, names: Iterable[str]) -> list[str]:
        """Return the chosen names, in order: a greater share has all of a smaller one."""
        every = sorted(set(names))
        marks = {name: int(hashes.key("fetch", self.recipe.seed, name), 16) / 16**16 for name in every}
        chosen = [name for name in every if marks[name] < self.share]
        return chosen or sorted(every, key=marks.__getitem__)[:1]


Found = tuple[list[Wanted], list[Explained]]


def files(choice: Choice, slices: Sequence[str], publishers: Publishers) -> Found:
    """Return the files to download for slices of a recipe, and what is left to the user.

    Raises:
        UsageError: The recipe has no such slice.
        InputError: A publisher's list cannot be had, or is not what it used to be.
    """
    wanted: list[Wanted] = []
    explained: list[Explained] = []
    for name in slices:
        if name not in choice.recipe.slices:
            have = ", ".join(choice.recipe.slices)
            hint = nearest(name, choice.recipe.slices)
            raise UsageError(f"recipe {choice.recipe.name!r} has no slice {name!r}{hint}", f"it has {have}")
        if name in _EXPLAINED:
            explained.append(Explained(slice=name, why=_EXPLAINED[name]))
            continue
        try:
            wanted += _LISTS[name](choice, publishers)
        except Failed as error:
            raise InputError(f"slice {name}", str(error), "try again later, or leave the slice out") from error
        except RedPyjamaError:
            raise
        except (ValueError, KeyError, TypeError, OSError) as error:
            what = f"the publisher's list is not what it used to be ({type(error).__name__}: {error})"
            raise InputError(f"slice {name}", what, "please report this") from error
    return wanted, explained


def _common_crawl(choice: Choice, publishers: Publishers) -> list[Wanted]:
    crawls = choice.crawls or (json.loads(get(publishers.common_crawl_index))[0]["id"],)
    found: list[Wanted] = []
    for crawl in crawls:
        if not re.fullmatch(r"CC-MAIN-[0-9A-Za-z-]+", crawl):
            raise UsageError(f"{crawl!r} is no crawl", "name it as in CC-MAIN-2023-06")
        paths = gzip.decompress(get(f"{publishers.common_crawl}/crawl-data/{crawl}/warc.paths.gz")).decode().split()
        for path in choice.of(paths):
            name = path.rpartition("/")[2]
            url = f"{publishers.common_crawl}/{path}"
            found.append(Wanted(slice="common_crawl", url=url, path=f"common_crawl/{crawl}/{name}"))
    return found


C4_FILES = 1024


def _c4(choice: Choice, publishers: Publishers) -> list[Wanted]:
    names = [f"c4-train.{i:05}-of-{C4_FILES:05}.json.gz" for i in range(C4_FILES)]
    return [Wanted(slice="c4", url=f"{publishers.c4}/{name}", path=f"c4/{name}") for name in choice.of(names)]


def _wikipedia(choice: Choice, publishers: Publishers) -> list[Wanted]:
    found: list[Wanted] = []
    options = choice.recipe.slices["wikipedia"].options
    for language in getattr(options, "languages", None) or ("en",):
        wiki = f"{language.replace('-', '_')}wiki"
        sums = get(f"{publishers.wikimedia}/{wiki}/latest/{wiki}-latest-sha1sums.txt").decode()
        by_name = {name: digest for digest, name in (line.split() for line in sums.splitlines() if line.strip())}
        parts = [n for n in by_name if re.fullmatch(rf"{wiki}-\d{{8}}-pages-articles\d+\.xml-p\d+p\d+\.bz2", n)]
        whole = [n for n in by_name if re.fullmatch(rf"{wiki}-\d{{8}}-pages-articles\.xml\.bz2", n)]
        for name in choice.of(parts or whole):
            date = name.split("-")[1]
            url = f"{publishers.wikimedia}/{wiki}/{date}/{name}"
            found.append(
                Wanted(slice="wikipedia", url=url, path=f"wikipedia/{name}", checksums={"sha1": by_name[name]})
            )
    return found


def _stackexchange(choice: Choice, publishers: Publishers) -> list[Wanted]:
    listed: Mapping[str, Any] = json.loads(get(f"{publishers.archive}/metadata/stackexchange"))
    sites = {
        file["name"]: file for file in listed["files"] if file["name"].endswith(".7z") and ".meta." not in file["name"]
    }
    largest = sorted(sites, key=lambda name: (-int(sites[name]["size"]), name))
    most = getattr(choice.recipe.slices["stackexchange"].options, "sites", None)
    return [
        Wanted(
            slice="stackexchange",
            url=f"{publishers.archive}/download/stackexchange/{name}",
            path=f"stackexchange/{name}",
            num_bytes=int(sites[name]["size"]),
            checksums={key: sites[name][key] for key in ("md5", "sha1") if key in sites[name]},
        )
        for name in choice.of(largest[:most] if most else largest)
    ]


def _book(choice: Choice, publishers: Publishers) -> list[Wanted]:
    packed = get(f"{publishers.gutenberg}/cache/epub/feeds/pg_catalog.csv.gz")
    rows = csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8")))
    texts = [row["Text#"] for row in rows if row["Type"] == "Text" and row["Text#"].isdigit()]
    return [
        Wanted(slice="book", url=f"{publishers.gutenberg}/cache/epub/{i}/pg{i}.txt", path=f"book/pg{i}.txt")
        for i in choice.of(texts)
    ]


_LISTS: Mapping[str, Callable[[Choice, Publishers], list[Wanted]]] = {
    "common_crawl": _common_crawl,
    "c4": _c4,
    "book": _book,
    "wikipedia": _wikipedia,
    "stackexchange": _stackexchange,
}

_EXPLAINED = {
    "github": (
        "repositories are not published as one dump: RedPajama took them from Google BigQuery, which needs an account. "
        "Clone or download those that you want (their licence files with them) into a folder: --inputs github=FOLDER"
    ),
    "arxiv": (
        "sources lie in a bucket whose reader pays (s3://arxiv/src, about 6 TB): download them with an AWS account, "
        "aws s3 cp --request-payer requester s3://arxiv/src/ FOLDER --recursive; then --inputs arxiv='FOLDER/*.tar'"
    ),
}
