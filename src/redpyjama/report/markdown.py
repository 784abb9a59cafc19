"""``report.md``: the same tables for people who read in a terminal or on a forge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redpyjama.report import copies, models, numbers, tokens
from redpyjama.report import flow as flows

_WORDS = ("slice", "rule", "slices", "because", "model", "kind", "learns from", "figures", "found by")
"""Columns that hold words; the others hold figures."""


def render(manifest: Mapping[str, Any], *, budget: int | None = None) -> str:
    """Return the report as Markdown.

    Args:
        manifest: What ``corpus.json`` says.
        budget: Tokens of the training run whose mixture is shown; None takes the largest without undue repetition.
    """
    recipe: Mapping[str, Any] = manifest.get("recipe") or {}
    made: Mapping[str, Any] = manifest.get("tokenizer") or {}
    lines = [f"# {_cell(recipe.get('name') or 'corpus')}", ""]
    sample = manifest.get("sample")
    if sample and sample < 1:
        lines += [f"A trial build on {numbers.percent(sample)} of the records of its dumps.", ""]
    lines += ["## Tokens, beside RedPajama V1 and LLaMA", ""]
    if made:
        lines += [f"Counted with `{_cell(made.get('name'))}` (SHA-256 `{_cell(made.get('sha256'))}`).", ""]
    lines += [*_tokens(manifest), "", "## What became of every record", "", *_flow(manifest), ""]
    if rules := _rules(manifest):
        lines += ["## What was dropped, by rule", "", *rules, ""]
    if copied := _copies(manifest):
        lines += ["## Copies", "", *copied, ""]
    if judging := [[_cell(row.name), row.trainer, row.slices, _cell(row.said)] for row in models.rows(manifest)]:
        lines += ["## Models that judge text", "", *_table(["model", "kind", "learns from", "figures"], judging), ""]
    if (mixed := tokens.of_manifest(manifest, budget=budget)) is not None:
        lines += [f"## Mixture for a training run of {numbers.count(mixed.budget)} tokens", "", *_mixture(mixed), ""]
    lines += ["## Figures of other corpora", "", *(f"- {source}" for source in tokens.SOURCES)]
    return "\n".join(lines) + "\n"


def _tokens(manifest: Mapping[str, Any]) -> list[str]:
    head = ["slice", "documents", "tokens", "share", "bytes/token", "RedPajama tokens", "share", "bytes/token",
            "LLaMA tokens", "share seen", "epochs"]  # fmt: skip
    rows = [
        [
            row.slice,
            f"{row.documents:,}",
            numbers.count(row.tokens),
            numbers.percent(row.share),
            numbers.ratio(row.bytes_per_token),
            numbers.count(row.redpajama_tokens),
            numbers.percent(row.redpajama_share),
            numbers.ratio(row.redpajama_bytes_per_token),
            numbers.count(row.llama_tokens),
            numbers.percent(row.llama_share),
            numbers.ratio(row.llama_epochs),
        ]
        for row in tokens.token_table(manifest)
    ]
    return _table(head, rows)


def _flow(manifest: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            flow.slice,
            *(f"{n:,}" for n in (flow.read, flow.kept, flow.dropped, flow.quarantined)),
            numbers.size(flow.bytes_read),
            numbers.size(flow.bytes_kept),
        ]
        for flow in flows.flows(manifest)
    ]
    return _table(["slice", "read", "kept", "dropped", "quarantined", "text read", "text kept"], rows)


def _rules(manifest: Mapping[str, Any]) -> list[str]:
    *found, total = flows.flows(manifest)
    rows = [
        [f"`{_cell(rule)}`", f"{count:,}", _slices(found, rule), _cell(flows.reason(rule, found))]
        for rule, count in total.dropped_by.items()
    ]
    return _table(["rule", "records", "slices", "because"], rows) if rows else []


def _copies(manifest: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            row.slice,
            f"{row.compared:,}",
            f"{row.copies:,}",
            numbers.percent(row.share),
            numbers.size(row.bytes_copies),
            numbers.percent(row.byte_share),
            copies.said(row.found_by),
        ]
        for row in copies.rows(manifest)
    ]
    head = ["slice", "compared", "copies", "of documents", "bytes", "of bytes", "found by"]
    return _table(head, rows) if rows else []


def _slices(found: Sequence[flows.Flow], rule: str) -> str:
    return ", ".join(f"{flow.slice} {flow.dropped_by[rule]:,}" for flow in found if rule in flow.dropped_by)


def _mixture(mixed: tokens.Mixture) -> list[str]:
    rows = [
        [
            row.slice,
            numbers.count(row.tokens),
            numbers.percent(row.share),
            numbers.count(row.seen),
            numbers.ratio(row.epochs),
        ]
        for row in mixed.rows
    ]
    warnings = [f"- {warning}" for warning in mixed.warnings]
    table = _table(["slice", "tokens", "share in training", "tokens seen", "epochs"], rows)
    return [*table, *(["", *warnings] if warnings else [])]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---" if name in _WORDS else "---:" for name in head]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def _cell(value: Any) -> str:
    """Return text that stays in its cell and its code span."""
    return str(value).replace("|", "\\|").replace("`", "'").replace("\n", " ")
