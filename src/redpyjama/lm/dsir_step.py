"""How much likelier a text is among the text one wants than among the text one has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_SOURCE = "Xie et al. 2023, arXiv 2302.03169; RedPajama V2, rps_doc_wikipedia_importance and its like"


@dataclass(frozen=True, slots=True, kw_only=True)
class DsirStepParams:
    """Which model judges.

    Attributes:
        model: What the trainer "dsir" wrote; "" judges nothing: null.
    """

    model: str = ""


def run(batch: pa.RecordBatch, params: DsirStepParams) -> pa.RecordBatch:
    """Compare both distributions on each text; null for a text without words."""
    import numpy as np
    import pyarrow as pa

    from redpyjama.lm.dsir import importance

    if not params.model:
        nothing = pa.nulls(batch.num_rows, pa.float64())
        return pa.record_batch({"dsir_importance": nothing, "dsir_importance_per_word": nothing})
    sums, counts = importance(batch.column("text"), params.model)
    return pa.record_batch(
        {
            "dsir_importance": pa.array(sums, mask=counts == 0),
            "dsir_importance_per_word": pa.array(sums / np.maximum(counts, 1), mask=counts == 0),
        }
    )


def files(params: DsirStepParams) -> tuple[str, ...]:
    """Name the model."""
    return (params.model,) if params.model else ()


STEP = Step(
    name="dsir",
    version=1,
    params=DsirStepParams,
    run=run,
    files=files,
    signals={
        "dsir_importance": Signal(
            "double",
            "Natural logarithm of how much likelier the text is in the wanted distribution than in the other: above 0 "
            "if it is; grows with length. DSIR draws documents in proportion to its exponential.",
            _SOURCE,
        ),
        "dsir_importance_per_word": Signal("double", "The same divided by the number of words.", _SOURCE),
    },
)
