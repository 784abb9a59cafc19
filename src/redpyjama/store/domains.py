"""The registrable domain of a host, by the Public Suffix List that the `tldextract` wheel carries."""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Sequence

from redpyjama.errors import RedPyjamaError

_LIST = ".tld_set_snapshot"


@functools.lru_cache(maxsize=1)
def _suffixes() -> frozenset[str]:
    """Return the rules of registries, as they stand in the list: "uk", "co.uk", "*.ck", "!www.ck".

    The list inside the wheel, never the network: the same host must have the same domain on every machine. The library
    around it stays out: it costs a worker 0.2 s, most of it for an HTTP client.
    """
    found = importlib.util.find_spec("tldextract")
    places: Sequence[str] = (found and found.submodule_search_locations) or ()
    for place in places:
        with open(os.path.join(place, _LIST), encoding="utf-8") as file:
            registries = file.read().partition("// ===BEGIN PRIVATE DOMAINS===")[0]
        return frozenset(line for line in registries.splitlines() if line and not line.startswith("//"))
    raise RedPyjamaError("the package tldextract is not installed; install redpyjama again, with its dependencies")


@functools.lru_cache(maxsize=1 << 16)
def registrable_domain(host: str) -> str:
    """Return the registrable domain ("a.b.example.co.uk" -> "example.co.uk"), or the host itself where it has none.

    Source: https://publicsuffix.org/list/, "Algorithm".
    Departs: from its last rule, that an unknown ending counts as a suffix: "printer.local" stays as it is.
    """
    labels = host.split(".")
    if host.endswith("."):
        labels.pop()
    known = [_unicode(label) for label in labels]
    rules = _suffixes()
    for start in range(len(known)):
        rest = ".".join(known[start:])
        if "!" + rest in rules:
            return ".".join(labels[start:])
        if rest in rules or (start + 1 < len(known) and "*." + ".".join(known[start + 1 :]) in rules):
            return ".".join(labels[start - 1 :]) if start and labels[start - 1] else host
    return host


def _unicode(label: str) -> str:
    """Return a label as the list writes it: lower case, and not in the ASCII form of an international name."""
    if label[:4].lower() == "xn--":
        try:
            return label.encode("ascii").decode("idna")
        except UnicodeError:
            return label.lower()
    return label.lower()
