"""The chance that a linear classifier gives a text of being of the wanted kind."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redpyjama.errors import UsageError, nearest
from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

    from redpyjama.store import fasttext_file


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityClassifierParams:
    """Which model judges.

    Attributes:
        model: A fastText classifier (``.bin``, ``.ftz``), of this build or anyone's; "" judges nothing: null.
        label: Of what the probability is asked. RedPajama's and ours is "__label__wiki", DCLM's "__label__hq".
    """

    model: str = ""
    label: str = "__label__wiki"


def run(batch: pa.RecordBatch, params: QualityClassifierParams) -> pa.RecordBatch:
    """Ask the model for the probability of the label; null where it knows nothing of the text."""
    import numpy as np
    import pyarrow as pa

    from redpyjama.lm.classifier import score

    if not params.model:
        return pa.record_batch({"quality_score": pa.nulls(batch.num_rows, pa.float32())})
    model = _load(params.model)
    if params.label not in model.labels:
        known = ", ".join(model.labels[:10])
        hint = nearest(params.label, model.labels) or f"; it has {known}"
        raise UsageError(f"{params.model} has no label {params.label!r}{hint}", "set label to one of the model's")
    scores = score(model, batch.column("text"), params.label)
    return pa.record_batch({"quality_score": pa.array(scores, mask=np.isnan(scores))})


@functools.lru_cache(maxsize=4)
def _load(path: str) -> fasttext_file.Model:
    from redpyjama.store import fasttext_file

    return fasttext_file.load(path)


def files(params: QualityClassifierParams) -> tuple[str, ...]:
    """Name the model."""
    return (params.model,) if params.model else ()


STEP = Step(
    name="quality_classifier",
    version=1,
    params=QualityClassifierParams,
    run=run,
    files=files,
    signals={
        "quality_score": Signal(
            "float",
            "The model's probability that the text is of the wanted kind, 0 to 1; RedPajama V1 keeps 0.25 and more.",
            "Together 2023, RedPajama-Data v1, data_prep/cc/classifier (wiki_prob); V2's rps_doc_ml_wikiref_score",
        )
    },
)
