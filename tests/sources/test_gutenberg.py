"""Project Gutenberg's boilerplate in its forms of thirty years, and what must not be taken for it."""

from __future__ import annotations

import lzma
import re
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.sources.texts import aozora, book_texts, gutenberg, gutenberg_header

STORY = "CHAPTER I\n\nIt was a dark night.\n\nThe end."
LICENCE = (
    "\n*** START: FULL LICENSE ***\n\nTHE FULL PROJECT GUTENBERG LICENSE\n" + "Section 1.  General Terms of Use\n" * 30
)


def around(story: str, *, start: str, end: str) -> str:
    return f"{start}\n\n\n{story}\n\n\n{end}\n"


NEW = "The Project Gutenberg EBook of A Night, by Ann Author\n\nThis eBook is for the use of anyone anywhere at no cost and with\nalmost no restrictions whatsoever.\n\n\nTitle: A Night\n       and a Day\n\nAuthor: Ann Author\n\nRelease Date: June 25, 2008 [EBook #16]\n\nLanguage: French\n\n"
OLD = (
    "Project Gutenberg Etext of A Night, by Ann Author\n#3 in our series by Ann Author\n\nCopyright laws are changing all over the world, be sure to check\n\n"
    "**Welcome To The World of Free Plain Vanilla Electronic Texts**\n\nA Night by Ann Author\n\nJune, 1998 [Etext #1342]\n\n"
    "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is this here?\n"
    + "lawyers\n" * 60
    + "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*"
)
FORMS = {
    "marked": around(
        STORY,
        start=NEW
        + "*** START OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***\n\n\n\n\nProduced by Volunteer One and the Online\nDistributed Proofreading Team",
        end="End of the Project Gutenberg EBook of A Night, by\nAnn Author\n\n*** END OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***\n\n***** This file should be named 16.txt *****"
        + LICENCE,
    ),
    "unspaced": around(
        STORY,
        start=NEW + "***START OF THE PROJECT GUTENBERG EBOOK A NIGHT***\n\n\nE-text prepared by One",
        end="***END OF THE PROJECT GUTENBERG EBOOK A NIGHT***" + LICENCE,
    ),
    "indented": around(
        STORY,
        start=NEW + "*** START OF THE PROJECT GUTENBERG EBOOK A NIGHT ***",
        end="            *** END OF THE PROJECT GUTENBERG EBOOK A NIGHT ***\n\nUpdated editions will replace the previous one",
    ),
    "two-line marker": around(
        STORY,
        start=NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A VERY LONG\nTITLE THAT GOES ON ***",
        end="*** END OF THIS PROJECT GUTENBERG EBOOK A VERY LONG\nTITLE THAT GOES ON ***" + LICENCE,
    ),
    "small print above": around(STORY, start=OLD, end="End of Project Gutenberg's Etext of A Night, by Ann Author"),
    "small print below": around(
        STORY,
        start=NEW + "*** START OF THE PROJECT GUTENBERG ETEXT A NIGHT ***",
        end="More information about this book is at the top of this file.\n\nWe are now trying to release all our eBooks one year in advance\n\n**The Legal Small Print**\n"
        + "lawyers\n" * 80
        + "*END THE SMALL PRINT! FOR PUBLIC DOMAIN EBOOKS*Ver.02/11/02*END*\n\nEnd of The Project Gutenberg Etext of A Night",
    ),
    "no start": around(STORY, start=NEW, end="*** END OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***" + LICENCE),
    "no end": around(STORY, start=NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***", end=""),
    "french end": around(
        STORY,
        start=NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***",
        end="Fin du livre de Project Gutenberg: Une nuit",
    ),
    "none": STORY,
}


@pytest.mark.parametrize("form", FORMS)
def test_what_remains_is_the_book(form):
    parted = gutenberg.part(FORMS[form])

    assert parted.text == STORY
    assert bool(parted.header) == (form != "none")


@pytest.mark.parametrize(
    "note",
    [
        "[Transcriber's note: The spelling of the original\nhas been kept.]",
        "Transcriber's Note:\n\nObvious misprints have been corrected.\n",
        "This etext was produced by Somebody.",
        "Note: Project Gutenberg also has an HTML version of this\n      file.",
        "Scanned and proofread by A and B",
    ],
)
def test_credits_and_notes_before_the_book_go(note):
    text = NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A ***\n\n" + note + "\n\n\n" + STORY
    parted = gutenberg.part(text)

    assert parted.text == STORY
    assert [" ".join(n.split()) for n in parted.notes] == [" ".join(note.split())]


def test_a_list_of_corrections_after_the_book_goes():
    text = around(
        STORY * 9 + "\n\nTRANSCRIBER'S NOTES\n\nPage 3: typo fixed\n\nPage 5: comma added",
        start=NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A ***",
        end="*** END OF THIS PROJECT GUTENBERG EBOOK A ***",
    )

    assert gutenberg.part(text).text == STORY * 9


@pytest.mark.parametrize(
    "story",
    [
        "THE END OF THE PROJECT\n\nHe wrote of Gutenberg and his project.\n\nEnd of Vol. I.",
        "AU LECTEUR\n\nLa sottise, l'erreur, le péché, la lésine",
        "Produced wine by the river.\n\nText.",
        "Chapter One\n\n*** START ***\n\nThe small print was small.\n\n* * *",
    ],
)
def test_stories_that_look_alike_are_kept(story):
    text = around(
        story,
        start=NEW + "*** START OF THIS PROJECT GUTENBERG EBOOK A ***",
        end="*** END OF THIS PROJECT GUTENBERG EBOOK A ***" + LICENCE,
    )

    assert gutenberg.part(text).text == story


def test_a_text_of_others_is_left_alone():
    text = "Produced by nobody\n\nTranscriber's note: none\n\nTitle: x\n\nText"

    assert gutenberg.part(text).text == text


LINES = st.sampled_from(
    ["", "", "text", "*** START OF THIS PROJECT GUTENBERG EBOOK A ***", "*** END OF THIS PROJECT GUTENBERG EBOOK A ***", "Project Gutenberg",
     "*END*THE SMALL PRINT!", "***START**THE SMALL PRINT!", "Title: x", "End of Project Gutenberg's x", "Transcriber's Note", "Produced by x", "[Transcriber's note: x", "]"]
)  # fmt: skip


@settings(deadline=None)  # a share of two cores is no clock
@given(st.lists(LINES, max_size=30))
def test_it_never_raises_and_invents_nothing(lines):
    text = "\n".join(lines)
    parted = gutenberg.part(text)

    kept = [line for line in parted.text.split("\n") if line]
    assert len(kept) <= len([line for line in lines if line])
    assert set(kept) <= set(lines)
    gutenberg_header.parse(parted.header, parted.footer, "x.txt")


def test_the_header_is_read():
    header = gutenberg_header.parse(NEW, "", "16-0.txt")

    assert (header.title, header.author, header.number) == ("A Night and a Day", "Ann Author", 16)
    assert (header.released, header.language) == ("2008-06-25", "fr")
    assert header.licence == gutenberg_header.PUBLIC_DOMAIN
    assert "almost no restrictions" in header.evidence
    assert header.url == "https://www.gutenberg.org/ebooks/16"


def test_an_old_header_is_read():
    header = gutenberg_header.parse(OLD, "", "old/night10.txt")

    assert (header.title, header.author, header.number) == ("A Night", "Ann Author", 1342)
    assert header.licence == gutenberg_header.PUBLIC_DOMAIN


def test_a_copyrighted_book_is_not_in_the_public_domain():
    header = gutenberg_header.parse(
        NEW + "** This is a COPYRIGHTED Project Gutenberg eBook, Details Below **\n", "", "x.txt"
    )

    assert header.licence == gutenberg_header.COPYRIGHTED
    assert "COPYRIGHTED" in header.evidence


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("June 25, 2008 [EBook #16]", "2008-06-25"),
        ("June, 1998", "1998-06"),
        ("Jun, 1998  [EBook #1342]", "1998-06"),
        ("May 1994", "1994-05"),
        ("1992 [EBook #45]", "1992"),
        ("October, 2004  [EBook #6]", "2004-10"),
        ("soon", None),
    ],
)
def test_dates_are_as_precise_as_the_header(text, date):
    assert gutenberg_header.iso_date(text) == date


@pytest.mark.parametrize(
    ("data", "text", "repairs"),
    [
        ("naïve".encode(), "naïve", 0),
        (b"\xef\xbb\xbfa\r\nb", "a\nb", 0),
        ("naïve “x”".encode("cp1252"), "naïve “x”", 0),
        ("a\x92b".encode(), "a’b", 0),
        ("Character set encoding: KOI8-R\nКнига".encode("koi8_r"), "Character set encoding: KOI8-R\nКнига", 0),
        ("\ufeffabc".encode("utf-16-le"), "abc", 0),
        (b"a\x81b", "a\ufffdb", 1),
    ],
)
def test_every_encoding_is_read(data, text, repairs):
    assert book_texts.decode(data) == (text, repairs)


AOZORA = (
    "題\n作者\n\n-------------------------------------------------------\n【テキスト中に現れる記号について】\n\n《》：ルビ\n"
    "-------------------------------------------------------\n\n［＃８字下げ］一［＃「一」は中見出し］\n\n　吾輩《わがはい》は一番｜獰悪《どうあく》。\n"
    "※［＃「飲のへん」、第4水準2-92-68］と〔amicitiae& e'te'〕※［＃「丸」、U+2460、1-1］。\n\n\n底本：「全集」\n青空文庫作成ファイル：\n"
)


def test_aozora_markup_goes_and_rare_characters_stay():
    book = aozora.part(AOZORA)

    assert aozora.is_aozora(AOZORA)
    assert book.text == "題\n作者\n\n\n一\n\n　吾輩は一番獰悪。\n䭜とamicitiæ été①。" or book.text.endswith(
        "amicitiæ été①。"
    )
    assert (book.title, book.author) == ("題", "作者")
    assert book.colophon.startswith("底本：")


# --- real books ---


@pytest.fixture(scope="module")
def real(realdata):
    found = {}
    for path in sorted((realdata / "books").glob("*/*.tar.xz")):
        if "standardebooks" in path.name:
            continue
        with tarfile.open(fileobj=lzma.open(path)) as archive:
            for info in archive:
                if info.name.endswith(".txt") and (stream := archive.extractfile(info)):
                    found[f"{path.parent.name}/{info.name}"] = book_texts.decode(stream.read())[0]
    return found


BOILERPLATE = re.compile(
    r"project gutenberg(?:-tm| literary| license| ebook| etext)|small print!|public domain etexts|www\.gutenberg\.(?:org|net)"
    r"|START OF TH\w+ PROJECT|END OF TH\w+ PROJECT",
    re.IGNORECASE,
)
_ABOUT_ITSELF = {"Collected_Speeches_FrederickDouglass", "The-Art-of-War", "244-0", "pandp09"}
"""Books whose own preface speaks of Project Gutenberg, and a listing of files."""


def test_no_real_book_keeps_boilerplate(real):
    assert len(real) >= 89
    for name, text in real.items():
        if any(known in name for known in _ABOUT_ITSELF):
            continue
        left = BOILERPLATE.findall(gutenberg.part(text).text)
        assert not left, (name, left)


def test_no_real_book_loses_more_than_its_markers_allow(real):
    """Between START and END of each marked text everything is kept but credits and notes."""
    for name, text in real.items():
        start = re.search(r"^\*\*\* ?START OF TH.*$", text, re.MULTILINE)
        end = re.search(r"^ *\*\*\* ?END OF TH.*$", text, re.MULTILINE)
        if not start or not end:
            continue
        inside = len("".join(text[start.end() : end.start()].split()))
        parted = gutenberg.part(text)
        kept = len("".join(parted.text.split()))
        notes = len("".join("".join(parted.notes).split()))
        assert inside - kept - notes <= 400, name  # the sentence "End of the Project Gutenberg EBook of ..."


def test_editions_of_one_book_end_alike(real):
    ends = {name: gutenberg.part(text).text[-60:] for name, text in real.items() if "gitenberg-1661" in name}

    assert len(ends) == 5
    assert len({" ".join(end.split())[-40:] for end in ends.values()}) == 1
