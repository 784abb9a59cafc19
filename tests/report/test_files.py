"""The report's files: complete, self-contained, escaped, the same bytes each time."""

from __future__ import annotations

import html.parser
import io
import json
import pathlib
import re
from typing import Any

import pytest
from rich.console import Console

from redpyjama import report
from redpyjama.errors import CorpusError
from redpyjama.report import markdown, page
from redpyjama.store.manifest import Manifest, RecipeRef, SliceCounts
from tests.report.manifests import manifest

HOSTILE = '<script>alert("x")</script>|`&\n'


class Tags(html.parser.HTMLParser):
    """Checks that every tag that is opened is closed, and collects what the page refers to."""

    VOID = ("meta", "rect", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "xlink:href", "action", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    assert [] == tags.open
    return tags


def summary(made: Any, **options: Any) -> str:
    out = io.StringIO()
    report.print_summary(made, "my corpus", console=Console(file=out, width=80), **options)
    return out.getvalue()


def test_four_files_are_written(tmp_path: pathlib.Path) -> None:
    written = report.write(manifest(), str(tmp_path / "report"))

    assert ["flow.json", "report.html", "report.md", "tokens.json"] == sorted(p.name for p in tmp_path.rglob("*.*"))
    assert sorted(str(p) for p in (tmp_path / "report").iterdir()) == sorted(written)


def test_the_same_manifest_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    made = manifest()
    made["slices"] = dict(reversed(made["slices"].items()))
    first, second = report.write(manifest(), str(tmp_path / "a")), report.write(made, str(tmp_path / "b"))

    for one, other in zip(first, second, strict=True):
        assert pathlib.Path(one).read_bytes() == pathlib.Path(other).read_bytes()


def test_the_store_s_struct_is_as_good_as_data(tmp_path: pathlib.Path) -> None:
    made = Manifest(recipe=RecipeRef(name="r", sha256="0" * 64), slices={"book": SliceCounts(read=1, kept=1, tokens=5)})
    report.write(made, str(tmp_path))

    assert 5 == json.loads((tmp_path / "tokens.json").read_text())["total"]["tokens"]


def test_json_says_what_the_tables_say(tmp_path: pathlib.Path) -> None:
    report.write(manifest(), str(tmp_path), budget=1_000_000)
    told = json.loads((tmp_path / "tokens.json").read_text())
    flow = json.loads((tmp_path / "flow.json").read_text())

    assert (200_000, "redpyjama-32k") == (told["total"]["tokens"], told["tokenizer"]["name"])
    assert 6.7 == pytest.approx(told["mixture"]["rows"][0]["epochs"])
    assert [f"{row['slice']}" for row in told["slices"]] == [row["slice"] for row in flow["slices"]]
    assert 248 == flow["total"]["read"]


def test_the_page_stands_alone() -> None:
    text = page.render(manifest())
    tags = parsed(text)

    assert [] == tags.links
    assert not {"script", "link", "img", "iframe"} & tags.names
    assert not re.search(r"url\(|@import|https?://", text)


def test_strings_from_a_corpus_do_no_harm() -> None:
    made = manifest(recipe={"name": HOSTILE, "sha256": HOSTILE}, tokenizer={"name": HOSTILE, "sha256": HOSTILE})
    made["inputs"][0]["path"] = HOSTILE
    made["slices"]["c4"].update(read=51, dropped=1, dropped_by={HOSTILE: 1}, because={HOSTILE: HOSTILE})
    text = page.render(made)

    assert "script" not in parsed(text).names
    assert "&lt;script&gt;" in text


def test_hostile_strings_stay_in_their_markdown_cell() -> None:
    made = manifest()
    made["slices"]["c4"].update(read=51, dropped=1, dropped_by={HOSTILE: 1}, because={HOSTILE: HOSTILE})
    (line,) = [x for x in markdown.render(made).splitlines() if "alert" in x]

    assert 5 == len(re.findall(r"(?<!\\)\|", line))


MODELS = {
    "good": {"trainer": "classifier", "slices": ["wikipedia", "c4"], "figures": {"auc": 0.98765, "words": 12345}},
    "none": {"trainer": "dsir", "slices": ["book"], "figures": {}, "not_learnt": f"slice {HOSTILE} has no inputs"},
}


def test_models_show_their_figures_and_those_not_learnt_why(tmp_path: pathlib.Path) -> None:
    made = manifest(models=MODELS)
    texts = [page.render(made), markdown.render(made), summary(made)]

    assert all("auc 0.9877, words 12,345" in " ".join(text.split()) for text in texts)
    assert all("not learnt" in " ".join(text.split()) for text in texts)
    assert "script" not in parsed(texts[0]).names
    assert "Models" not in "".join(f(manifest()) for f in (page.render, markdown.render, summary))


def test_every_markdown_row_is_as_wide_as_its_head() -> None:
    text = markdown.render(manifest())
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        assert 1 == len({line.count("|") for line in table.splitlines()})


def test_reasons_are_shown_each_once_or_by_slice() -> None:
    same, other = manifest(), manifest()
    for name in ("github", "common_crawl"):
        same["slices"][name]["because"] = {"too_short": "menus & stubs"}
        other["slices"][name]["because"] = {"too_short": f"stubs of {name}"}

    assert '<td class="left wide">menus &amp; stubs</td>' in page.render(same)
    assert "common_crawl: stubs of common_crawl; github: stubs of github |" in markdown.render(other)


@pytest.mark.parametrize("slices", [{}, {"book": {"read": 0, "kept": 0, "dropped": 0, "quarantined": 0}}])
def test_an_empty_corpus_has_a_report_too(tmp_path: pathlib.Path, slices: dict[str, Any]) -> None:
    made = manifest(slices=slices, inputs=[], tokenizer=None)
    report.write(made, str(tmp_path))

    parsed((tmp_path / "report.html").read_text())
    assert "Records" in summary(made)


def test_a_trial_build_says_so(tmp_path: pathlib.Path) -> None:
    report.write(manifest(sample=0.01), str(tmp_path))

    for name in ("report.html", "report.md"):
        assert "A trial build on 1.0 % of the records" in (tmp_path / name).read_text()


def test_a_corpus_that_lost_records_gets_no_report(tmp_path: pathlib.Path) -> None:
    made = manifest()
    made["slices"]["c4"]["kept"] -= 1

    with pytest.raises(CorpusError, match="records were lost"):
        report.write(made, str(tmp_path / "report"))
    assert not (tmp_path / "report").exists()


def test_the_summary_fits_eighty_columns_and_cuts_no_number() -> None:
    text = summary(manifest())

    assert "…" not in text
    assert "stackexchange" in text
    assert "too_short" in text
    assert max(len(line) for line in text.splitlines() if "|" in line or "  " in line.strip()) <= 96


def test_the_summary_says_what_to_type_next() -> None:
    text = summary(manifest())

    assert "redpyjama verify 'my corpus'" in text
    assert "xdg-open 'my corpus/report/report.html'" in text


def test_many_rules_are_summed_up() -> None:
    made = manifest()
    made["slices"]["c4"].update(read=150, dropped=100, dropped_by={f"rule_{i:02d}": 4 for i in range(25)})
    text = summary(made)

    assert "12 more rules" in text


def test_a_budget_shows_epochs_and_warnings() -> None:
    text = summary(manifest(), budget=1_000_000)

    assert "6.70" in text
    assert "common_crawl: would be seen 6.7 times" in text


def test_the_corpus_s_recipe_tells_shares(tmp_path: pathlib.Path) -> None:
    (tmp_path / "recipe.toml").write_text("[mixture]\nshare = { book = 1.0 }\n")
    report.write(manifest(), str(tmp_path / "report"))
    told = json.loads((tmp_path / "report" / "tokens.json").read_text())["mixture"]

    assert ("the recipe's", ["book"]) == (told["whose"], [row["slice"] for row in told["rows"]])


@pytest.mark.parametrize("content", [None, b"\xff", b"slice = 1", b"[slice"])
def test_a_report_does_without_a_recipe(tmp_path: pathlib.Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "recipe.toml").write_bytes(content)
    report.write(manifest(), str(tmp_path / "report"))

    assert "LLaMA's" == json.loads((tmp_path / "report" / "tokens.json").read_text())["mixture"]["whose"]
