"""What the documentation says about the program is what the program says about itself."""

from __future__ import annotations

import pathlib
import re

import pytest

from docs import generate
from redpyjama import cli
from redpyjama import recipe as recipes
from redpyjama.builder import CATALOGUE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = generate.pages()
HAND_WRITTEN = [p for p in ROOT.glob("docs/**/*.md") if p.parent.name != "reference"] + [ROOT / "README.md"]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_generated_pages_are_current(name):
    assert (generate.HERE / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_there_is_no_page_of_something_that_is_gone():
    assert {p.name for p in generate.HERE.glob("*.md")} == {name for name in PAGES if "/" not in name}


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_stands_in_the_readme_or_a_guide():
    text = "\n".join(p.read_text(encoding="utf-8") for p in HAND_WRITTEN)

    for command in cli.app:
        if not command.startswith("-"):
            assert f"redpyjama {command}" in text, command


@pytest.mark.parametrize("slice_name", sorted(CATALOGUE.sources))
def test_every_source_has_its_page(slice_name):
    text = (ROOT / "docs" / "sources" / f"{slice_name}.md").read_text(encoding="utf-8")

    assert generate._tables_of_differences(text)


def test_every_option_parameter_and_signal_is_explained():
    for source in CATALOGUE.sources.values():
        assert set(generate._attributes(source.options)) == set(source.options.__dataclass_fields__), source.slice
    for step in CATALOGUE.steps.values():
        assert set(generate._attributes(step.params)) == set(step.params.__dataclass_fields__), step.name
        assert all(s.meaning and s.source for s in step.signals.values()), step.name


@pytest.mark.parametrize("name", recipes.shipped())
def test_every_shipped_recipe_says_whose_it_is(name):
    head = (ROOT / "src" / "redpyjama" / "recipes" / f"{name}.toml").read_text(encoding="utf-8")

    assert head.startswith("# ")
    assert recipes.load(name, CATALOGUE).description
