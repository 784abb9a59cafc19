"""What differs between two corpora: which documents, and which stage made the difference."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from redpyjama.corpus import Corpus
from redpyjama.document import SLICES

SAMPLE = 5
"""Documents shown of each difference."""

_NOT_COMPARED = ("id", "text", "locator", "slice", "document_id")
_WORDS = {"content_hash": "text", "final_hash": "final text", "meta": "meta of its source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One kind of difference in one slice.

    Attributes:
        stage: The stage that made it: "documents" (reading), a step, "spans", "tokens", "decisions".
        what: In words.
        documents: How many documents.
        sample: Ids of the first few, in order.
    """

    slice: str
    stage: str
    what: str
    documents: int
    sample: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All differences of two corpora.

    Attributes:
        same_content: Whether the release records are the same, by `content_sha256`.
        differences: Slice by slice; a document that differs is in one by its cause, and in one of the stage "decisions"
            if it was kept in one corpus alone, or dropped by different rules.
    """

    a: str
    b: str
    recipe: tuple[str, str]
    inputs_only_in_a: list[str]
    inputs_only_in_b: list[str]
    same_content: bool
    differences: list[Difference]

    @property
    def differ(self) -> bool:
        """Whether anything differs that reaches a document or the release."""
        return bool(self.differences) or not self.same_content

    def __str__(self) -> str:
        lines = [f"a: {self.a} (recipe {self.recipe[0]})", f"b: {self.b} (recipe {self.recipe[1]})"]
        for which, names in (("a", self.inputs_only_in_a), ("b", self.inputs_only_in_b)):
            if names:
                more = f" and {len(names) - SAMPLE} more" if len(names) > SAMPLE else ""
                lines.append(f"dumps only in {which}: {', '.join(names[:SAMPLE])}{more}")
        lines.append(f"release records: {'the same' if self.same_content else 'differ'}")
        if not self.differences:
            lines.append("documents, signals and decisions: the same")
        for each in self.differences:
            ids = ", ".join(each.sample) + (", ..." if each.documents > len(each.sample) else "")
            lines.append(f"{each.slice}: {each.stage}: {each.documents:,} {each.what}: {ids}")
        return "\n".join(lines)


def diff(a: str, b: str) -> Differences:
    """Compare two corpora document by document, by id.

    A document's id stands for the place that it was read from: text that changed has the same id and another content
    hash. A difference is put down to the first stage whose table shows it, so that a document with another text is not
    told again for each signal that this changed.

    Raises:
        CorpusError: One of them is no finished corpus.
    """
    one, two = Corpus(a), Corpus(b)
    inputs = [{f"{i.slice}: {i.path} {i.sha256[:12]}" for i in corpus.manifest.inputs} for corpus in (one, two)]
    return Differences(
        a=a,
        b=b,
        recipe=(_recipe(one), _recipe(two)),
        inputs_only_in_a=sorted(inputs[0] - inputs[1]),
        inputs_only_in_b=sorted(inputs[1] - inputs[0]),
        same_content=one.manifest.content_sha256 == two.manifest.content_sha256,
        differences=_differences(one, two),
    )


def _recipe(corpus: Corpus) -> str:
    return f"{corpus.manifest.recipe.name} {corpus.manifest.recipe.sha256[:12]}"


def _differences(one: Corpus, two: Corpus) -> list[Difference]:
    import duckdb

    found: list[Difference] = []
    with duckdb.connect() as connection:
        for name in [n for n in SLICES if n in one.slices or n in two.slices]:
            if name not in two.slices or name not in one.slices:
                rows = connection.execute(_whole_slice(one if name in one.slices else two, name)).fetchall()
                which = "a" if name in one.slices else "b"
                found += [Difference(slice=name, stage="documents", what=f"only in {which}", documents=n, sample=ids)
                          for n, ids in rows if n]  # fmt: skip
            elif queries := _queries(one, two, name):
                rows = [row for query in queries for row in connection.execute(query).fetchall()]
                found += [Difference(slice=name, stage=s, what=w, documents=n, sample=ids) for s, w, n, ids in rows]
    return found


def _whole_slice(corpus: Corpus, name: str) -> str:
    return f"SELECT count(*), min(id, {SAMPLE}) FROM ({corpus.view_of(name)})"


def _queries(one: Corpus, two: Corpus, name: str) -> list[str]:
    """Return what to ask of a slice that both have: first causes, then what became of the documents."""
    # A stage's directory carries the hash of all that decides its content: equal names, equal tables.
    tables = {table for table in one.manifest.tables if name in one.manifest.tables[table]}
    same = {t for t in tables if one.manifest.tables[t][name] == two.manifest.tables.get(t, {}).get(name)}
    if {"documents", "spans", "decisions"} <= same:
        return []
    columns, others = one.columns(name), two.columns(name)
    order = _stages(one, name)
    compared = [
        (table, column)
        for column, table in columns.items()
        if others.get(column) == table and table not in same and table in order and column not in _NOT_COMPARED
    ]
    compared.sort(key=lambda pair: (order.index(pair[0]), pair[1] != "content_hash"))
    causes = [("documents", "only in a", "b.id IS NULL"), ("documents", "only in b", "a.id IS NULL")]
    causes += [(t, f"with another {_WORDS.get(c, c)}", f'a."{c}" IS DISTINCT FROM b."{c}"') for t, c in compared]
    cases = "".join(f" WHEN {when} THEN {{'stage': '{stage}', 'what': '{what}'}}" for stage, what, when in causes)
    outcomes = """
        WHEN a.keep AND NOT b.keep THEN {'stage': 'decisions', 'what': 'kept in a, dropped in b by ' || b.rule}
        WHEN b.keep AND NOT a.keep THEN {'stage': 'decisions', 'what': 'kept in b, dropped in a by ' || a.rule}
        WHEN a.rule IS DISTINCT FROM b.rule
        THEN {'stage': 'decisions', 'what': 'dropped by ' || a.rule || ' in a, by ' || b.rule || ' in b'}"""
    joined = f"({one.view_of(name)}) AS a FULL JOIN ({two.view_of(name)}) AS b USING (id)"
    return [
        f"SELECT kind.stage, kind.what, count(*) AS n, min(id, {SAMPLE}) "
        f"FROM (SELECT id, CASE {each} END AS kind FROM {joined}) WHERE kind IS NOT NULL "
        "GROUP BY ALL ORDER BY n DESC, kind.stage, kind.what"
        for each in (cases, f" WHEN a.id IS NULL OR b.id IS NULL THEN NULL{outcomes}")
    ]


def _stages(corpus: Corpus, name: str) -> list[str]:
    """Return the tables of a slice in the order in which the build made them."""
    recipe: dict[str, Any] = tomllib.loads(corpus.recipe_text).get("slice", {}).get(name, {})
    steps = [use["step"] for use in recipe.get("step", [])]
    return ["documents", *steps, "spans", "tokens"]
