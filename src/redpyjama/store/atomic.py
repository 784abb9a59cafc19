"""A task's files appear all at once or not at all.

Files are written under temporary names in their final directory, flushed to the disk, renamed, and then vouched for by
a receipt that is written last: where the receipt exists, everything it names is complete. What a killed run leaves
behind has no receipt and is overwritten by the next one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

import msgspec

from redpyjama.errors import CorpusError

_BUFFER_BYTES = 1 << 20
SEAL = "self_sha256"
"""Key of the digest of everything else that a receipt or manifest says."""

_LEFTOVER = re.compile(r"\.tmp-(\d+)-(.+)", re.DOTALL)

_REMEDIES = {
    errno.ENOSPC: "free some space and run the same command again; finished parts are kept",
    errno.EDQUOT: "raise the quota or free some space and run the same command again; finished parts are kept",
    errno.EFBIG: "the file system or `ulimit -f` allows no file of this size",
    errno.EROFS: "choose a target on a file system that can be written to",
    errno.EACCES: "check the permissions of the target, or choose another one",
    errno.EPERM: "check the permissions of the target, or choose another one",
    errno.EEXIST: "a file is in the way of a directory; choose another target",
    errno.ENOTDIR: "a file is in the way of a directory; choose another target",
    errno.EISDIR: "a directory is in the way of a file; choose another target",
    errno.ENAMETOOLONG: "choose a shorter path",
}
"""Errors that no second try can mend; others go up as they are, so that an engine may try again."""


class HashingFile:
    """A binary file for writing that hashes and counts what passes through it; what pyarrow asks of a file object."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.num_bytes = 0
        self._digest = hashlib.sha256()
        self._abandoned = False
        with explained(path):
            self._file: IO[bytes] = open(path, "wb", buffering=_BUFFER_BYTES)

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._file.closed

    def write(self, data: bytes | memoryview) -> int:
        """Write all of *data*.

        Raises:
            CorpusError: The disk is full, or something else that trying again will not mend.
        """
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        if self._abandoned:  # a Parquet writer that is thrown away still writes its footer
            return size
        with explained(self.path):
            self._file.write(data)
        self._digest.update(data)
        self.num_bytes += size
        return size

    def tell(self) -> int:
        """Return the position: the number of bytes written."""
        return self.num_bytes

    def flush(self) -> None:
        """Hand buffered bytes to the operating system."""
        if not self._file.closed:
            with explained(self.path):
                self._file.flush()

    def close(self) -> None:
        """Put everything on the disk, and close."""
        if not self._file.closed:
            with explained(self.path):
                try:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                finally:
                    self._file.close()

    def abandon(self) -> None:
        """Close and remove the file; what is still written to it goes nowhere."""
        self._abandoned = True
        try:
            self._file.close()
        except OSError:  # a full disk cannot take the buffer; the file goes away all the same
            pass
        if os.path.exists(self.path):
            os.remove(self.path)

    def sha256(self) -> str:
        """Return the digest of everything written, as hex digits."""
        return self._digest.hexdigest()


class Output:
    """The files of one task: ``<stem>.<suffix>``, and the receipt ``<stem>.json``.

    Use as a context and end it with `commit`; whatever else ends it leaves nothing behind.
    """

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self._files: dict[str, HashingFile] = {}
        self._closers: list[Callable[[], None]] = []
        self._committed = False

    def __enter__(self) -> Output:
        with explained(self.stem):
            os.makedirs(_directory(self.stem), exist_ok=True)
            _clear_leftovers(self.stem)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._committed:
            for file in self._files.values():
                file.abandon()

    def create(self, suffix: str, close: Callable[[], None] | None = None) -> HashingFile:
        """Start the file ``<stem>.<suffix>``.

        Args:
            suffix: What follows the stem and a dot.
            close: Writes what a writer still holds back; `commit` calls it before it closes the file.
        """
        if suffix in self._files or suffix == "json":
            raise ValueError(f"{self.stem}.{suffix} is there already")
        if close:
            self._closers.append(close)
        file = self._files[suffix] = HashingFile(_temporary(f"{self.stem}.{suffix}"))
        return file

    @contextmanager
    def scratch(self) -> Generator[str]:
        """Give a directory beside the files for what is needed on the way; it goes in any case."""
        place = _temporary(f"{self.stem}.scratch")
        with explained(place):
            os.mkdir(place)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def take(self, suffix: str, path: str) -> None:
        """Copy a finished file, from `scratch` say, to ``<stem>.<suffix>``."""
        file = self.create(suffix)
        with open(path, "rb") as source:
            while block := source.read(_BUFFER_BYTES):
                file.write(block)

    def commit(self, *, rows: int, **counts: Any) -> dict[str, Any]:
        """Put all files in place, and the receipt after them.

        Args:
            rows: Documents (or whatever the main file holds one of per row).
            counts: What else the receipt says; JSON-able and a function of the task alone.

        Returns:
            *rows* and *counts*, as `Task.run` must return them.
        """
        for close in self._closers:
            close()
        for file in self._files.values():
            file.close()
        receipt = f"{self.stem}.json"
        with explained(self.stem):
            # An older receipt must not vouch for newer files, not even for a moment.
            if os.path.exists(receipt):
                os.remove(receipt)
                _sync_directory(receipt)
            for suffix, file in self._files.items():
                os.rename(file.path, f"{self.stem}.{suffix}")
            _sync_directory(receipt)
        files = {s: {"bytes": f.num_bytes, "sha256": f.sha256()} for s, f in sorted(self._files.items())}
        write_file(receipt, seal({"rows": rows, "files": files, **counts}))
        self._committed = True
        return {"rows": rows, **counts}


def write_file(path: str, data: bytes) -> None:
    """Write a whole file so that, whatever happens, the old or the new content is there."""
    with explained(path):
        os.makedirs(_directory(path), exist_ok=True)
    file = HashingFile(_temporary(path))
    try:
        file.write(data)
        file.close()
        with explained(path):
            os.rename(file.path, path)
            _sync_directory(path)
    except BaseException:
        file.abandon()
        raise


def encode(value: Any) -> bytes:
    """Return JSON for people and programs: indented, keys sorted, a line end at the end."""
    text = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)
    return text + b"\n"


def seal(value: Mapping[str, Any]) -> bytes:
    """Return `encode` of *value* with the digest of all of it added, so that `unseal` notices any change."""
    return encode({**value, SEAL: hashlib.sha256(encode(value)).hexdigest()})


def unseal(data: bytes) -> dict[str, Any]:
    """Return what was sealed.

    Raises:
        ValueError: It is no JSON object, or has been changed since.
    """
    value: Any = msgspec.json.decode(data)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    sealed = cast("dict[str, Any]", value)
    digest = sealed.pop(SEAL, None)
    if digest != hashlib.sha256(encode(sealed)).hexdigest():
        raise ValueError(f"it was changed: its {SEAL!r} is not that of what it says")
    return sealed


def read_receipt(stem: str) -> dict[str, Any]:
    """Return what a task's receipt says.

    Raises:
        CorpusError: There is none, or it is damaged.
    """
    path = f"{stem}.json"
    try:
        with open(path, "rb") as file:
            receipt = unseal(file.read())
    except OSError as error:
        problem = f"the receipt is missing ({error.strerror})"
        raise CorpusError(path, problem, "run the build again: it makes what is missing") from error
    except ValueError as error:
        raise CorpusError(path, f"the receipt is damaged ({error})", "delete it and run the build again") from error
    if not _is_receipt(receipt):
        raise CorpusError(path, "is no receipt: it lacks 'rows' or 'files'", "delete it and run the build again")
    return receipt


def _is_receipt(receipt: Mapping[str, Any]) -> bool:
    files = receipt.get("files")
    if not isinstance(receipt.get("rows"), int) or not isinstance(files, Mapping):
        return False
    entries = cast("Mapping[str, Any]", files).values()
    return all(isinstance(entry, Mapping) and {"bytes", "sha256"} <= set(entry) for entry in entries)


@contextmanager
def explained(path: str) -> Generator[None]:
    """Turn errors of the operating system that no second try can mend into one clear message.

    Raises:
        CorpusError: With the path, what was wrong and what to do.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        if remedy is None:
            raise
        shown = _LEFTOVER.sub(r"\2", path)  # the name that the user knows
        raise CorpusError(shown, f"cannot be written ({error.strerror})", remedy) from error


def _directory(path: str) -> str:
    return os.path.dirname(path) or "."


def _temporary(path: str) -> str:
    return os.path.join(_directory(path), f".tmp-{os.getpid()}-{os.path.basename(path)}")


def _sync_directory(path: str) -> None:
    """Make renames in the directory of *path* outlive a power cut."""
    handle = os.open(_directory(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear_leftovers(stem: str) -> None:
    """Remove temporary files and scratch directories of this stem whose process is gone."""
    directory, base = _directory(stem), os.path.basename(stem)
    for name in os.listdir(directory):
        match = _LEFTOVER.fullmatch(name)
        if match and match[2].startswith(f"{base}.") and not _is_alive(int(match[1])):
            path = os.path.join(directory, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.remove(path)


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():  # this process has just begun with the stem: an earlier one had the same number
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
