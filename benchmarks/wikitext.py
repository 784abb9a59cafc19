"""Is our wikitext cleaner faster and cleaner than mwparserfromhell's strip_code, on the same real pages?

Peer: mwparserfromhell (a core dependency, so of the same environment), `parse(text).strip_code()`, which is what the
`wikipedia` data set that RedPajama V1 took was cleaned with. Cleanliness counts what a reader of the page never sees:
brackets, bars, tags and attributes of markup, image options, empty parentheses, magic words, per 1,000 characters.
Completeness is checked too: the words of the peer's lines must be in ours. For that, references, tables and files are
taken out of its tree (as the `faithful` mode does), since both mean to leave them out; lines with residue don't count.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable

import mwparserfromhell

from benchmarks.measure import claim, realdata
from redpyjama.sources import wikipedia
from redpyjama.sources.wiki import mediawiki_dump, mediawiki_xml, wikitext, wikitext_faithful
from redpyjama.sources.wiki.mediawiki_xml import Page

RESIDUE = {
    "template or link brackets": r"\{\{|\}\}|\[\[|\]\]",
    "table marks": r"(?m)^(?:\{\||\|\}|\|-|\||!).*$|\|\|",
    "tags": r"</?(?:ref|br|div|span|small|sup|sub|center|table|tr|td|nowiki|gallery|references)\b[^<>]{0,200}>",
    "attributes": r'\b(?:style|class|align|width|colspan|rowspan|bgcolor)\s*=\s*"',
    "image options": r"\b(?:thumb|frame|left|right|center|upright|mini|\d+px)\|",
    "empty parentheses": r"[(（]\s*[,;:]?\s*[)）]|[(（]\s*[;,]",
    "space before punctuation": r"(?<=\w) [,.;](?=\s)",
    "magic words": r"__[A-Z]{4,}__",
    "apostrophes": r"'''?",
    "entities": r"&(?:nbsp|ndash|mdash|amp|lt|gt|thinsp|minus);",
    "category links": r"(?m)^(?:Category|Kategorie|Catégorie|Kategoreja|Categoria|Категория):",
}
_WORD = re.compile(r"[^\W\d_]{4,}")


def pages(limit: int) -> list[tuple[str, str]]:
    """Title and source of the articles in all real dumps, up to so many characters of each."""
    found: list[tuple[str, str]] = []
    for dump in wikipedia.dumps([str(realdata() / "wikipedia")], wikipedia.Options()):
        taken = 0
        for page in mediawiki_xml.pages(mediawiki_dump.pieces(dump.path, start=0, stop=None)):
            if isinstance(page, Page) and b"<redirect" not in page.xml and b"<ns>0</ns>" in page.xml and taken < limit:
                revision = wikipedia.parse(page.xml)
                found.append((revision.title, revision.text or ""))
                taken += len(revision.text or "")
    return found


def seconds(function: Callable[[str, str], str], documents: list[tuple[str, str]]) -> tuple[float, list[str]]:
    start = time.process_time()
    texts = [function(title, source) for title, source in documents]
    return time.process_time() - start, texts


def ours(title: str, source: str) -> str:
    return wikitext.clean(source, title=title)


def peer(_: str, source: str) -> str:
    return str(mwparserfromhell.parse(source).strip_code())


def residue(texts: list[str]) -> dict[str, float]:
    """Finds per 1,000 characters; code and formulas, which may look like markup, are left out."""
    prose = [re.sub(r"(?s)```.*?```|\$[^$\n]*\$", "", text) for text in texts]
    size = sum(map(len, prose)) / 1000
    return {name: sum(len(re.findall(p, text)) for text in prose) / size for name, p in RESIDUE.items()}


def kept_words(texts: list[str], reference: list[str]) -> float:
    """Share of the peer's running words (lines of 10 words and more, without residue) that our text has too."""
    marks = re.compile("|".join(f"(?:{p.replace('(?m)', '')})" for p in (*RESIDUE.values(), r"^[\w. =]{2,40}\|")))
    there = asked = 0
    for text, other in zip(texts, reference, strict=True):
        words = set(_WORD.findall(text))
        for line in other.split("\n"):
            found = _WORD.findall(line)
            if len(found) >= 10 and not marks.search(line):
                asked += len(found)
                there += sum(word in words for word in found)
    return there / max(asked, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the pages, one run")
    arguments = parser.parse_args()
    documents = pages(200_000 if arguments.quick else 2_000_000)
    size = sum(len(source.encode()) for _, source in documents) / 1e6
    seconds(ours, documents[:5])
    seconds(peer, documents[:5])
    times: dict[str, list[float]] = {"redpyjama": [], "mwparserfromhell": []}
    texts: dict[str, list[str]] = {}
    for _ in range(1 if arguments.quick else 3):
        for name, function in (("redpyjama", ours), ("mwparserfromhell", peer)):
            spent, texts[name] = seconds(function, documents)
            times[name].append(spent)
    left = {name: residue(found) for name, found in texts.items()}
    kept = kept_words(texts["redpyjama"], [wikitext_faithful.clean(source) for _, source in documents])
    runs = len(times["redpyjama"])
    print(f"{len(documents)} articles, {size:.1f} MB of wikitext, {runs} interleaved runs, CPU seconds\n")
    print(f"{'':28}{'redpyjama':>12}{'mwparserfromhell':>18}")
    rate = {name: size / statistics.median(spent) for name, spent in times.items()}
    print(f"{'MB/s per core':28}{rate['redpyjama']:12.2f}{rate['mwparserfromhell']:18.2f}")
    characters = {name: sum(map(len, found)) for name, found in texts.items()}
    print(f"{'characters of text':28}{characters['redpyjama']:12,}{characters['mwparserfromhell']:18,}")
    print("residue per 1,000 characters")
    for name in RESIDUE:
        print(f"  {name:26}{left['redpyjama'][name]:12.4f}{left['mwparserfromhell'][name]:18.4f}")
    total = {name: sum(found.values()) for name, found in left.items()}
    print(f"  {'all':26}{total['redpyjama']:12.4f}{total['mwparserfromhell']:18.4f}\n")
    speedup = statistics.median(times["mwparserfromhell"]) / statistics.median(times["redpyjama"])
    claim("wikitext_speed_ratio", speedup, ">= 6", met=speedup >= 6)
    claim("wikitext_mb_per_second", rate["redpyjama"], ">= 3", met=rate["redpyjama"] >= 3)
    claim("wikitext_residue_per_1000", total["redpyjama"], "<= 0.1", met=total["redpyjama"] <= 0.1)
    cleaner = total["mwparserfromhell"] / max(total["redpyjama"], 1e-9)
    claim("wikitext_residue_ratio", cleaner, ">= 10", met=cleaner >= 10)
    claim("wikitext_words_kept", kept, ">= 0.99", met=kept >= 0.99)


if __name__ == "__main__":
    main()
