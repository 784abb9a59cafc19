"""Which items of evaluation sets a corpus holds: a row for each set, a row for each item that was seen.

An item is seen as far as any document shows its n-grams: half of it in one and half in another is all of it. Items are
named by set and line; no report quotes them.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from redpyjama.errors import InputError, UsageError
from redpyjama.store import atomic

if TYPE_CHECKING:
    from redpyjama.corpus import Corpus
    from redpyjama.store.evaluation_index import SetSize

STEP = "contamination"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item of which n-grams stand in documents.

    Attributes:
        set: Its set.
        item: "set:line".
        seen: Share of its n-grams that stands in any document that was read, 0 to 1.
        left: The same for the documents that were kept, where the step does not cut what it finds.
        documents: Documents with any of it.
        kept_documents: Those of them that were kept, cut or not.
        largest: The largest share in one document.
        document_id: That document; of several, a kept one, then the first by id.
        slice: Its slice.
    """

    set: str
    item: str
    seen: float
    left: float
    documents: int
    kept_documents: int
    largest: float
    document_id: str
    slice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRow:
    """A set of which items were looked for.

    Attributes:
        items: How many it has, copies apart; None where its files are not there any more.
        unmatchable: Those among them that cannot be found, whatever a document says; see `evaluation_index.SetSize`.
        touched: Items with any n-gram in a document that was read.
        contaminated: Items of which at least *min_overlap* was seen.
        contaminated_left: Items of which so much is left in the kept documents.
        documents: Documents with an n-gram of any of its items.
        kept_documents: Those that were kept, cut or not.
    """

    set: str
    items: int | None
    unmatchable: int | None
    touched: int
    contaminated: int
    contaminated_left: int
    documents: int
    kept_documents: int


def contamination(corpus: Corpus, min_overlap: float = 0.7) -> tuple[list[SetRow], list[ItemRow]]:
    """Return a row for each set, by name, and one for each item that was seen, the most first.

    Args:
        corpus: Built by a recipe with the step "contamination".
        min_overlap: An item is contaminated if at least this share of its n-grams was seen.
            Source: Chowdhery et al. 2022 (PaLM), arXiv 2204.02311, section 8: 0.7 of the 8-grams.

    Raises:
        UsageError: The corpus was built without the step.
    """
    if STEP not in corpus.manifest.tables:
        raise UsageError(f"the step {STEP!r} is not in the recipe of this corpus", "add it and build again")
    uses = _uses(corpus)
    cutting = [name for name, use in uses.items() if use.get("action") == "cut"]
    rows = corpus.connect().execute(_QUERY, [cutting]).fetchall()
    items = [ItemRow(set=item.rpartition(":")[0], item=item, **_shares(values)) for item, *values in rows]
    items.sort(key=lambda row: (-row.seen, row.item))
    documents = {name: counts for name, *counts in corpus.connect().execute(_DOCUMENTS).fetchall()}
    by_set: dict[str, list[ItemRow]] = defaultdict(list)
    for row in items:
        by_set[row.set].append(row)
    sizes = _sizes(uses.values())
    return [
        SetRow(
            set=name,
            items=sizes[name].items if name in sizes else None,
            unmatchable=sizes[name].unmatchable if name in sizes else None,
            touched=len(by_set[name]),
            contaminated=sum(row.seen >= min_overlap for row in by_set[name]),
            contaminated_left=sum(row.left >= min_overlap for row in by_set[name]),
            documents=documents.get(name, (0, 0))[0],
            kept_documents=documents.get(name, (0, 0))[1],
        )
        for name in sorted({*sizes, *by_set})
    ], items


def write(sets: Sequence[SetRow], items: Sequence[ItemRow], directory: str) -> str:
    """Write ``contamination.json``: sets and items as `contamination` returns them; return its path."""
    data = {"sets": [asdict(row) for row in sets], "items": [asdict(row) for row in items]}
    path = os.path.join(directory, "contamination.json")
    atomic.write_file(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
    return path


def _shares(values: list[Any]) -> dict[str, Any]:
    of, seen, left, documents, kept, largest, document_id, slice_name = values
    return {
        "seen": seen / of,
        "left": left / of,
        "documents": documents,
        "kept_documents": kept,
        "largest": largest,
        "document_id": document_id,
        "slice": slice_name,
    }


def _uses(corpus: Corpus) -> dict[str, Mapping[str, Any]]:
    """Return slice -> parameters of the step, as the corpus's own recipe has them."""
    recipe = tomllib.loads(corpus.recipe_text)
    return {
        name: step
        for name, part in recipe.get("slice", {}).items()
        for step in part.get("step", [])
        if step.get("step") == STEP and step.get("sets")
    }


def _sizes(uses: Iterable[Mapping[str, Any]]) -> dict[str, SetSize]:
    """Return the sizes of the sets that are still where the recipe says."""
    from redpyjama.store.evaluation_index import IndexOptions, load  # compiled code

    found: dict[str, SetSize] = {}
    for use in uses:
        try:
            found |= {size.name: size for size in load(msgspec.convert(use, IndexOptions)).sizes()}
        except InputError:
            continue
    return found


_HITS = """
    WITH hits AS (
        SELECT slice, document_id, keep, unnest(from_json(
            contamination_items, '[{"item": "VARCHAR", "overlap": "DOUBLE", "of": "BIGINT", "ngrams": "BIGINT[][]"}]'
        ), recursive := true)
        FROM contamination JOIN decisions USING (slice, document_id) WHERE contamination_num_items > 0
    )
"""

_QUERY = f"""{_HITS},
    ranges AS (
        SELECT item, keep AND slice NOT IN (SELECT unnest($1::VARCHAR[])) AS remains, unnest(ngrams) AS bounds FROM hits
    ),
    numbers AS (SELECT item, remains, unnest(range(bounds[1], bounds[2] + 1)) AS number FROM ranges),
    shares AS (
        SELECT item, count(DISTINCT number) AS seen, count(DISTINCT number) FILTER (remains) AS remaining
        FROM numbers GROUP BY item
    ),
    documents AS (
        SELECT item, any_value("of") AS total, count(*) AS documents, count(*) FILTER (keep) AS kept,
            max(overlap) AS largest,
            first(document_id ORDER BY overlap DESC, keep DESC, document_id) AS document_id,
            first(slice ORDER BY overlap DESC, keep DESC, document_id) AS slice
        FROM hits GROUP BY item
    )
    SELECT item, total, seen, remaining, documents, kept, largest, document_id, slice
    FROM documents JOIN shares USING (item)
"""

_DOCUMENTS = f"""{_HITS}
    SELECT regexp_replace(item, ':[0-9]+$', '') AS "set", count(DISTINCT document_id),
        count(DISTINCT document_id) FILTER (keep)
    FROM hits GROUP BY ALL
"""
