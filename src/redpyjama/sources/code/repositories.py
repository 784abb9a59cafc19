"""The files of a repository, whatever it lies in: an archive, a git repository, a folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import IO, Any, cast

from redpyjama.errors import InputError
from redpyjama.sources import archives, streams
from redpyjama.sources.archives import Member
from redpyjama.stage import Dump, Quarantined, Skipped
from redpyjama.store import paths

SUBMODULE = "submodule"
"""The rule under which pointers to other repositories are skipped."""

_MARKS = re.compile(
    r"\.git|(un)?licen[cs]e([-.].*)?|copying([-.].*)?|pyproject\.toml|setup\.(py|cfg)|package\.json|cargo\.toml|go\.mod|"
    r"cmakelists\.txt|composer\.json|pom\.xml|build\.gradle",
    re.IGNORECASE,
)


def is_git(directory: str) -> bool:
    """Say whether a local directory is a git repository: checked out, or bare."""
    bare = all(os.path.exists(os.path.join(directory, name)) for name in ("HEAD", "objects", "refs"))
    return bare or os.path.exists(os.path.join(directory, ".git"))


def is_repository(directory: str) -> bool:
    """Say whether a local directory is a repository, and no folder of several."""
    return is_git(directory) or any(_MARKS.fullmatch(name) for name in os.listdir(directory))


def files(dump: Dump) -> Iterator[Member | Skipped | Quarantined]:
    """Yield the files of a repository, in an order that only its content decides.

    Raises:
        InputError: It is no repository in any form that can be read here.
    """
    if not paths.is_directory(dump.path):
        with paths.open_input(dump.path) as stream:
            yield from archives.members(stream, dump.name)
    elif not paths.is_remote(dump.path) and is_git(dump.path):
        yield from _git_files(dump)
    else:
        yield from _folder_files(dump.path)


def is_archive(path: str) -> bool:
    """Say whether a file is an archive, compressed or not."""
    with paths.open_input(path) as stream:
        head = stream.read(512)
        stream.seek(0)
        if archives.is_archive(head):
            return True
        if streams.kind_of(head) == "plain":
            return False
        try:
            return archives.is_archive(streams.plain(stream, path)[0].peek(512)[:512])
        except OSError:  # damaged from the start: reading it as what its name says will tell
            return False


def _folder_files(directory: str) -> Iterator[Member]:
    root = directory.rstrip("/") + "/"
    for path in paths.walk(directory):
        yield Member(
            path.removeprefix(root).replace(os.sep, "/"), -1, paths.size(path), 0, lambda path=path: _bytes(path)
        )


def _bytes(path: str) -> bytes:
    with paths.open_input(path) as stream:
        return stream.read()


def _git_files(dump: Dump) -> Iterator[Member | Skipped | Quarantined]:
    """Yield what HEAD holds. Objects are read as they are: no filter or program that the repository names runs."""
    git = _git_command(dump)
    listed = _run([*git, "ls-tree", "-r", "-z", "--long", "HEAD"], dump)
    with subprocess.Popen(
        [*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_ENVIRONMENT
    ) as process:
        for entry in listed.split(b"\0")[:-1]:
            facts, _, raw_name = entry.partition(b"\t")
            mode, kind, sha, size = facts.split()
            name = raw_name.decode("utf-8", "replace")
            if kind == b"commit":
                yield Skipped(SUBMODULE, name)
            elif mode == b"120000":
                yield Skipped(archives.LINK, name)
            else:
                yield Member(name, -1, int(size), 0, lambda sha=sha: _object(process, sha))
        cast("IO[bytes]", process.stdin).close()


def _object(process: Any, sha: bytes) -> bytes:
    process.stdin.write(sha + b"\n")
    process.stdin.flush()
    header = process.stdout.readline().split()
    if len(header) != 3:
        raise InputError(sha.decode(), "git object is missing or damaged")
    data: bytes = process.stdout.read(int(header[2]) + 1)
    return data[:-1]


_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Nothing of the user's own settings may change what is read, and nothing is fetched."""


def _git_command(dump: Dump) -> list[str]:
    git = shutil.which("git")
    if git is None:
        raise InputError(dump.path, "is a git repository, but git is not installed", "install it, or give an archive")
    path = os.path.abspath(dump.path)
    inner = os.path.join(path, ".git")
    where = ["-C", path] if os.path.isfile(inner) else ["--git-dir", inner if os.path.isdir(inner) else path]
    return [git, "-c", "safe.directory=*", "-c", "protocol.allow=never", *where]


def _run(command: list[str], dump: Dump) -> bytes:
    done = subprocess.run(command, capture_output=True, env=_ENVIRONMENT, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(
            dump.path, f"git cannot read it ({said[-1] if said else done.returncode})", "is HEAD a commit?"
        )
    return done.stdout


def head_of(dump: Dump) -> tuple[str, str]:
    """Return the commit that a git repository is at, and the URL that it was cloned from; "" for what is unknown."""
    if paths.is_remote(dump.path) or not paths.is_directory(dump.path) or not is_git(dump.path):
        return "", ""
    git = _git_command(dump)
    commit = _run([*git, "rev-parse", "HEAD"], dump).decode().strip()
    remote = subprocess.run(
        [*git, "config", "--local", "--get", "remote.origin.url"], capture_output=True, env=_ENVIRONMENT, check=False
    )
    url = remote.stdout.decode("utf-8", "replace").strip()
    url = re.sub(r"^(?:ssh://)?git@([\w.-]+)[:/]", r"https://\1/", url)
    return commit, re.sub(r"//[^/@]*@", "//", url).removesuffix(".git") if url.startswith("http") else ""
