"""The dataset card: ``README.md`` of a release, for people and for the Hugging Face Hub.

Written from the manifest, the recipe and the receipts alone: the same release always has the same card.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redpyjama.document import SLICES
from redpyjama.release import records, writers
from redpyjama.store.manifest import Manifest, SliceCounts

_HUB_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "BSD-2-Clause": "bsd-2-clause",
    "BSD-3-Clause": "bsd-3-clause",
    "CC-BY-2.5": "cc-by-2.5",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC0-1.0": "cc0-1.0",
    "MIT": "mit",
    "ODC-By-1.0": "odc-by",
}
"""SPDX identifier -> the Hub's name; whatever else is "other" there.

Source: the list of license identifiers in the Hub's documentation, "Licenses" under "Repositories".
"""

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
          (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"), (10**11, "10B<n<100B"))  # fmt: skip

_DUMPS_SHOWN = 20

_ABOUT_SLICES = {
    "common_crawl": "web pages, as Common Crawl collected them",
    "c4": "web pages, as the Colossal Clean Crawled Corpus kept them",
    "github": "source code under permissive licences",
    "arxiv": "papers, from their LaTeX sources",
    "book": "books",
    "wikipedia": "encyclopedia articles",
    "stackexchange": "questions and answers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a card tells.

    Attributes:
        receipts: Slice -> receipts of its release files.
        form: "jsonl" or "parquet".
        share: Share of each stratum that the release holds; 1 for all.
    """

    manifest: Manifest
    recipe_text: str
    receipts: Mapping[str, Sequence[Mapping[str, Any]]]
    form: str
    share: float


def write(about: About) -> str:
    """Return the card as Markdown with the Hub's YAML front matter."""
    recipe: dict[str, Any] = tomllib.loads(about.recipe_text)
    parts = [_front_matter(about), _head(about, recipe), _slices(about), _loading(about), _records(), _sources(about)]
    parts += [_rights(about), _dropped(about), _provenance(about)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _total(about: About, name: str, slice_name: str | None = None) -> int:
    slices = about.receipts if slice_name is None else (slice_name,)
    return sum(receipt[name] for each in slices for receipt in about.receipts[each])


def _filled(about: About) -> list[str]:
    return [name for name in SLICES if name in about.receipts and _total(about, "rows", name)]


def _tally(about: About, name: str, slice_name: str | None = None) -> Counter[str]:
    tally: Counter[str] = Counter()
    for each in about.receipts if slice_name is None else (slice_name,):
        for receipt in about.receipts[each]:
            tally.update(receipt[name])
    return tally


def _front_matter(about: About) -> str:
    rows = _total(about, "rows")
    size = next((label for limit, label in _SIZES if rows < limit), "n>1T")
    licences = _tally(about, "licences")
    hub = sorted({_HUB_LICENCES.get(name, "other" if name else "unknown") for name in licences})
    languages = sorted(name for name in _tally(about, "languages") if 2 <= len(name) <= 3 and name.isalpha())
    suffix = writers.SUFFIXES[about.form]
    lines = ["---", "pretty_name: " + _quoted(f"{about.manifest.recipe.name}, built with RedPyjama")]
    lines += ["license:", *(f"- {name}" for name in hub)] if hub else []
    lines += ["language:", *(f"- {name}" for name in languages)] if languages else []
    lines += ["task_categories:", "- text-generation", "size_categories:", f"- {size}"]
    lines += ["tags:", "- pretraining", "- redpajama", "- redpyjama", "configs:"]
    for name, folder in (("default", "*"), *((name, name) for name in _filled(about))):
        lines += [f"- config_name: {name}", "  data_files:", "  - split: train", f'    path: "{folder}/*.{suffix}"']
    lines += _features(about) if about.form == "jsonl" else []
    return "\n".join([*lines, "---"])


def _features(about: About) -> list[str]:
    """Declare the types of JSON records: slices differ in `meta`, and a guess from one file fails on another."""
    lines = ["dataset_info:"]
    for name in ("default", *_filled(about)):
        lines += [f"- config_name: {name}", "  features:"]
        for column, type_ in (("text", "string"), ("meta", "json"), ("red_pajama_subset", "string")):
            lines += [f"  - name: {column}", f"    dtype: {type_}"]
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _head(about: About, recipe: Mapping[str, Any]) -> str:
    made = about.manifest
    what = f"{_total(about, 'rows'):,} documents, {_total(about, 'tokens'):,} tokens"
    text = f"# {made.recipe.name}\n\n"
    if recipe.get("description"):
        text += f"{recipe['description']}\n\n"
    text += f"A corpus for pre-training language models, in the form of RedPajama: {what} in "
    text += f"{len(_filled(about))} slices, made from raw dumps with the recipe `{made.recipe.name}`."
    if about.share < 1:
        text += (
            f"\nThis is a sample: {about.share:g} of the documents of each slice, and of each crawl, chosen by the "
            "hash of their ids. It is part of the full release and of every larger sample."
        )
    if made.sample is not None and made.sample < 1:
        text += f"\nThe build was a trial that read {made.sample:g} of the records of the dumps."
    return text


def _slices(about: About) -> str:
    tokenizer = about.manifest.tokenizer
    total = _total(about, "tokens")
    rows = [["slice", "", "documents", "text bytes", "tokens", "share", "bytes per token"]]
    rows += [[f"`{name}`", _ABOUT_SLICES[name], *_figures(about, name, total)] for name in _filled(about)]
    rows.append(["**all**", "", *_figures(about, None, total)])
    counted = f"Tokens are counted with `{tokenizer.name}` (SHA-256 `{tokenizer.sha256}`)." if tokenizer else ""
    return f"## Slices\n\n{_table(rows, numbers_from=2)}\n\n{counted}"


def _figures(about: About, name: str | None, total: int) -> list[str]:
    rows, size, tokens = (_total(about, key, name) for key in ("rows", "text_bytes", "tokens"))
    share = f"{100 * tokens / total:.2f} %" if total else "-"
    return [f"{rows:,}", f"{size:,}", f"{tokens:,}", share, f"{size / tokens:.2f}" if tokens else "-"]


def _table(rows: Sequence[Sequence[str]], *, numbers_from: int) -> str:
    rule = ["---" if i < numbers_from else "---:" for i in range(len(rows[0]))]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (rows[0], rule, *rows[1:])
    )


def _loading(about: About) -> str:
    first = (_filled(about) or ["wikipedia"])[0]
    suffix = writers.SUFFIXES[about.form]
    # 4.7.0 is the first release with the type "json"
    needs = "" if about.form == "parquet" else " This needs `datasets` 4.7 or later; the Parquet form does not."
    reader = "read_parquet" if about.form == "parquet" else "read_json"
    return f"""## Loading

```python
import datasets

data = datasets.load_dataset("path/to/this/directory", "{first}", split="train", streaming=True)
```

Without the name of a slice, all slices come.{needs}

```sql
-- DuckDB
SELECT red_pajama_subset, count(*) FROM {reader}('*/*.{suffix}') GROUP BY ALL;
```

`sha256sum -c SHA256SUMS` checks the files."""


def _records() -> str:
    ours = ", ".join(f"`{name}`" for name in records.OURS)
    return f"""## Records

Each record has `text`, `meta` and `red_pajama_subset` (the slice). `meta` holds what RedPajama's records of the slice
hold, and always: {ours}.
In `locator` are the dump's name, the byte offset in it (-1: none) and the record's key there: every document can be
traced to its source. `content_hash` is the xxh3-128 of the text. Where a source has a key of its own with the name of
one of these and another value, that is kept as `source_<key>`."""


def _sources(about: About) -> str:
    rows = [["slice", "dumps", "bytes", "records read", "kept", "dropped", "unreadable"]]
    for name in SLICES:
        if counts := about.manifest.slices.get(name):
            dumps = [dump for dump in about.manifest.inputs if dump.slice == name]
            figures = (
                len(dumps),
                sum(d.bytes for d in dumps),
                counts.read,
                counts.kept,
                counts.dropped,
                counts.quarantined,
            )
            rows.append([f"`{name}`", *(f"{figure:,}" for figure in figures)])
    dumps = sorted(about.manifest.inputs, key=lambda d: (SLICES.index(d.slice), d.path))
    names = [f"- `{d.slice}`: `{d.path}`, SHA-256 `{d.sha256}`" for d in dumps[:_DUMPS_SHOWN]]
    more = len(dumps) - len(names)
    listed = "\n".join(names) + (f"\n- and {more:,} more, listed in `corpus.json`" if more else "")
    return f"## Sources\n\n{_table(rows, numbers_from=1)}\n\n{listed}"


def _rights(about: About) -> str:
    rows = [["slice", "licence of the document", "documents"]]
    for name in _filled(about):
        tally = _tally(about, "licences", name)
        for licence, count in sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:10]:
            rows.append([f"`{name}`", licence or "unknown", f"{count:,}"])
        if len(tally) > 10:
            rest = sorted(tally.values(), reverse=True)[10:]
            rows.append([f"`{name}`", f"{len(rest)} others", f"{sum(rest):,}"])
    return f"""## Rights

The rights in a text stay with its author. This data set grants none; it says what is known: `licence` is an SPDX
expression, `licence_evidence` says what it rests on, `attribution` is the line that a reuser must print. Where the
licence is unknown, as for most web pages, the use rests on your law's exceptions (text and data mining, fair use): find
out whether they cover you.

{_table(rows, numbers_from=2)}"""


def _dropped(about: About) -> str:
    rows = [["slice", "rule", "why", "records"]]
    for name in SLICES:
        counts = about.manifest.slices.get(name) or SliceCounts()
        for rule, count in sorted(counts.dropped_by.items(), key=lambda item: (-item[1], item[0])):
            rows.append([f"`{name}`", f"`{rule}`", counts.because.get(rule, ""), f"{count:,}"])
    text = "## What was left out\n\nBy the first rule that applies; the recipe (`recipe.toml`) has the conditions.\n\n"
    return text + _table(rows, numbers_from=3)


def _provenance(about: About) -> str:
    made = about.manifest
    return f"""## Provenance

| | |
|---|---|
| recipe | `{made.recipe.name}`, SHA-256 of the resolved recipe `{made.recipe.sha256}` |
| content SHA-256 of the full release | `{made.content_sha256}` |

Whoever builds the same dumps with the same recipe gets the same content SHA-256, on whatever machine."""
