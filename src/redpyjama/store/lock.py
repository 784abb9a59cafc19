"""Who writes to a corpus directory: one process at a time, by a lock that ends with it, whatever ends it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Generator

from redpyjama.errors import CorpusError

FILE = "build.lock"


@contextlib.contextmanager
def hold(root: str) -> Generator[None]:
    """Hold a directory that is there: two builds at once would each remove the other's half-written files.

    Raises:
        CorpusError: Another process holds it.
        OSError: The lock file cannot be written.
    """
    with open(os.path.join(root, FILE), "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "wait for it, or end it; the build goes on from where it was"
            raise CorpusError(root, "another build is writing here", remedy) from error
        yield


def is_held(root: str) -> bool:
    """Say whether a process writes there now; writes nothing."""
    try:
        with open(os.path.join(root, FILE)) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
