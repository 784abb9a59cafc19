"""Secrets of a form of their own: providers' tokens, JSON web tokens, private keys."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.ascii import (
    ALNUM,
    DIGIT,
    FLAG,
    INT,
    LOWER,
    MATCH,
    SLASH,
    UPPER,
    URL_SAFE,
    is_a,
    run_end,
    run_start,
)
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.secret_kinds import (
    ANTHROPIC,
    ANTHROPIC_KEY,
    BASE32,
    CHECKSUM,
    DIGIT_FIRST,
    GITHUB,
    GITHUB_FINE,
    JWT,
    OPENAI,
    OPENAI_KEY,
    PRIVATE_KEY,
    ROUTED,
    SENDGRID,
    SENDGRID_KEY,
    SLACK,
    SLACK_HOOK,
    TELEGRAM,
    TELEGRAM_BOT,
    TWO_CASES,
    WEB_TOKEN,
)
from redpyjama.kernels.secret_text import COUNTS, entropy, is_free, is_placeholder
from redpyjama.kernels.text import TEXT

NONE = (-1, 0, 0)

_RULES: Any = types.Array(types.int64, 2, "C", readonly=True)
_ENTROPIES: Any = types.Array(types.float64, 1, "C", readonly=True)

_BASE62 = np.full(256, -1, np.int64)
_BASE62[list((string.digits + string.ascii_uppercase + string.ascii_lowercase).encode())] = range(62)
_BASE64 = np.full(256, -1, np.int64)
_BASE64[list((string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_").encode())] = range(64)


def _crc_table() -> NDArray[np.uint32]:
    """Return CRC-32 of each byte, as zlib has it."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, np.uint32(0xEDB88320) ^ (table >> 1), table >> 1).astype(np.uint32)
    return table


_CRC = _crc_table()

MOST_PEM = 1 << 16
_LEAST_PEM = 60  # base64 characters of the shortest key there is, one for Ed25519
_ALG = int.from_bytes(b'"alg"', "big")


def _literal(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(text, np.uint8)


_T3, _SK = _literal(b"T3BlbkFJ"), _literal(b"sk-")
_SK_ANT, _FINE, _HOOKS = _literal(b"sk-ant-"), _literal(b"github_pat_"), _literal(b"hooks.slack.com/")
_SERVICES, _WORKFLOWS, _TRIGGERS = _literal(b"services/"), _literal(b"workflows/"), _literal(b"triggers/")
_BEGIN, _END, _KEY, _BLOCK = (
    _literal(b"-----BEGIN "), _literal(b"-----END "), _literal(b"PRIVATE KEY"), _literal(b" BLOCK"),
)  # fmt: skip
_DASHES = _literal(b"-----")


@compiled(FLAG(TEXT, INT, INT, INT, TEXT))
def _is_at(text: Any, position: Int, start: Int, stop: Int, literal: Any) -> Int:
    if position < start or position + len(literal) > stop:
        return False
    for i in range(len(literal)):
        if text[position + i] != literal[i]:
            return False
    return True


@compiled(FLAG(TEXT, INT, INT, INT))
def _ends(text: Any, position: Int, stop: Int, mask: Int) -> Int:
    """Say whether no byte of the classes stands at *position*."""
    return position >= stop or not is_a(text, position, mask)


@compiled(FLAG(TEXT, INT, INT))
def _checksum_fits(text: Any, start: Int, stop: Int) -> Int:
    """Say whether the last six characters are the CRC-32 of those before, in base 62.

    Source: GitHub 2021, "Behind GitHub's new authentication token formats"; npm's tokens have it too.
    """
    crc = np.uint32(0xFFFFFFFF)
    for i in range(start, stop - 6):
        crc = _CRC[(crc ^ text[i]) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    said = np.int64(0)
    for i in range(stop - 6, stop):
        said = said * 62 + _BASE62[text[i]]
    return said == np.int64(crc ^ np.uint32(0xFFFFFFFF))


@compiled(INT(TEXT, INT, INT))
def _route_end(text: Any, position: Int, stop: Int) -> Int:
    """Return the end of the part by which GitLab routes a token, ".01.0x1y2z3ab" or without its second dot."""
    at = position
    if at + 3 > stop or text[at] != 0x2E:
        return position
    for i in range(at + 1, at + 3):
        if not is_a(text, i, DIGIT | LOWER):
            return position
    at += 3
    if at < stop and text[at] == 0x2E:
        at += 1
    end = run_end(text, at, stop, DIGIT | LOWER)
    return end if 7 <= end - at <= 9 and _ends(text, end, stop, ALNUM) else position


@compiled(FLAG(TEXT, INT, INT, INT))
def _passes(text: Any, start: Int, stop: Int, check: Int) -> Int:
    """Say whether the characters behind a prefix are what `Prefixed.check` asks for."""
    if check == BASE32:
        for i in range(start, stop):
            if text[i] == 0x30 or text[i] == 0x31 or text[i] == 0x38 or text[i] == 0x39:
                return False
    elif check == CHECKSUM:
        return _checksum_fits(text, start, stop)
    elif check == TWO_CASES:
        upper = lower = False
        for i in range(start, stop):
            upper |= is_a(text, i, UPPER)
            lower |= is_a(text, i, LOWER)
        return upper and lower
    elif check == DIGIT_FIRST:
        return is_a(text, start, DIGIT)
    return True


@compiled(FLAG(TEXT, INT, INT, types.float64, COUNTS))
def _is_random(text: Any, start: Int, stop: Int, least_entropy: float, counts: Any) -> Int:
    return entropy(text, start, stop, counts) > least_entropy and not is_placeholder(text, start, stop)


@compiled(MATCH(TEXT, INT, INT, INT, INT, _RULES, TEXT, _ENTROPIES, COUNTS))
def prefixed(
    text: Any, position: Int, start: Int, stop: Int, form: Int, rules: Any, prefixes: Any, entropies: Any, counts: Any
) -> tuple[Int, Int, Int]:
    """Match one of `PREFIXED`, whose two bytes stand at *position*.

    Args:
        text: Of all documents.
        position: Where the bytes `Prefixed.pair` are.
        start: Where the document begins.
        stop: Where it ends.
        form: Which of them.
        rules: A row of each: kind, first and last + 1 of *prefixes*, pair, body, least, most, check.
        prefixes: All prefixes end to end.
        entropies: Of each; see `Prefixed.entropy`.
        counts: See `redpyjama.kernels.secret_text.entropy`.
    """
    first, size, check = rules[form, 1], rules[form, 2] - rules[form, 1], rules[form, 7]
    begin = position - rules[form, 3]
    body = begin + size
    if begin < start or body > stop:
        return NONE
    for i in range(size):
        if text[begin + i] != prefixes[first + i]:
            return NONE
    end = run_end(text, body, min(stop, body + rules[form, 6] + 1), rules[form, 4])
    fits = rules[form, 5] <= end - body <= rules[form, 6] and _ends(text, end, stop, ALNUM)
    if not fits or not is_free(text, begin, start) or not _passes(text, body, end, check):
        return NONE
    if check != CHECKSUM and not _is_random(text, body, end, entropies[form], counts):
        return NONE
    return rules[form, 0], begin, _route_end(text, end, stop) if check == ROUTED else end


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _github_fine(text: Any, begin: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match "github_pat_", 22 characters, "_" and 59."""
    middle, end = begin + 33, begin + 93
    if not _is_at(text, begin, start, stop, _FINE) or end > stop or not is_free(text, begin, start):
        return NONE
    if run_end(text, begin + 11, end, ALNUM) != middle or text[middle] != 0x5F:
        return NONE
    if run_end(text, middle + 1, end, ALNUM) != end or not _ends(text, end, stop, ALNUM):
        return NONE
    return (GITHUB, begin, end) if _is_random(text, middle + 1, end, 3.5, counts) else NONE


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _anthropic(text: Any, begin: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match "sk-ant-", what the key is for, as "api03", "-" and 80 to 120 characters."""
    if not _is_at(text, begin, start, stop, _SK_ANT) or not is_free(text, begin, start):
        return NONE
    dash = run_end(text, begin + 7, min(stop, begin + 18), LOWER | DIGIT)
    if not 3 <= dash - begin - 7 <= 10 or dash >= stop or text[dash] != 0x2D:
        return NONE
    end = run_end(text, dash + 1, min(stop, dash + 122), URL_SAFE)
    fits = 80 <= end - dash - 1 <= 120 and _is_random(text, dash + 1, end, 3.5, counts)
    return (ANTHROPIC, begin, end) if fits else NONE


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _openai(text: Any, position: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match "sk-", 20 to 217 characters, "T3BlbkFJ" ("OpenAI" in base64) and 20 to 200."""
    if not _is_at(text, position, start, stop, _T3):
        return NONE
    begin = run_start(text, position, max(start, position - 222), URL_SAFE)
    if begin > start and text[begin - 1] == 0x5C and text[begin] != 0x73:  # the letter of an escape
        begin += 1
    end = run_end(text, position + 8, min(stop, position + 209), URL_SAFE)
    if not _is_at(text, begin, start, stop, _SK) or not is_free(text, begin, start):
        return NONE
    if not 23 <= position - begin <= 220 or not 20 <= end - position - 8 <= 200:
        return NONE
    return (OPENAI, begin, end) if _is_random(text, begin + 3, end, 3.5, counts) else NONE


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _slack_hook(text: Any, begin: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match what follows "hooks.slack.com/services/": three or four parts; the address is no secret without them."""
    if not _is_at(text, begin, start, stop, _HOOKS):
        return NONE
    first = begin + len(_HOOKS)
    if _is_at(text, first, start, stop, _SERVICES) or _is_at(text, first, start, stop, _TRIGGERS):
        first += len(_SERVICES)
    elif _is_at(text, first, start, stop, _WORKFLOWS):
        first += len(_WORKFLOWS)
    else:
        return NONE
    end = run_end(text, first, min(stop, first + 15), UPPER | DIGIT)
    if not 8 <= end - first <= 14:
        return NONE
    parts, last = 1, first
    while parts < 4 and end < stop and text[end] == 0x2F:
        after = run_end(text, end + 1, min(stop, end + 42), ALNUM)
        if not 8 <= after - end - 1 <= 40:
            break
        parts, last, end = parts + 1, end + 1, after
    fits = parts >= 3 and _ends(text, end, stop, ALNUM)
    return (SLACK, first, end) if fits and _is_random(text, last, end, 3.0, counts) else NONE


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _sendgrid(text: Any, begin: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match "SG.", 22 characters, "." and 43."""
    dot, end = begin + 25, begin + 69
    if end > stop or text[begin + 2] != 0x2E or text[dot] != 0x2E or not is_free(text, begin, start):
        return NONE
    if run_end(text, begin + 3, dot, URL_SAFE) != dot or run_end(text, dot + 1, end, URL_SAFE) != end:
        return NONE
    fits = _ends(text, end, stop, URL_SAFE) and _is_random(text, begin + 3, end, 3.5, counts)
    return (SENDGRID, begin, end) if fits else NONE


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _telegram(text: Any, colon: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match the number of a bot, ":AA" and 33 characters."""
    begin = run_start(text, colon, max(start, colon - 11), DIGIT)
    end = run_end(text, colon + 1, min(stop, colon + 37), URL_SAFE)
    if not 8 <= colon - begin <= 10 or end - colon != 36 or text[colon + 2] != 0x41:
        return NONE
    return (TELEGRAM, begin, end) if _is_random(text, colon + 3, end, 3.5, counts) else NONE


@compiled(FLAG(TEXT, INT, INT))
def _is_header(text: Any, start: Int, stop: Int) -> Int:
    """Say whether base64 decodes to printed ASCII in braces, with an "alg" in it."""
    if (stop - start) % 4 == 1:
        return False
    bits = num_bits = last = np.int64(0)
    window = np.int64(0)
    has_alg = False
    for i in range(start, stop):
        bits = (bits << 6 | _BASE64[text[i]]) & 0xFFFF
        num_bits += 6
        if num_bits >= 8:
            num_bits -= 8
            byte = bits >> num_bits & 0xFF
            if not 0x20 <= byte < 0x7F and not 0x09 <= byte <= 0x0D:
                return False
            window = (window << 8 | byte) & 0xFFFFFFFFFF
            has_alg |= window == _ALG
            last = byte
    return has_alg and last == 0x7D


@compiled(MATCH(TEXT, INT, INT, INT))
def _web_token(text: Any, begin: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match a signed JSON web token (RFC 7519): three parts of base64, of which the first is its header."""
    if begin < start or text[begin] != 0x65 or not is_free(text, begin, start):
        return NONE
    if begin > start and (text[begin - 1] == 0x2E or is_a(text, begin - 1, URL_SAFE & ~ALNUM)):
        return NONE
    header = run_end(text, begin, min(stop, begin + 4097), URL_SAFE)
    if header - begin > 4096 or header >= stop or text[header] != 0x2E or not _is_header(text, begin, header):
        return NONE
    claims = run_end(text, header + 1, min(stop, header + 1 + MOST_PEM), URL_SAFE)
    if claims == header + 1 or claims >= stop or text[claims] != 0x2E:
        return NONE
    end = run_end(text, claims + 1, min(stop, claims + 4098), URL_SAFE)
    return (JWT, begin, end) if 16 <= end - claims - 1 <= 4096 else NONE


@compiled(INT(TEXT, INT, INT, INT))
def _key_line_end(text: Any, position: Int, start: Int, stop: Int) -> Int:
    """Return the end of "PRIVATE KEY-----" or "PRIVATE KEY BLOCK-----" at *position*, or -1."""
    if not _is_at(text, position, start, stop, _KEY):
        return -1
    position += len(_KEY)
    if _is_at(text, position, start, stop, _BLOCK):
        position += len(_BLOCK)
    return position + 5 if _is_at(text, position, start, stop, _DASHES) else -1


@compiled(INT(TEXT, INT, INT))
def _skip_algorithm(text: Any, position: Int, stop: Int) -> Int:
    """Return where the words before "PRIVATE KEY" end, as "RSA " or "OPENSSH "; at most 32 bytes on."""
    end = position
    while end < min(stop, position + 33) and (is_a(text, end, UPPER | DIGIT) or text[end] == 0x20):
        if _is_at(text, end, position, stop, _KEY):
            return end
        end += 1
    return end


@compiled(MATCH(TEXT, INT, INT, INT, COUNTS))
def _private_key(text: Any, position: Int, start: Int, stop: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match a private key from "-----BEGIN" to the end of the "-----END" line (RFC 7468, OpenSSH and OpenPGP alike)."""
    body = _key_line_end(text, position, start, stop)
    if body < 0:
        return NONE
    begin = position
    while begin > max(start, position - 32) and (is_a(text, begin - 1, UPPER | DIGIT) or text[begin - 1] == 0x20):
        begin -= 1
    begin -= len(_BEGIN) - 6  # "BEGIN " is of the same characters
    if not _is_at(text, begin, start, stop, _BEGIN):
        return NONE
    at, letters, limit = body, np.int64(0), min(stop, body + MOST_PEM)
    while at < limit and not _is_at(text, at, start, stop, _DASHES):
        letters += is_a(text, at, ALNUM | SLASH)
        at += 1
    if not _is_at(text, at, start, stop, _END) or letters < _LEAST_PEM or 2 * letters < at - body:
        return NONE
    end = _key_line_end(text, _skip_algorithm(text, at + len(_END), stop), start, stop)
    return (PRIVATE_KEY, begin, end) if end > 0 and entropy(text, body, at, counts) > 4.5 else NONE


@compiled(MATCH(TEXT, INT, INT, INT, INT, COUNTS))
def formed(text: Any, position: Int, start: Int, stop: Int, form: Int, counts: Any) -> tuple[Int, Int, Int]:
    """Match a form that is more than a prefix and a run; the first two bytes of its window stand at *position*."""
    if form == GITHUB_FINE:
        return _github_fine(text, position - 5, start, stop, counts)
    if form == ANTHROPIC_KEY:
        return _anthropic(text, position - 1, start, stop, counts)
    if form == OPENAI_KEY:
        return _openai(text, position, start, stop, counts)
    if form == SLACK_HOOK:
        return _slack_hook(text, position - 10, start, stop, counts)
    if form == SENDGRID_KEY:
        return _sendgrid(text, position, start, stop, counts)
    if form == TELEGRAM_BOT:
        return _telegram(text, position, start, stop, counts)
    if form == WEB_TOKEN:
        return _web_token(text, position - 1, start, stop)
    return _private_key(text, position - 3, start, stop, counts)
