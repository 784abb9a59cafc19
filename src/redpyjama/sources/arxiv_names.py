"""arXiv's identifiers, dates and licences."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import msgspec
import numpy as np
import xxhash

from redpyjama.sources import streams
from redpyjama.store import paths

METADATA_NAME = re.compile(r"(^|/)arxiv[-_]metadata[^/]*\.jsonl?(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)
"""arXiv's metadata as JSON lines, as published for the whole archive (arxiv-metadata-oai-snapshot.json)."""

_NEW = re.compile(r"(?<!\d)(\d{2})(0[1-9]|1[0-2])\.(\d{4,5})(v\d+)?(?![\d.]*\d)")
_OLD = re.compile(r"(?<![a-z])([a-z][a-z-]+)(?:\.[A-Z]{2})?[/_]?(\d{2})(0[1-9]|1[0-2])(\d{3})(v\d+)?(?!\d)")
_OLD_ARCHIVES = frozenset(
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga "
    "funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph "
    "q-alg q-bio quant-ph solv-int supr-con".split()
)
_FIRST_YEAR = 91  # of the two-digit years of the old identifiers; arXiv began in August 1991

_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-nd|-sa)?)/(?P<version>[1-4]\.\d)"
    r"|publicdomain/(?P<tool>zero|mark)/1\.0)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A paper's name.

    Attributes:
        id: "2004.14974" or "math/0501234", without version.
        yymm: The month of its first version.
    """

    id: str
    yymm: str

    @property
    def url(self) -> str:
        """Where the paper can be read."""
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def month(self) -> str:
        """The month of its first version as ISO 8601 writes it."""
        year = int(self.yymm[:2])
        return f"{1900 + year if year >= _FIRST_YEAR else 2000 + year}-{self.yymm[2:]}"


def identify(name: str) -> Identifier | None:
    """Read the identifier out of a file's name; None if there is none."""
    stem = name.rpartition("/")[2]
    if found := _NEW.search(stem):
        return Identifier(f"{found[1]}{found[2]}.{found[3]}", found[1] + found[2])
    found = _OLD.search(stem)
    if found and found[1] in _OLD_ARCHIVES:
        return Identifier(f"{found[1]}/{found[2]}{found[3]}{found[4]}", found[2] + found[3])
    return None


def spdx(url: str) -> str | None:
    """Return the SPDX expression of a licence's URL as arXiv's metadata writes it; None for an unknown one."""
    found = _CREATIVE_COMMONS.match(url)
    if found and found["kind"]:
        return f"CC-{found['kind'].upper()}-{found['version']}"
    if found:
        return "CC0-1.0" if found["tool"].lower() == "zero" else "LicenseRef-Public-Domain"
    if "arxiv.org/licenses/nonexclusive-distrib" in url:
        return "LicenseRef-arXiv-nonexclusive-distrib-1.0"
    if "creativecommons.org/licenses/publicdomain" in url:
        return "LicenseRef-Public-Domain"
    return None


class _Entry(msgspec.Struct):
    id: str
    license: str | None = None


class Licences:
    """Paper -> licence: ten bytes a paper, where a dictionary of arXiv's 2.5 million would need 300 MB a worker."""

    def __init__(self, path: str) -> None:
        self.urls: list[str] = []
        keys: list[int] = []
        codes: list[int] = []
        known: dict[str, int] = {}
        decode = msgspec.json.Decoder(_Entry).decode
        with paths.open_input(path) as raw:
            for line in streams.plain(raw, path)[0]:
                try:
                    entry = decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue  # a line that says nothing of a licence is as good as none
                if entry.license:
                    keys.append(_key(entry.id))
                    codes.append(known.setdefault(entry.license.strip(), len(known)))
        order = np.argsort(np.array(keys, np.uint64), kind="stable")
        self._keys = np.array(keys, np.uint64)[order]
        self._codes = np.array(codes, np.uint16)[order]
        self.urls = list(known)

    def url(self, identifier: str) -> str | None:
        """Return the URL of a paper's licence."""
        key = np.uint64(_key(identifier))
        place = int(np.searchsorted(self._keys, key))
        if place < len(self._keys) and self._keys[place] == key:
            return self.urls[int(self._codes[place])]
        return None


def _key(identifier: str) -> int:
    return xxhash.xxh3_64_intdigest(identifier.encode())


@functools.lru_cache(maxsize=1)
def licences(path: str) -> Licences:
    """Read arXiv's metadata, once in a process."""
    return Licences(path)
