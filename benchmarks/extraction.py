"""How well and how fast is the main content of a page found, beside trafilatura and resiliparse?

    make bench-env && .bench-env/bin/python -m benchmarks.extraction [--quick]

The environment holds the peers in the versions that benchmarks/requirements.txt pins, and this package.

Test set, whose pages were not looked at while the rules were made: the 119 articles of scrapinghub's
article-extraction-benchmark, with that benchmark's own measure. Reported beside it, and used in development:
trafilatura's must and must-not snippets, readability's expected articles, goose3's expected beginnings.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import pathlib
import re
import statistics
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from benchmarks.measure import claim, realdata
from redpyjama.sources.web.charset import to_utf8
from redpyjama.sources.web.html import main_text

try:
    import trafilatura
    from resiliparse.extract.html2text import extract_plain_text
except ImportError:
    sys.exit("the peers are missing: run 'make bench-env', then '.bench-env/bin/python -m benchmarks.extraction'")

Extractor = Callable[[str], str]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page with what is known of its text: all of it, its beginning, or snippets."""

    text: str
    gold: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


def ours(page: str) -> str:
    return main_text(page).text


def trafilatura_fast(page: str) -> str:
    return trafilatura.extract(page, fast=True, include_comments=False) or ""


def trafilatura_full(page: str) -> str:
    return trafilatura.extract(page, include_comments=False) or ""


def resiliparse_as_is(page: str) -> str:
    return extract_plain_text(page, main_content=True)


def resiliparse_plain(page: str) -> str:
    return extract_plain_text(page, main_content=True, alt_texts=False, list_bullets=False, links=False, comments=False)


EXTRACTORS: Mapping[str, Extractor] = {
    "redpyjama": ours,
    "trafilatura fast": trafilatura_fast,
    "trafilatura full": trafilatura_full,
    "resiliparse main content": resiliparse_as_is,
    "resiliparse, no extras": resiliparse_plain,
}


# --- the sets ------------------------------------------------------------------------------------------------------


def members(archive: pathlib.Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {m.name.removeprefix("./"): tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]


def decoded(page: bytes) -> str:
    return to_utf8(page).data.decode()


def articles(folder: pathlib.Path) -> list[Page]:
    files = members(folder / "html-article-extraction-benchmark/html-article-extraction-benchmark.tar.gz")
    truth = json.loads(files["ground-truth.json"])
    names = {key: f"html/{key}.html.gz" for key in truth}
    return [
        Page(decoded(gzip.decompress(files[name])), truth[key]["articleBody"])
        for key, name in names.items()
        if name in files
    ]


def snippets(folder: pathlib.Path) -> list[Page]:
    files = members(folder / "html-trafilatura-eval/html-trafilatura-eval.tar.xz")
    pages: list[Page] = []
    for entry in json.loads(files["evaldata.json"]).values():
        data = files.get(f"eval/{entry['file']}") or files.get(f"cache/{entry['file']}")
        if data:
            pages.append(Page(decoded(data), "", tuple(entry["with"]), tuple(entry["without"])))
    return pages


def readability(folder: pathlib.Path) -> list[Page]:
    files = members(folder / "html-readability/html-readability.tar.xz")
    sources = sorted(name for name in files if name.endswith("/source.html"))
    return [Page(decoded(files[n]), bare(files[n.replace("source", "expected")].decode())) for n in sources]


def goose3(folder: pathlib.Path) -> list[Page]:
    files = members(folder / "html-goose3/html-goose3.tar.xz")
    pages: list[Page] = []
    for name in sorted(n for n in files if n.endswith(".json")):
        start = json.loads(files[name]).get("expected", {}).get("cleaned_text")
        page = files.get(name.removesuffix(".json") + ".html")
        if start and page:
            pages.append(Page(decoded(page), start))
    return pages


def bare(markup: str) -> str:
    markup = re.sub(r"(?s)<(script|style)[^>]*>.*?</\1>", " ", markup)
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


# --- the measures ----------------------------------------------------------------------------------------------------


def shingles(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1)) if words[i : i + size])


def shingle_scores(pages: Iterable[Page], texts: Iterable[str], size: int = 4) -> tuple[float, float, float]:
    """Return precision, recall and F1 over multisets of word shingles.

    Precision and recall are averaged over pages; F1 is the harmonic mean of the two averages.
    Source: scrapinghub/article-extraction-benchmark, evaluate.py, `string_shingle_matching`, `metrics_from_tp_fp_fns`.
    """
    precisions: list[float] = []
    recalls: list[float] = []
    for page, text in zip(pages, texts, strict=True):
        gold, found = shingles(page.gold, size), shingles(text, size)
        common = (gold & found).total()
        if found:
            precisions.append(common / found.total())
        if gold:
            recalls.append(common / gold.total())
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return precision, recall, 2 * precision * recall / (precision + recall)


def snippet_scores(pages: Iterable[Page], texts: Iterable[str]) -> tuple[float, float, float]:
    """Return precision, recall and F1 over all must and must-not snippets. Source: trafilatura, tests/evaluate.py."""
    found = missed = wrong = 0
    for page, text in zip(pages, texts, strict=True):
        found += sum(s in text for s in page.wanted)
        missed += sum(s not in text for s in page.wanted)
        wrong += sum(s in text for s in page.unwanted)
    precision, recall = found / (found + wrong), found / (found + missed)
    return precision, recall, 2 * precision * recall / (precision + recall)


def beginnings_found(pages: Iterable[Page], texts: Iterable[str]) -> float:
    """Return the share of pages whose text holds the expected beginning, white space aside."""
    hits = ["".join(p.gold.split())[:60] in "".join(t.split()) for p, t in zip(pages, texts, strict=True)]
    return sum(hits) / len(hits)


def seconds(extractors: Mapping[str, Extractor], pages: list[Page], rounds: int) -> dict[str, float]:
    """Return each extractor's median CPU seconds for all pages; the extractors take turns, page by page."""
    spent: dict[str, list[float]] = {name: [] for name in extractors}
    for _ in range(rounds):
        total = dict.fromkeys(extractors, 0.0)
        for page in pages:
            for name, extract in extractors.items():
                begin = time.process_time()
                extract(page.text)
                total[name] += time.process_time() - begin
        for name, value in total.items():
            spent[name].append(value)
    return {name: statistics.median(values) for name, values in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer pages and rounds, a minute at most")
    report(realdata() / "commoncrawl", quick=parser.parse_args().quick)


def report(folder: pathlib.Path, *, quick: bool) -> None:
    chosen = {n: e for n, e in EXTRACTORS.items() if not quick or "full" not in n}
    gold, parts = articles(folder), snippets(folder)[:: 4 if quick else 1]
    expected, starts = readability(folder)[:: 3 if quick else 1], goose3(folder)
    print(f"trafilatura {trafilatura.__version__}; {len(gold)} articles, {len(parts)} pages with snippets,", end=" ")
    print(f"{len(expected)} of readability, {len(starts)} of goose3\n")
    for extract in chosen.values():
        extract(gold[0].text)  # load what is loaded once
    spent = seconds(chosen, gold, 1 if quick else 3)
    print(f"{'':26}{'articles, 4-word shingles':^28}{'snippets':^26}{'readability':^12}{'goose3':^9}{'ms/page':>9}")
    print(f"{'':26}" + f"{'precision':>10}{'recall':>8}{'F1':>8}  " * 2 + f"{'F1':>10}{'found':>10}")
    scores: dict[str, float] = {}
    for name, extract in chosen.items():
        p, r, scores[name] = shingle_scores(gold, [extract(page.text) for page in gold])
        sp, sr, sf = snippet_scores(parts, [extract(page.text) for page in parts])
        _, _, rf = shingle_scores(expected, [extract(page.text) for page in expected])
        found = beginnings_found(starts, [extract(page.text) for page in starts])
        row = f"{name:26}{p:10.3f}{r:8.3f}{scores[name]:8.3f}  {sp:10.3f}{sr:8.3f}{sf:8.3f}  {rf:10.3f}{found:10.3f}"
        print(row + f"{spent[name] / len(gold) * 1000:9.2f}")
    print()
    f1 = scores["redpyjama"]
    claim("articles_f1", f1, ">= 0.95", met=f1 >= 0.95)
    faster = spent["trafilatura fast"] / spent["redpyjama"]
    claim("speed_over_trafilatura_fast", faster, ">= 6", met=faster >= 6)
    faster = spent["resiliparse, no extras"] / spent["redpyjama"]
    claim("speed_over_resiliparse", faster, ">= 1", met=faster >= 1)


if __name__ == "__main__":
    main()
