"""The manifest as plain data, whether it comes from ``corpus.json`` or as the struct that the store reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec


def plain(manifest: Any) -> Mapping[str, Any]:
    """Return dicts, lists, strings and numbers."""
    return cast("Mapping[str, Any]", msgspec.to_builtins(manifest))
