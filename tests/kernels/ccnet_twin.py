"""CCNet's normalisation of a line in plain Python, character by character, as its published code does it."""

from __future__ import annotations

import re
import unicodedata

PUNCTUATION = dict(
    zip("，。、„”“«»１」「《》´∶：？！（）；–．～’━〈〉【】％►", ',.,""""""""""\'::?!();-.~\'-<>[]%-', strict=True)
) | {"—": " - ", "．": ". ", "…": "..."}


def twin(line: str) -> str:
    line = unicodedata.normalize("NFD", line.strip().lower())
    line = "".join(c for c in line if unicodedata.category(c) != "Mn")
    line = "".join(PUNCTUATION.get(c, c) for c in re.sub(r"\d", "0", line))
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", line)
