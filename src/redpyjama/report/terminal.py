"""What `build` and `demo` say when they are done: the token table, what was dropped, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from redpyjama.report import copies, duplicates, models, numbers, recipe_file, tokens
from redpyjama.report import flow as flows
from redpyjama.report.clusters import Cluster, Member, Overview
from redpyjama.report.contamination import SetRow
from redpyjama.report.copies import CopyRow
from redpyjama.report.duplicates import Segment
from redpyjama.report.plain import plain
from redpyjama.report.safe import one_line

MAX_RULES = 16
"""Rules shown; the rest is one line that points to the report."""

MAX_ADDRESS = 200
"""Characters of an address that are shown."""


def print_summary(
    manifest: Any, corpus: str = ".", *, console: Console | None = None, budget: int | None = None
) -> None:
    """Print the summary of a corpus.

    Args:
        manifest: What ``corpus.json`` says, as data or as a struct.
        corpus: The corpus directory as the user typed it: for the shares of its recipe, and the commands to type next.
        console: Where to; standard error if None.
        budget: Tokens of a training run; with it, the epochs of each slice are shown too.
    """
    data = {"mixture": recipe_file.shares(corpus), **plain(manifest)}
    out = console or Console(stderr=True, highlight=False)
    out.print(_tokens(data))
    out.print(_flow(data))
    if (rules := _rules(data)) is not None:
        out.print(rules)
    _print_models(out, data)
    if (mixed := tokens.of_manifest(data, budget=budget)) is not None:
        if budget is not None:
            out.print(_epochs(mixed))
        _print_mixture(out, mixed)
    _print_next(out, corpus, copied=bool(data.get("dedup")))


def print_copies(manifest: Any, found: Overview, corpus: str = ".", *, console: Console | None = None) -> None:
    """Print how much of a corpus were copies, and its largest clusters; to standard output if *console* is None."""
    out = console or Console(highlight=False)
    if rows := copies.rows(plain(manifest)):
        out.print(_copies(rows))
    if not found.largest:
        out.print("\nNo document is a copy of another.")
        return
    shown = len(found.largest)
    many = f"The {shown} largest of {found.clusters:,} clusters" if shown < found.clusters else "All clusters"
    _print_list(
        out,
        f"{many}: size, which document stayed, and by what the others were found",
        [((f"{c.size:,}", c.kept.id, _slice(c.kept), _methods(c.found_by)), c.kept) for c in found.largest],
    )
    example = f"redpyjama duplicates {shlex.quote(corpus)} --id {found.largest[0].kept.id}"
    out.print(Text(f"\n{example}").append("  # its copies, and how they differ", style="dim"), soft_wrap=True)


def _copies(rows: Sequence[CopyRow]) -> Table:
    table = _table("Copies: documents that were dropped because a better one stayed")
    table.add_column("slice", no_wrap=True)
    for head in ("compared", "copies", "of documents", "bytes", "of bytes"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("found by")
    for row in rows:
        cells = (f"{row.compared:,}", f"{row.copies:,}", numbers.percent(row.share), numbers.size(row.bytes_copies))
        last = (numbers.percent(row.byte_share), Text(one_line(copies.said(row.found_by))))
        table.add_row(row.slice, *cells, *last, style="bold" if row.slice == "total" else "")
    return table


def print_cluster(
    cluster: Cluster, found: Iterable[tuple[Member, Sequence[Segment]]], *, console: Console | None = None
) -> None:
    """Print a cluster.

    Args:
        cluster: Its members.
        found: How copies of it differ from the document that stayed.
        console: Where to; standard output if None.
    """
    out = console or Console(highlight=False)
    others = f"{cluster.size - 1:,} {'copy' if cluster.size == 2 else 'copies'}"
    head = ("", "document", "slice", "bytes", "similar", "found by")
    lines: list[tuple[Sequence[str], Member | None]] = [(head, None)]
    for member in (cluster.kept, *cluster.copies):
        similar = "" if member.kept else "–" if member.similarity is None else f"{member.similarity:.3f}"
        size = "" if member.bytes is None else f"{member.bytes:,}"
        kind = "kept" if member.kept else "copy"
        lines.append(((kind, member.id, _slice(member), size, similar, member.method or ""), member))
    _print_list(out, f"One document stayed, {others} went: found by {_methods(cluster.found_by)}", lines, right=(3, 4))
    if left := cluster.size - 1 - len(cluster.copies):
        query = f"SELECT * FROM clusters WHERE kept_id = '{one_line(cluster.kept.id)}'"
        out.print(Text(f'{left:,} more; all of them in Python: Corpus(...).sql("{query}")'), soft_wrap=True)
    if not cluster.kept.slice:
        out.print(
            "\nThe one that stayed is in an earlier corpus: its text is not here to compare with.", soft_wrap=True
        )
    shown = 0
    for member, segments in found:
        key = Text("  [-words of the kept one-] {+words of this copy+}", style="dim") if not shown else ""
        out.print(Text.assemble((f"\ncopy  {one_line(member.id)}", "bold"), key), soft_wrap=True)
        same = all(segment.kind == "same" for segment in segments)
        out.print(Text("the same words", style="dim") if same else duplicates.as_text(segments))
        shown += 1
    left = sum(member.slice is not None for member in cluster.copies) - shown
    if cluster.kept.slice and left:
        what = "one more copy" if left == 1 else f"{left:,} more copies"
        out.print(f"\nHow {what} differ{'s' * (left == 1)} is not shown: ask for it with --id.", soft_wrap=True)


def _print_list(
    out: Console, title: str, lines: Sequence[tuple[Sequence[str], Member | None]], *, right: Sequence[int] = (0,)
) -> None:
    """Print cells in columns, under each line where its document came from; addresses are longer than any column."""
    widths = [max(len(cells[i]) for cells, _ in lines) for i in range(len(lines[0][0]))]
    out.print(Text(f"\n{title}", style="bold"), soft_wrap=True)
    for cells, member in lines:
        padded = [
            cell.rjust(n) if i in right else cell.ljust(n)
            for i, (cell, n) in enumerate(zip(cells, widths, strict=True))
        ]
        out.print(Text(one_line("  ".join(padded).rstrip()), style="" if member else "dim"), soft_wrap=True)
        if member and (where := _where(member)):
            out.print(Text(f"{' ' * (widths[0] + 2)}{where}", style="dim"), soft_wrap=True)


def _methods(found_by: Mapping[str, int]) -> str:
    return ", ".join(f"{method} {count:,}" for method, count in found_by.items())


def _slice(member: Member) -> str:
    return member.slice or "earlier corpus"


def _where(member: Member) -> str:
    """Return the address of a document, or the dump and the record; the begin of it if that is very long."""
    parts = dict.fromkeys(part for part in (member.dump, member.record) if part)
    where = one_line(member.url or ": ".join(parts))
    return where if len(where) <= MAX_ADDRESS else f"{where[:MAX_ADDRESS]}..."


def print_contamination(sets: Sequence[SetRow], *, console: Console | None = None) -> None:
    """Print a row for each evaluation set that the corpus was searched for; to standard error if *console* is None."""
    table = _table("Evaluation sets in the corpus: items seen by their n-grams")
    table.add_column("set")
    for head in ("items", "touched", "contaminated", "left in the release", "documents", "kept"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in sets:
        items = "unknown" if row.items is None else f"{row.items:,}"
        found = (row.touched, row.contaminated, row.contaminated_left, row.documents, row.kept_documents)
        table.add_row(row.set, items, *(f"{n:,}" for n in found), style="yellow" if row.contaminated_left else "")
    (console or Console(stderr=True, highlight=False)).print(table)


def _table(title: str) -> Table:
    return Table(
        title=Text(f"\n{title}", style="bold"),
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        header_style="dim underline",
    )


def _tokens(manifest: Mapping[str, Any]) -> Table:
    made: Mapping[str, Any] = manifest.get("tokenizer") or {}
    table = _table(f"Tokens by {made.get('name', 'no tokenizer')}, beside RedPajama V1 and LLaMA")
    table.add_column("slice", no_wrap=True)
    for head in ("tokens", "RedPajama", "LLaMA", "share", "RedPajama", "LLaMA", "B/token"):
        table.add_column(head, justify="right", no_wrap=True)
    *rows, total = tokens.token_table(manifest)
    for row in [*rows, total]:
        table.add_row(
            row.slice,
            numbers.count(row.tokens),
            Text(numbers.count(row.redpajama_tokens), style="dim"),
            Text(numbers.count(row.llama_tokens), style="dim"),
            numbers.percent(row.share),
            Text(numbers.percent(row.redpajama_share), style="dim"),
            Text(numbers.percent(row.llama_share), style="dim"),
            numbers.ratio(row.bytes_per_token),
            style="bold" if row is total else "",
        )
    return table


def _flow(manifest: Mapping[str, Any]) -> Table:
    table = _table("Records: read = kept + dropped + quarantined")
    table.add_column("slice")
    for head in ("read", "kept", "dropped", "quarantined", "text read", "text kept"):
        table.add_column(head, justify="right", no_wrap=True)
    *found, total = flows.flows(manifest)
    for flow in [*found, total]:
        counts = (f"{n:,}" for n in (flow.read, flow.kept, flow.dropped, flow.quarantined))
        sizes = (numbers.size(flow.bytes_read), numbers.size(flow.bytes_kept))
        table.add_row(flow.slice, *counts, *sizes, style="bold" if flow is total else "")
    return table


def _rules(manifest: Mapping[str, Any]) -> Table | None:
    *found, total = flows.flows(manifest)
    if not total.dropped_by:
        return None
    table = _table("Dropped, by rule")
    table.add_column("rule", no_wrap=True)
    table.add_column("records", justify="right", no_wrap=True)
    table.add_column("slices", overflow="fold")
    rules = list(total.dropped_by.items())
    for rule, count in rules[:MAX_RULES]:
        slices = ", ".join(f"{flow.slice} {flow.dropped_by[rule]:,}" for flow in found if rule in flow.dropped_by)
        table.add_row(Text(rule), f"{count:,}", slices)
    if len(rules) > MAX_RULES:
        rest = sum(count for _, count in rules[MAX_RULES:])
        table.add_row(f"{len(rules) - MAX_RULES} more rules", f"{rest:,}", "in the report")
    return table


def _print_models(out: Console, manifest: Mapping[str, Any]) -> None:
    if not (found := models.rows(manifest)):
        return
    table = _table("Models that judge text")
    for head in ("model", "kind", "learns from", "figures"):
        table.add_column(head, overflow="fold")
    for row in found:
        table.add_row(row.name, row.trainer, row.slices, row.said, style="" if row.learnt else "yellow")
    out.print(table)


def _epochs(mixed: tokens.Mixture) -> Table:
    table = _table(f"Mixture for a training run of {numbers.count(mixed.budget)} tokens")
    table.add_column("slice")
    for head in ("tokens", "share", "seen", "epochs"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in mixed.rows:
        seen = (numbers.count(row.tokens), numbers.percent(row.share), numbers.count(row.seen))
        table.add_row(row.slice, *seen, numbers.ratio(row.epochs), style="yellow" if row.warning else "")
    return table


def _print_mixture(out: Console, mixed: tokens.Mixture) -> None:
    reach = numbers.count(mixed.largest_budget)
    out.print()
    out.print(
        f"With {mixed.whose} shares the corpus feeds {reach} tokens of training before {mixed.limiting} "
        f"is seen more than {tokens.MAX_EPOCHS:.0f} times.",
        soft_wrap=True,
    )
    for warning in mixed.warnings:
        out.print(Text(f"  {warning}", style="yellow"), soft_wrap=True)


def _print_next(out: Console, corpus: str, *, copied: bool) -> None:
    place = shlex.quote(corpus)
    steps = (
        (f"xdg-open {shlex.quote(f'{corpus}/report/report.html')}", "these tables and more, in a browser"),
        *([(f"redpyjama duplicates {place}", "what were copies, found how, and which one stayed")] if copied else []),
        (f"redpyjama verify {place}", "hash and count everything again"),
        (f"redpyjama release {place} --sample 0.001", "a stratified sample of the release"),
    )
    out.print()
    out.print(Text("Next", style="bold"))
    width = max(len(command) for command, _ in steps)
    for command, what in steps:
        out.print(Text(f"  {command:<{width}}  ").append(f"# {what}", style="dim"), soft_wrap=True)
