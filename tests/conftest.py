"""Fixtures for all tests."""

from __future__ import annotations

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def realdata() -> pathlib.Path:
    """The folder of real inputs beside the repository (or $REDPYJAMA_REALDATA); tests that need it skip without it."""
    folder = pathlib.Path(os.environ.get("REDPYJAMA_REALDATA", ROOT.parent / "shared" / "realdata"))
    if not folder.is_dir():
        pytest.skip(f"no real inputs at {folder}: set REDPYJAMA_REALDATA to a folder that has them")
    return folder
