"""What secrets look like, as data: their kinds, and by which bytes each form is found."""

from __future__ import annotations

from dataclasses import dataclass

from redpyjama.kernels.ascii import ALNUM, DASH, DIGIT, HEX, UPPER, URL_SAFE

KINDS = (
    "aws_access_key_id", "aws_secret_key", "github", "gitlab", "slack", "google", "stripe", "openai", "anthropic",
    "huggingface", "npm", "pypi", "sendgrid", "twilio", "telegram", "jwt", "private_key", "url_password", "password",
    "generic",
)  # fmt: skip
"""What is found, by number; the last two have no form of their own."""

(AWS_ID, AWS_SECRET, GITHUB, GITLAB, SLACK, GOOGLE, STRIPE, OPENAI, ANTHROPIC, HUGGINGFACE, NPM, PYPI, SENDGRID, TWILIO,
 TELEGRAM, JWT, PRIVATE_KEY, URL_PASSWORD, PASSWORD, GENERIC) = range(len(KINDS))  # fmt: skip

ANY_BYTE = bytes(range(256))

ANY, BASE32, CHECKSUM, TWO_CASES, ROUTED, DIGIT_FIRST = range(6)
"""What is asked of a token beyond its characters: nothing; the digits 2 to 7 alone; the last six characters are a
checksum; both cases; it may go on with what GitLab routes it by; its first character is a digit."""


@dataclass(frozen=True, slots=True)
class Prefixed:
    """A token that is a prefix and a run of characters.

    Attributes:
        kind: Number of its kind.
        prefix: What it begins with.
        pair: Which two bytes of the prefix, seldom in text, are looked for.
        body: Classes of the characters behind the prefix.
        least: Fewest of them.
        most: Most of them.
        entropy: Their entropy is more than so many bits; random ones have more by far, words less.
        check: What else is asked.
    """

    kind: int
    prefix: bytes
    pair: int
    body: int
    least: int
    most: int
    entropy: float = 3.0
    check: int = ANY


PREFIXED = (
    *(Prefixed(AWS_ID, p, 1, UPPER | DIGIT, 16, 16, 2.5, BASE32) for p in (b"AKIA", b"ASIA", b"ABIA", b"ACCA")),
    *(Prefixed(GITHUB, p, 0, ALNUM, 36, 255, 3.0, CHECKSUM) for p in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")),
    *(Prefixed(GITLAB, p, 0, URL_SAFE, 20, 300, 3.0, ROUTED) for p in (b"glpat-", b"gldt-", b"glrt-", b"glptt-")),
    *(Prefixed(SLACK, b"xox%c-" % c, 0, ALNUM | DASH, 24, 255, 3.0, DIGIT_FIRST) for c in b"abeoprs"),
    Prefixed(SLACK, b"xapp-", 0, ALNUM | DASH, 40, 255, 3.0, DIGIT_FIRST),
    Prefixed(GOOGLE, b"AIza", 1, URL_SAFE, 35, 35, 3.5),
    Prefixed(GOOGLE, b"GOCSPX-", 0, URL_SAFE, 28, 28, 3.5),
    Prefixed(STRIPE, b"sk_live_", 1, ALNUM, 24, 247),
    Prefixed(STRIPE, b"rk_live_", 1, ALNUM, 24, 247),
    Prefixed(HUGGINGFACE, b"hf_", 0, ALNUM, 34, 40, 3.9, TWO_CASES),
    Prefixed(HUGGINGFACE, b"api_org_", 2, ALNUM, 34, 40, 3.9, TWO_CASES),
    Prefixed(NPM, b"npm_", 1, ALNUM, 36, 36, 3.0, CHECKSUM),
    Prefixed(PYPI, b"pypi-AgE", 3, URL_SAFE, 60, 1000, 4.0),
    Prefixed(TWILIO, b"SK", 0, HEX, 32, 32),
    Prefixed(TWILIO, b"AC", 0, HEX, 32, 32),
)
"""Source: the providers' announcements of their forms; detect-secrets 1.5.0 and gitleaks agree but for bounds."""

FORMS = (
    (GITHUB, (b"b", b"_", b"p", b"a")),  # github_pat_
    (ANTHROPIC, (b"k", b"-", b"a", b"n")),  # sk-ant-
    (OPENAI, (b"T", b"3", b"B", b"l")),  # T3BlbkFJ
    (SLACK, (b"k", b".", b"c", b"o")),  # hooks.slack.com
    (SENDGRID, (b"S", b"G", b".", ANY_BYTE)),
    (TELEGRAM, (b":", b"A", b"A", ANY_BYTE)),
    (JWT, (b"y", b"J", ANY_BYTE, ANY_BYTE)),  # eyJ, {" in base64
    (PRIVATE_KEY, (b"V", b"A", b"T", b"E")),  # PRIVATE KEY
    (URL_PASSWORD, (b":", b"/", b"/", ANY_BYTE)),
)
"""Forms that are more than a prefix: kind, and which bytes stand at the four places where they are looked for."""

GITHUB_FINE, ANTHROPIC_KEY, OPENAI_KEY, SLACK_HOOK, SENDGRID_KEY, TELEGRAM_BOT, WEB_TOKEN, PEM, ADDRESS = (
    len(PREFIXED) + i for i in range(len(FORMS))
)
"""Their numbers, behind those of `PREFIXED`."""

NAMES = (
    (b"kK", b"eE", b"yY", ANY_BYTE),
    (b"kK", b"eE", b"nN", ANY_BYTE),  # token
    (b"cC", b"rR", b"eE", b"tT"),  # secret
    (b"cC", b"rR", b"eE", b"dD"),  # credential
    (b"pP", b"aA", b"sS", b"sS"),  # password, passphrase, pass
    (b"pP", b"wW", b"dD", ANY_BYTE),
    (b"zZ", b"aA", b"tT", b"iI"),  # authorization
)
"""Parts of the names to which secrets are given, as four places."""

KEY, TOKEN, SECRET, CREDENTIAL, PASS, PWD, AUTHORIZATION = (len(PREFIXED) + len(FORMS) + i for i in range(len(NAMES)))
"""Their numbers, behind those of `FORMS`."""
