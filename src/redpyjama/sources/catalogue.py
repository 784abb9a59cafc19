"""The seven sources by the slice that they fill."""

from __future__ import annotations

from redpyjama.sources import arxiv, books, c4, common_crawl, github, stackexchange, wikipedia
from redpyjama.stage import Source

CATALOGUE: dict[str, Source] = {
    "common_crawl": common_crawl.SOURCE,
    "c4": c4.SOURCE,
    "github": github.SOURCE,
    "arxiv": arxiv.SOURCE,
    "book": books.SOURCE,
    "wikipedia": wikipedia.SOURCE,
    "stackexchange": stackexchange.SOURCE,
}
