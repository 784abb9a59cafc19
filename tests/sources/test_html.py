"""HTML to text: what is content, and how it is written."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.errors import LimitExceeded
from redpyjama.sources.web.html import all_text, main_text

SENTENCE = "The council decided on Tuesday, after long debate, that the old bridge will be repaired next year. "


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("a<b>b</b>c <i>d</i>", "abc d"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a<br>b<br><br>c<br><br><br><br>d", "a\nb\n\nc\n\nd"),
        ("<ul><li>one<li> two </ul>end", "* one\n* two\n\nend"),
        ("<ul><li><p>one</p></li><li><p>two</p><p>more</p></li></ul>", "* one\n* two\n\nmore"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n* b\n* c"),
        ("<table><tr><th>k<th>v<tr><td>1<td>2</table>", "k | v\n1 | 2"),
        ("<table><tr><td><p>x</p><p>y</p></td><td>z</td></tr></table>", "x\n\ny\n\nz"),
        ("<pre>if x:\n    y = 1\n\n\nz</pre>w", "if x:\n    y = 1\n\n\nz\n\nw"),
        ("<pre>\n  first\n</pre>", "first"),
        ("a &amp; b &lt;p&gt; &#x41;&nbsp;&eacute;", "a & b <p> A é"),
        ("&amp;lt;", "&lt;"),
        ("1 < 2 and 3 > 2 <- x", "1 < 2 and 3 > 2 <- x"),
        ("a<script>var x = '<p>no</p>';</script>b<style>p{}</style>", "ab"),
        ("a<!-- <p>no</p> -->b<!-- unclosed <p>c</p>", "abc"),
        ("<p title='a > b'>x</p>", "x"),
        ("<p title=don't>x</p><p>y</p>", "x\n\ny"),
        ("<p>a</div>b</p>", "ab"),
        ("</p></p>a", "a"),
        ("<dl><dt>t<dd>d<dt>u<dd>e</dl>", "t\nd\nu\ne"),
        ("<select><option>1</select>x<textarea>no</textarea>", "x"),
        ("<h1>A</h1><h2>B</h3>c", "A\n\nB\n\nc"),
        ("\x00a\x00b", "ab"),
        ("<td>a</td><td>b</td>", "a | b"),
        ("", ""),
        ("<", "<"),
        ("<!", ""),
        ("<a", ""),
        ("<a href='", ""),
        ("</", ""),
        ("<p/>a<br/>b", "a\nb"),
    ],
)
def test_text_is_written_as_a_browser_shows_it(html, text):
    assert text == all_text(html)


def article(body, *, around=True):
    nav = "<nav><ul>" + "".join(f"<li><a href=/{i}>Section {i}</a>" for i in range(9)) + "</ul></nav>" * around
    foot = "<footer><p>Copyright 2024, all rights reserved. Terms, privacy, contact and imprint are here, too.</p></footer>"
    return (
        f"<html lang=de-AT><head><title>Bridge &amp; river</title></head><body>{nav}{body}{foot * around}</body></html>"
    )


def test_an_article_is_taken_without_what_surrounds_it():
    body = f"<div class=header><h1>Bridge</h1></div><div class=post-content><p>{SENTENCE * 3}</p><h2>Why</h2><p>{SENTENCE}</p></div>"
    extra = f"<div class='related-posts'><p>{SENTENCE}</p></div><div id=comments><p>{SENTENCE}</p></div>"

    page = main_text(article(body + extra))

    assert page.text == f"{(SENTENCE * 3).strip()}\n\nWhy\n\n{SENTENCE.strip()}"
    assert page.title == "Bridge & river"
    assert page.language == "de-AT"
    assert page.prose_bytes > 300


def test_a_name_that_lies_does_not_cost_the_page():
    """The whole article in an element called "sidebar", or in a form, stays."""
    for wrap in (
        "<div class=sidebar>%s</div>",
        "<form>%s</form>",
        "<div style='display:none'>%s</div>",
        "<aside>%s</aside>",
    ):
        assert SENTENCE.strip() in main_text(article(wrap % f"<p>{SENTENCE * 4}</p>")).text


def test_lists_tables_and_code_in_an_article_stay():
    body = (
        f"<article><p>{SENTENCE}</p><ul><li>first point<li>second point</ul><table><tr><td>year<td>cost<tr><td>2024<td>12"
        f"</table><pre><code>for x in y:\n    print(x)</code></pre><p>{SENTENCE}</p></article>"
    )

    text = main_text(article(body)).text

    assert "* first point\n* second point" in text
    assert "year | cost\n2024 | 12" in text
    assert "for x in y:\n    print(x)" in text


def test_a_page_without_prose_is_not_empty():
    rows = "".join(f"<tr><td>Lamp {i}</td><td>{i} EUR</td></tr>" for i in range(20))

    text = main_text(article(f"<h1>Lamps</h1><table>{rows}</table>")).text

    assert "Lamp 3 | 3 EUR" in text
    assert "Section 3" not in text


def test_a_forum_keeps_its_posts_though_they_are_called_comments():
    posts = "".join(f"<div class=comment><p>{SENTENCE} ({i})</p></div>" for i in range(5))

    text = main_text(article(f"<div id=thread>{posts}</div>")).text

    assert text.count("old bridge") == 5


def test_deep_nesting_is_read_as_flat():
    deep = "<div>" * 100_000 + "core" + "</div>" * 100_000 + "<p>after"

    assert all_text(deep) == "core\n\nafter"
    assert "core" in main_text(deep).text


@pytest.mark.parametrize(
    "unit", ["<", "<a", "<div", "<p>", "</p>", "<!--", "&", "<b>", "<ul><li>", "<table><tr><td>", "a='"]
)
def test_hostile_repetition_costs_linear_time(unit):
    page = unit * (1_000_000 // len(unit))
    all_text("warm"), main_text("warm")

    begin = time.process_time()
    main_text(page)

    assert time.process_time() - begin < 5


def test_a_page_beyond_the_limit_is_refused():
    with pytest.raises(LimitExceeded, match="MAX_HTML_BYTES"):
        main_text(b"x" * (limits.MAX_HTML_BYTES + 1))


PIECES = st.sampled_from(
    "<p> </p> <div class='comment nav'> </div> <ul> <li> </ul> <table> <tr> <td> </td> </table> <pre> </pre> <a_href=x> </a>"
    " <br> <script> </script> <title> </title> <!-- --> <span_hidden> </span> <h1> </h2> <form> </form> <dl> <dt> <dd> <head>"
    " <body> </body> <html> &amp; &nbsp; < > ' \" \x00 text, 日本語。 <x-y> </x-y> <svg/> <option> <figure> <header> </header>".split(
        " "
    )
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=60))
@example(["<ul>", "<li>", "</ul>"] * 20)
def test_any_tag_soup_is_read_and_its_words_kept_in_order(pieces):
    html = " ".join(pieces).replace("_", " ")

    whole, page = all_text(html), main_text(html)

    assert whole == all_text(html.encode())
    remaining = iter(whole.split())
    assert all(word in remaining for word in page.text.split() if word not in "*|")
    assert whole == whole.strip()
    assert "\x00" not in whole


@given(st.text(max_size=500))
def test_any_text_is_read(text):
    all_text(text)
    main_text(text)


@given(st.binary(max_size=500))
def test_any_bytes_are_read(data):
    all_text(data)
    main_text(data)
