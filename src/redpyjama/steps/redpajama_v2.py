"""RedPajama V2's signals that need no model and no list of bad words or domains, in one pass; and repeated lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redpyjama.stage import Step
from redpyjama.steps import natural_language, repetition
from redpyjama.steps.shared_words import measure

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class RedPajamaV2Params:
    """Whose stop words count.

    Attributes:
        language: Of the built-in list of stop words: "de", "en", "es", "fr" or "it".
        more_stop_words: Words besides those.
    """

    language: str = "en"
    more_stop_words: tuple[str, ...] = ()


def run(batch: pa.RecordBatch, params: RedPajamaV2Params) -> pa.RecordBatch:
    """Measure each document by its normalised words."""
    families = (
        natural_language.NaturalLanguage(batch.num_rows, params.language, params.more_stop_words),
        repetition.Repetition(batch.num_rows),
    )
    return measure(batch, "normalised", families)


STEP = Step(
    name="redpajama_v2",
    version=1,
    params=RedPajamaV2Params,
    run=run,
    signals={**natural_language.SIGNALS, **repetition.SIGNALS},
)
