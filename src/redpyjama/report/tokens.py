"""The table RedPajama vs LLaMA vs this corpus, and the mixture: how often a training budget goes through each slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from redpyjama.document import SLICES
from redpyjama.errors import UsageError, nearest

MAX_EPOCHS = 4.0
"""Up to here repeated text trains nearly as well as new text; beyond it the gain decays quickly.
Source: Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv 2305.16264."""

LLAMA_BUDGET = 1_400_000_000_000
"""Tokens that LLaMA 33B and 65B saw. Source: Touvron et al. 2023, arXiv 2302.13971, section 2.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What RedPajama V1 and LLaMA had of one slice.

    Attributes:
        redpajama_tokens: Counted with the GPT-NeoX-20B tokenizer.
        redpajama_documents: Records of the release.
        redpajama_bytes: UTF-8 bytes of their text.
        llama_share: Share of the tokens that LLaMA saw.
        llama_epochs: How often it saw the slice, training on 1.4 T tokens.
    """

    redpajama_tokens: int
    redpajama_documents: int
    redpajama_bytes: int
    llama_share: float
    llama_epochs: float

    @property
    def llama_tokens(self) -> float:
        """Tokens of LLaMA's own slice: what it saw, divided by how often."""
        return LLAMA_BUDGET * self.llama_share / self.llama_epochs


def _reference(tokens: int, documents: int, gigabytes: float, share: float, epochs: float) -> Reference:
    return Reference(
        redpajama_tokens=tokens * 10**9,
        redpajama_documents=documents,
        redpajama_bytes=round(gigabytes * 10**9),
        llama_share=share,
        llama_epochs=epochs,
    )


REFERENCE: Mapping[str, Reference] = {
    "common_crawl": _reference(878, 476_276_019, 3821.5, 0.67, 1.10),
    "c4": _reference(175, 364_868_892, 789.0, 0.15, 1.06),
    "github": _reference(59, 28_793_312, 196.1, 0.045, 0.64),
    "arxiv": _reference(28, 1_558_306, 89.1, 0.025, 1.06),
    "book": _reference(26, 205_744, 105.0, 0.045, 2.23),
    "wikipedia": _reference(24, 29_834_171, 80.4, 0.045, 2.45),
    "stackexchange": _reference(20, 29_825_086, 71.4, 0.02, 1.03),
}

SOURCES = (
    "RedPajama V1 tokens: RedPajama-Data README, branch rp_v1, and Weber et al. 2024 (arXiv 2411.12372), table 2; "
    "counted with the GPT-NeoX-20B tokenizer, GitHub's extrapolated from a tenth of each file.",
    "RedPajama V1 documents and bytes: the constants of SlimPajama's datasets.py (kept + duplicate + short).",
    "LLaMA shares and epochs: Touvron et al. 2023 (arXiv 2302.13971), table 1. LLaMA tokens = 1.4 T x share / epochs: "
    "our arithmetic, counted with LLaMA's tokenizer.",
    "Repetition: Muennighoff et al. 2023 (arXiv 2305.16264): up to 4 epochs teach nearly as well as new text.",
)
"""Where the figures come from, for the foot of every table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One slice, or the total, beside the two references. None where nothing was counted or there is no reference."""

    slice: str
    documents: int
    bytes: int
    tokens: int | None
    share: float | None
    bytes_per_token: float | None
    redpajama_tokens: int
    redpajama_share: float
    redpajama_bytes_per_token: float
    llama_tokens: float
    llama_share: float
    llama_epochs: float | None
    tokens_to_redpajama: float | None
    share_to_redpajama: float | None


def token_table(manifest: Mapping[str, Any]) -> list[TokenRow]:
    """Return a row for each of the seven slices, in RedPajama's order, and the total last.

    Args:
        manifest: What ``corpus.json`` says.
    """
    slices: Mapping[str, Any] = manifest["slices"]
    known = {name: int(part["tokens"]) for name, part in slices.items() if part.get("tokens") is not None}
    total = sum(known.values())
    rows = [_row(name, slices.get(name, {}), known.get(name), total) for name in SLICES]
    reference = REFERENCE.values()
    all_redpajama = sum(r.redpajama_tokens for r in reference)
    all_bytes = sum(row.bytes for row in rows)
    rows.append(
        TokenRow(
            slice="total",
            documents=sum(row.documents for row in rows),
            bytes=all_bytes,
            tokens=total if known else None,
            share=1.0 if total else None,
            bytes_per_token=all_bytes / total if total else None,
            redpajama_tokens=all_redpajama,
            redpajama_share=1.0,
            redpajama_bytes_per_token=sum(r.redpajama_bytes for r in reference) / all_redpajama,
            llama_tokens=sum(r.llama_tokens for r in reference),
            llama_share=1.0,
            llama_epochs=None,
            tokens_to_redpajama=total / all_redpajama if known else None,
            share_to_redpajama=None,
        )
    )
    return rows


def _row(name: str, part: Mapping[str, Any], tokens: int | None, total: int) -> TokenRow:
    reference = REFERENCE[name]
    all_redpajama = sum(r.redpajama_tokens for r in REFERENCE.values())
    share = tokens / total if tokens is not None and total else None
    redpajama_share = reference.redpajama_tokens / all_redpajama
    return TokenRow(
        slice=name,
        documents=int(part.get("kept", 0)),
        bytes=int(part.get("bytes_kept", 0)),
        tokens=tokens,
        share=share,
        bytes_per_token=int(part.get("bytes_kept", 0)) / tokens if tokens else None,
        redpajama_tokens=reference.redpajama_tokens,
        redpajama_share=redpajama_share,
        redpajama_bytes_per_token=reference.redpajama_bytes / reference.redpajama_tokens,
        llama_tokens=reference.llama_tokens,
        llama_share=reference.llama_share,
        llama_epochs=reference.llama_epochs,
        tokens_to_redpajama=tokens / reference.redpajama_tokens if tokens is not None else None,
        share_to_redpajama=share / redpajama_share if share is not None else None,
    )


# --- mixture ------------------------------------------------------------------------------------------------------

LLAMA_SHARES: Mapping[str, float] = {name: reference.llama_share for name, reference in REFERENCE.items()}
"""The preset: LLaMA's own mixture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureRow:
    """One slice in training.

    Attributes:
        seen: Tokens that training takes from it: budget x share.
        epochs: How often it goes through the slice; None where the slice has no tokens to give.
        warning: What is wrong with that, or "".
    """

    slice: str
    tokens: int
    share: float
    seen: float
    epochs: float | None
    warning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A training budget spread over the slices.

    Attributes:
        budget: Tokens that training sees.
        largest_budget: The most that it can see before a slice is repeated more than `MAX_EPOCHS` times; 0 if a slice
            with a share has no tokens.
        limiting: The slice that is repeated most.
        whose: Whose shares these are: "LLaMA's", "the recipe's" or "the given".
    """

    whose: str
    budget: int
    largest_budget: int
    limiting: str
    rows: tuple[MixtureRow, ...]

    @property
    def warnings(self) -> list[str]:
        """All rows' warnings."""
        return [row.warning for row in self.rows if row.warning]


def mixture(
    tokens: Mapping[str, int], share: Mapping[str, float] | None = None, *, budget: int | None = None
) -> Mixture:
    """Spread a training budget over slices: ``epochs = budget * share / tokens``.

    Args:
        tokens: Slice -> how many tokens the corpus has of it.
        share: Slice -> its share of what training sees; brought to a sum of 1 over the slices that *tokens* names.
            None takes LLaMA's.
        budget: Tokens that training sees; None takes the largest that repeats no slice more than `MAX_EPOCHS` times.

    Raises:
        UsageError: An unknown slice, a negative share or budget, or no share at all for what there is.
    """
    wanted = LLAMA_SHARES if share is None else share
    for name in [*tokens, *wanted]:
        if name not in SLICES:
            raise UsageError(f"unknown slice {name!r}{nearest(name, SLICES)}", f"slices are {', '.join(SLICES)}")
    if min(wanted.values(), default=0) < 0 or (budget is not None and budget < 0):
        raise UsageError("a share or budget is negative", "give numbers from 0 on")
    names = [name for name in SLICES if name in tokens and wanted.get(name, 0) > 0]
    total = sum(wanted[name] for name in names)
    if not names:
        raise UsageError("no slice of the corpus has a share in the mixture", f"give shares to {', '.join(tokens)}")
    shares = {name: wanted[name] / total for name in names}
    reach = {name: MAX_EPOCHS * tokens[name] / shares[name] for name in names}
    limiting = min(names, key=lambda name: reach[name])
    largest = int(reach[limiting])
    seen = largest if budget is None else budget
    rows = tuple(_mixed(name, tokens[name], shares[name], seen) for name in names)
    whose = "LLaMA's" if share is None else "the given"
    return Mixture(whose=whose, budget=seen, largest_budget=largest, limiting=limiting, rows=rows)


def _mixed(name: str, tokens: int, share: float, budget: int) -> MixtureRow:
    seen = budget * share
    epochs = seen / tokens if tokens else None
    warning = ""
    if epochs is None:
        warning = f"{name}: has a share of {share:.1%}, but no tokens; give it none, or add dumps"
    elif epochs > MAX_EPOCHS * (1 + 1e-9):
        what = f"{name}: would be seen {epochs:,.1f} times; beyond {MAX_EPOCHS:.0f} epochs text teaches less each time"
        warning = f"{what} (Muennighoff et al. 2023)"
    return MixtureRow(slice=name, tokens=tokens, share=share, seen=seen, epochs=epochs, warning=warning)


def of_manifest(manifest: Mapping[str, Any], *, budget: int | None = None) -> Mixture | None:
    """Return the mixture of a corpus: at the shares that the manifest states, else at LLaMA's.

    Slices that the corpus does not have give their share to the others in proportion. None where nothing is counted.

    Args:
        manifest: What ``corpus.json`` says.
        budget: As for `mixture`.
    """
    tokens = {name: int(part["tokens"]) for name, part in manifest["slices"].items() if part.get("tokens")}
    share: Mapping[str, float] | None = manifest.get("mixture") or None
    if not any((share or LLAMA_SHARES).get(name) for name in tokens):
        return None
    mixed = mixture(tokens, share, budget=budget)
    return replace(mixed, whose="the recipe's") if share else mixed


def as_data(manifest: Mapping[str, Any], *, budget: int | None = None) -> dict[str, Any]:
    """Return the whole of ``tokens.json``: plain data, keys in a fixed order."""
    *rows, total = token_table(manifest)
    mixed = of_manifest(manifest, budget=budget)
    return {
        "recipe": manifest.get("recipe"),
        "sample": manifest.get("sample"),
        "tokenizer": manifest.get("tokenizer"),
        "slices": [asdict(row) for row in rows],
        "total": asdict(total),
        "mixture": asdict(mixed) | {"warnings": mixed.warnings} if mixed else None,
        "sources": list(SOURCES),
    }
