"""Packs the authored sources into the bundled sample: ``python -m tests.golden.make_sample [FOLDER]``.

The same sources give the same bytes with the same compressors; `tests/golden/test_sample.py` proves that what is
committed holds what the sources say.
"""

from __future__ import annotations

import pathlib
import shutil
import sys
from importlib import resources

from tests.golden import pack_archives, pack_web, pack_xml

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"


def make(folder: pathlib.Path) -> None:
    """Write the dumps of all slices under *folder*; what an earlier run left there goes."""
    for slice_name in ("common_crawl", "c4", "github", "arxiv", "book", "wikipedia", "stackexchange"):
        shutil.rmtree(folder / slice_name, ignore_errors=True)
    for packer in (pack_web, pack_archives, pack_xml):
        packer.write(folder)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
