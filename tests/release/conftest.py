from __future__ import annotations

import pathlib
import shutil

import pytest

from tests import corpora


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A corpus that tests only read."""
    return corpora.example(tmp_path_factory.mktemp("made") / "corpus")


@pytest.fixture
def corpus(made: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """A corpus of the test's own."""
    return pathlib.Path(shutil.copytree(made, tmp_path / "corpus"))
