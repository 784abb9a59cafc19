"""The step "perplexity": how well a language model foresees a document, as CCNet measures it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redpyjama.errors import UsageError
from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

    from redpyjama.lm.model_file import Model
    from redpyjama.lm.pieces import Splitter

_CCNET = "Wenzek et al. 2019 (CCNet), section 3.3; facebookresearch/cc_net, perplexity.py, DocLM and PerplexityBucket"
ANY = "any"
BUCKETS = ("head", "middle", "tail", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerplexityParams:
    """The model, and where the buckets part.

    Attributes:
        model: A trained model of the recipe ([model.NAME]), or the path of a model file or of an ARPA file (plain or
            gzip), as KenLM and SRILM write it. Empty: nothing is measured, and every document is in the bucket "all".
        tokenizer: Whose pieces the words of an ARPA file are: the path of a SentencePiece model or ``tokenizer.json``;
            empty for words between blanks. A model file says so itself.
        cutoffs: Language -> perplexities below which a document is in "head" and in "middle"; "any" is for languages
            without an entry, and for documents whose source states none. CCNet takes the percentiles 30 and 60 of a
            crawl, which for its own English model are 340 and 520.
        faithful: As CCNet's code does it: the newlines of a document vanish as other control characters do, so that
            the last word of a line and the first of the next become one and the whole is one sentence; the perplexity
            is rounded to one decimal. Otherwise each line is a sentence, as the paper has it.
    """

    model: str = ""
    tokenizer: str = ""
    cutoffs: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    faithful: bool = False


def run(batch: pa.RecordBatch, params: PerplexityParams) -> pa.RecordBatch:
    """Measure the perplexity of each document: 10 ** (-s / n).

    s is the sum of the logarithms to base 10 of the probabilities of all pieces and line ends, n is how many they are.
    A document of which normalising leaves nothing has no perplexity (null) and is in the bucket "all".

    Source: facebookresearch/cc_net, perplexity.py, pp; text_normalizer.py.
    Departs: pieces that the tokenizer does not know are the model's <unk>, whatever their letters.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if wrong := [name for name, (head, middle) in params.cutoffs.items() if not head <= middle]:
        raise UsageError(f"step perplexity: cutoffs.{wrong[0]}: the first is greater than the second", "swap them")
    texts = batch.column("text")
    if params.model:
        from redpyjama.lm.imported import model_path

        model = model_path(params.model, params.tokenizer)
        perplexity = perplexities(texts, model, faithful=params.faithful)
    else:
        perplexity = np.full(batch.num_rows, np.nan, np.float32)
    if params.faithful:
        perplexity = np.round(perplexity.astype(np.float64), 1).astype(np.float32)
    lines = pc.add(pc.count_substring(texts, "\n"), pc.cast(pc.greater(pc.binary_length(texts), 0), pa.int32()))
    return pa.record_batch(
        {
            "ccnet_perplexity": pa.array(perplexity, mask=np.isnan(perplexity)),
            "ccnet_bucket": _buckets(batch, perplexity, params.cutoffs),
            "ccnet_length": pc.utf8_length(texts),
            "ccnet_nlines": lines,
        }
    )


def perplexities(texts: pa.StringArray, model: str, *, faithful: bool = False) -> NDArray[np.float32]:
    """Return the perplexity of N texts by a model file; NaN where there is nothing to foresee.

    Raises:
        InputError: The model cannot be read.
    """
    scores, counts = scored(texts, model, whole=faithful)
    found = np.full(len(scores), np.nan)
    there = counts > 0
    with np.errstate(over="ignore"):
        found[there] = 10.0 ** (-scores[there] / counts[there])
    return np.minimum(found, np.finfo(np.float32).max).astype(np.float32)


def scored(texts: pa.StringArray, model: str, *, whole: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the sum of logarithms of each of N texts, and over how many pieces and line ends it goes."""
    from redpyjama.kernels import ngram_table
    from redpyjama.lm import model_file

    made = model_file.load(model)
    splitter, word_of = _splitter(made)
    scores, counts = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
    space = ngram_table.new_space()
    for first, last, documents, lines, data in normalized(texts, whole=whole):
        ids, bounds = splitter.encode(lines, data)
        ngram_table.score(
            ids, bounds, documents, word_of, made.order, made.bases, made.homes, made.rows,
            scores[first:last], counts[first:last], *space,
        )  # fmt: skip
    return scores, counts


Lines = tuple[int, int, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]
"""The documents [first, last): the first line of each, where each line begins, and their bytes; with ends."""


def normalized(texts: pa.StringArray, *, whole: bool) -> Iterator[Lines]:
    """Yield the lines of some documents at a time, as `redpyjama.kernels.ccnet_text` normalises them."""
    from redpyjama.kernels import arrow, ccnet_text, unicode

    offsets, data = arrow.buffers(texts)
    classes, tables = unicode.classes(), ccnet_text.tables()
    for first, last in arrow.chunks(offsets):
        part = offsets[first : last + 1]
        num_bytes = int(part[-1]) - int(part[0])
        out = np.empty(ccnet_text.GROWTH * num_bytes + 1, np.uint8)
        lines, documents = np.empty(num_bytes + 2, np.int32), np.empty(len(part), np.int32)
        used, count = ccnet_text.normalize(data, part, classes, whole, *tables, out, lines, documents)
        yield first, last, documents, lines[: count + 1], out[:used]


@functools.lru_cache(maxsize=4)
def _splitter_of(words: tuple[str, ...], tokenizer: tuple[str, bytes] | None) -> tuple[Splitter, NDArray[np.int32]]:
    from redpyjama.lm.pieces import Pieces, PlainWords
    from redpyjama.store import tokenizer_file

    if tokenizer is None:
        return PlainWords(words), np.arange(len(words), dtype=np.int32)
    name, content = tokenizer
    made = tokenizer_file.from_bytes(content, name)
    numbers = {word: number for number, word in enumerate(words)}
    word_of = np.array([numbers.get(piece, 0) for piece in made.pieces], np.int32)
    word_of[list(made.special)] = 0
    return Pieces(made), word_of


def _splitter(model: Model) -> tuple[Splitter, NDArray[np.int32]]:
    return _splitter_of(model.words, model.tokenizer)


def _buckets(
    batch: pa.RecordBatch, perplexity: NDArray[np.float32], cutoffs: Mapping[str, tuple[float, float]]
) -> pa.StringArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [*cutoffs]
    languages = batch.column("language") if "language" in batch.schema.names else pa.nulls(batch.num_rows, pa.string())
    place = pc.fill_null(pc.index_in(languages, pa.array(names, pa.string())), names.index(ANY) if ANY in names else -1)
    place = np.asarray(place)
    table = np.array([*cutoffs.values(), (np.nan, np.nan)], np.float64)  # the last is for place -1
    head, middle = table[place, 0], table[place, 1]
    known = ~np.isnan(perplexity) & (place >= 0)
    bucket = np.select([~known, perplexity < head, perplexity < middle], [3, 0, 1], 2)
    return pa.array(BUCKETS, pa.string()).take(pa.array(bucket))


def _files(params: PerplexityParams) -> tuple[str, ...]:
    return tuple(path for path in (params.model, params.tokenizer) if path)


SIGNALS: dict[str, Signal] = {
    "ccnet_perplexity": Signal(
        "float",
        "Perplexity of the text under the language model, 1 and more; less is more like what it learnt.",
        _CCNET,
    ),
    "ccnet_bucket": Signal(
        "string", '"head", "middle" or "tail" by the cut-offs of perplexity; "all" where there are none.', _CCNET
    ),
    "ccnet_length": Signal("int32", "Unicode code points of the text.", _CCNET),
    "ccnet_nlines": Signal("int32", "Lines of the text, parted by newlines.", _CCNET),
}

STEP = Step(name="perplexity", version=1, params=PerplexityParams, run=run, signals=SIGNALS, files=_files)
