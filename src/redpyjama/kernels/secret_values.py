"""Secrets that have no form of their own: what is given to a name, as in api_key = "..."."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.ascii import (
    ALNUM,
    ALNUMS,
    DASH,
    DIGIT,
    FLAG,
    INT,
    LOWER,
    MATCH,
    PRINTED,
    SLASH,
    UPPER,
    URL_SAFE,
    WORD,
    byte_set,
    ends_with_any,
    holds_any,
    is_a,
    run_end,
    run_of,
    run_start,
    stands_at,
    words_table,
)
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.secret_kinds import (
    AUTHORIZATION,
    AWS_SECRET,
    CREDENTIAL,
    GENERIC,
    KEY,
    PASS,
    PASSWORD,
    PWD,
    SECRET,
    TOKEN,
)
from redpyjama.kernels.secret_text import COUNTS, entropy, is_placeholder
from redpyjama.kernels.secret_tokens import NONE
from redpyjama.kernels.text import TEXT

_PAIR: Any = types.UniTuple(types.int64, 2)
_LIMITS: Any = types.UniTuple(types.float64, 2)

KEYS = (
    "api", "access", "auth", "private", "client", "account", "service", "encryption", "encrypt", "signing", "sign",
    "master", "storage", "shared", "app", "consumer", "subscription", "session", "db", "database", "deploy", "license",
)  # fmt: skip
"""What makes a key secret: the word before it, as in "apiKey" and "api_key"."""

HARMLESS = (
    "public", "hash", "digest", "sha1", "sha2", "sha3", "sha5", "md5", "checksum", "integrity", "tokeni", "regex",
    "pattern", "placeholder", "alphabet", "charset", "icon", "image", "continuation",
    "nexttoken", "next_token", "pagetoken", "page_token",
)  # fmt: skip
"""What stands in names of values that are for everyone to see."""

HARMLESS_ENDS = (
    "id", "ids", "name", "type", "url", "uri", "path", "file", "field", "label", "hint", "prompt", "header", "param",
    "class", "arn", "ttl", "length", "size", "count", "version", "format", "selector", "input", "error", "message",
    "text", "title", "description", "policy", "algorithm", "expr", "expression", "query", "chars", "endpoint",
    "date", "time", "until", "expires", "expiry", "changed", "created", "used", "age",
)  # fmt: skip
"""With what such names end."""

AWS = ("aws", "amazon", "secret_access", "secret-access", "secretaccess")
"""What stands in names of AWS's secret keys."""

SCHEMES = ("bearer ", "basic ", "token ")
"""What stands before a secret in an Authorization header."""

MOST_NAME = 48
MOST_VALUE = 512
_ANYTHING, _QUOTED, _ARGUMENT, _NEXT_ARGUMENT = range(4)  # what may follow an operator: all but the first, quotes alone
_LEAST_QUOTED, _LEAST_BARE, _LEAST_HEX, _LEAST_BARE_HEX = 16, 20, 16, 32
_LEAST_PASSWORD, _MOST_PASSWORD = 8, 64
SHORT_ENTROPY = 0.8
"""A value of n characters needs so much of log2(n), the entropy of n characters that all differ, where that is less."""

_KEYS, _KEY_OFFSETS = words_table(KEYS)
_HARMLESS, _HARMLESS_OFFSETS = words_table(HARMLESS)
_ENDS, _END_OFFSETS = words_table(HARMLESS_ENDS)
_AWS, _AWS_OFFSETS = words_table(AWS)
_SCHEMES, _SCHEME_OFFSETS = words_table(SCHEMES)
_TOKEN, _SECRET, _AUTHORIZATION, _VALUE = (
    words_table((word,))[0] for word in ("token", "secret", "authorization", "value=")
)
_LOG2 = np.log2(np.maximum(np.arange(MOST_VALUE + 1), 1))


_QUOTES = b"\"'`"
_IS_QUOTE = byte_set(_QUOTES)
_IS_CLOSER = byte_set(_QUOTES + b"\\])")
_IS_BARE = byte_set(ALNUMS + b"_+/=.~-")
_IS_BEHIND_BARE = byte_set(b" \t\r\n\x0b\x0c<&;,}\\" + _QUOTES)
_IS_OF_TYPE = byte_set(ALNUMS + b"_&'<>[]|.? ")
_IS_ODD = byte_set(b"!@#$^*()")  # in no path, query or identifier
_IS_NO_PASSWORD = byte_set(b"$%@#.&:-")  # as its first byte: a variable, a resource, a selector, a number's sign


@compiled(INT(TEXT, INT, INT))
def _blanks(text: Any, position: Int, stop: Int) -> Int:
    """Skip at most 16 blanks and tabs."""
    stop = min(stop, position + 16)
    while position < stop and (text[position] == 0x20 or text[position] == 0x09):
        position += 1
    return position


@compiled(FLAG(TEXT, INT, INT, INT, INT))
def _names_secret(text: Any, word: Int, start: Int, stop: Int, name: Int) -> Int:
    """Say whether the word of `NAMES`, whose first byte looked for stands at *word*, makes the name one of a secret."""
    if name == TOKEN:
        return word - 2 >= start and stands_at(text, word - 2, stop, _TOKEN, 0, 5)
    if name == SECRET:
        return word - 2 >= start and stands_at(text, word - 2, stop, _SECRET, 0, 6)
    if name == AUTHORIZATION:
        return word - 7 >= start and stands_at(text, word - 7, stop, _AUTHORIZATION, 0, 13)
    if name == KEY:
        before = word
        if word > start and (text[word - 1] == 0x5F or text[word - 1] == 0x2D or text[word - 1] == 0x2E):
            before -= 1
        return ends_with_any(text, max(start, before - 16), before, _KEYS, _KEY_OFFSETS)
    if name == PASS:
        if word + 4 >= stop or not is_a(text, word + 4, URL_SAFE):
            return True
        letter = text[word + 4] | 0x20
        return letter == 0x77 or letter == 0x70  # w, p
    return name == PWD or name == CREDENTIAL


@compiled(_PAIR(TEXT, INT, INT))
def _operator(text: Any, at: Int, stop: Int) -> tuple[Int, Int]:
    """Return where an assignment, comparison, or call that starts at *at* ends, or -1; and what has to follow."""
    byte = text[at]
    following = text[at + 1] if at + 1 < stop else 0
    if byte == 0x3D:  # =, ==, ===, =>
        end = at + 1
        while end < stop and end < at + 3 and text[end] == 0x3D:
            end += 1
        return (end + 1 if end < stop and text[end] == 0x3E else end), _ANYTHING
    if byte == 0x3A:  # :, :=
        return at + 1 + (following == 0x3D), _ANYTHING
    if byte == 0x21 and following == 0x3D:  # !=, !==
        return at + 2 + (at + 2 < stop and text[at + 2] == 0x3D), _QUOTED
    if byte == 0x3C and following == 0x2D:  # <-
        return at + 2, _QUOTED
    if byte == 0x2C:
        return at + 1, _NEXT_ARGUMENT
    if byte == 0x28:
        return at + 1, _ARGUMENT
    if byte == 0x3E:  # the end of an element's tag
        return at + 1, _ANYTHING
    return -1, _ANYTHING


@compiled(INT(TEXT, INT, INT))
def _opening(text: Any, position: Int, stop: Int) -> Int:
    """Return where the quote is that opens a string at *position*, behind a prefix as in b"..." or @"...", or -1."""
    for _ in range(3):
        if position >= stop:
            return -1
        if _IS_QUOTE[text[position]]:
            return position
        if text[position] == 0x5C:  # a string in a string
            return position + 1 if position + 1 < stop and _IS_QUOTE[text[position + 1]] else -1
        if not is_a(text, position, UPPER | LOWER) and text[position] != 0x40:
            return -1
        position += 1
    return -1


@compiled(_PAIR(TEXT, INT, INT))
def _gap(text: Any, position: Int, stop: Int) -> tuple[Int, Int]:
    """Return where the value of a name that ends at *position* begins, or -1; and what has to be there."""
    at = _blanks(text, run_of(text, position, min(stop, position + 4), _IS_CLOSER), stop)
    if at >= stop:
        return -1, _ANYTHING
    if stands_at(text, at, stop, _VALUE, 0, 6):  # <input name="token" value="...">
        return at + 6, _QUOTED
    end, follows = _operator(text, at, stop)
    if end < 0:
        return -1, _ANYTHING
    is_colon = text[at] == 0x3A and end == at + 1
    end = _blanks(text, end, stop)
    if is_colon and end < stop and (is_a(text, end, UPPER | LOWER) or text[end] == 0x26):  # a type: "key: str = ..."
        after = run_of(text, end, min(stop, end + 40), _IS_OF_TYPE)
        if after < stop and text[after] == 0x3D:
            after = _blanks(text, after + 1, stop)
            if _opening(text, after, stop) >= 0:
                return after, _QUOTED
    return end, follows


@compiled(MATCH(TEXT, INT, INT, FLAG))
def _bounds(text: Any, position: Int, stop: Int, quoted: Int) -> tuple[Int, Int, Int]:
    """Return where the value at *position* begins and ends (-1: there is none), and whether it has quotes around it."""
    quote = _opening(text, position, stop)
    first = position if quote < 0 else quote + 1
    for i in range(len(_SCHEME_OFFSETS) - 1):
        if stands_at(text, first, stop, _SCHEMES, _SCHEME_OFFSETS[i], _SCHEME_OFFSETS[i + 1]):
            first += _SCHEME_OFFSETS[i + 1] - _SCHEME_OFFSETS[i]
            break
    limit = min(stop, first + MOST_VALUE + 1)
    if quote >= 0:
        end = run_end(text, first, limit, PRINTED)
        close = end + (end < stop and text[end] == 0x5C)
        return first, end if close < stop and text[close] == text[quote] else -1, True
    if quoted:
        return first, -1, False
    end = run_of(text, first, limit, _IS_BARE)
    if end < stop and not _IS_BEHIND_BARE[text[end]]:
        return first, -1, False
    return first, end - 1 if end > first and text[end - 1] == 0x2E else end, False


@compiled(INT(TEXT, INT, INT))
def _num_classes(text: Any, start: Int, stop: Int) -> Int:
    """Return how many of these there are: capitals, small letters, digits, other bytes."""
    seen = np.int64(0)
    for i in range(start, stop):
        if is_a(text, i, UPPER):
            seen |= 1
        elif is_a(text, i, LOWER):
            seen |= 2
        else:
            seen |= 4 if is_a(text, i, DIGIT) else 8
    return (seen & 1) + (seen >> 1 & 1) + (seen >> 2 & 1) + (seen >> 3 & 1)


@compiled(FLAG(TEXT, INT, INT))
def _is_hex(text: Any, start: Int, stop: Int) -> Int:
    """Say whether all are digits or A-F, with a letter among them."""
    letters = False
    for i in range(start, stop):
        if not is_a(text, i, DIGIT):
            if not 0x61 <= text[i] | 0x20 <= 0x66:
                return False
            letters = True
    return letters


@compiled(FLAG(TEXT, INT, INT))
def _is_uuid(text: Any, start: Int, stop: Int) -> Int:
    if stop - start != 36:
        return False
    for i in range(36):
        is_dash = i == 8 or i == 13 or i == 18 or i == 23
        if is_dash != (text[start + i] == 0x2D):
            return False
        if not is_dash and not (is_a(text, start + i, DIGIT) or 0x61 <= text[start + i] | 0x20 <= 0x66):
            return False
    return True


@compiled(FLAG(TEXT, INT, INT))
def _is_date(text: Any, start: Int, stop: Int) -> Int:
    """Say whether it begins with a date as in 2016-09-08."""
    is_long = stop - start >= 10 and text[start + 4] == 0x2D and text[start + 7] == 0x2D
    return is_long and run_end(text, start, start + 4, DIGIT) == start + 4


@compiled(FLAG(TEXT, INT, INT, types.float64, COUNTS))
def _is_random_text(text: Any, start: Int, stop: Int, least_entropy: float, counts: Any) -> Int:
    """Say whether a value is no word, path or name: letters and digits in turn, and many different ones.

    Departs: detect-secrets asks for 4.5 bits whatever the length, which fewer than 23 characters can never have, and
    half of the random values of 32 letters and digits do not have; see `SHORT_ENTROPY`.
    """
    letters = digits = switches = 0
    for i in range(start, stop):
        is_digit = is_a(text, i, DIGIT)
        is_letter = is_a(text, i, UPPER | LOWER)
        digits += is_digit
        letters += is_letter
        if i > start:
            switches += is_digit and is_a(text, i - 1, UPPER | LOWER)
            switches += is_letter and is_a(text, i - 1, DIGIT)
            switches += is_a(text, i, UPPER) and is_a(text, i - 1, LOWER)
        switches += _IS_ODD[text[i]]
    if digits == 0 or letters == 0 or 4 * switches < stop - start - 1:
        return False
    limit = min(least_entropy, SHORT_ENTROPY * _LOG2[stop - start])
    return entropy(text, start, stop, counts) > limit


@compiled(FLAG(TEXT, INT, INT, COUNTS))
def _is_aws_secret(text: Any, start: Int, stop: Int, counts: Any) -> Int:
    """Say whether it is 40 characters of base64 with capitals, small letters and digits."""
    if stop - start != 40 or run_end(text, start, stop, ALNUM | SLASH) != stop or _is_hex(text, start, stop):
        return False
    has_all = run_end(text, start, stop, ALNUM & ~UPPER | SLASH) < stop
    has_all &= run_end(text, start, stop, ALNUM & ~LOWER | SLASH) < stop
    has_all &= run_end(text, start, stop, ALNUM & ~DIGIT | SLASH) < stop
    return has_all and entropy(text, start, stop, counts) > 4.0


@compiled(FLAG(TEXT, INT, INT))
def _is_password(text: Any, start: Int, stop: Int) -> Int:
    """Say whether three of the four classes are there, and it does not look like a variable or a path."""
    fits = _LEAST_PASSWORD <= stop - start <= _MOST_PASSWORD and not _IS_NO_PASSWORD[text[start]]
    if not fits or _num_classes(text, start, stop) < 3:
        return False
    for i in range(start, stop):
        if text[i] == 0x2F or text[i] == 0x28:
            return False
    return True


@compiled(MATCH(TEXT, INT, INT, INT, INT, _LIMITS, COUNTS))
def assigned(text: Any, word: Int, start: Int, stop: Int, name: Int, limits: Any, counts: Any) -> tuple[Int, Int, Int]:
    """Match what is given to the name around *word*, where a word of `NAMES` was found.

    Args:
        text: Of all documents.
        word: Where the bytes of `NAMES` are.
        start: Where the document begins.
        stop: Where it ends.
        name: Number of the word.
        limits: Least entropy of base64 and of hex values, exclusive.
        counts: See `redpyjama.kernels.secret_text.entropy`.
    """
    if not _names_secret(text, word, start, stop, name):
        return NONE
    end = run_end(text, word, min(stop, word + MOST_NAME), WORD | DASH)
    if end - word == MOST_NAME:
        return NONE
    begin = run_start(text, word, max(start, word - MOST_NAME), WORD | DASH)
    position, follows = _gap(text, end, stop)
    if position < 0 or (follows == _NEXT_ARGUMENT and (begin == start or not _IS_QUOTE[text[begin - 1]])):
        return NONE
    first, last, quoted = _bounds(text, position, stop, follows != _ANYTHING)
    size = last - first
    if not _LEAST_PASSWORD <= size <= MOST_VALUE:
        return NONE
    if holds_any(text, begin, end, _HARMLESS, _HARMLESS_OFFSETS) or ends_with_any(text, word, end, _ENDS, _END_OFFSETS):
        return NONE
    kind = -1
    if holds_any(text, begin, end, _AWS, _AWS_OFFSETS) and _is_aws_secret(text, first, last, counts):
        kind = AWS_SECRET
    elif _is_hex(text, first, last):
        if size >= (_LEAST_HEX if quoted else _LEAST_BARE_HEX) and entropy(text, first, last, counts) > limits[1]:
            kind = GENERIC
    elif _is_uuid(text, first, last) or _is_date(text, first, last):
        return NONE
    elif size >= (_LEAST_QUOTED if quoted else _LEAST_BARE) and _is_random_text(text, first, last, limits[0], counts):
        kind = GENERIC
    elif quoted and follows != _ARGUMENT and (name == PASS or name == PWD) and _is_password(text, first, last):
        kind = PASSWORD
    return NONE if kind < 0 or is_placeholder(text, first, last) else (kind, first, last)
