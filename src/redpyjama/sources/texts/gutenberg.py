"""Project Gutenberg texts: the book without header, footer, licence and the notes of those who typed it.

Thirty years have left many forms of the boilerplate; a text that was taken apart by others has none of it. What cannot
be told from the book is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER_LINES = 1000
"""Where the header ends at the latest; the longest known one, with the "small print" of 2001, has 360 lines."""
_FOOTER_LINES = 800
"""The same for the footer; the longest known one has 400 lines."""

_WORK = r"(?:e-?books?|e-?texts?|edition)"
_START = re.compile(
    r"\s*\*{2,}\s*(?:START|BEGIN(?:NING)?) OF (?:THE |THIS |THESE )*(?:PROJECT|PROJEKT|PROJET) GUTENBERG", re.IGNORECASE
)
_END = re.compile(
    r"\s*\*{2,}\s*(?:END|FIN|ENDE) OF (?:THE |THIS |THESE )*(?:PROJECT|PROJEKT|PROJET) GUTENBERG", re.IGNORECASE
)
_END_SENTENCE = re.compile(
    r"\s*\W{0,4}(?:this is )?(?:the )?(?:end|fin|ende|fine|einde|loppu)\b.{0,40}"
    r"(?:project|projekt|projet|progetto|proyecto) gutenberg",
    re.IGNORECASE,
)
_SMALL_PRINT_START = re.compile(
    r"\s*\**\s*START\s*\**\s*THE SMALL PRINT|\s*\*\*The Legal Small Print\*\*", re.IGNORECASE
)
_SMALL_PRINT_END = re.compile(r"\s*\*END\s*\*?\s*THE SMALL PRINT", re.IGNORECASE)
_FOOTER = re.compile(
    r"\s*\W{0,12}(?:"
    rf"this file should be named \S+\.(?:txt|zip)|(?:project gutenberg|our) {_WORK} are often created from"
    rf"|we are now trying to release all our|more information about this book is at the top of this file"
    r"|please note:? (?:neither|that neither) this list|information about project gutenberg \(one page\)"
    r"|the legal small print|start:? full license|the full project gutenberg license|section 1\.\s+general terms of use"
    r"|updated editions will replace the previous one|creating the works from (?:public domain|print editions)"
    r"|(?:end of )?this and all associated files of various formats will be found in|prof\. hart will answer"
    r")",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\W*(?:(?:this|the|updated|scanned|html|text|plain)?\s*(?:e-?text|e-?book|edition|file|version|electronic text)?s?"
    r"\s*(?:was|were|is)?\s*(?:first\s+)?(?:produced|prepared|transcribed|created|scanned|typed|digiti[sz]ed"
    r"|proofread|proofed|converted|entered|updated|released)(?:\s+(?:and|,)\s*\w+)*\s+(?:by|from|for)\b"
    r"|(?:e-?text|e-?book|text file|html version|this e-?text|scanning)s? (?:\w+ )?(?:prepared |produced )?by\b"
    r"|note:\s+(?:project gutenberg|please see project gutenberg|see project gutenberg|images of the original)"
    r"|(?:project gutenberg )?(?:online )?distributed proofread|cover\s*$|\[?illustrat(?:ed html|ion: cover)"
    r"|character set for|produit par|produziert von|erstellt von"
    r"|note from the original file|additional editing|(?:this|the) (?:e-?text|e-?book|file) (?:uses|includes|comes in)"
    r")",
    re.IGNORECASE,
)
_NOTE = r"(?:transcribers?|transcriber['’]s|transcribers['’]|original transcriber['’]s|project gutenberg editor['’]s)"
_BRACKETED_NOTE = re.compile(rf"^[ \t]*\[\s*{_NOTE} notes?\b[^\[\]]*\][ \t]*\n", re.IGNORECASE | re.MULTILINE)
_NOTE_HEADING = re.compile(
    rf"\W*(?:{_NOTE} (?:end)?notes?|notes? (?:of|by) the transcriber|note (?:de|sur la) transcription"
    r"|notes? du transcripteur|anmerkungen? zur transkription|(?:list of )?(?:typographical )?errors corrected by the"
    r" etext transcriber|the following typographical errors|preparer['’]s notes?|au lecteur)\b",
    re.IGNORECASE,
)
_NOTE_MATTER = re.compile(
    r"typograph|transcri|corrected|italic|spelling|electronic|électronique|e-?text|e-?book|misprint|druckfehler",
    re.IGNORECASE,
)
"""What a note on the transcription speaks of, and a poem with the same heading does not."""
_MAX_NOTE_LINES = 250
"""A transcriber's list of corrections is shorter; what is longer under such a heading holds more than that."""
_FRONT_LINES = 150
_MAX_CREDIT_LINES = 14

_BLANKS = re.compile(r"\n{4,}")


@dataclass(frozen=True, slots=True)
class Parted:
    """A text, and what was around it.

    Attributes:
        text: The book.
        header: What preceded it, with the fields that describe it; "" where there was none.
        footer: What followed it.
        notes: Credits and transcribers' notes that were taken out of the book.
    """

    text: str
    header: str = ""
    footer: str = ""
    notes: tuple[str, ...] = ()


def part(text: str) -> Parted:
    r"""Part a book from its boilerplate.

    Args:
        text: The whole file, lines ending with ``\n``.

    Returns:
        A text that Project Gutenberg had no hand in as it came, but for blanks.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if not _is_gutenberg(lines):
        return Parted(_tidied(lines))
    start = _header_end(lines)
    end = _footer_start(lines, start)
    header, footer = "\n".join(lines[:start]).strip(), "\n".join(lines[end:]).strip()
    notes: list[str] = []
    body = _without_credits(lines[start:end], notes)
    body = _without_end_notes(body, notes)
    book = _BRACKETED_NOTE.sub(lambda found: notes.append(found[0].strip()) or "", "\n".join(body) + "\n")
    return Parted(_tidied(book.split("\n")), header, footer, tuple(notes))


def _is_gutenberg(lines: list[str]) -> bool:
    ends = lines[:_HEADER_LINES] + lines[-_FOOTER_LINES:]
    return any("gutenberg" in line.lower() and _ABOUT_GUTENBERG.search(line) for line in ends)


_ABOUT_GUTENBERG = re.compile(r"(?:project|projekt|projet) gutenberg", re.IGNORECASE)


def _tidied(lines: list[str]) -> str:
    return _BLANKS.sub("\n\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _header_end(lines: list[str]) -> int:
    """Return the first line after the header."""
    reach = min(len(lines), _HEADER_LINES)
    start = next((i + 1 for i in range(reach) if _START.match(lines[i])), 0)
    if start:
        # A long title makes the marker two or three lines.
        last = next((i for i in range(start - 1, min(start + 3, reach)) if lines[i].endswith("***")), start - 1)
        start = last + 1
    end_of_small_print = next((i + 1 for i in range(start, reach) if _SMALL_PRINT_END.match(lines[i])), 0)
    if end_of_small_print and (not start or end_of_small_print < len(lines) // 2):
        return end_of_small_print
    return start or _unmarked_header_end(lines)


_FIELD = re.compile(
    r"(?:title|author|translator|editor|illustrator|release date|posting date|last updated|language|edition|credits"
    r"|character set encoding|original publication|most recently updated|contributor|commentator)\s*:",
    re.IGNORECASE,
)
_HEADER_TEXT = re.compile(
    r"project gutenberg|copyright laws are changing|this header should be|welcome to the world of free plain"
    r"|readable by both humans|prepared by (?:hundreds|thousands) of volunteers|this e-?(?:book|text) is for the use of"
    r"|almost no restrictions whatsoever|\[(?:e-?book|e-?text) ?#\d+\]",
    re.IGNORECASE,
)


def _unmarked_header_end(lines: list[str]) -> int:
    """Return the first line after the last paragraph at the beginning that speaks of the file and not of the book."""
    end = 0
    for start, stop in _paragraphs(lines, 0, min(len(lines), _HEADER_LINES // 2)):
        paragraph = "\n".join(lines[start:stop])
        if _END.match(paragraph) or _FOOTER.match(paragraph) or _END_SENTENCE.match(paragraph):
            break
        if _HEADER_TEXT.search(paragraph) or _FIELD.match(lines[start].strip()):
            end = stop
        elif start > end + 12:
            break
    return end


def _paragraphs(lines: list[str], start: int, stop: int) -> list[tuple[int, int]]:
    """Return [start, stop) of the runs of lines that are not blank."""
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for i in range(start, stop):
        if lines[i].strip():
            begin = i if begin is None else begin
        elif begin is not None:
            found.append((begin, i))
            begin = None
    if begin is not None:
        found.append((begin, stop))
    return found


def _footer_start(lines: list[str], start: int) -> int:
    """Return the line with which the footer begins; the number of lines where there is none."""
    marks = [i for i in range(start, len(lines)) if _END.match(lines[i])]
    end = marks[-1] if marks else len(lines)
    sentences = [i for i in range(max(start, end - 12 if marks else start), end) if _END_SENTENCE.match(lines[i])]
    if sentences:
        end = sentences[0] if marks else sentences[-1]
    reach = max(start, end - _FOOTER_LINES)
    footers = [i for i in range(reach, end) if _FOOTER.match(lines[i]) or _SMALL_PRINT_START.match(lines[i])]
    end = min([end, *footers])
    last = _paragraphs(lines, max(start, end - _MAX_CREDIT_LINES), end)[-1:]
    if any(_ABOUT_GUTENBERG.search(line) for begin, stop in last for line in lines[begin:stop]):
        return last[0][0]
    return end


def _without_credits(lines: list[str], notes: list[str]) -> list[str]:
    """Leave out what comes before the book and says who made the file and how, also between its title and its text."""
    kept: list[str] = []
    position = 0
    in_credits = True
    for start, stop in _paragraphs(lines, 0, min(len(lines), _FRONT_LINES)):
        if start < position:
            continue
        first = lines[start].strip()
        end = start
        if in_credits and _CREDIT.match(first) and stop - start <= _MAX_CREDIT_LINES:
            end = stop
        elif _is_note(lines, start, stop):
            end = _end_of_note(lines, start, stop)
        if end == start:
            in_credits = False
            continue
        kept += lines[position:start]
        notes.append("\n".join(lines[start:end]).strip())
        position = end
    return kept + lines[position:]


def _is_note(lines: list[str], start: int, stop: int) -> bool:
    first = lines[start].strip()
    if first.startswith("[") or not _NOTE_HEADING.match(first):
        return False
    return bool(_NOTE_MATTER.search("\n".join(lines[start : stop + 20])))


def _end_of_note(lines: list[str], start: int, stop: int) -> int:
    """Return the line after a note: that before the first two blank lines in a row after its first paragraph."""
    if stop - start > 2:
        return stop  # heading and note in one paragraph
    for i in range(stop + 2, min(len(lines) - 1, start + _MAX_NOTE_LINES // 3)):
        if not lines[i].strip() and not lines[i + 1].strip():
            return i
    return stop


def _without_end_notes(lines: list[str], notes: list[str]) -> list[str]:
    """Leave out the transcriber's list of corrections at the end."""
    reach = max(len(lines) // 2, len(lines) - _MAX_NOTE_LINES)
    for start, stop in _paragraphs(lines, reach, len(lines)):
        begins = start == 0 or start > reach
        if begins and _is_note(lines, start, stop):
            notes.append("\n".join(lines[start:]).strip())
            return lines[:start]
    return lines
