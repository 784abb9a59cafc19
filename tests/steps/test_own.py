"""Signals of one's own: from a file of the user's to a column that a rule decides by."""

from __future__ import annotations

import pathlib
from importlib import resources

import pytest

import redpyjama as rp
from redpyjama.errors import InputError, RecipeError, TaskError
from redpyjama.steps import own

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide" / "signals.md"
DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
HEAD = "import pyarrow as pa\nimport redpyjama as rp\n"


def blocks(language):
    return [part.partition("```")[0] for part in GUIDE.read_text().split(f"```{language}\n")[1:]]


def write(folder, name, text):
    (folder / name).write_text(text)
    return str(folder / name)


def recipe(folder, file):
    text = (
        blocks("toml")[0]
        .replace("my_signals.py", file)
        .replace("marks > 20", "marks > 0")
        .replace("chars > 200", "chars > 0")
    )
    return write(folder, "mine.toml", text)


def test_the_guide_s_example_works_with_two_workers(tmp_path):
    file = write(tmp_path, "my_signals.py", blocks("python")[0])
    made = rp.build(recipe(tmp_path, file), {"c4": [str(DEMO / "c4")]}, str(tmp_path / "to"), workers=2)

    corpus = rp.Corpus(str(tmp_path / "to"))
    table = corpus.sql(
        "SELECT d.text, s.num_question_marks FROM documents d JOIN num_question_marks s ON d.id = s.document_id"
    )
    found = table.fetchall()
    assert found
    assert all(text.count("?") == count for text, count in found)
    assert made.slices["c4"].dropped_by["quiz"] == sum(count > 0 for _, count in found) > 0


def test_an_edit_of_the_file_measures_again(tmp_path):
    file = write(tmp_path, "one.py", blocks("python")[0])
    first = rp.build(recipe(tmp_path, file), {"c4": [str(DEMO / "c4")]}, str(tmp_path / "to"), workers=1)
    write(tmp_path, "one.py", blocks("python")[0].replace('"?"', '"!"'))
    own._functions.cache_clear()
    second = rp.build(recipe(tmp_path, file), {"c4": [str(DEMO / "c4")]}, str(tmp_path / "to"), workers=1)

    assert first.tables["documents"] == second.tables["documents"]
    assert first.tables["num_question_marks"] != second.tables["num_question_marks"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1 / 0", "fails when it is loaded: ZeroDivisionError"),
        ("x = 1", "registers no signal"),
        (HEAD + '@rp.signal("two words", type="int32", meaning="m")\ndef f(b): ...', "is no name for a column"),
        (HEAD + '@rp.signal("f", type="number", meaning="m")\ndef f(b): ...', "unknown type 'number'"),
        (HEAD + '@rp.signal("length", type="int32", meaning="m")\ndef f(b): ...', "the step 'length', which there is"),
    ],
)
def test_mistakes_are_named_when_the_recipe_is_loaded(tmp_path, text, problem):
    file = write(tmp_path, f"mistake{abs(hash(text))}.py", text)
    with pytest.raises(RecipeError, match=problem):
        rp.build(recipe(tmp_path, file), {"c4": [str(DEMO / "c4")]}, str(tmp_path / "to"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.py"):
        own.load(str(tmp_path / "nowhere.py"))


def test_too_few_values_are_refused(tmp_path):
    code = HEAD + '@rp.signal("short", type="int32", meaning="m")\ndef short(batch):\n    return [1]\n'
    file = write(tmp_path, "short.py", code)
    text = f'code = ["{file}"]\n[slice.c4]\n[[slice.c4.step]]\nstep = "short"\n'
    with pytest.raises(TaskError, match="short returned 1 values for"):
        rp.build(write(tmp_path, "r.toml", text), {"c4": [str(DEMO / "c4")]}, str(tmp_path / "to"), workers=1)
