"""The encoding of pages: bytes before declarations before statistics."""

from __future__ import annotations

import io
import lzma
import re
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.sources.web.charset import to_utf8, whatwg_name

GERMAN = "<html><body><p>Die Bürger müssen für die Straßenbeiträge künftig nichts mehr bezahlen, hieß es.</p>"
RUSSIAN = "<p>Привет, мир! Сегодня в Москве хорошая погода, и все гуляют по улицам города до самого вечера.</p>"
JAPANESE = (
    "<p>吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で泣いていた。</p>"
)
CHINESE = "<p>我国卫生与健康领域有了基本法，这部法律从今年六月一日起开始施行，具有重要的意义。</p>"
KOREAN = "<p>오늘 서울의 날씨는 맑고 따뜻하며 많은 시민들이 한강 공원에서 산책을 즐기고 있습니다.</p>"


@pytest.mark.parametrize(
    ("text", "codec", "declared", "charset"),
    [
        (GERMAN, "utf-8", None, "utf-8"),
        (GERMAN, "utf-8", "iso-8859-1", "utf-8"),
        (GERMAN, "cp1252", "utf-8", "windows-1252"),
        (GERMAN, "cp1252", None, "windows-1252"),
        (GERMAN, "utf-8-sig", "gb2312", "utf-8"),
        (GERMAN, "utf-16", None, "utf-16le"),
        (RUSSIAN, "cp1251", "windows-1251", "windows-1251"),
        (RUSSIAN, "cp1251", "iso-8859-1", "windows-1251"),
        (RUSSIAN, "koi8-r", None, "koi8-r"),
        (JAPANESE, "cp932", "shift_jis", "shift_jis"),
        (JAPANESE, "cp932", "utf-8", "shift_jis"),
        (JAPANESE, "euc-jp", None, "euc-jp"),
        (CHINESE, "gb18030", "gb2312", "gbk"),
        (CHINESE, "gb18030", "iso-8859-1", "gb18030"),
        (CHINESE, "big5", "big5", "big5"),
        (KOREAN, "cp949", "ks_c_5601-1987", "euc-kr"),
        (KOREAN, "cp949", None, "euc-kr"),
    ],
)
def test_text_survives_whatever_is_declared(text, codec, declared, charset):
    found = to_utf8(text.encode(codec, "replace"), declared)

    assert text.encode(codec, "replace").decode(codec) == found.data.decode()
    assert charset == found.charset
    assert found.repairs == 0


def test_a_meta_declaration_is_read_and_the_header_outranks_it():
    page = b'<html><head><meta charset="iso-8859-2"></head><p>\xb1\xe6\xea\xb3\xf1\xf3\xb6\xbc\xbf</p>'

    assert to_utf8(page).data.decode().count("ąćęłńóśźż") == 1
    assert to_utf8(page, "windows-1250").charset == "windows-1250"


def test_few_broken_bytes_do_not_make_a_utf8_page_another():
    page = GERMAN.encode() * 3 + b"\xff\xfe" + "ä".encode()

    found = to_utf8(page, "windows-1252")

    assert found.charset == "utf-8"
    assert found.repairs == 2
    assert found.data.decode().count("�") == 2


def test_a_replacement_character_in_the_page_is_no_repair():
    assert to_utf8("<p>ü \ufffd ü</p>".encode()).repairs == 0


@pytest.mark.parametrize(
    ("label", "name"),
    [("latin1", "windows-1252"), ("x-sjis", "shift_jis"), ("GB2312", "gbk"), ("'utf8'", "utf-8"), ("none", None)],
)
def test_labels_mean_what_whatwg_says(label, name):
    assert whatwg_name(label) == name


@given(st.binary(max_size=2000), st.one_of(st.none(), st.text(max_size=20)))
def test_any_bytes_become_utf8(page, declared):
    found = to_utf8(page, declared)

    found.data.decode()
    assert found.repairs >= 0


def test_real_pages_are_decoded_with_hardly_a_repair(realdata):
    """Of the pages that are no UTF-8 or say they are something else, none may come out as mojibake."""
    wrong, pages = [], 0
    for name in ("readability", "goose3", "trafilatura-eval"):
        archive = realdata / "commoncrawl" / f"html-{name}" / f"html-{name}.tar.xz"
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(archive.read_bytes()))) as tar:
            for member in tar:
                if not member.name.endswith((".html", ".htm")):
                    continue
                page = tar.extractfile(member).read()
                pages += 1
                if page.isascii():
                    continue
                found = to_utf8(page)
                mojibake = found.charset != "utf-8" and re.search(r"Ã[¤¶¼Ÿ©¨]|â€™", found.data.decode())
                if found.repairs > 5 or mojibake:
                    wrong.append((member.name, found.charset, found.repairs))

    assert pages > 850
    assert len(wrong) <= 3, wrong
