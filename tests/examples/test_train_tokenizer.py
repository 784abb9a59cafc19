"""The training script makes a tokenizer of the shipped one's layout, the same each time."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pyarrow as pa
from tokenizers import Tokenizer

from redpyjama.steps import tokens

SCRIPT = pathlib.Path(__file__).parents[2] / "examples" / "train_tokenizer.py"
TEXT = "def the_thing(x):\n    return 2024 + x  # the thing, naïve or not, of the thing\n" * 30


def train(folder: pathlib.Path, name: str) -> pathlib.Path:
    made = folder / name
    subprocess.run([sys.executable, str(SCRIPT), str(made), f"{folder / 'texts'}=2"], check=True, capture_output=True)
    return made


def test_it_trains_the_same_tokenizer_each_time(tmp_path: pathlib.Path) -> None:
    (tmp_path / "texts").mkdir()
    for i in range(4):
        (tmp_path / "texts" / f"{i}.txt").write_text(TEXT, encoding="utf-8")
    first, second = train(tmp_path, "first.json"), train(tmp_path, "second.json")
    library = Tokenizer.from_file(str(first))

    assert first.read_bytes() == second.read_bytes()
    assert ["<unk>", "<s>", "</s>", "<0x00>"] == [library.id_to_token(i) for i in range(4)]
    assert ["▁the", "▁thing"] == library.encode("the thing").tokens
    assert ["▁", "2", "0", "2", "4"] == library.encode("2024").tokens
    assert TEXT == library.decode(library.encode(TEXT).ids)
    assert tokens.counted_by(str(first)).startswith("kernels")
    assert [len(library.encode(TEXT).ids)] == tokens.count_tokens(pa.array([TEXT]), str(first)).tolist()
