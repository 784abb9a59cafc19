"""``corpus.json``: what a corpus was made of, where its tables lie, and what became of every record.

Nothing in it depends on time, machine or the number of workers: two builds of the same inputs and recipe write the same
bytes.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from redpyjama.errors import CorpusError
from redpyjama.store import atomic

FILE = "corpus.json"
FORMAT_VERSION = 1


class RecipeRef(msgspec.Struct, frozen=True, kw_only=True):
    """The recipe that was built; ``recipe.toml`` beside the manifest is it, resolved."""

    name: str
    sha256: str


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One dump.

    Attributes:
        slice: The slice that it was read for; a dump read for two is named twice.
        path: The name that locators carry; never where it lay.
        bytes: Size as stored; of a directory the sum over its files.
        sha256: Of the file, or of a directory's sorted names and digests.
    """

    slice: str
    path: str
    bytes: int
    sha256: str


class SliceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a slice's records: ``read = kept + dropped + quarantined``.

    Attributes:
        read: Records in the dumps.
        kept: Documents in the release.
        dropped: Records that are no documents of the slice, and documents that a rule or de-duplication left out.
        quarantined: Records that could not be read.
        dropped_by: Rule -> how many; adds up to *dropped*: a document counts for the first rule that dropped it.
        bytes_dropped_by: Rule -> UTF-8 bytes of the final texts of documents that it dropped; without records that were
            no documents, and empty in corpora built before this was counted.
        because: Rule -> why it drops, for the rules of *dropped_by*.
        bytes_read: UTF-8 bytes of text, after parsing.
        bytes_kept: UTF-8 bytes of text in the release.
        tokens: In the release, by the manifest's tokenizer; None before they are counted.
        encoding_repairs: Bytes that were no valid text, replaced by U+FFFD.
    """

    read: int = 0
    kept: int = 0
    dropped: int = 0
    quarantined: int = 0
    dropped_by: dict[str, int] = {}
    bytes_dropped_by: dict[str, int] = {}
    because: dict[str, str] = {}
    bytes_read: int = 0
    bytes_kept: int = 0
    tokens: int | None = None
    encoding_repairs: int = 0


class Tokenizer(msgspec.Struct, frozen=True, kw_only=True):
    """What tokens were counted with; *sha256* is that of its file, *vocab_size* how many tokens it has."""

    name: str
    sha256: str
    vocab_size: int


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that judges text, learnt from this corpus.

    Attributes:
        slices: Whose documents it learnt from.
        figures: What its trainer says of it.
        not_learnt: Why there is none, and what names it measured nothing; None if there is one.
    """

    trainer: str
    slices: list[str]
    figures: dict[str, Any] = {}
    not_learnt: str | None = None


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A method of de-duplication.

    Attributes:
        rule: What *dropped_by* calls the copies that it found.
        slices: Those of the corpus whose documents it compared.
    """

    name: str
    rule: str
    slices: list[str]


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A corpus whose released documents kept copies out of this one.

    Attributes:
        recipe: The name of its recipe.
        content_sha256: Of its release.
    """

    recipe: str
    content_sha256: str | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of ``corpus.json``.

    Attributes:
        tables: Table -> slice -> stage directory, relative to the corpus: "documents", a step's name, "spans",
            "decisions", "tokens".
        dedup: The methods of de-duplication in the recipe's order: a copy goes by the first that finds it; empty
            without, and in corpora built before this was recorded.
        against: Corpora released before, with which this one was compared, in the order of their directories' names.
        models: By the name that the recipe gives them, those that its steps use.
        content_sha256: Over the uncompressed release records; None before a release is made.
        sample: The share of the dump records that a trial build took; None for all.
    """

    format_version: int = FORMAT_VERSION
    recipe: RecipeRef
    inputs: list[Input] = []
    tables: dict[str, dict[str, str]] = {}
    slices: dict[str, SliceCounts] = {}
    dedup: list[Method] = []
    against: list[Earlier] = []
    models: dict[str, Model] = {}
    tokenizer: Tokenizer | None = None
    content_sha256: str | None = None
    sample: float | None = None


class _Version(msgspec.Struct):
    format_version: int


def load(corpus: str) -> Manifest:
    """Read the manifest of the corpus in directory *corpus*.

    Raises:
        CorpusError: There is none, it is damaged, or a version that this program does not know wrote it.
    """
    path = os.path.join(corpus, FILE)
    data = _read(corpus, path)
    try:
        version = msgspec.json.decode(data, type=_Version).format_version
        made = msgspec.convert(atomic.unseal(data), Manifest) if version == FORMAT_VERSION else None
    except ValueError as error:
        remedy = "run the build again: finished stages are kept and the manifest is written anew"
        raise CorpusError(path, f"is damaged ({error})", remedy) from error
    if made is None:
        what = f"has format_version {version}; this program reads {FORMAT_VERSION}"
        raise CorpusError(path, what, "use the version of redpyjama that built the corpus, or build it again")
    return made


def save(corpus: str, manifest: Manifest) -> None:
    """Write the manifest: after this, and not before, readers see the new corpus."""
    atomic.write_file(os.path.join(corpus, FILE), encode(manifest))


def encode(manifest: Manifest) -> bytes:
    """Return the manifest's bytes: keys sorted, inputs by slice and name."""
    inputs = sorted(manifest.inputs, key=lambda i: (i.slice, i.path))
    value: Any = msgspec.to_builtins(msgspec.structs.replace(manifest, inputs=inputs))
    return atomic.seal(value)


def _read(corpus: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        if not os.path.isdir(corpus):
            raise CorpusError(corpus, "does not exist", "give the directory that a build wrote with --to") from error
        if os.path.isdir(os.path.join(corpus, "stages")):
            what = f"an unfinished build: there is no {FILE} yet"
            raise CorpusError(corpus, what, "run the same build command again; it goes on where it stopped") from error
        what = f"is no corpus: there is no {FILE}"
        raise CorpusError(corpus, what, "give the directory that a build wrote with --to") from error
    except OSError as error:
        raise CorpusError(path, f"cannot be read ({error.strerror})", "check its permissions") from error
