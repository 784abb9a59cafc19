"""All steps by name: what a recipe may use."""

from __future__ import annotations

from redpyjama.stage import Step
from redpyjama.steps import (
    c4,
    code,
    contamination,
    language,
    length,
    lists,
    nfc,
    personal_data,
    quality,
    redpajama_v2,
    refinedweb_lines,
    secrets,
    tokens,
)

CATALOGUE: dict[str, Step] = {
    "c4": c4.STEP,
    "code": code.STEP,
    "contamination": contamination.STEP,
    "language": language.STEP,
    "length": length.STEP,
    "nfc": nfc.STEP,
    "personal_data": personal_data.STEP,
    "quality": quality.STEP,
    "redpajama_v2": redpajama_v2.STEP,
    "refinedweb_lines": refinedweb_lines.STEP,
    "secrets": secrets.STEP,
    "domain_list": lists.DOMAIN_LIST,
    "word_list": lists.WORD_LIST,
    "tokens": tokens.STEP,
}
