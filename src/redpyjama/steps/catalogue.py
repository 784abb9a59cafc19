"""All steps by name: what a recipe may use."""

from __future__ import annotations

from redpyjama.stage import Step
from redpyjama.steps import c4, code, language, length, repetition, tokens

CATALOGUE: dict[str, Step] = {
    "c4": c4.STEP,
    "code": code.STEP,
    "language": language.STEP,
    "length": length.STEP,
    "repetition": repetition.STEP,
    "gopher_repetition": repetition.GOPHER,
    "tokens": tokens.STEP,
}
