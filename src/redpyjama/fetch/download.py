"""One file over HTTP: resumed by range, checked, and never more than the publisher bears.

NAME.part grows beside NAME.part.json, which says of which version it is; the finished file is renamed. What a killed
run leaves is gone on with, if the server still has the same version.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import http.client
import ipaddress
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from redpyjama import limits
from redpyjama.errors import InputError

USER_AGENT = "RedPyjama (builds open training corpora; urllib)"

_CHUNK = 1 << 20
_RETRIED = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to download.

    Attributes:
        path: Where to, relative to the folder.
        num_bytes: As the publisher states it; None if unknown.
        checksums: Algorithm of `hashlib` -> hex digest, as the publisher states them.
    """

    slice: str
    url: str
    path: str
    num_bytes: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a server is treated; tests are less patient.

    Attributes:
        tries: Without a byte of progress, before a file is given up.
        pause: Seconds before the second try; doubled each time, up to *longest*, with a random half.
        longest: The longest pause, also where a server asks for a longer one.
        timeout: Seconds without a byte before a connection counts as dead.
    """

    tries: int = 6
    pause: float = 1.0
    longest: float = 300.0
    timeout: float = 60.0


class Failed(Exception):
    """A file cannot be had: ``Failed(reason)``; the others can."""


class _Wait(Exception):
    """The server wants to be asked later: ``_Wait(reason, seconds or None)``."""


def download(
    wanted: Wanted,
    folder: str,
    *,
    patience: Patience | None = None,
    before: Callable[[str], None] = lambda url: None,
    told: Callable[[int], None] = lambda count: None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Download a file, or find that it is there.

    Args:
        wanted: Which.
        folder: Below which all is written.
        patience: With the server.
        before: Called before each request with its address: to keep a rate.
        told: Called with the number of bytes that have come.
        sleep: Waits.

    Returns:
        What `fetched.json` says of it: path, url, bytes, sha256.

    Raises:
        Failed: After all tries, or where another try cannot help.
        InputError: The path leads out of the folder.
    """
    patience = patience or Patience()
    target = _inside(folder, wanted.path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.exists(target):
        found = _described(wanted, target)
        if _is_right(wanted, target, found):
            told(found["bytes"])
            return found
        os.remove(target)
    draw = random.Random(wanted.url)
    tries, wrong = 0, 0
    while True:
        size = _size(f"{target}.part")
        try:
            before(wanted.url)
            _go_on(wanted, target, patience, told)
            found = _described(wanted, f"{target}.part")
            if not _is_right(wanted, f"{target}.part", found):
                wrong += 1
                _forget(target)
                if wrong > 1:
                    raise Failed(f"has another size or checksum than {wanted.url} should have, twice")
                continue
        except _Wait as wait:
            reason, asked = wait.args
            tries = 1 if _size(f"{target}.part") > size else tries + 1
            if tries >= patience.tries:
                raise Failed(f"{reason}; given up after {patience.tries} tries") from wait
            pause = min(patience.longest, patience.pause * 2 ** (tries - 1)) * draw.uniform(0.5, 1)
            sleep(min(patience.longest, max(pause, asked or 0)))
        else:
            os.replace(f"{target}.part", target)
            with contextlib.suppress(FileNotFoundError):
                os.remove(f"{target}.part.json")
            return {**found, "path": wanted.path}


def get(url: str, *, patience: Patience | None = None, most: int = limits.MAX_FETCHED_LIST) -> bytes:
    """Return a list that says what there is: small, and asked for once.

    Raises:
        Failed: It cannot be had, or is larger than *most*.
    """
    patience = patience or Patience()
    for number in range(patience.tries):
        try:
            with _open(url, {}, patience) as answer:
                data = answer.read(most + 1)
            if len(data) > most:
                raise Failed(f"{url}: is larger than {most:,} bytes")
            return data
        except _Wait as wait:
            if number + 1 == patience.tries:
                raise Failed(f"{url}: {wait.args[0]}; given up after {patience.tries} tries") from wait
            time.sleep(min(patience.longest, max(patience.pause * 2**number, wait.args[1] or 0)))
        except OSError as error:
            raise Failed(f"{url}: {error}") from error
    raise AssertionError


def _go_on(wanted: Wanted, target: str, patience: Patience, told: Callable[[int], None]) -> None:
    """Ask for what is missing of the part and append it."""
    part, state = f"{target}.part", _state(target)
    have = _size(part) if state.get("url") == wanted.url and state.get("validator") else 0
    if have and have == state.get("total"):  # killed before it was renamed
        return
    asked = {"Range": f"bytes={have}-", "If-Range": state["validator"]} if have else {}
    with _open(wanted.url, asked, patience) as answer:
        start, total = _range(answer, have)
        if start == 0:
            told(-_size(part))
            with open(part, "wb"):
                pass
        validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        if validator and validator.startswith("W/"):  # a weak one does not vouch for bytes
            validator = None
        _write_state(target, {"url": wanted.url, "validator": validator, "total": total})
        _append(answer, part, told, total, wanted)


def _append(answer: Any, part: str, told: Callable[[int], None], total: int | None, wanted: Wanted) -> None:
    most = wanted.num_bytes if wanted.num_bytes is not None else limits.MAX_FETCHED_FILE
    with open(part, "ab") as file:
        while True:
            try:
                data = answer.read(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _Wait(f"the connection broke ({type(error).__name__})", None) from error
            if not data:
                break
            if file.tell() + len(data) > most:
                raise Failed(f"is larger than the {most:,} bytes that it should have")
            file.write(data)
            told(len(data))
        file.flush()
        os.fsync(file.fileno())
        if total is not None and file.tell() < total:
            raise _Wait(f"the connection ended after {file.tell():,} of {total:,} bytes", None)


def _range(answer: Any, have: int) -> tuple[int, int | None]:
    """Return where the answer begins, and how long the whole file is, if it says so."""
    length = answer.headers.get("Content-Length")
    if answer.status == 206:
        unit, _, rest = (answer.headers.get("Content-Range") or "").partition(" ")
        span, _, total = rest.partition("/")
        start = span.partition("-")[0]
        if unit == "bytes" and start == str(have):
            return have, int(total) if total.isdigit() else None
        raise Failed(f"answers with another range than was asked for ({answer.headers.get('Content-Range')!r})")
    return 0, int(length) if length and length.isdigit() else None


def _open(url: str, headers: Mapping[str, str], patience: Patience) -> Any:
    """Open an address; raise _Wait where later may help, Failed where it cannot."""
    _check(url)
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers})
    try:
        return _OPENER.open(request, timeout=patience.timeout)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:  # nothing is behind what is there: it is whole, or of another version
                raise Failed("has another length than what was downloaded before; delete its .part") from error
            if error.code in _RETRIED:
                raise _Wait(f"the server answers {error.code}", _retry_after(error.headers)) from error
            raise Failed(f"the server answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, Failed):
            raise reason from error
        raise _Wait(f"cannot be reached ({reason})", None) from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, to https alone (and on this machine to http)."""

    max_redirections = limits.MAX_REDIRECTS
    max_repeats = 2

    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> Any:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_Redirects)


def _check(url: str) -> None:
    """Raise Failed for an address that is neither https nor on this machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")):
        return
    raise Failed(f"leads to {url!r}, which is not https")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after(headers: Any) -> float | None:
    """Return the seconds that a server asks for, as a number or a date. Source: RFC 9110, section 10.2.3."""
    value = (headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _inside(folder: str, path: str) -> str:
    """Return where a path lies below a folder."""
    root = os.path.realpath(folder)
    target = os.path.realpath(os.path.join(root, path))
    if os.path.isabs(path) or "\0" in path or not target.startswith(root + os.sep):
        raise InputError(repr(path), "leads out of the folder", "the publisher's list is wrong or not the publisher's")
    return target


def _described(wanted: Wanted, path: str) -> dict[str, Any]:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(_CHUNK):
            digest.update(data)
    return {"path": wanted.path, "url": wanted.url, "bytes": _size(path), "sha256": digest.hexdigest()}


def _is_right(wanted: Wanted, path: str, found: Mapping[str, Any]) -> bool:
    if wanted.num_bytes is not None and found["bytes"] != wanted.num_bytes:
        return False
    for name, expected in wanted.checksums.items():
        if name == "sha256":
            digest = found["sha256"]
        else:
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, name).hexdigest()
        if digest != expected.lower():
            return False
    return True


def _forget(target: str) -> None:
    for path in (f"{target}.part", f"{target}.part.json"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)


def _state(target: str) -> dict[str, Any]:
    try:
        with open(f"{target}.part.json", encoding="utf-8") as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_state(target: str, state: Mapping[str, Any]) -> None:
    with open(f"{target}.part.json", "w", encoding="utf-8") as file:
        json.dump(state, file)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0
