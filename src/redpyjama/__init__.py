"""RedPyjama: from raw dumps to an open pre-training corpus, a base model and an assistant.

Use it as ``import redpyjama as rp``: ``rp.build("redpyjama-1", {"wikipedia": ["dumps/*.xml.bz2"]}, "corpus")`` makes a
corpus, ``rp.Corpus("corpus").sql("SELECT rule, count(*) FROM decisions GROUP BY rule")`` asks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redpyjama.builder import build as build
    from redpyjama.corpus import Corpus as Corpus
    from redpyjama.errors import RedPyjamaError as RedPyjamaError
    from redpyjama.steps.own import signal as signal

__all__ = ["Corpus", "RedPyjamaError", "build", "signal"]

_HOMES = {"build": "builder", "Corpus": "corpus", "RedPyjamaError": "errors", "signal": "steps.own"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `redpyjama --help` must not wait for pyarrow."""
    if name not in _HOMES:
        raise AttributeError(f"module 'redpyjama' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"redpyjama.{_HOMES[name]}"), name)
