"""A manifest of seven slices, whose numbers add up."""

from __future__ import annotations

import copy
from typing import Any

_SLICES: dict[str, dict[str, Any]] = {
    "common_crawl": {"read": 100, "kept": 60, "dropped": 38, "quarantined": 2, "dropped_by": {"not_english": 30, "too_short": 8}, "bytes_read": 500_000, "bytes_kept": 400_000, "tokens": 100_000},
    "c4": {"read": 50, "kept": 50, "dropped": 0, "quarantined": 0, "dropped_by": {}, "bytes_read": 90_000, "bytes_kept": 90_000, "tokens": 20_000},
    "github": {"read": 40, "kept": 30, "dropped": 10, "quarantined": 0, "dropped_by": {"too_short": 10}, "bytes_read": 80_000, "bytes_kept": 60_000, "tokens": 20_000},
    "arxiv": {"read": 5, "kept": 4, "dropped": 0, "quarantined": 1, "dropped_by": {}, "bytes_read": 60_000, "bytes_kept": 60_000, "tokens": 20_000},
    "book": {"read": 3, "kept": 3, "dropped": 0, "quarantined": 0, "dropped_by": {}, "bytes_read": 80_000, "bytes_kept": 80_000, "tokens": 20_000},
    "wikipedia": {"read": 30, "kept": 10, "dropped": 20, "quarantined": 0, "dropped_by": {"redirect": 20}, "bytes_read": 40_000, "bytes_kept": 40_000, "tokens": 10_000},
    "stackexchange": {"read": 20, "kept": 20, "dropped": 0, "quarantined": 0, "dropped_by": {}, "bytes_read": 40_000, "bytes_kept": 40_000, "tokens": 10_000},
}  # fmt: skip


def manifest(**changes: Any) -> dict[str, Any]:
    """Return a manifest as ``corpus.json`` has it, with some of its keys changed."""
    made: dict[str, Any] = {
        "format_version": 1,
        "recipe": {"name": "test-recipe", "sha256": "ab" * 32},
        "inputs": [{"slice": "c4", "path": "c4.json.gz", "bytes": 1234, "sha256": "cd" * 32}],
        "slices": copy.deepcopy(_SLICES),
        "tokenizer": {"name": "redpyjama-32k", "sha256": "ef" * 32, "vocab_size": 32_000},
        "content_sha256": "01" * 32,
        "sample": None,
    }
    return made | changes
