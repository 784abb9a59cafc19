"""Stack Exchange: Posts.xml of a site -> questions with their answers as text, with authors and licence.

Reads the site's 7z (all eight tables, or Posts.xml alone), a directory with Posts.xml, or the file itself, plain or
compressed. A locator's offset is that of the question's row in the plain Posts.xml, its record the question's id.
Answers stand anywhere after their question, so a part is a stripe of question ids: it holds its own rows and no others.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from redpyjama import limits
from redpyjama.document import Document
from redpyjama.errors import InputError
from redpyjama.sources import base, markup, posts_xml, seven_zip, streams
from redpyjama.sources.posts_xml import ANSWER, QUESTION, Row
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source
from redpyjama.store import paths

SLICE = "stackexchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Recipe keys under ``[slice.stackexchange]``.

    Attributes:
        sites: How many sites to take, the largest first, by the unpacked size of Posts.xml; 0 takes all.
        faithful: Text, order of answers, and metadata as the published code made them.
    """

    sites: int = 28
    faithful: bool = False


SKIPS = {
    "tag_wiki": "a tag's description is neither question nor answer",
    "other_post_type": "nominations, moderator notices and privilege pages are neither question nor answer",
    "orphan_answer": "its question is not in the dump: deleted, moved, or skipped itself",
    "fabricated_post": "dumps since 2024 hold made-up posts that mark copies; no question or answer of the site",
    "other_table": "the archive holds another table of the site than its posts",
}

FIRST_FABRICATED_ID = 1_000_000_001
"""Every site's dump has a question 1000000001 and an answer 1000000010; the largest real id is below 10^8.
Source: the community's comparison of the dumps of 2024 and later (LunarWatcher/se-data-dump-transformer)."""

_STRIPE_BYTES = 256 * limits.MIB
"""Rows that one task holds at a time; the task's memory is about twice that."""

_PACKED_RATIO = 4
"""Unpacked bytes for each packed one, where a compressed Posts.xml does not say: gzip and bzip2 reach 3.5 to 5."""

_POSTS = re.compile(r"posts\.xml(?:\.(?:gz|bz2|xz|zst))?", re.IGNORECASE)
_OTHER_TABLE = re.compile(r"-(?:Badges|Comments|PostHistory|PostLinks|Tags|Users|Votes)\.7z$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:[-.]posts)?(?:\.7z|\.xml)?(?:\.(?:gz|bz2|xz|zst))?$", re.IGNORECASE)
_LANGUAGES = {"es": "es", "ja": "ja", "pt": "pt", "ru": "ru", "rus": "ru"}
"""Sites where questions are asked in another language than English, by the first part of their host."""


def dumps(inputs: list[str], options: Options) -> list[Dump]:
    """Return the N largest sites among the inputs; in directories, 7z archives and folders with a Posts.xml."""

    def accept(path: str) -> bool:
        name = _base_name(path)
        return bool(_POSTS.fullmatch(name)) or (name.lower().endswith(".7z") and not _OTHER_TABLE.search(name))

    found: set[str] = set()
    for path in base.files_under(inputs, accept):
        folder = path.replace("\\", "/").rpartition("/")[0]
        found.add(folder if _POSTS.fullmatch(_base_name(path)) and folder else path)
    sites = base.name_dumps(found)
    if options.sites and len(sites) > options.sites:
        sites = sorted(sites, key=lambda dump: (-_rank(dump), dump.name))[: options.sites]
        sites.sort(key=lambda dump: dump.name)
    return sites


def parts(dump: Dump, options: Options) -> list[Part]:
    """Cut a site into stripes of question ids, as many as hold 256 MiB of rows each."""
    try:
        num_bytes = _posts_bytes(dump.path)
    except InputError:
        num_bytes = 0  # the read task says what is wrong
    count = max(1, -(-num_bytes // _STRIPE_BYTES))
    return [Part(dump=dump, stripe=i, num_stripes=count) for i in range(count)]


def read(part: Part, options: Options) -> Iterator[Document | Skipped | Quarantined]:
    """Yield what is no question or answer in the order of the dump, then the questions in the order of their ids."""
    if _OTHER_TABLE.search(part.dump.name):
        if part.stripe == 0:
            yield Skipped("other_table", _base_name(part.dump.name))
        return
    questions: dict[int, Row] = {}
    answers: dict[int, list[Row]] = {}
    with _open(part.dump.path) as plain:
        for row in posts_xml.rows(plain):
            if isinstance(row, Quarantined):
                if part.stripe == 0:
                    yield row
                continue
            key = row.parent if row.kind == ANSWER else row.number
            if key % part.num_stripes != part.stripe:
                continue
            rule = _skip(row, options)
            if rule:
                yield Skipped(rule, str(row.number), row.offset)
            elif row.kind == ANSWER:
                answers.setdefault(key, []).append(row)
            else:
                questions[key] = row
    site = site_of(part.dump.name)
    for key in sorted(questions):
        asked, replies = questions.pop(key), answers.pop(key, [])
        if base.in_sample(SLICE, part, asked.offset, str(asked.number)):
            yield from _thread(asked, replies, site, part.dump.name, options)
    for orphan in sorted((row for group in answers.values() for row in group), key=lambda row: row.offset):
        yield Skipped("orphan_answer", str(orphan.number), orphan.offset)


def _skip(row: Row, options: Options) -> str | None:
    if row.number >= FIRST_FABRICATED_ID and not options.faithful:
        return "fabricated_post"
    if row.kind in (QUESTION, ANSWER):
        return None
    return "tag_wiki" if row.kind in (4, 5) else "other_post_type"


# --- where the posts are -------------------------------------------------------------------------------------------


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def site_of(dump_name: str) -> str:
    """Return the site's host as its archive or folder is called.

    >>> site_of("stackoverflow.com-Posts.7z"), site_of("bicycles.meta.stackexchange.com.7z")
    ('stackoverflow.com', 'bicycles.meta.stackexchange.com')
    """
    return _SUFFIX.sub("", _base_name(dump_name))


def _posts_file(path: str) -> str:
    """Return the file with the posts: the path itself, or the Posts.xml of a directory."""
    if not paths.is_directory(path):
        return path
    found = [file for file in paths.walk(path) if _POSTS.fullmatch(_base_name(file))]
    if not found:
        raise InputError(path, "has no Posts.xml")
    return min(found, key=len)


def _member(stream: IO[bytes], path: str) -> tuple[str, int]:
    """Return name and unpacked size of the posts in a 7z."""
    sizes = seven_zip.member_sizes(stream, path)
    found = [name for name in sizes if _POSTS.fullmatch(_base_name(name))]
    if not found:
        raise InputError(path, f"has no Posts.xml among its {len(sizes)} members")
    return found[0], sizes[found[0]]


def _posts_bytes(path: str) -> int:
    file = _posts_file(path)
    with paths.open_input(file) as stream:
        kind = streams.kind_of(stream.read(8))
        stream.seek(0)
        if kind == "7z":
            return _member(stream, file)[1]
    return paths.size(file) * (1 if kind == "plain" else _PACKED_RATIO)


def _rank(dump: Dump) -> int:
    """Size to choose sites by; one that can't be opened comes first, so that the build says so."""
    if _OTHER_TABLE.search(dump.name):
        return 0
    try:
        return _posts_bytes(dump.path)
    except InputError:
        return 1 << 62


@contextmanager
def _open(path: str) -> Generator[IO[bytes]]:
    file = _posts_file(path)
    with paths.open_input(file) as stream:
        kind = streams.kind_of(stream.read(8))
        stream.seek(0)
        if kind == "7z":
            member, _ = _member(stream, file)
            with seven_zip.open_member(stream, _base_name(file), member) as plain:
                yield plain
        else:
            plain, _ = streams.plain(stream, _base_name(file))
            yield plain


# --- a question and its answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Post:
    number: int
    given: dict[str, str]
    repairs: int

    def score(self) -> int:
        try:
            return int(self.given.get("Score", "0"))
        except ValueError:
            return 0


def _thread(
    question: Row, answers: list[Row], site: str, dump_name: str, options: Options
) -> Iterator[Document | Skipped | Quarantined]:
    posts: list[_Post] = []
    for row in (question, *answers):
        try:
            posts.append(_Post(row.number, *posts_xml.attributes(row)))
        except ValueError as error:
            yield Quarantined(str(error), str(row.number), row.offset)
            if row is question:
                for answer in answers:
                    yield Skipped("orphan_answer", str(answer.number), answer.offset)
                return
    asked, replies = posts[0], posts[1:]
    make = _faithful_text if options.faithful else _text
    text = make(asked, replies)
    yield _document(text, asked, replies, site, offset=question.offset, dump_name=dump_name, options=options)


def _text(asked: _Post, replies: list[_Post]) -> str:
    """Q: title, body, then A: and each answer, the best first; of equal scores, the earliest."""
    replies.sort(key=lambda post: (-post.score(), post.number))
    title = " ".join(asked.given.get("Title", "").split())
    body = markup.to_text(asked.given.get("Body", ""))
    if not title and not body:
        return ""
    blocks = ["Q: " + "\n\n".join(part for part in (title, body) if part)]
    blocks += ["A: " + text for text in (markup.to_text(post.given.get("Body", "")) for post in replies) if text]
    return "\n\n".join(blocks)


def _faithful_text(asked: _Post, replies: list[_Post]) -> str:
    """As RedPajama V1 did: scores compared as strings ("9" before "10"), all markup dropped, code like prose.

    Source: data_prep/stack_exchange/filter.py and post_processing.py; BeautifulSoup's get_text through lxml.
    """
    replies.sort(key=lambda post: post.given.get("Score", "0"), reverse=True)
    if "Title" not in asked.given:
        return ""
    bodies = [
        f"{asked.given['Title']} {asked.given.get('Body', '')}",
        *(post.given.get("Body", "") for post in replies),
    ]
    return "Q: " + "\nA: ".join(_without_tags(body) for body in bodies)


def _without_tags(source: str) -> str:
    from lxml import etree, html  # pyright: ignore[reportAttributeAccessIssue] - compiled, no stubs

    for before, after in (("<li>", "\n*"), ("</li>", ""), ("<ol>", "\n*"), ("</ol>", "")):
        source = source.replace(before, after)
    try:
        tree = html.document_fromstring(source)
    except (etree.ParserError, ValueError):  # nothing but white space; characters that XML forbids
        return ""
    return "".join(map(_soup_string, tree.xpath("//text()")))


def _soup_string(node: Any) -> str:
    """BeautifulSoup makes one character of white space that stands alone, but not of that in <pre>."""
    if node.strip(" \n\t\f\r"):
        return str(node)
    holder = node.getparent()
    holder = holder.getparent() if node.is_tail else holder
    if holder is not None and (holder.tag == "pre" or next(holder.iterancestors("pre"), None) is not None):
        return str(node)
    return "\n" if "\n" in node else " "


def _document(
    text: str, asked: _Post, replies: list[_Post], site: str, *, offset: int, dump_name: str, options: Options
) -> Document:
    given = asked.given
    host = dump_name.rsplit("/", 1)[-1].removesuffix(".7z").removesuffix(".xml") if options.faithful else site
    url = f"https://{host}/questions/{asked.number}" if "." in host else None
    licence, evidence = _licence([asked, *replies])
    language = _LANGUAGES.get(site.partition(".")[0], "en")
    changed = given.get("LastActivityDate") or given.get("CreationDate") or ""
    meta: dict[str, Any] = {
        "language": language,
        "url": url,
        "timestamp": "2023-03-29" if options.faithful else changed[:10] or None,
        "source": "stackexchange",
        "question_score": given.get("Score", "0") if options.faithful else asked.score(),
        "question_id": asked.number,
        "site": site,
        "tags": [tag for tag in re.split(r"[<>|]", given.get("Tags", "")) if tag],
        "answer_ids": [post.number for post in replies],
        "answer_scores": [post.score() for post in replies],
        "accepted_answer_id": int(given["AcceptedAnswerId"]) if given.get("AcceptedAnswerId", "").isdecimal() else None,
    }
    return Document(
        text=text,
        record=str(asked.number),
        offset=offset,
        title=given.get("Title") or None,
        url=url,
        language=language,
        licence=licence,
        licence_evidence=evidence,
        attribution=_attribution(asked, replies, site, url, licence),
        created=given.get("CreationDate"),
        meta=meta,
        encoding_repairs=sum(post.repairs for post in (asked, *replies)),
    )


def _licence(posts: list[_Post]) -> tuple[str | None, str]:
    """The licences of all posts, joined: who reuses the page must keep to each.

    Source: https://stackoverflow.com/help/licensing: 2.5 before 2011-04-08, 3.0 before 2018-05-02, then 4.0.
    """
    found: set[str] = set()
    stated = 0
    for post in posts:
        named = post.given.get("ContentLicense", "").strip()
        day = post.given.get("CreationDate", "")[:10]
        if named:
            stated += 1
            found.add(named.replace(" ", "-", 1).replace(" ", "-") if named.startswith("CC BY") else named)
        elif day:
            found.add(
                "CC-BY-SA-2.5" if day < "2011-04-08" else "CC-BY-SA-3.0" if day < "2018-05-02" else "CC-BY-SA-4.0"
            )
    evidence = [f"ContentLicense of {stated} posts"] if stated else []
    if len(posts) > stated:
        evidence.append(f"date of {len(posts) - stated} posts (changes of 2011-04-08 and 2018-05-02)")
    return " AND ".join(sorted(found)) or None, ", ".join(evidence)


def _attribution(asked: _Post, replies: list[_Post], site: str, url: str | None, licence: str | None) -> str:
    """Title, authors as the dump knows them (a name, or the number of the profile), address and licence."""
    authors = list(dict.fromkeys(_author(post) for post in replies))
    shown = ", ".join(authors[:_AUTHORS]) + (
        f" and {len(authors) - _AUTHORS} others" if len(authors) > _AUTHORS else ""
    )
    what = f'"{asked.given.get("Title", "")}", question by {_author(asked)}'
    what += f"; answers by {shown}" if shown else ""
    return ", ".join(p for p in (f"{what} (https://{site}/users/NUMBER)", url or site, licence) if p)


_AUTHORS = 50


def _author(post: _Post) -> str:
    number = post.given.get("OwnerUserId", "")
    return post.given.get("OwnerDisplayName") or (f"user {number}" if number else "a deleted user")


SOURCE = Source(
    slice=SLICE,
    version=1,
    options=Options,
    dumps=dumps,
    parts=parts,
    read=read,
    skips=SKIPS,
)
