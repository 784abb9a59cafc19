"""A model file is whole or refused."""

from __future__ import annotations

import json
import pathlib

import pytest
import xxhash

from redpyjama.errors import InputError
from redpyjama.lm import model_file
from tests.lm.models import babble, trained


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return trained(tmp_path_factory.mktemp("model"), [babble(200, 1)]).read_bytes()


def loaded(folder: pathlib.Path, content: bytes) -> model_file.Model:
    (folder / "some").write_bytes(content)
    return model_file.load(str(folder / "some"))


def test_a_whole_file_is_taken(tmp_path: pathlib.Path, model: bytes) -> None:
    made = loaded(tmp_path, model)

    assert made.order == 5
    assert made.words[:3] == ("<unk>", "<s>", "</s>")
    assert made.tokenizer is not None
    assert not made.rows.flags.writeable


@pytest.mark.parametrize("size", [0, 7, 8, 15, 16, 100, 5000, -1])
def test_a_cut_file_is_refused(tmp_path: pathlib.Path, model: bytes, size: int) -> None:
    with pytest.raises(InputError, match=r"cut short|damaged header|no n-gram model"):
        loaded(tmp_path, model[:size])


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_flipped_bit_is_refused(tmp_path: pathlib.Path, model: bytes, share: float) -> None:
    sections = json.loads(model[24 : 24 + int.from_bytes(model[8:16], "little")])["sections"]
    for begin, size, _ in [*sections.values(), (0, 60, "")]:
        at = begin + int(share * size)
        damaged = model[:at] + bytes([model[at] ^ 0x10]) + model[at + 1 :]

        with pytest.raises(InputError, match="some"):
            loaded(tmp_path, damaged)


def test_another_format_and_no_file_are_refused(tmp_path: pathlib.Path, model: bytes) -> None:
    size = int.from_bytes(model[8:16], "little")
    header = model[24 : 24 + size].replace(b'{"format":1', b'{"format":7', 1)
    digest = xxhash.xxh3_64_intdigest(header).to_bytes(8, "little")
    with pytest.raises(InputError, match="format 7"):
        loaded(tmp_path, model[:16] + digest + header + model[24 + size :])
    with pytest.raises(InputError, match="imported first"):
        loaded(tmp_path, b"\\data\\\nngram 1=3\n")
    with pytest.raises(InputError, match="No such file"):
        model_file.load(str(tmp_path / "none"))
