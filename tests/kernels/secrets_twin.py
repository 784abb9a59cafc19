"""The rules for secrets in plain Python: what the kernels do, by regular expressions at every place of the text."""

from __future__ import annotations

import base64
import collections
import itertools
import math
import re
import zlib
from collections.abc import Callable, Iterator

from redpyjama.kernels import reserved, secret_addresses, secret_kinds, secret_text, secret_values

KINDS = secret_kinds.KINDS
BY_NAME = ("password", "generic")
Match = tuple[int, int, str]

FREE = rb"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
ALNUMS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def entropy(value: bytes) -> float:
    value = value[: secret_text.MAX_LENGTH]
    total = 0.0
    for _, count in sorted(collections.Counter(value).items()):
        total += count * math.log2(count)
    return (len(value) * math.log2(len(value)) - total) / len(value) if value else 0.0


def is_sequence(value: bytes) -> bool:
    steps = [b - a for a, b in itertools.pairwise(value)]
    for i in range(len(steps) - 4):
        if steps[i] in (-1, 0, 1) and len(set(steps[i : i + 5])) == 1:
            return True
    return 2 * sum(step in (0, 1) for step in steps) >= len(value)


def holds(value: bytes, words: tuple[str, ...]) -> bool:
    return any(word.encode() in value.lower() for word in words)


def ends(value: bytes, words: tuple[str, ...]) -> bool:
    return value.lower().endswith(tuple(word.encode() for word in words))


def is_placeholder(value: bytes) -> bool:
    return is_sequence(value) or holds(value, secret_text.PLACEHOLDERS)


def is_random(limit: float) -> Callable[[bytes], bool]:
    return lambda value: entropy(value) > limit and not is_placeholder(value)


def is_checksummed(value: bytes) -> bool:
    said = 0
    for byte in value[-6:]:
        said = said * 62 + ALNUMS.index(byte)
    return zlib.crc32(value[:-6]) == said


def has_two_cases(value: bytes) -> bool:
    return is_random(3.9)(value) and re.search(rb"[A-Z]", value) is not None and re.search(rb"[a-z]", value) is not None


def is_header(value: bytes) -> bool:
    if len(value) % 4 == 1:
        return False
    decoded = base64.urlsafe_b64decode(value + b"=" * (-len(value) % 4))
    return re.fullmatch(rb"[\x20-\x7e\t-\r]*\}", decoded) is not None and b'"alg"' in decoded


def holds_key(body: bytes) -> bool:
    letters = len(re.findall(rb"[A-Za-z0-9+/]", body))
    return letters >= 60 and 2 * letters >= len(body) and entropy(body) > 4.5


U = rb"[A-Za-z0-9_-]"
FORMS: tuple[tuple[str, bytes, Callable[[bytes], bool]], ...] = (
    ("aws_access_key_id", FREE + rb"(?:AKIA|ASIA|ABIA|ACCA)(?P<body>[A-Z2-7]{16})(?![A-Za-z0-9])", is_random(2.5)),
    ("github", FREE + rb"gh[pousr]_(?P<body>[A-Za-z0-9]{36,255})(?![A-Za-z0-9])", is_checksummed),
    ("github", FREE + rb"github_pat_[A-Za-z0-9]{22}_(?P<body>[A-Za-z0-9]{59})(?![A-Za-z0-9])", is_random(3.5)),
    ("gitlab", FREE + rb"gl(?:pat|dt|rt|ptt)-(?P<body>" + U + rb"{20,300})(?!" + U + rb")(?:\.[a-z0-9]{2}\.?[a-z0-9]{7,9}(?![A-Za-z0-9]))?", is_random(3.0)),
    ("slack", FREE + rb"xox[abeoprs]-(?P<body>[0-9][A-Za-z0-9-]{23,254})(?![A-Za-z0-9-])", is_random(3.0)),
    ("slack", FREE + rb"xapp-(?P<body>[0-9][A-Za-z0-9-]{39,254})(?![A-Za-z0-9-])", is_random(3.0)),
    ("slack", rb"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Z0-9]{8,14}(?:/[A-Za-z0-9]{8,40}){1,2}/(?P<body>[A-Za-z0-9]{8,40}))(?![A-Za-z0-9])", is_random(3.0)),
    ("google", FREE + rb"AIza(?P<body>" + U + rb"{35})(?!" + U + rb")", is_random(3.5)),
    ("google", FREE + rb"GOCSPX-(?P<body>" + U + rb"{28})(?!" + U + rb")", is_random(3.5)),
    ("stripe", FREE + rb"[sr]k_live_(?P<body>[A-Za-z0-9]{24,247})(?![A-Za-z0-9])", is_random(3.0)),
    ("openai", rb"(?:(?<!" + U + rb")|(?<=\\[nrt]))sk-(?P<body>" + U + rb"{20,217}T3BlbkFJ" + U + rb"{20,200})(?!" + U + rb")", is_random(3.5)),
    ("anthropic", FREE + rb"sk-ant-[a-z0-9]{3,10}-(?P<body>" + U + rb"{80,120})(?!" + U + rb")", is_random(3.5)),
    ("huggingface", FREE + rb"(?:hf_|api_org_)(?P<body>[A-Za-z0-9]{34,40})(?![A-Za-z0-9])", has_two_cases),
    ("npm", FREE + rb"npm_(?P<body>[A-Za-z0-9]{36})(?![A-Za-z0-9])", is_checksummed),
    ("pypi", FREE + rb"pypi-AgE(?P<body>" + U + rb"{60,1000})(?!" + U + rb")", is_random(4.0)),
    ("sendgrid", FREE + rb"SG\.(?P<body>" + U + rb"{22}\." + U + rb"{43})(?!" + U + rb")", is_random(3.5)),
    ("twilio", FREE + rb"(?:SK|AC)(?P<body>[0-9a-f]{32})(?![A-Za-z0-9])", is_random(3.0)),
    ("telegram", rb"(?<![0-9])[0-9]{8,10}:AA(?P<body>" + U + rb"{33})(?!" + U + rb")", is_random(3.5)),
    ("jwt", FREE + rb"(?<![_.-])(?P<body>eyJ" + U + rb"{0,4093})\." + U + rb"{1,65535}\." + U + rb"{16,4096}(?!" + U + rb")", is_header),
    ("private_key", rb"-----BEGIN [A-Z0-9 ]{0,26}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:(?!-----)[\s\S]){0,65536})-----END (?:(?!PRIVATE KEY)[A-Z0-9 ]){0,32}PRIVATE KEY(?: BLOCK)?-----", holds_key),
)  # fmt: skip


def formed(text: bytes) -> Iterator[Match]:
    for kind, pattern, fits in FORMS:
        compiled = re.compile(pattern)
        position = 0
        while found := compiled.search(text, position):
            if fits(found["body"]):
                group = "secret" if "secret" in compiled.groupindex else 0
                yield found.start(group), found.end(group), kind
            position = found.start() + 1


NAMES = {
    "token": rb"token",
    "secret": rb"secret",
    "authorization": rb"authorization",
    "credential": rb"cred",
    "password": rb"(?:pass(?![A-Za-z0-9_-])|pass(?=[wp])|pwd)",
    "key": rb"(?:" + b"|".join(word.encode() for word in secret_values.KEYS) + rb")[_.-]?key",
}
LAST = {"token": b"ken", "secret": b"cret", "authorization": b"zation", "credential": b"cred", "key": b"key"}
OPERATOR = rb"(?:=(?:={0,2})>?|:=?|!==?|<-|,|\(|>)"
BLANKS = rb"[ \t]{0,16}"
OPENING = rb"[A-Za-z@]{0,2}\\?[\"'`]"


def value_at(text: bytes, begin: int, position: int) -> tuple[int, int, bool, bool] | None:
    """Where the value of a name [begin, position) begins and ends, whether it is quoted, and the first argument of a call."""
    gap = re.compile(rb"[\"'`\\)\]]{0,4}" + BLANKS).match(text, position)
    at, quoted, called = gap.end(), False, False
    if found := re.compile(rb"value=", re.IGNORECASE).match(text, at):
        at, quoted = found.end(), True
    elif found := re.compile(OPERATOR).match(text, at):
        quoted, called = found[0][:1] in (b"!", b"<", b",", b"("), found[0] == b"("
        if found[0] == b"," and text[max(begin - 1, 0) : begin] not in (b'"', b"'", b"`"):
            return None
        at = re.compile(BLANKS).match(text, found.end()).end()
        typed = re.compile(rb"(?=[A-Za-z&])[A-Za-z0-9_&'<>\[\]|.? ]{0,40}=" + BLANKS + rb"(?=" + OPENING + rb")")
        if found[0] == b":" and (kind := typed.match(text, at)):
            at, quoted = kind.end(), True
    else:
        return None
    if at >= len(text):
        return None
    opening = re.compile(OPENING).match(text, at)
    first = opening.end() if opening else at
    if scheme := re.compile(rb"(?:bearer|basic|token) ", re.IGNORECASE).match(text, first):
        first = scheme.end()
    if opening:
        found = re.compile(rb"(?:(?![\"'`\\<>{}\[\],;|])[!-~]){0,512}(?=\\?" + re.escape(opening[0][-1:]) + rb")")
    elif quoted:
        return None
    else:
        found = re.compile(rb"[A-Za-z0-9_+/=.~-]{0,512}(?=[ \t\r\n\x0b\x0c<&;,}\\\"'`]|\Z)")
    if not (value := found.match(text, first)):
        return None
    end = value.end() - (not opening and value[0].endswith(b"."))
    return first, end, bool(opening), called


def is_text_random(value: bytes, limit: float) -> bool:
    digits, letters = re.search(rb"[0-9]", value), re.search(rb"[A-Za-z]", value)
    switches = len(re.findall(rb"(?=[0-9][A-Za-z]|[A-Za-z][0-9]|[a-z][A-Z])", value))
    switches += len(re.findall(rb"[!@#$^*()]", value))
    if not digits or not letters or 4 * switches < len(value) - 1:
        return False
    return entropy(value) > min(limit, secret_values.SHORT_ENTROPY * math.log2(len(value)))


def judged(name: str, whole: bytes, value: bytes, quoted: bool, called: bool, limits: tuple[float, float]) -> str:
    """The kind of a value, or ""."""
    is_hex = re.fullmatch(rb"[0-9A-Fa-f]*[A-Fa-f][0-9A-Fa-f]*", value)
    classes = sum(re.search(c, value) is not None for c in (rb"[A-Z]", rb"[a-z]", rb"[0-9]", rb"[^A-Za-z0-9]"))
    if holds(whole, secret_values.AWS) and re.fullmatch(rb"[A-Za-z0-9+/]{40}", value) and not is_hex:
        if all(re.search(c, value) for c in (rb"[A-Z]", rb"[a-z]", rb"[0-9]")) and entropy(value) > 4:
            return "aws_secret_key"
    if is_hex:
        return "generic" if len(value) >= (16 if quoted else 32) and entropy(value) > limits[1] else ""
    if re.fullmatch(rb"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) or re.match(rb"[0-9]{4}-..-..", value):
        return ""
    if len(value) >= (16 if quoted else 20) and is_text_random(value, limits[0]):
        return "generic"
    if (
        quoted
        and not called
        and name == "password"
        and len(value) <= 64
        and classes >= 3
        and value[0] not in b"$%@#.&:-"
    ):
        return "" if b"/" in value or b"(" in value else "password"
    return ""


def assigned(text: bytes, limits: tuple[float, float]) -> Iterator[Match]:
    for name, pattern in NAMES.items():
        for found in re.finditer(rb"(?i)(?=(" + pattern + rb"))", text):
            start, behind = found.span(1)
            word = behind - len(LAST[name]) if name in LAST else start
            if word + 4 > len(text):
                continue
            end = re.compile(rb"[A-Za-z0-9_-]*").match(text, word).end()
            begin = word - len(re.search(rb"[A-Za-z0-9_-]*\Z", text[max(0, word - 48) : word])[0])
            if end - word >= secret_values.MOST_NAME or not (value := value_at(text, begin, end)):
                continue
            first, last, quoted, called = value
            whole = text[begin:end]
            if not 8 <= last - first <= 512 or holds(whole, secret_values.HARMLESS):
                continue
            if ends(text[word:end], secret_values.HARMLESS_ENDS):
                continue
            kind = judged(name, whole, text[first:last], quoted, called, limits)
            if kind and not is_placeholder(text[first:last]):
                yield first, last, kind


ADDRESS = re.compile(
    rb"(?<=[A-Za-z0-9])://([A-Za-z0-9._~!$&*+=%-]{0,63}):([A-Za-z0-9._~!$&*+=%^:-]{3,128})@(?=[A-Za-z0-9])([A-Za-z0-9.-]{1,256})"
)


def addresses(text: bytes) -> Iterator[Match]:
    for found in ADDRESS.finditer(text):
        user, password, host = found.groups()
        if re.fullmatch(rb"[0-9]{1,5}|[a-z]{1,6}|[^A-Za-z0-9]*|\$[A-Za-z0-9_].*", password) or len(set(password)) < 3:
            continue
        if password.lower().decode() in secret_addresses.WEAK or is_placeholder(password):
            continue
        if len(user) == len(password) and all(a | 32 == b | 32 for a, b in zip(user, password, strict=True)):
            continue
        if host.lower().decode() in secret_addresses.NO_HOSTS or ends(
            b"." + host, ["." + name for name in reserved.RESERVED]
        ):
            continue
        yield *found.span(2), "url_password"


def settled(matches: list[Match]) -> list[Match]:
    """Those that stay where matches overlap."""
    stay: list[Match] = []
    for match in sorted(matches, key=lambda m: (m[0], KINDS.index(m[2]))):
        while stay and stay[-1][1] > match[0] and _strength(match) > _strength(stay[-1]):
            stay.pop()
        if not stay or stay[-1][1] <= match[0]:
            stay.append(match)
    return stay


def _strength(match: Match) -> tuple[bool, int]:
    return match[2] not in BY_NAME, match[1] - match[0]


def find(text: bytes, limits: tuple[float, float] = (4.5, 3.0), kinds: tuple[str, ...] = KINDS) -> list[Match]:
    every = [*formed(text), *addresses(text), *assigned(text, limits)]
    return settled([match for match in every if match[2] in kinds])
