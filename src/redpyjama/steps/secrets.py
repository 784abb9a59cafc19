"""The step "secrets": keys, tokens and passwords that somebody left in code or text, and what takes their place."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from redpyjama.errors import UsageError, nearest
from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

    from redpyjama.kernels.secrets import Tables

_STARCODER = "Li et al. 2023 (StarCoder), arXiv 2305.06161, section 4"
_DETECT_SECRETS = "detect-secrets 1.5.0"

_KINDS = {
    "aws_access_key_id": "An AWS access key id: AKIA, ASIA, ABIA or ACCA and 16 characters.",
    "aws_secret_key": "40 characters given to a name of an AWS secret key.",
    "github": "A GitHub token, its checksum right (ghp_, gho_, ghu_, ghs_, ghr_), or a fine-grained one (github_pat_).",
    "gitlab": "A GitLab token (glpat-, glptt-, gldt-, glrt-).",
    "slack": "A Slack token (xoxb-, xoxp-, xapp-, ...), or what makes the address of a webhook secret.",
    "google": "A Google API key (AIza) or OAuth client secret (GOCSPX-).",
    "stripe": "A secret or restricted live key of Stripe.",
    "openai": "An OpenAI key (sk- and T3BlbkFJ within).",
    "anthropic": "An Anthropic key (sk-ant-).",
    "huggingface": "A Hugging Face token (hf_, api_org_).",
    "npm": "An npm token, its checksum right.",
    "pypi": "A PyPI token (pypi-AgE).",
    "sendgrid": "A SendGrid key (SG.).",
    "twilio": "A Twilio account or key id (AC, SK).",
    "telegram": "The token of a Telegram bot.",
    "jwt": 'A signed JSON web token whose header decodes and has an "alg".',
    "private_key": "A private key in PEM, from its BEGIN line to its END line.",
    "url_password": "The password of scheme://user:password@host, unless it stands for one.",
    "password": "A string given to a name of a password, of three of the four classes of characters.",
    "generic": "A string given to a name as secret, token or api_key, and too random for a word.",
}
"""Why each is replaced; names and order are those of `redpyjama.kernels.secret_kinds.KINDS`."""

_BY_NAME = ("password", "generic")
_PASSWORDS = ("url_password", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsParams:
    """What is looked for, and what is done with it.

    Attributes:
        kinds: The kinds to look for; none means all: the span rules of this step.
        action: "replace" puts *replacement* where the secret was; "mark" measures, and leaves the text as it is.
        replacement: What takes the place of keys and tokens; StarCoder's is <KEY>.
        password_replacement: What takes the place of passwords; StarCoder's is <PASSWORD>.
        base64_entropy: A value by name has more bits of entropy a character than this; detect-secrets' limit, here for
            values of 50 characters and more. Shorter ones seldom have as much: they need 0.8 log2(length).
        hex_entropy: The same of hexadecimal values.
    """

    kinds: tuple[str, ...] = ()
    action: Literal["replace", "mark"] = "replace"
    replacement: str = "<KEY>"
    password_replacement: str = "<PASSWORD>"
    base64_entropy: float = 4.5
    hex_entropy: float = 3.0

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in _KINDS:
                raise UsageError(
                    f"step secrets: there is no kind {kind!r}{nearest(kind, _KINDS)}", f"there are {list(_KINDS)}"
                )
        if not (0 <= self.base64_entropy <= 8 and 0 <= self.hex_entropy <= 4):
            raise UsageError("step secrets", "base64_entropy is 0 to 8, hex_entropy 0 to 4 bits a character")


def run(batch: pa.RecordBatch, params: SecretsParams) -> pa.RecordBatch:
    """Look for secrets in every text; see `redpyjama.stage.Step.run`.

    Departs: StarCoder found keys by detect-secrets and a model, and replaced them by <KEY>; a value that no name calls
    a secret is left alone here, however random: most of those are hashes.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, secrets
    from redpyjama.steps import spans

    num_rows = batch.num_rows
    offsets, data = arrow.buffers(batch.column("text"))
    found = secrets.find(data, offsets, _tables(params.kinds), params.base64_entropy, params.hex_entropy)
    kinds = list(_KINDS)
    by_name = np.isin(found[:, 3], [kinds.index(name) for name in _BY_NAME])
    private = found[:, 3] == kinds.index("private_key")
    found[:, 4] = np.isin(found[:, 3], [kinds.index(name) for name in _PASSWORDS])

    def counted(which: Any) -> pa.Array:
        return pa.array(np.bincount(found[which, 0], minlength=num_rows).astype(np.int32))

    columns: dict[str, Any] = {
        "secrets": counted(slice(None)),
        "secrets_formed": counted(~by_name),
        "secrets_by_name": counted(by_name),
        "private_keys": counted(private),
        "secret_ranges": pa.array(spans.ranges(found, num_rows, tuple(kinds)), pa.string()),
    }
    kept = found if params.action == "replace" else found[:0]
    replacements = (params.replacement, params.password_replacement)
    columns["spans"] = spans.to_arrow(kept, num_rows, tuple(kinds), replacements)
    return pa.record_batch(columns)


@functools.lru_cache(maxsize=4)
def _tables(kinds: tuple[str, ...]) -> Tables:
    from redpyjama.kernels import secrets

    return secrets.tables(kinds or tuple(_KINDS))


STEP = Step(
    name="secrets",
    version=1,
    params=SecretsParams,
    run=run,
    signals={
        "secrets": Signal(
            "int32",
            "Secrets of all kinds looked for; 0 or more.",
            f"RedPyjama, after {_DETECT_SECRETS} and {_STARCODER}",
        ),
        "secrets_formed": Signal(
            "int32",
            "Those of a form of their own (a provider's prefix, a checksum, a key's BEGIN and END); 0 or more: few of "
            "them are none.",
            "the providers' own definitions",
        ),
        "secrets_by_name": Signal(
            "int32",
            "Those that are told by their name and their randomness alone (kinds password and generic); 0 or more.",
            f"{_DETECT_SECRETS}: its limits of entropy",
        ),
        "private_keys": Signal("int32", "Private keys in PEM; 0 or more.", "RFC 7468"),
        "secret_ranges": Signal(
            "string",
            "JSON list of [kind, start, end] of each secret: byte ranges [start, end) of the text, as the step saw it.",
            "RedPyjama",
        ),
    },
    spans=_KINDS,
)
