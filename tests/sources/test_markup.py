"""Fragments of HTML -> text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.sources import markup

PAIRS = {
    "text": ("a  b\n c", "a b c"),
    "paragraphs": ("<p>One\nline.</p>\n\n<p>Two <em>b</em>old &amp; <strong>c</strong>.</p>", "One line.\n\nTwo bold & c."),
    "line break": ("a<br/>b<br>c", "a\nb\nc"),
    "link": ('<a href="http://x.org?a=1&amp;b=2">the site</a> <img src="x" alt="alt">.', "the site ."),
    "list": ("<p>So:</p><ul>\n<li>one</li>\n<li>two</li>\n</ul><p>End</p>", "So:\n\n* one\n* two\n\nEnd"),
    "loose list": ("<ol><li><p>one</p></li><li><p>two</p><p>more</p></li></ol>", "1. one\n2. two\n\n   more"),
    "nested list": ("<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>", "* a\n  1. b\n  2. c\n* d"),
    "items not closed": ("<ul><li>a<li>b</ul>c", "* a\n* b\n\nc"),
    "code block": ("<p>x</p><pre><code>if a &lt; b:\n    c\n\n    d\n</code></pre><p>y</p>", "x\n\n```\nif a < b:\n    c\n\n    d\n```\n\ny"),
    "language": ('<pre class="lang-py prettyprint-override"><code>a</code></pre>', "```py\na\n```"),
    "language of code": ('<pre><code class="language-c">a</code></pre>', "```c\na\n```"),
    "fences in code": ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    "code in an item": ("<ul><li>a<pre><code>b\n  c</code></pre></li></ul>", "* a\n\n  ```\n  b\n    c\n  ```"),
    "inline code": ("use <code>a  &lt;b&gt;</code>, <code>`c`</code>", "use `a <b>`, `` `c` ``"),
    "quotation": ("<blockquote>\n<p>a</p><p>b</p>\n</blockquote>c", "> a\n\n> b\n\nc"),
    "heading": ("<h2>Title</h2><p>a</p><hr><h3>Sub</h3>b", "Title\n\na\n\nSub\n\nb"),
    "table": ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
    "formulas": ("<p>$a &lt; b$ and\n$$x\n= y$$ end</p>", "$a < b$ and $$x\n= y$$ end"),
    "raised": ("10<sup>6</sup> m<sup>2</sup>, the 1<sup>st</sup>", "10⁶ m², the 1st"),
    "hidden": ("a<script>var x = '<p>';</script>b<style>c</style><!-- d <p> -->e", "abe"),
    "whole page": ("<?xml version='1.0'?><!DOCTYPE html><html><head><title>t</title></head><body><p>a</p></body></html>", "a"),
    "open script": ("a<script>b", "ab"),
    "open code": ("a<pre>b <code>c", "ab c"),
    "open tag": ("a < b <p", "a < b <p"),
    "prefixed tags": ("<p>a<epub:switch>b</epub:switch></p>", "ab"),
    "capitals": ("<P>a</P><PRE>b</PRE>", "a\n\n```\nb\n```"),
    "empty": ("<p></p><ul><li></li></ul><pre></pre><code> </code>", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_to_text(name: str) -> None:
    source, expected = PAIRS[name]
    assert markup.to_text(source) == expected


_PIECES = ["<p>", "</p>", "<ul>", "</ul>", "<ol>", "<li>", "</li>", "<pre>", "</pre>", "<code>", "</code>", "<blockquote>",
           "</blockquote>", "<br>", "<td>", "<tr>", "X", " Y ", "\n", "&lt;", "<", ">", "$$", "</ol>", "`"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=50).map("".join))
@settings(max_examples=300, deadline=None)
def test_keeps_all_words(source: str) -> None:
    text = markup.to_text(source)
    assert (text.count("X"), text.count("Y")) == (source.count("X"), source.count("Y"))


@given(st.text("<>!-/ apre&;", max_size=60))
@settings(max_examples=200, deadline=None)
def test_never_raises(source: str) -> None:
    markup.to_text(source)


@pytest.mark.parametrize(
    "unit", ["<ul><li>", "<blockquote>a", "<", "<!--", "<a ", "<pre>", "<code>", "</ul>", "$$a", "<sup>", "`", " "]
)
def test_time_is_linear(unit: str) -> None:
    start = time.process_time()
    text = markup.to_text(unit * (300_000 // len(unit)))
    assert time.process_time() - start < 4
    assert len(text) < 10_000_000
