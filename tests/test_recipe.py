from __future__ import annotations

from dataclasses import dataclass

import pytest

from redpyjama import recipe as recipes
from redpyjama.dedup.catalogue import METHODS
from redpyjama.errors import RecipeError
from redpyjama.recipe import Catalogue
from redpyjama.stage import Signal, Source, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    min_html_bytes: int = 10
    faithful: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Params:
    max_ratio: float = 0.5
    words: tuple[str, ...] = ("a", "b")


def nothing(*_):
    raise AssertionError("a recipe is loaded without reading anything")


def source(name):
    return Source(slice=name, version=1, options=Options, dumps=nothing, parts=nothing, read=nothing, skips={})


def step(name, **signals):
    defined = {n: Signal(t, "", "") for n, t in signals.items()}
    return Step(name=name, version=1, params=Params, run=nothing, signals=defined)


CATALOGUE = Catalogue(
    sources={n: source(n) for n in ("common_crawl", "c4")},
    methods=METHODS,
    steps={
        s.name: s
        for s in (step("length", num_chars="int32"), step("words", ratio="float32"), step("twin", ratio="float32"))
    },
)

GOOD = """\
name = "mine"
[slice.c4]
min_html_bytes = 3
[[slice.c4.step]]
step = "length"
[[slice.c4.step]]
step = "words"
only = "num_chars > 5"
max_ratio = 0.25
[[slice.c4.drop]]
rule = "too_short"
when = "num_chars < 10 OR ratio IS NULL"
because = "short"
"""


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return recipes.load(str(path), CATALOGUE)

    return load_text


def problems(load, text):
    with pytest.raises(RecipeError) as caught:
        load(text)
    return str(caught.value).splitlines()


def test_values_come_from_the_file_and_from_defaults(load):
    made = load(GOOD)

    assert made.slices["c4"].options == Options(min_html_bytes=3)
    assert [u.params for u in made.slices["c4"].steps] == [Params(), Params(max_ratio=0.25)]
    assert made.slices["c4"].steps[1].only == "num_chars > 5"
    assert made.seed == 1


def test_the_resolved_recipe_means_the_same(load):
    made = load(GOOD)

    again = load(recipes.to_toml(made))

    assert again == made
    assert again.sha256 == made.sha256


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ('step = "words"', 'step = "word"', 7, "unknown step 'word' in [slice.c4]; did you mean 'words'?"),
        ("min_html_bytes = 3", "min_html_byte = 3", 3, "unknown key 'min_html_byte' in [slice.c4]; did you mean 'min_html_bytes'?"),
        ("min_html_bytes = 3", 'min_html_bytes = "x"', 3, "min_html_bytes = 'x' in [slice.c4]: expected `int`, got `str`"),
        ("max_ratio = 0.25", "max_ratios = 0.25", 9, "unknown key 'max_ratios' in step 'words'; did you mean 'max_ratio'?"),
        ("[slice.c4]", "[slice.c5]", 2, "unknown slice 'c5'; did you mean 'c4'?"),
        ("num_chars < 10", "num_char < 10", 12, "num_char"),
        ("num_chars < 10 OR ratio IS NULL", "count(*) < 10", 12, "no aggregates"),
        ("num_chars < 10", "num_chars <", 12, "syntax error"),
        ('because = "short"', "", 10, "needs 'because'"),
        ('name = "mine"', 'nam = "mine"', 1, "unknown key 'nam' in recipe; did you mean 'name'?"),
        ('name = "mine"', "seed = 'x'", 1, "seed must be a whole number, not 'x'"),
        ('step = "length"', 'step = "twin"', 6, "both measure 'ratio'"),
        ("only = \"num_chars > 5\"", "only = \"ratio > 5\"", 8, "ratio"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(load, old, new, line, expected):
    found = problems(load, GOOD.replace(old, new, 1))

    assert any(f":{line}: " in p and expected in p for p in found), found


def test_all_mistakes_are_told_at_once(load):
    text = (
        GOOD.replace('step = "length"', 'step = "lenght"').replace("max_ratio", "maxratio")
        + "[mixture]\nshare = { c4 = 0.5 }\n"
    )

    found = problems(load, text)

    assert len(found) >= 3


@pytest.mark.parametrize("table", ["'/etc/passwd'", "read_text('/etc/passwd')", "read_csv('/etc/passwd')"])
def test_a_condition_cannot_read_files(load, table):
    found = problems(load, GOOD.replace("num_chars < 10", f"(SELECT count(*) FROM {table}) > 0"))

    assert any("does not exist" in p or "disabled" in p for p in found), found


def test_an_unknown_name_lists_the_shipped_recipes():
    with pytest.raises(RecipeError, match="did you mean 'redpyjama-1'"):
        recipes.load("redpyjama1", CATALOGUE)


def test_bad_toml_says_where(load):
    assert "no valid TOML: Invalid value" in problems(load, "name = ")[0]
