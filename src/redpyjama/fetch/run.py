"""All files of a recipe: several at once, few from one host, and what came of it in `fetched.json`."""

from __future__ import annotations

import os
import shutil
import threading
import time
import urllib.parse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redpyjama.errors import CorpusError
from redpyjama.fetch.download import Failed, Patience, Wanted, download
from redpyjama.store import atomic, lock

FETCHED = "fetched.json"
PER_HOST = 2
"""Connections to one host at a time."""

MARGIN = 1 << 30
"""Bytes that stay free on the disk."""

Told = Callable[[Wanted, int], None]


class _Manners:
    """Few connections to a host, and a pause between requests."""

    def __init__(self, seconds_between: float) -> None:
        self._between = seconds_between
        self._guard = threading.Lock()
        self._slots: dict[str, threading.Semaphore] = {}
        self._next: dict[str, float] = {}

    def slot(self, url: str) -> threading.Semaphore:
        host = urllib.parse.urlsplit(url).netloc
        with self._guard:
            return self._slots.setdefault(host, threading.Semaphore(PER_HOST))

    def wait(self, url: str) -> None:
        host = urllib.parse.urlsplit(url).netloc
        with self._guard:
            now = time.monotonic()
            begin = max(now, self._next.get(host, now))
            self._next[host] = begin + self._between
        time.sleep(begin - now)


def fetch(
    wanted: Sequence[Wanted],
    folder: str,
    *,
    jobs: int = 4,
    patience: Patience | None = None,
    seconds_between: float = 0.5,
    told: Told = lambda file, count: None,
) -> tuple[list[dict[str, Any]], list[tuple[Wanted, str]]]:
    """Download files; what is there already is not asked for again.

    Args:
        wanted: Which.
        folder: Where to; made if it is missing.
        jobs: Files at a time, `PER_HOST` at most from one host.
        patience: With servers.
        seconds_between: Between the beginnings of two requests to one host.
        told: Called with each file and the bytes that have come of it.

    Returns:
        What `fetched.json` says of each file, and those that failed with the reason.

    Raises:
        CorpusError: The folder cannot be written, has too little room, or another download is at work there.
    """
    manners = _Manners(seconds_between)
    try:
        os.makedirs(folder, exist_ok=True)
        held = lock.hold(folder)
        with held:
            _check_room(wanted, folder)

            def one(file: Wanted) -> dict[str, Any] | str:
                with manners.slot(file.url):
                    try:
                        found = download(
                            file, folder, patience=patience, before=manners.wait, told=lambda count: told(file, count)
                        )
                    except Failed as error:
                        return str(error)
                return {"slice": file.slice, **found}

            with ThreadPoolExecutor(jobs) as pool:
                answers = list(pool.map(one, wanted))
            got = [answer for answer in answers if isinstance(answer, dict)]
            atomic.write_file(os.path.join(folder, FETCHED), atomic.encode({"files": got}))
    except OSError as error:
        raise CorpusError(folder, f"cannot be written ({error.strerror})", "choose another folder with --to") from error
    return got, [(file, answer) for file, answer in zip(wanted, answers, strict=True) if isinstance(answer, str)]


def _check_room(wanted: Sequence[Wanted], folder: str) -> None:
    missing = sum(f.num_bytes or 0 for f in wanted if not os.path.exists(os.path.join(folder, f.path)))
    free = shutil.disk_usage(folder).free
    if missing + MARGIN > free:
        what = f"has {free / 1e9:.1f} GB free, and {missing / 1e9:.1f} GB are to come"
        raise CorpusError(folder, what, "choose another folder with --to, or a smaller --sample")
