"""What a recipe can have learnt, and the parameters of each; the code that learns is loaded when a task runs."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Literal

from redpyjama.stage import Trainer

WordMode = Literal["unicode", "spacy", "whitespace", "word_punct", "normalised"]


@dataclass(frozen=True, slots=True)
class _Late:
    """A function of a module that is not loaded before the call: a build with nothing to do loads no compiled code."""

    module: str
    function: str

    def __call__(self, *args: Any) -> Any:
        return getattr(importlib.import_module(self.module), self.function)(*args)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierParams:
    """What is learnt from, and how: fastText's own defaults, which RedPajama V1 took.

    Attributes:
        target: The slices whose text is wanted; all others that the model learns from are the other class.
        shard_documents: How many documents are drawn from a shard at most.
        documents: How many of each class at most; of the larger class as many as there are of the smaller.
        min_documents: With fewer of either class there is nothing to learn.
        min_chars: Shorter texts are left out, as in RedPajama V1.
        max_chars: Of longer texts only the beginning, so that no book outweighs a thousand pages.
        held_out: Share of the documents that are not learnt from but judged, by which the model is measured.
        dim: Size of the hidden vector.
        epochs: How often all texts are gone over, at least.
        min_updates: How many texts are learnt from at least: fewer are gone over more often. Five times over 600
            documents left a model that gave every text a half; three times as many updates as this made one that knew
            its texts by heart and agreed no better with people (docs/log.md). 0 is fastText's way.
        learning_rate: At the beginning; it falls to 0 in a line.
        word_grams: How many words are an n-gram at most: 2 tells more at twice the time.
        min_count: How often a word must occur.
        max_words: How many words are known at most, which bounds memory: 4 * dim bytes each.
        buckets: Rows that n-grams share, with more than one word in them.
        seed: Another seed draws other documents and begins with other weights.
    """

    target: tuple[str, ...] = ("wikipedia",)
    shard_documents: int = 5_000
    documents: int = 100_000
    min_documents: int = 50
    min_chars: int = 1_000
    max_chars: int = 10_000
    held_out: float = 0.1
    dim: int = 100
    epochs: int = 5
    min_updates: int = 30_000
    learning_rate: float = 0.1
    word_grams: int = 1
    min_count: int = 1
    max_words: int = 1_000_000
    buckets: int = 2_000_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.held_out < 1:
            raise ValueError("held_out must be 0 or more and below 1")
        numbers = (
            "shard_documents",
            "documents",
            "min_documents",
            "max_chars",
            "dim",
            "epochs",
            "word_grams",
            "max_words",
            "buckets",
        )
        if wrong := [name for name in numbers if getattr(self, name) < 1]:
            raise ValueError(f"{' and '.join(wrong)} must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class DsirParams:
    """What is counted.

    Attributes:
        target: The slices whose text is wanted; all others that the model learns from are what one has.
        buckets: Into how many the words and pairs are hashed; Xie et al. and RedPajama V2 take 10,000.
        words: What a word is, see `redpyjama.kernels.words.Mode`; RedPajama V2's are "word_punct".
    """

    target: tuple[str, ...] = ("wikipedia",)
    buckets: int = 10_000
    words: WordMode = "word_punct"

    def __post_init__(self) -> None:
        if self.buckets < 1:
            raise ValueError("buckets must be 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerplexityParams:
    """What is learnt.

    Attributes:
        tokenizer: Whose pieces are the words: "redpyjama-32k" (shipped), the path of a ``tokenizer.json`` or
            SentencePiece model, or a hub id.
        order: The longest n-grams, 2 to 6; CCNet takes 5.
        cutoffs: For each order up to which count its n-grams are left out, as lmplz --prune: the first is 0, none is
            less than the one before, missing ones are as the last. Empty: all stay.
        language: Learn only from documents that their source states to be in it; empty: from all.
        min_tokens: With fewer pieces of text there is nothing to learn: 5-grams of some thousand words foresee
            nothing. CCNet's models have seen up to a million articles.
        faithful: As CCNet's code does it, a document is one sentence; else each of its lines is one.
        limit_bytes: Memory for sorting, besides about 100 bytes a piece of the tokenizer; the model does not depend on
            it.
    """

    tokenizer: str = "redpyjama-32k"
    order: int = 5
    cutoffs: tuple[int, ...] = ()
    language: str = ""
    min_tokens: int = 100_000
    faithful: bool = False
    limit_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        if not 2 <= self.order <= 6:
            raise ValueError("order must be 2 to 6")
        if list(self.cutoffs) != sorted(self.cutoffs) or self.cutoffs[:1] not in ((), (0,)):
            raise ValueError("cutoffs must begin with 0, and none be less than the one before")
        if len(self.cutoffs) > self.order:
            raise ValueError("cutoffs must be at most one for each order")


def _trainer(name: str, version: int, params: type[Any]) -> Trainer:
    module = f"redpyjama.lm.{name}"
    return Trainer(
        name=name, version=version, params=params, collect=_Late(module, "collect"), fit=_Late(module, "fit")
    )


TRAINERS: dict[str, Trainer] = {
    "classifier": _trainer("classifier", 1, ClassifierParams),
    "dsir": _trainer("dsir", 1, DsirParams),
    "perplexity": _trainer("perplexity", 1, PerplexityParams),
}
