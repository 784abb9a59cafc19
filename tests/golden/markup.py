"""The light markup of the sample's pages and posts, and its HTML.

Blocks, parted by blank lines: ``# head``, ``- item``, ``1. item``, ``> quote``, fenced code, ``| cell | cell |``,
``![alt](source)``, raw HTML that starts with ``<``; within them ``**b**``, ``*i*``, code in backticks, ``[text](url)``.
"""

from __future__ import annotations

import html
import re

_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*([^*\s][^*]*?)\*(?![\w*])"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)"), r'<a href="\2">\1</a>'),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_KEPT = re.compile("\x01(\\d+)\x02")


def to_html(text: str) -> str:
    """Return the HTML of a text in light markup."""
    fenced: list[str] = []

    def keep(match: re.Match[str]) -> str:
        style = f' class="language-{match[1]}"' if match[1] else ""
        fenced.append(f"<pre><code{style}>{html.escape(match[2], quote=False)}\n</code></pre>")
        return f"\x01{len(fenced) - 1}\x02"

    blocks = re.split(r"\n{2,}", _FENCE.sub(keep, text.strip("\n")))
    done = "\n".join(_block(block) for block in blocks if block)
    return _KEPT.sub(lambda m: fenced[int(m[1])], done)


def inline(text: str) -> str:
    """Return the HTML of running text."""
    text = html.escape(text, quote=False)
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


def _block(block: str) -> str:
    lines = block.split("\n")
    first = lines[0]
    if first.startswith(("<", "\x01")):
        return block
    if match := re.match(r"(#{1,4}) ", first):
        level = len(match[1])
        rest = "\n" + _block("\n".join(lines[1:])) if lines[1:] else ""
        return f"<h{level}>{inline(first[level + 1 :])}</h{level}>{rest}"
    if match := re.fullmatch(r"!\[([^\]]*)\]\((\S+)\)", block):
        return f'<figure><img src="{match[2]}" alt="{html.escape(match[1])}"></figure>'
    if first.startswith("- "):
        return _items("ul", lines, "- ")
    if re.match(r"\d+\. ", first):
        return _items("ol", [re.sub(r"^\d+\. ", "- ", line) for line in lines], "- ")
    if first.startswith("> "):
        return f"<blockquote>{_block(chr(10).join(line.removeprefix('>').strip() for line in lines))}</blockquote>"
    if first.startswith("|"):
        return _table(lines)
    return f"<p>{inline(block)}</p>"


def _items(tag: str, lines: list[str], mark: str) -> str:
    items = "\n".join(lines).removeprefix(mark).split("\n" + mark)
    return f"<{tag}>\n" + "\n".join(f"<li>{inline(item)}</li>" for item in items) + f"\n</{tag}>"


def _table(lines: list[str]) -> str:
    rows = []
    for number, line in enumerate(lines):
        tag = "th" if number == 0 else "td"
        rows.append("<tr>" + "".join(f"<{tag}>{inline(c.strip())}</{tag}>" for c in line.strip("| ").split("|")) + "</tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"
