"""Lists that others keep: of words that should not stand in a text, and of sites that it should not come from.

Neither list is shipped: a recipe names the files. The files themselves say what is on them, not this step; they are
known to hit innocent texts too (a town, a surname, a page on health), so what is dropped should be looked at.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.errors import InputError, UsageError, nearest
from redpyjama.stage import Signal, Step
from redpyjama.steps.shared_words import WordMode

if TYPE_CHECKING:
    import pyarrow as pa

    from redpyjama.kernels.domains import DomainLists
    from redpyjama.kernels.phrases import Phrases

_V2 = "RedPajama V2, quality_signals/content.py"
_LANGUAGE_FILE = re.compile(r"([a-z]{2,3}(?:-[A-Za-z0-9-]+)?)(?:\.txt)?")
_ASCII_PUNCTUATION = str.maketrans("", "", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordListParams:
    """Which phrases are looked for.

    Attributes:
        path: A text file of one phrase a line, for all documents; or a folder of such files named by language ("en",
            "en.txt"), each for the documents that their source states to be in it. Empty: nothing is looked for, and
            the signals are null. RedPajama V2 takes github.com/LDNOOBW (CC BY 4.0).
        words: How phrases and texts are split: "normalised" (what white space parts, small letters, no punctuation)
            finds words in scripts that use spaces; "unicode" in all; also "whitespace", "word_punct", "spacy".
        faithful: Leave out phrases with capital letters or ASCII punctuation, as the published code does: it compares
            them with texts that have neither. Only with "normalised".
    """

    path: str = ""
    words: WordMode = "normalised"
    faithful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainListParams:
    """Which sites are looked for.

    Attributes:
        path: A folder with a folder for each category that holds a file "domains", of one domain a line, as the
            University of Toulouse publishes them (dsi.ut-capitole.fr/blacklists, CC BY-SA 4.0); files named
            CATEGORY.txt will do. Empty: nothing is looked for, and the signals are null.
        categories: Those that count, of which at least one must be there; none means all that are. By default RedPajama
            V2's, some of which are other names of the same list.
        faithful: As the published code does, look up the host alone and not the domains above it: "www.example.org" is
            not on a list that has "example.org".
    """

    path: str = ""
    categories: tuple[str, ...] = (
        "adult", "agressif", "agressive", "arjel", "chat", "dating", "ddos", "filehosting", "gambling", "mixed_adult",
        "phishing", "porn", "violence",
    )  # fmt: skip
    faithful: bool = False


def files_of(params: WordListParams | DomainListParams) -> dict[str, str]:
    """Return which files the parameters name: language ("" for all) or category -> path, sorted.

    Raises:
        InputError: There are none.
    """
    if not params.path:
        return {}
    if isinstance(params, WordListParams):
        return _language_files(params.path)
    return _category_files(params.path, params.categories)


def run_words(batch: pa.RecordBatch, params: WordListParams) -> pa.RecordBatch:
    """Count the phrases of the list that stand in each text; null for a text in whose language there is no list.

    Departs: phrases are normalised as texts are; a language without a list is null and not 0.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, phrases, words

    files = files_of(params)
    if not files:
        return pa.record_batch(
            {
                "rps_doc_ldnoobw_words": pa.nulls(batch.num_rows, pa.int32()),
                "frac_listed_words": pa.nulls(batch.num_rows, pa.float64()),
            }
        )
    table = _phrases(params, _state(files))
    keys = _list_keys(batch, list(files))
    offsets, data = arrow.buffers(batch.column("text"))
    found, listed, total = (np.zeros(batch.num_rows, np.int32) for _ in range(3))
    for first, last in arrow.chunks(offsets):
        split = words.split_words(data, offsets[first : last + 1], words.Mode(params.words))
        part = slice(first, last)
        found[part], listed[part] = phrases.count(split.doc_offsets, split.hash, keys[part], table)
        total[part] = np.diff(split.doc_offsets)
    return pa.record_batch(
        {
            "rps_doc_ldnoobw_words": pa.array(found, mask=keys == 0),
            "frac_listed_words": pa.array(listed / np.maximum(total, 1), mask=keys == 0),
        }
    )


def run_domains(batch: pa.RecordBatch, params: DomainListParams) -> pa.RecordBatch:
    """Look up the host of each URL, or the domain of a document without one; null if it is on no list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from redpyjama.kernels import arrow, domains

    files = files_of(params)
    if not files:
        return pa.record_batch(
            {
                "rps_doc_ut1_blacklist": pa.nulls(batch.num_rows, pa.int64()),
                "domain_categories": pa.nulls(batch.num_rows, pa.string()),
            }
        )
    names = pc.coalesce(batch.column("url"), batch.column("domain"), pa.scalar(""))
    offsets, data = arrow.buffers(names)
    found = domains.look_up(data, offsets, _domains(params, _state(files)), parents=not params.faithful)
    distinct, places = np.unique(found, return_inverse=True)
    present, known = list(files), sorted(set(params.categories or files))
    ids: list[int | None] = []
    texts: list[str | None] = []
    for bits in distinct.tolist():
        categories = [name for i, name in enumerate(present) if bits >> i & 1]
        ids.append(_combination_number(categories, known) if categories else None)
        texts.append("+".join(categories) or None)
    indices = pa.array(places, pa.int64())
    return pa.record_batch(
        {
            "rps_doc_ut1_blacklist": pa.array(ids, pa.int64()).take(indices),
            "domain_categories": pa.array(texts, pa.string()).take(indices),
        }
    )


def _combination_number(chosen: list[str], known: list[str]) -> int:
    """Return the number of a set of categories among all sets of the known ones: small sets first, then by name.

    Source: RedPajama V2, artifacts/update_resources.py, which numbers `itertools.combinations` so.
    """
    before = sum(math.comb(len(known), size) for size in range(1, len(chosen)))
    previous = -1
    for i, place in enumerate(known.index(name) for name in chosen):
        left = len(chosen) - i - 1
        before += sum(math.comb(len(known) - other - 1, left) for other in range(previous + 1, place))
        previous = place
    return before


def _paths(params: WordListParams | DomainListParams) -> tuple[str, ...]:
    """Name the files whose content decides; see `redpyjama.stage.Step.files`."""
    return tuple(files_of(params).values())


def _language_files(path: str) -> dict[str, str]:
    if os.path.isfile(path):
        return {"": path}
    if not os.path.isdir(path):
        raise InputError(path, "does not exist", "name a text file of phrases, or a folder of such files by language")
    found: dict[str, str] = {}
    for name in sorted(os.listdir(path)):
        if (match := _LANGUAGE_FILE.fullmatch(name)) and os.path.isfile(os.path.join(path, name)):
            found[match[1].lower()] = os.path.join(path, name)
    if not found:
        raise InputError(path, "has no file named by a language", 'name them "en" or "en.txt"')
    return found


def _category_files(path: str, categories: tuple[str, ...]) -> dict[str, str]:
    if not os.path.isdir(path):
        raise InputError(path, "is no folder", "name the folder that holds the folders of the categories")
    there: dict[str, str] = {}
    for name in sorted(os.listdir(path)):
        place = os.path.join(path, name)
        if os.path.isfile(os.path.join(place, "domains")):
            there[name] = os.path.join(place, "domains")
        elif name.endswith(".txt") and os.path.isfile(place):
            there[name.removesuffix(".txt")] = place
    found = {name: file for name, file in there.items() if name in (categories or there)}
    if not found:
        close = nearest(categories[0], there) if categories else ""
        raise InputError(path, f"has none of the categories {list(categories)}{close}", f"there are {list(there)}")
    return found


def _state(files: dict[str, str]) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file is written again."""
    return tuple((path, (stat := os.stat(path)).st_mtime_ns, stat.st_size) for path in files.values())


@functools.lru_cache(maxsize=4)
def _phrases(params: WordListParams, state: tuple[tuple[str, int, int], ...]) -> Phrases:
    from redpyjama.kernels import phrases

    del state
    return phrases.table(
        (phrases.list_key(i), words)
        for i, path in enumerate(files_of(params).values())
        for words in _hashed_phrases(path, params)
    )


def _hashed_phrases(path: str, params: WordListParams) -> Iterator[tuple[int, ...]]:
    """Yield the word hashes of each phrase in a file; one that has no words can stand nowhere."""
    import pyarrow as pa

    from redpyjama.kernels import arrow, words

    with open(path, "rb") as file:
        content = file.read()
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(path, f"is no UTF-8 at byte {error.start}", "save the list as UTF-8") from error
    if params.faithful:
        lines = [line for line in lines if line == " ".join(_normalised(line).split())]
    offsets, data = arrow.buffers(pa.array(lines, pa.string()))
    found = words.split_words(data, offsets, words.Mode(params.words))
    hashes, ends = found.hash.tolist(), found.doc_offsets.tolist()
    for start, stop in itertools.pairwise(ends):
        if start < stop:
            yield tuple(hashes[start:stop])


def _normalised(phrase: str) -> str:
    return unicodedata.normalize("NFD", phrase.lower().translate(_ASCII_PUNCTUATION))


def _list_keys(batch: pa.RecordBatch, languages: list[str]) -> Any:
    """Return the key of each document's list; 0 where there is none."""
    from redpyjama.kernels import phrases

    keys = {language: phrases.list_key(i) for i, language in enumerate(languages)}
    if "" in keys:
        return np.full(batch.num_rows, keys[""], np.uint64)
    column = batch.column("language").dictionary_encode()
    names = [language.lower() for language in column.dictionary.to_pylist()]
    known = [keys.get(name) or keys.get(name.partition("-")[0], 0) for name in names]
    indices = column.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    return np.array([*known, 0], np.uint64)[indices]


@functools.lru_cache(maxsize=4)
def _domains(params: DomainListParams, state: tuple[tuple[str, int, int], ...]) -> DomainLists:
    from redpyjama.kernels import domains

    if len(state) > domains.MAX_LISTS:
        raise UsageError(f"step domain_list: {len(state)} categories", f"name at most {domains.MAX_LISTS}")

    def contents() -> Iterator[bytes]:
        for path, _, _ in state:
            with open(path, "rb") as file:
                yield file.read()

    return domains.table(contents())


WORD_LIST = Step(
    name="word_list",
    version=1,
    params=WordListParams,
    files=_paths,
    run=run_words,
    signals={
        "rps_doc_ldnoobw_words": Signal(
            "int32",
            "How often phrases of the list stand in the text, also one within another; null without a list.",
            f"{_V2}, RPS_Doc_LDNOOBW_Words",
        ),
        "frac_listed_words": Signal(
            "double", "Words that are in any such phrase, over all words, 0 to 1; null without a list.", "RedPyjama"
        ),
    },
)

DOMAIN_LIST = Step(
    name="domain_list",
    version=1,
    params=DomainListParams,
    files=_paths,
    run=run_domains,
    signals={
        "rps_doc_ut1_blacklist": Signal(
            "int64",
            "Number of the set of categories that the site is in, among all sets of the categories looked for; null if "
            "it is in none.",
            f"{_V2}, RPS_Doc_UT1_Blacklist",
        ),
        "domain_categories": Signal(
            "string", 'The names of these categories in order, joined by "+"; null if it is in none.', "RedPyjama"
        ),
    },
)
