"""``report.html``: one file, nothing loaded from anywhere, every string from the corpus escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from redpyjama.report import copies, models, numbers, style, tokens
from redpyjama.report import flow as flows

MAX_INPUTS = 500
"""Dumps listed on the page; ``corpus.json`` has them all, and a full crawl has 90,000."""


def render(manifest: Mapping[str, Any], *, budget: int | None = None) -> str:
    """Return the page.

    Args:
        manifest: What ``corpus.json`` says.
        budget: Tokens of the training run whose mixture is shown; None takes the largest without undue repetition.
    """
    name = _name(manifest)
    body = [
        _head(manifest, name),
        _token_section(manifest),
        _flow_section(manifest),
        _copies_section(manifest),
        _models_section(manifest),
        _mixture_section(manifest, budget),
        _inputs_section(manifest),
        _foot(manifest),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}: tokens and records</title>\n<style>{style.CSS}</style>\n</head>\n"
        f"<body>\n<main>\n{chr(10).join(part for part in body if part)}\n</main>\n</body>\n</html>\n"
    )


def _name(manifest: Mapping[str, Any]) -> str:
    return str((manifest.get("recipe") or {}).get("name") or "corpus")


def _head(manifest: Mapping[str, Any], name: str) -> str:
    *_, total = tokens.token_table(manifest)
    *_, records = flows.flows(manifest)
    facts = (
        ("Documents", f"{total.documents:,}"),
        ("Tokens", numbers.count(total.tokens)),
        ("Text", numbers.size(total.bytes)),
        ("Records read", f"{records.read:,}"),
        ("Dropped", f"{records.dropped:,}"),
        ("Quarantined", f"{records.quarantined:,}"),
    )
    tiles = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts)
    counted = f"Tokens are counted with {_tokenizer(manifest)}." if total.tokens is not None else ""
    sample = manifest.get("sample")
    trial = ""
    if sample and sample < 1:
        trial = f'<p class="note">A trial build on {numbers.percent(sample)} of the records of its dumps.</p>'
    return f'<h1>{escape(name)}</h1>\n<p class="soft">{counted}</p>\n{trial}<dl class="facts">{tiles}</dl>'


def _tokenizer(manifest: Mapping[str, Any]) -> str:
    made = manifest.get("tokenizer") or {}
    size = f", {made['vocab_size']:,} entries" if made.get("vocab_size") else ""
    digest = f", SHA-256 <code>{escape(str(made['sha256'])[:16])}…</code>" if made.get("sha256") else ""
    return f"<code>{escape(str(made.get('name', 'an unnamed tokenizer')))}</code>{size}{digest}"


# --- tokens -------------------------------------------------------------------------------------------------------


def _token_section(manifest: Mapping[str, Any]) -> str:
    *rows, total = tokens.token_table(manifest)
    name = _name(manifest)
    head = (
        f'<tr><th></th><th class="group" colspan="4">{escape(name)}</th><th class="group" colspan="3">RedPajama V1</th>'
        '<th class="group" colspan="3">LLaMA</th></tr>'
        "<tr><th>Slice</th><th>Documents</th><th>Tokens</th><th>Share</th><th>Bytes / token</th><th>Tokens</th>"
        "<th>Share</th><th>Bytes / token</th><th>Tokens</th><th>Share seen</th><th>Epochs</th></tr>"
    )
    lines = [_token_line(row) for row in rows] + [_token_line(total)]
    return (
        "<h2>Tokens, beside RedPajama V1 and LLaMA</h2>\n"
        "<p>RedPajama V1 was built to match LLaMA's seven sources. Shares compare the make-up; each corpus was counted "
        "with a tokenizer of its own, so bytes per token belong beside the counts.</p>\n"
        f"{_share_chart(rows, name)}\n{_table(head, lines, kind='tokens')}"
    )


def _token_line(row: tokens.TokenRow) -> str:
    cells = (
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
    )
    return _line(row.slice, cells, is_total=row.slice == "total")


def _share_chart(rows: Sequence[tokens.TokenRow], name: str) -> str:
    longest = max(max(row.share or 0, row.redpajama_share, row.llama_share) for row in rows)
    parts: list[str] = []
    for row in rows:
        series = (("ours", row.share), ("redpajama", row.redpajama_share), ("llama", row.llama_share))
        bars = "".join(_bar([(kind, (share or 0) / longest)], at=12 * i) for i, (kind, share) in enumerate(series))
        names = (name, "RedPajama V1", "LLaMA")
        shares = ", ".join(f"{who} {numbers.percent(of[1])}" for who, of in zip(names, series, strict=True))
        parts.append(
            f'<div class="name">{row.slice}</div>{_svg(bars, height=34, label=f"{row.slice}: {shares}")}'
            f'<div class="value">{numbers.percent(row.share)}</div><div class="gap"></div>'
        )
    keys = _keys((("ours", name), ("redpajama", "RedPajama V1"), ("llama", "LLaMA, as seen in training")))
    return _chart("Share of tokens, in figures for this corpus", keys, parts)


# --- records ------------------------------------------------------------------------------------------------------


def _flow_section(manifest: Mapping[str, Any]) -> str:
    *found, total = flows.flows(manifest)
    head = (
        "<tr><th>Slice</th><th>Read</th><th>Kept</th><th>Dropped</th><th>Quarantined</th>"
        "<th>Text read</th><th>Text kept</th></tr>"
    )
    lines = [_flow_line(flow) for flow in [*found, total]]
    rules = [_rule_line(rule, count, found) for rule, count in total.dropped_by.items()]
    ruled = ""
    if rules:
        rule_head = '<tr><th>Rule</th><th>Records</th><th class="left">Slices</th><th class="left">Because</th></tr>'
        ruled = f"<h2>What was dropped, by rule</h2>\n{_table(rule_head, rules)}"
    return (
        "<h2>What became of every record</h2>\n"
        "<p>For every slice, read = kept + dropped + quarantined. Dropped records were read and left out by a rule; "
        "quarantined ones could not be read, and are listed with file, offset and reason in <code>quarantine/</code>."
        f"</p>\n{_flow_chart(found)}\n{_table(head, lines)}\n{ruled}"
    )


def _flow_line(flow: flows.Flow) -> str:
    counts = (f"{n:,}" for n in (flow.read, flow.kept, flow.dropped, flow.quarantined))
    cells = (*counts, numbers.size(flow.bytes_read), numbers.size(flow.bytes_kept))
    return _line(flow.slice, cells, is_total=flow.slice == "total")


def _rule_line(rule: str, count: int, found: Sequence[flows.Flow]) -> str:
    slices = ", ".join(f"{flow.slice} {flow.dropped_by[rule]:,}" for flow in found if rule in flow.dropped_by)
    reason = escape(flows.reason(rule, found))
    cells = f'<td>{count:,}</td><td class="left wide">{slices}</td><td class="left wide">{reason}</td>'
    return f"<tr><th><code>{escape(rule)}</code></th>{cells}</tr>"


def _flow_chart(found: Sequence[flows.Flow]) -> str:
    parts: list[str] = []
    for flow in found:
        whole = max(flow.read, 1)
        series = [(k, getattr(flow, k) / whole) for k in ("kept", "dropped", "quarantined")]
        label = ", ".join(f"{kind} {numbers.percent(share)}" for kind, share in series)
        parts.append(
            f'<div class="name">{flow.slice}</div>{_svg(_bar(series, at=0, height=16), height=16, label=label)}'
            f'<div class="value">{numbers.percent(flow.kept / whole)}</div><div class="gap"></div>'
        )
    keys = _keys((("kept", "kept"), ("dropped", "dropped by a rule"), ("quarantined", "quarantined")))
    return _chart("Share of records, in figures for those kept", keys, parts)


# --- copies -------------------------------------------------------------------------------------------------------


def _copies_section(manifest: Mapping[str, Any]) -> str:
    found = copies.rows(manifest)
    if not found:
        return ""
    head = (
        "<tr><th>Slice</th><th>Compared</th><th>Copies</th><th>Of documents</th><th>Bytes</th><th>Of bytes</th>"
        '<th class="left">Found by</th></tr>'
    )
    lines = [_copies_line(row) for row in found]
    return (
        "<h2>Copies</h2>\n"
        "<p>Compared are the documents that no other rule dropped. Of those that are copies of one another one stayed, "
        "in this slice or in another; the others are counted here, by the first method that found them. "
        "<code>redpyjama duplicates</code> shows the clusters.</p>\n"
        f"{_table(head, lines)}"
    )


def _copies_line(row: copies.CopyRow) -> str:
    counts = (f"{row.compared:,}", f"{row.copies:,}", numbers.percent(row.share))
    sizes = (numbers.size(row.bytes_copies), numbers.percent(row.byte_share))
    cells = "".join(f"<td>{cell}</td>" for cell in (*counts, *sizes))
    kind = ' class="total"' if row.slice == "total" else ""
    found_by = escape(copies.said(row.found_by))
    return f'<tr{kind}><th>{escape(row.slice)}</th>{cells}<td class="left wide">{found_by}</td></tr>'


# --- models, mixture, inputs, foot --------------------------------------------------------------------------------


def _models_section(manifest: Mapping[str, Any]) -> str:
    found = models.rows(manifest)
    if not found:
        return ""
    head = "<tr><th>Model</th>" + "".join(
        f'<th class="left">{name}</th>' for name in ("Kind", "Learns from", "Figures")
    )
    lines = [
        f"<tr><th>{escape(row.name)}</th>"
        + "".join(f'<td class="left">{escape(cell)}</td>' for cell in (row.trainer, row.slices, row.said))
        + "</tr>"
        for row in found
    ]
    return f"<h2>Models that judge text</h2>\n{_table(f'{head}</tr>', lines)}"


def _mixture_section(manifest: Mapping[str, Any], budget: int | None) -> str:
    mixed = tokens.of_manifest(manifest, budget=budget)
    if mixed is None:
        return ""
    lines = [
        _line(
            row.slice,
            (numbers.count(row.tokens), numbers.percent(row.share), numbers.count(row.seen), numbers.ratio(row.epochs)),
        )
        for row in mixed.rows
    ]
    head = "<tr><th>Slice</th><th>Tokens</th><th>Share in training</th><th>Tokens seen</th><th>Epochs</th></tr>"
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in mixed.warnings)
    note = f'<div class="note"><ul>{warnings}</ul></div>' if warnings else ""
    return (
        f"<h2>Mixture for a training run of {numbers.count(mixed.budget)} tokens</h2>\n<p>{_reach(mixed)}</p>\n{note}"
        f"{_table(head, lines)}"
    )


def _reach(mixed: tokens.Mixture) -> str:
    return (
        f"With {mixed.whose} shares the corpus feeds {numbers.count(mixed.largest_budget)} tokens of training before "
        f"{mixed.limiting} is seen more than {tokens.MAX_EPOCHS:.0f} times."
    )


def _inputs_section(manifest: Mapping[str, Any]) -> str:
    inputs: Sequence[Mapping[str, Any]] = manifest.get("inputs") or ()
    if not inputs:
        return ""
    head = '<tr><th>Dump</th><th class="left">Slice</th><th>Size</th><th class="left">SHA-256</th></tr>'
    lines = [_input_line(file) for file in inputs[:MAX_INPUTS]]
    left = len(inputs) - MAX_INPUTS
    more = f"<p>{left:,} more are in <code>corpus.json</code>.</p>" if left > 0 else ""
    what = f"{len(inputs):,} dump{'s' * (len(inputs) > 1)}, {numbers.size(sum(int(i.get('bytes', 0)) for i in inputs))}"
    return f"<h2>Made from</h2>\n<details><summary>{what}</summary>\n{_table(head, lines)}{more}</details>"


def _input_line(file: Mapping[str, Any]) -> str:
    path, name, digest = (escape(str(file.get(key, ""))) for key in ("path", "slice", "sha256"))
    return (
        f'<tr><th><code>{path}</code></th><td class="left">{name}</td><td>{numbers.size(file.get("bytes"))}</td>'
        f'<td class="left"><code>{digest[:16]}…</code></td></tr>'
    )


def _foot(manifest: Mapping[str, Any]) -> str:
    content = manifest.get("content_sha256")
    recipe = (manifest.get("recipe") or {}).get("sha256")
    hashes = [("release", content), ("recipe", recipe)]
    lines = "".join(f"<li>SHA-256 of the {what}: <code>{escape(str(h))}</code></li>" for what, h in hashes if h)
    sources = "".join(f"<li>{escape(source)}</li>" for source in tokens.SOURCES)
    return f"<footer>\n<p>Figures of other corpora</p>\n<ul>{sources}</ul>\n<ul>{lines}</ul>\n</footer>"


# --- parts --------------------------------------------------------------------------------------------------------


def _table(head: str, lines: Iterable[str], *, kind: str = "") -> str:
    return (
        f'<div class="scroll"><table class="{kind}"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _line(name: str, cells: Iterable[str], *, is_total: bool = False) -> str:
    kind = ' class="total"' if is_total else ""
    return f"<tr{kind}><th>{escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _keys(series: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<span class="key" style="--c: var(--{kind})">{escape(name)}</span>' for kind, name in series)


def _chart(caption: str, keys: str, parts: Iterable[str]) -> str:
    head = f"<figcaption>{caption}<br>{keys}</figcaption>"
    return f'<figure>{head}<div class="bars">{"".join(parts)}</div></figure>'


def _svg(bars: str, *, height: int, label: str) -> str:
    """Draw bars in a box 1,000 wide that stretches to its place; text stays outside, so that it never does."""
    return (
        f'<svg viewBox="0 0 1000 {height}" height="{height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}"><title>{escape(label)}</title>{bars}</svg>'
    )


def _bar(series: Sequence[tuple[str, float]], *, at: int, height: int = 10) -> str:
    """Draw one bar of parts end to end; a part that is there is never thinner than a hair."""
    parts: list[str] = []
    x = 0.0
    for kind, share in series:
        width = max(1000 * share, 2.0) if share > 0 else 0.0
        if width:
            parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{at}" width="{width:.1f}" height="{height}"/>')
        x += width
    return "".join(parts)
