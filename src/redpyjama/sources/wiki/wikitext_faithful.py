"""Wikitext cleaned as RedPajama V1's input was: by mwparserfromhell, with its leftovers.

Files, references and tables are removed where the parser recognises them; category links stay in the text without their
prefix; list items lose their marks; image options, template arguments in running text and wide gaps remain.

Source: the `wikipedia` script dataset on the Hugging Face hub, configurations 20220301 to 20230320.
Departs: one list of namespace names serves all languages; there each language had its own.
"""

from __future__ import annotations

import re
from typing import Any

from redpyjama.sources.wiki.wikitext_names import CATEGORY_NAMES, FILE_NAMES

_MAGIC_WORD = re.compile("__[A-Z]*__")


def clean(wikitext: str) -> str:
    """Return the text of a page, sections separated by blank lines; empty where the parser fails."""
    import mwparserfromhell  # 60 ms: only where a recipe asks for it
    from mwparserfromhell.parser import ParserError

    try:
        code: Any = mwparserfromhell.parse(wikitext)
    except ParserError:
        return ""
    sections: list[str] = []
    for section in code.get_sections(flat=True, include_lead=True, include_headings=True):
        for link in section.ifilter_wikilinks(recursive=True, matches=lambda link: _prefix(link) in FILE_NAMES):
            _remove(section, link)
        for link in section.ifilter_wikilinks(recursive=True, matches=lambda link: _prefix(link) in CATEGORY_NAMES):
            link.text = link.text or str(link.title).partition(":")[2]
        for tag in section.ifilter_tags(recursive=True, matches=lambda tag: str(tag.tag) in ("ref", "table")):
            _remove(section, tag)
        sections.append(_MAGIC_WORD.sub("", section.strip_code().strip()))
    return "\n\n".join(sections)


def _prefix(link: Any) -> str:
    return str(link.title).partition(":")[0].strip().lower() if ":" in str(link.title) else ""


def _remove(section: Any, node: Any) -> None:
    try:
        section.remove(node)
    except ValueError:
        pass  # it went with a node around it
