"""The step "tokens": how many tokens a document has, exactly as the tokenizer's own library would count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from redpyjama.stage import Signal, Step
from redpyjama.store import tokenizer_file
from redpyjama.store.tokenizer_file import SHIPPED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensParams:
    """Parameters of the step.

    Attributes:
        tokenizer: "redpyjama-32k" (shipped), the path of a ``tokenizer.json`` or SentencePiece model, or a hub id.
    """

    tokenizer: str = SHIPPED


def tokenizer_identity(spec: str) -> dict[str, Any]:
    """Return what artefacts say about a tokenizer: {"name", "sha256" of its file, "vocab_size"}.

    The name is the one that was given; of a path, its last part.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    found = tokenizer_file.load(spec)
    return {"name": found.name, "sha256": found.sha256, "vocab_size": found.vocab_size}


def counted_by(spec: str) -> str:
    """Say in words what counts the tokens, and if it is not the kernels, why.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    from redpyjama.steps.token_counter import counter

    return counter(spec).counted_by


def count_tokens(texts: pa.StringArray, spec: str = SHIPPED) -> NDArray[np.int32]:
    """Count the tokens of N texts, without special tokens around them.

    Args:
        texts: N texts, none of them null.
        spec: As `TokensParams.tokenizer`.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    from redpyjama.steps.token_counter import counter  # compiled code: a build with nothing to do must not load it

    return counter(spec).count(texts)


def run(batch: pa.RecordBatch, params: TokensParams) -> pa.RecordBatch:
    """Measure `num_tokens`; see `redpyjama.stage.Step.run`."""
    counts = count_tokens(batch["text"], params.tokenizer)
    return pa.RecordBatch.from_arrays([pa.array(counts)], names=["num_tokens"])


STEP = Step(
    name="tokens",
    version=1,
    params=TokensParams,
    run=run,
    signals={
        "num_tokens": Signal(
            "int32",
            "Tokens of the text by the recipe's tokenizer, without special tokens around it; at least 0",
            "the tokenizer's own library (Hugging Face tokenizers or SentencePiece), whose count it equals",
        )
    },
)
