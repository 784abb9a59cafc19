"""Source code: one document a file, each with its licence and what that rests on.

Read are archives of repositories (GitHub's tarballs and zips, source distributions of packages), git repositories,
checked out or bare, folders of source code, and tables with a file a row (BigQuery's exports, The Stack's Parquet).
No licence drops a file here: the recipe's rules do, so that what is left out can be looked at.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redpyjama.document import Document
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import archives, base, lines
from redpyjama.sources.archives import Member
from redpyjama.sources.code import github_files, github_rows, licences, metadata, repositories
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source
from redpyjama.store import paths

_ARCHIVE_NAMES = re.compile(r"\.(tar(\.(gz|bz2|xz|zst))?|t[gbx]z2?|zip|7z|whl|crate)$")
_TABLE_NAMES = re.compile(r"\.(parquet|jsonl?(\.(gz|zst|bz2|xz))?)$")
_STRIPE_FILES = 64  # files that stay together in a stripe
_MAX_NOTED_BYTES = 1 << 20  # of a licence or metadata file


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubOptions:
    """Which files count.

    Attributes:
        extensions: Ends of paths, case and all; files that end in none of them are skipped.
    """

    extensions: tuple[str, ...] = github_files.EXTENSIONS


def dumps(inputs: list[str], options: GithubOptions) -> list[Dump]:
    """Return archives, tables and repositories; a folder that is no repository itself is searched for them."""
    del options
    found: list[str] = []
    for path in inputs:
        found += _dumps_under(path) if paths.is_directory(path) else [path]
    return base.name_dumps(found)


def _dumps_under(directory: str) -> list[str]:
    if paths.is_remote(directory):
        return [path for path in paths.walk(directory) if _is_dump_name(path)]
    if repositories.is_repository(directory):
        return [directory]
    found: list[str] = []
    for entry in sorted(os.scandir(directory), key=lambda e: e.name):
        if entry.is_dir(follow_symlinks=False):
            found += _dumps_under(entry.path)
        elif entry.is_file(follow_symlinks=False) and _is_dump_name(entry.name):
            found.append(entry.path)
    return found


def _is_dump_name(path: str) -> bool:
    return bool(_ARCHIVE_NAMES.search(path) or _TABLE_NAMES.search(path))


def _is_table(dump: Dump) -> bool:
    if paths.is_directory(dump.path) or _ARCHIVE_NAMES.search(dump.path):
        return False
    if github_rows.is_parquet(dump.path):
        return True
    return bool(_TABLE_NAMES.search(dump.path)) and not repositories.is_archive(dump.path)


def parts(dump: Dump, options: GithubOptions) -> list[Part]:
    """Cut plain JSON lines by bytes, all else into stripes."""
    del options
    if _is_table(dump) and not github_rows.is_parquet(dump.path) and lines.is_plain(dump):
        return base.byte_parts(dump)
    return base.stripe_parts(dump)


def read(part: Part, options: GithubOptions) -> Iterator[Document | Skipped | Quarantined]:
    """Yield the files of one part. A repository is gone through twice: first for what it says of itself."""
    if _is_table(part.dump):
        yield from github_rows.read(part, options.extensions)
        return
    repository = _Repository(part.dump)
    for number, item in enumerate(repositories.files(part.dump)):
        if number // _STRIPE_FILES % part.num_stripes == part.stripe:
            yield repository.read(item, options) if isinstance(item, Member) else item


class _Repository:
    """What holds for all files of a dump: its name, its licences, its languages."""

    def __init__(self, dump: Dump) -> None:
        self._licences = licences.Licences()
        self._urls: Counter[str] = Counter()
        bytes_by_language: Counter[str] = Counter()
        folders: set[str] = set()
        for item in repositories.files(dump):
            if isinstance(item, Member):
                folders.add(item.name.partition("/")[0] if "/" in item.name else "")
                if language := github_files.language_of(item.name):
                    bytes_by_language[language] += item.num_bytes
                self._note(item)
        commit, remote = repositories.head_of(dump)
        url = remote or max(sorted(self._urls), key=lambda u: self._urls[u], default="")
        self._url = url or None
        self._top = f"{folders.pop()}/" if len(folders) == 1 and "" not in folders else ""
        name = "/".join(url.split("/")[-2:]) if remote else self._top.rstrip("/") or _stem(dump.name)
        order = sorted(bytes_by_language.items(), key=lambda item: (-item[1], item[0]))
        self._facts: dict[str, Any] = {
            "repo_name": name,
            "ref": commit,
            "language": [{"name": language, "bytes": str(count)} for language, count in order],
        }

    def _note(self, member: Member) -> None:
        name = member.name.rpartition("/")[2]
        is_licence = licences.is_licence_file(member.name)
        if not (is_licence or name in metadata.NAMES) or member.num_bytes > _MAX_NOTED_BYTES:
            return
        try:
            decoded = github_files.to_text(member.read())
        except (InputError, LimitExceeded):
            return  # quarantined when its turn comes
        if decoded is None:
            return
        if is_licence:
            self._licences.add_licence(member.name, decoded[0])
        else:
            self._licences.add_metadata(member.name, decoded[0])
            if (url := metadata.project_url(name, decoded[0])) and member.name.count("/") <= 1:
                self._urls[url] += 1

    def read(self, member: Member, options: GithubOptions) -> Document | Skipped | Quarantined:
        """Turn one file into a document, or say why it is none."""
        if licences.is_licence_file(member.name):
            return Skipped("licence_file", member.name, member.offset)
        if not member.name.endswith(options.extensions):
            return Skipped("extension_not_listed", member.name, member.offset)
        try:
            data = member.read()
        except (InputError, LimitExceeded) as error:
            return Quarantined(str(error), member.name, member.offset)
        decoded = github_files.to_text(data)
        if decoded is None:
            return Skipped("binary", member.name, member.offset)
        return github_files.document(
            data,
            *decoded,
            record=member.name,
            offset=member.offset,
            path=member.name.removeprefix(self._top),
            repository=self._facts,
            licence=self._licences.of(member.name, decoded[0]),
            url=self._url,
        )


def _stem(name: str) -> str:
    return _ARCHIVE_NAMES.sub("", name).removesuffix(".git")


SOURCE = Source(
    slice="github",
    version=1,
    options=GithubOptions,
    dumps=dumps,
    parts=parts,
    read=read,
    skips={
        **github_files.SKIPS,
        archives.LINK: "A symbolic or hard link: what it points to is read under its own name, or lies outside.",
        repositories.SUBMODULE: "A pointer to a commit of another repository, whose files are not here.",
    },
)
