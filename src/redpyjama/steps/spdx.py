"""SPDX licence expressions: may a text under this expression be used under one of these licences?"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")


@functools.lru_cache(maxsize=4096)
def permits(expression: str | None, patterns: tuple[str, ...]) -> bool:
    """Say whether every obligation of a licence expression comes from a licence that matches a pattern.

    ``A OR B`` is a choice: one that matches is enough. ``A AND B`` are obligations: both must match. ``A WITH x`` is A
    with more permissions. Case does not matter, as SPDX has it. What is no expression, or none, is not permitted.
    """
    if not expression:
        return False
    tokens = [match[1] for match in _TOKEN.finditer(expression)]
    folded = tuple(pattern.lower() for pattern in patterns)
    stream = iter([*tokens, ""])
    try:
        verdict, rest = _choice(stream, next(stream), folded)
    except (StopIteration, RecursionError):
        return False
    return verdict and rest == ""


def _choice(tokens: Iterator[str], token: str, patterns: tuple[str, ...]) -> tuple[bool, str]:
    verdict, token = _all_of(tokens, token, patterns)
    while token.upper() == "OR":
        other, token = _all_of(tokens, next(tokens), patterns)
        verdict |= other
    return verdict, token


def _all_of(tokens: Iterator[str], token: str, patterns: tuple[str, ...]) -> tuple[bool, str]:
    verdict, token = _one(tokens, token, patterns)
    while token.upper() == "AND":
        other, token = _one(tokens, next(tokens), patterns)
        verdict &= other
    return verdict, token


def _one(tokens: Iterator[str], token: str, patterns: tuple[str, ...]) -> tuple[bool, str]:
    if token == "(":
        verdict, closing = _choice(tokens, next(tokens), patterns)
        return verdict and closing == ")", next(tokens)
    verdict = any(fnmatchcase(token.lower(), pattern) for pattern in patterns)
    token = next(tokens)
    if token.upper() == "WITH":
        next(tokens)
        token = next(tokens)
    return verdict, token
