"""Writes the report's files into a corpus."""

from __future__ import annotations

import json
import os
from typing import Any

from redpyjama.report import flow, markdown, page, recipe_file, tokens
from redpyjama.report.plain import plain
from redpyjama.store import atomic


def write(manifest: Any, directory: str, *, budget: int | None = None) -> list[str]:
    """Write ``report.html``, ``report.md``, ``tokens.json`` and ``flow.json``.

    Args:
        manifest: What ``corpus.json`` says, as data or as a struct.
        directory: Where to, in the corpus, whose ``recipe.toml`` tells the shares; made if missing.
        budget: Tokens of the training run whose mixture is shown; None takes the largest without undue repetition.

    Returns:
        The paths written.

    Raises:
        CorpusError: The counts do not add up, or the directory cannot be written.
    """
    shares = recipe_file.shares(os.path.dirname(os.path.abspath(directory)))
    data = {"mixture": shares, **plain(manifest)}
    files = {
        "flow.json": _json(flow.as_data(data)),
        "report.html": page.render(data, budget=budget),
        "report.md": markdown.render(data, budget=budget),
        "tokens.json": _json(tokens.as_data(data, budget=budget)),
    }
    for name, text in files.items():
        atomic.write_file(os.path.join(directory, name), text.encode())
    return [os.path.join(directory, name) for name in files]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
