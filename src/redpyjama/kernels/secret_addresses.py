"""Passwords in addresses: "scheme://user:password@host"."""

from __future__ import annotations

from typing import Any

from redpyjama.kernels.ascii import (
    ALNUM,
    ALNUMS,
    DASH,
    DIGIT,
    FLAG,
    INT,
    LOWER,
    MATCH,
    WORD,
    byte_set,
    is_a,
    is_any,
    run_end,
    run_of,
    words_table,
)
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.reserved import is_reserved
from redpyjama.kernels.secret_kinds import URL_PASSWORD
from redpyjama.kernels.secret_text import is_placeholder
from redpyjama.kernels.secret_tokens import NONE
from redpyjama.kernels.text import TEXT

WEAK = (
    "pass", "pwd", "user", "username", "admin", "root", "guest", "key", "foo", "bar", "baz", "postgres", "mysql",
    "mongo", "redis", "rabbitmq", "anonymous", "apikey", "api_key", "abc", "abc123", "123", "1234", "12345", "port",
)  # fmt: skip
"""Passwords in addresses that everyone has, or that stand for one."""

NO_HOSTS = ("host", "hostname", "server", "domain")
"""Host names that stand for one."""

_WEAK, _WEAK_OFFSETS = words_table(WEAK)
_NO_HOSTS, _NO_HOST_OFFSETS = words_table(NO_HOSTS)

_IS_USER = byte_set(ALNUMS + b"._~!$&*+=%-")
_IS_PASSWORD = byte_set(ALNUMS + b"._~!$&*+=%^:-")


@compiled(FLAG(TEXT, INT, INT, INT, INT))
def _is_weak(text: Any, user: Int, colon: Int, stop: Int, num_distinct: Int) -> Int:
    """Say whether a password is none: a variable, a well-known one, a placeholder, the user's name."""
    first = colon + 1
    if text[first] == 0x24 and is_a(text, first + 1, WORD):
        return True
    if stop - first <= 6 and run_end(text, first, stop, LOWER) == stop:
        return True
    if num_distinct < 3 or is_any(text, first, stop, _WEAK, _WEAK_OFFSETS) or is_placeholder(text, first, stop):
        return True
    if stop - first != colon - user:
        return False
    for i in range(stop - first):
        if text[first + i] | 0x20 != text[user + i] | 0x20:
            return False
    return True


@compiled(MATCH(TEXT, INT, INT, INT))
def address(text: Any, position: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match the password of an address with a user, "scheme://user:password@host", at its "://"."""
    if position == start or not is_a(text, position - 1, ALNUM):
        return NONE
    user = position + 3
    colon = run_of(text, user, min(stop, user + 64), _IS_USER)
    if colon >= stop or text[colon] != 0x3A:
        return NONE
    first = colon + 1
    last = run_of(text, first, min(stop, first + 128), _IS_PASSWORD)
    if last - first < 3 or last + 1 >= stop or text[last] != 0x40 or not is_a(text, last + 1, ALNUM):
        return NONE
    if run_end(text, first, last, DIGIT) == last and last - first <= 5:  # a port
        return NONE
    distinct = letters = 0
    for i in range(first, last):
        letters += is_a(text, i, ALNUM)
        distinct += 1
        for j in range(first, i):
            if text[j] == text[i]:
                distinct -= 1
                break
    if letters == 0 or _is_weak(text, user, colon, last, distinct):
        return NONE
    host = last + 1
    end = host
    while end < min(stop, host + 256) and (is_a(text, end, ALNUM | DASH) or text[end] == 0x2E):
        end += 1
    if is_any(text, host, end, _NO_HOSTS, _NO_HOST_OFFSETS):
        return NONE
    return NONE if is_reserved(text, host, end) else (URL_PASSWORD, first, last)
