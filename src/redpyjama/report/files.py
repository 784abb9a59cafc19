"""Writes the report's files into a corpus."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from redpyjama.errors import CorpusError
from redpyjama.report import flow, markdown, page, tokens
from redpyjama.report.plain import plain


def write(manifest: Any, directory: str, *, because: Mapping[str, str] | None = None) -> list[str]:
    """Write ``report.html``, ``report.md``, ``tokens.json`` and ``flow.json``.

    Args:
        manifest: What ``corpus.json`` says, as data or as a struct.
        directory: Where to; made if it is missing.
        because: Rule -> why it drops, as the recipe says; shown beside the counts.

    Returns:
        The paths written.

    Raises:
        CorpusError: The counts do not add up, or the directory cannot be written.
    """
    data = plain(manifest)
    files = {
        "flow.json": _json(flow.as_data(data)),
        "report.html": page.render(data, because),
        "report.md": markdown.render(data, because),
        "tokens.json": _json(tokens.as_data(data)),
    }
    try:
        os.makedirs(directory, exist_ok=True)
        for name, text in files.items():
            _put(os.path.join(directory, name), text)
    except OSError as error:
        problem = f"the report cannot be written ({error.strerror})"
        raise CorpusError(directory, problem, "check its permissions and the space left") from error
    return [os.path.join(directory, name) for name in files]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _put(path: str, text: str) -> None:
    """Write under another name first: a reader sees the old report or the new one."""
    with open(f"{path}.new", "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(f"{path}.new", path)
