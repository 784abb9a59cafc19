"""Keys and digests."""

from __future__ import annotations

import hashlib

import pytest

from redpyjama.store import hashes


def test_a_key_is_fixed_for_all_time():
    assert hashes.key("read", 1, {"b": 2, "a": [1, None, True]}) == "d5362d89a97c8d8d"


def test_the_order_of_the_keys_of_a_mapping_does_not_count_and_all_else_does():
    assert hashes.key({"a": 1, "b": 2}) == hashes.key({"b": 2, "a": 1})
    different = [hashes.key(1, 2), hashes.key(2, 1), hashes.key([1, 2]), hashes.key("1", 2), hashes.key(1.0, 2)]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(("part", "error"), [(float("nan"), ValueError), (object(), TypeError), ({1, 2}, TypeError)])
def test_what_has_no_canonical_form_has_no_key(part, error):
    with pytest.raises(error):
        hashes.key(part)


def test_a_directory_is_hashed_by_names_and_contents(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.txt").write_bytes(b"x")
    (tmp_path / "a.txt").write_bytes(b"a")
    one = hashes.sha256_path(str(tmp_path))
    listing = f"{hashlib.sha256(b'a').hexdigest()}  a.txt\n{hashlib.sha256(b'x').hexdigest()}  b/x.txt\n"
    assert one == hashlib.sha256(listing.encode()).hexdigest()
    assert hashes.sha256_path(f"{tmp_path}/") == one
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    assert hashes.sha256_path(str(tmp_path)) != one
    assert hashes.sha256_path(str(tmp_path / "c.txt")) == hashlib.sha256(b"a").hexdigest()
