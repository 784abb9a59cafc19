"""Wikitext -> text: what stays, what goes, and that nothing hangs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.sources.wiki import wikitext

PAIRS = {
    # plain text and layout
    "paragraphs": ("One\nline.\n\n\n\nTwo.", "One\nline.\n\nTwo."),
    "bold and italic": ("'''Bold''' and ''italic'' and '''''both'''''.", "Bold and italic and both."),
    "french apostrophe": ("de l'''amour'' et", "de l'amour et"),
    "odd bold and italic": ("Le mot l'''idée''' et ''autre", "Le mot lidée et autre"),
    "possessive": ("''Fox'''s den", "Fox's den"),
    "spaces": ("a  b\tc&nbsp;d\u00a0e", "a b c d e"),
    "soft hyphen": ("Donau\u00addampf&shy;schiff", "Donaudampfschiff"),
    "windows line ends": ("a\r\nb", "a\nb"),
    "rule": ("a\n----\nb", "a\n\nb"),
    "indented": (": an indented line\n:: deeper", "an indented line\ndeeper"),
    # headings
    "heading": ("Intro.\n== History ==\nText.\n=== Early ===\nMore.", "Intro.\n\nHistory\n\nText.\n\nEarly\n\nMore."),
    "heading with comment": ("== A == <!-- x -->\nText.", "A\n\nText."),
    "empty section": ("Intro.\n== References ==\n{{reflist}}\n== End ==\nText.", "Intro.\n\nEnd\n\nText."),
    "empty subsections": ("Intro.\n== A ==\n=== B ===\n{{x}}\n=== C ===\n", "Intro."),
    "parent of a full subsection": ("== A ==\n=== B ===\nText.", "A\n\nB\n\nText."),
    "equals sign in text": ("a == b\n= c", "a == b\n= c"),
    # lists
    "list": ("The list:\n* one\n* two\n** deeper\n\nAfter.", "The list:\n* one\n* two\n  * deeper\n\nAfter."),
    "numbers": ("# one\n# two\n## deeper\n# three", "1. one\n2. two\n  1. deeper\n3. three"),
    "numbers begin anew": ("# one\n\ntext\n# one", "1. one\n\ntext\n1. one"),
    "removed items do not count": ("# {{cite book|x}}\n# two", "1. two"),
    "definition": ("; term\n: meaning\n; word : its meaning", "term\n\nmeaning\nword : its meaning"),
    "empty terms": ("== Links ==\n; Government\n* [http://x.org Site]\n; Travel\n* [http://y.org Site]", ""),
    "item without words": ("* {{cite web|x}}\n* kept", "* kept"),
    "outer links in a list": ("== External links ==\n* [http://x.org Site]\n* http://y.org\n", ""),
    "list after list": ("* a\n\n* b", "* a\n* b"),
    # links
    "link": ("[[Berlin]] and [[Paris|the city]]s", "Berlin and the citys"),
    "link trail": ("[[bus]]es", "buses"),
    "pipe trick": ("[[Boston (England)|]]", "Boston"),
    "section link": ("[[#History]] [[A#B|c]]", "History c"),
    "file": ("A[[File:x.jpg|thumb|A [[caption]] with [http://x y] and ''more'']]B", "AB"),
    "file of another language": ("[[Datei:x.jpg|mini|Text]]\n[[ファイル:y.png|thumb|200px]]Rest", "Rest"),
    "category": ("Text.\n[[Category:Things]]\n[[Kategorie:Dinge| ]]", "Text."),
    "link to a category": ("See [[:Category:Things]] and [[:File:x.jpg|a file]].", "See Category:Things and a file."),
    "other languages": ("Text.\n[[fr:Texte]]\n[[zh-min-nan:Bûn]]", "Text."),
    "link to another language in the text": ("[[:fr:Texte]] and [[fr:Texte|a text]]", "fr:Texte and a text"),
    "sister project": ("[[wikt:word]] [[s:Page|source]]", "word source"),
    "colon in a title": ("[[2001: A Space Odyssey]]", "2001: A Space Odyssey"),
    "outer link": ("[https://x.org the site] and [https://x.org]. Also https://y.org/a_b.", "the site and. Also https://y.org/a_b."),
    "outer link around a link": ("[http://x.org a [[b|c]] d]", "a c d"),
    "nested outer link": ("[[File:x.jpg|thumb|[http://a.b c]]] End.", "End."),
    "open link": ("An [[open link\n\nText.", "An open link\n\nText."),
    "open file": ("Text.\n[[File:x.jpg|thumb|a caption\nMore.", "Text.\n\nMore."),
    "brackets": ("a [sic] b", "a [sic] b"),
    # templates
    "template": ("A{{x}} B{{y|1={{z|{{w}}}}}}.", "A B."),
    "template with lines": ("{{Infobox\n| a = [[b|c]]\n| d = {{e}}\n}}\n'''Name''' is.", "Name is."),
    "language": ("({{lang|fr|mot}}, {{lang-de|Wort}})", "(mot, Wort)"),
    "language with a link": ("{{lang|fr|[[mot|le mot]]}}", "le mot"),
    "named by number": ("{{nowrap|1=a = b}}", "a = b"),
    "convert": ("{{convert|5|km|mi|abbr=on}} and {{convert|6|ft|2|in|m}}, {{cvt|5|to|6|lb}}", "5 km and 6 ft 2 in, 5 to 6 lb"),
    "as of": ("{{As of|2010|5}}, it; {{as of|2001|lc=y}}", "As of May 2010, it; as of 2001"),
    "pronunciation": ("Wiki ({{IPAc-en|ˈ|w|ɪ|k|i|audio=x.ogg}})", "Wiki (/ˈwɪki/)"),
    "german languages": ("{{enS|word}} {{RUS}}Text", "word Text"),
    "value": ("{{val|1.5|e=-6|ul=m}} {{frac|1|2}} {{e|3}}", "1.5×10⁻⁶ m 1/2 ×10³"),
    "quotation": ("Before.\n{{quote|Words.|Author}}\nAfter.", "Before.\n\nWords.\n\nAfter."),
    "page name": ("{{PAGENAME}} is", "Title is"),
    "japanese reading": ("{{読み仮名|東京|とうきょう}}は", "東京(とうきょう)は"),
    "french": ("{{XIXe siècle}}, {{s|XX|e}}, {{date|1|mai|1900|en France}}, {{unité|10|km}}", "XIXe siècle, XXe siècle, 1 mai 1900, 10 km"),
    "red links elsewhere": ("{{ill|Name|de|Ziel}} {{нп5|Имя|текст|en|Name}} {{link-en|中文|English}}", "Name текст 中文"),
    "citation is no quotation": ("A.{{citation|title=B|year=1}} {{citation|mot}}", "A. « mot »"),
    "parameter": ("{{{1|default}}} {{{2}}}x", "default x"),
    "magic word": ("__NOTOC__Text __БЕЗ_ОГЛ__ __init__", "Text __init__"),
    "open template line": ("{{Infobox\n| a = b\n| c = d\n\nText.", "Text."),
    "open template in a line": ("Ice of {{convert|30|m|ft\n\nText {{lang|fr|un mot and more.", "Ice of\n\nText un mot and more."),
    "stray closing": ("a }} b ]] c", "a b c"),
    "table bar": ("{{!}}", ""),
    # tidying
    "empty brackets": ("Name ({{lang-x}}; {{IPA}}; born 1900) and foo().", "Name (born 1900) and foo()."),
    "all of a bracket": ("Name ({{x}}, {{y}}) is（{{z}}）.", "Name is."),
    "end of a bracket": ("Name (born 1900; {{x}}) is", "Name (born 1900) is"),
    "brackets in brackets": ("Name (({{x}}, {{y}})) is", "Name is"),
    "middle of a bracket": ("Name (a, {{x}}, b) is", "Name (a, b) is"),
    "before a full stop": ("Text {{cn}}. More <ref>x</ref>.", "Text. More."),
    # tags
    "references": ('A<ref name="x">{{cite|b}}</ref>, b<ref name="x" />.<references />', "A, b."),
    "comments": ("A<!-- [[x -->B\n<!-- line -->\nC", "AB\nC"),
    "open comment": ("A<!-- to the end", "A"),
    "nowiki": ("<nowiki>[[x]] ''y'' &amp;</nowiki>", "[[x]] ''y'' &"),
    "math": ("The <math>a^2 +\n b_{1}</math> sum", "The $a^2 + b_{1}$ sum"),
    "math block": ("So\n:<math display=\"block\">x = {{1}}</math>\nend", "So\n\n$$x = {{1}}$$\n\nend"),
    "chemistry": ("<chem>H2O</chem> and H<sub>2</sub>O, m<sup>2</sup>, 19<sup>th</sup>", "$\\ce{H2O}$ and H2O, m², 19th"),
    "variables": ("e<sup>''x''</sup> x<sub>''i''</sub>", "e^x x_i"),
    "code": ("<syntaxhighlight lang=\"Python\">\nif a:\n    b  # [[c]]\n</syntaxhighlight>", "```python\nif a:\n    b  # [[c]]\n```"),
    "inline code": ("<code>x = 1</code> <syntaxhighlight lang=c inline>int  y;</syntaxhighlight>", "`x = 1` `int  y;`"),
    "pre": ("<pre>\n a &lt; b\n</pre>", "```\n a < b\n```"),
    "gallery": ("A\n<gallery>\nFile:x.jpg|y\n</gallery>\nB", "A\n\nB"),
    "html": ("<div class=x>A<br/>B <span style='color:red'>C</span></div><p>D</p>", "A\nB C\n\nD"),
    "html list": ("<ul><li>a</li><li>b</li></ul>", "* a\n* b"),
    "hidden": ("A<span style=\"display:none\">hidden</span>B", "AB"),
    "unknown tag": ("a <b>c</b> <xyz> 1 < 2 > 0", "a c <xyz> 1 < 2 > 0"),
    "entities": ("1 &lt; 2 &amp; 3 &eacute; &#8364; AT&T &copy=1", "1 < 2 & 3 é € AT&T &copy=1"),
    "escaped markup": ("&lt;ref&gt;x&lt;/ref&gt; &#91;&#91;y&#93;&#93;", "<ref>x</ref> [[y]]"),
    "ruby": ("<ruby>漢<rt>かん</rt></ruby>", "漢(かん)"),
    # tables
    "table": ('A\n{| class="x"\n! H\n|-\n| a || b\n{|\n| nested\n|}\n|}\nB', "A\n\nB"),
    "open table": ("A\n{|\n| a\n\n== B ==\nText.", "A\n\nB\n\nText."),
    "open table without heading": ("A\n{|\n| a\n|-\nText.", "A\n\nText."),
    "html table": ("A<table><tr><td>x</td></tr></table>B", "AB"),
    "table in a template": ("{{box|\n{|\n| a\n|}\n}}\nText", "Text"),
    # script variants
    "variants": ("-{zh-hans:信息;zh-hant:資訊}-与-{文本}-", "信息与文本"),
    "variant rules": ("-{H|zh-cn:a;zh-tw:b}-正文", "正文"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_clean(name: str) -> None:
    source, expected = PAIRS[name]
    assert wikitext.clean(source, title="Title") == expected


def test_tables_as_text() -> None:
    source = 'A\n{| class="w"\n|+ Caption\n! Name !! Age\n|-\n| style="x" | [[Ann|Anna]] || 3\n|-\n|Bob\n|4\n|}\nB'
    assert wikitext.clean(source, tables="text") == "A\n\nCaption\nName | Age\nAnna | 3\nBob | 4\n\nB"


def test_names_of_the_wiki() -> None:
    names = wikitext.Names(file=frozenset({"kuvaaja"}), category=frozenset({"ryhmä"}))
    assert wikitext.clean("[[Kuvaaja:x.jpg|thumb]]A[[Ryhmä:B]]", names=names) == "A"


_MARKUP = ["{{", "}}", "[[", "]]", "{|", "|}", "\n", "==", "'''", "''", "|", "<ref>", "</ref>", "<nowiki>", "</nowiki>", "<!--",
           "-->", "*", "#", ":", "-{", "}-", "{{{", "}}}", "[http://x ", "]", "<math>", "</math>", "a", "b c", "File:", "&lt;",
           "\x01", "\x03", "{{lang|", "{{convert|1|", "<br>", "<table>", "</table>", "|-", "(", ")", ";"]  # fmt: skip


@given(st.lists(st.sampled_from(_MARKUP), max_size=60).map("".join))
@settings(max_examples=400, deadline=None)
def test_never_raises_on_broken_markup(source: str) -> None:
    text = wikitext.clean(source, title="T")
    assert not set(text) & set("\x00\x02\x03\x04\x05\x06\x0b")


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_never_raises_on_any_text(source: str) -> None:
    wikitext.clean(source, title=source)


_WORDS = st.text("abcé ", min_size=1, max_size=8)
_BALANCED = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        inner.map("{{{{box|{}}}}}".format),
        inner.map("{{{{lang|fr|{}}}}}".format),
        inner.map("[[target|{}]]".format),
        inner.map("[[File:x.jpg|thumb|{}]]".format),
        inner.map("<ref>{}</ref>".format),
        _WORDS.map("'''{}'''".format),
        inner.map("\n{{|\n| {}\n|}}\n".format),
        inner.map("\n== {} ==\n".format),
    ),
    max_leaves=12,
)


@given(_BALANCED)
@settings(max_examples=300, deadline=None)
def test_no_token_of_balanced_markup_is_left(source: str) -> None:
    text = wikitext.clean(source)
    assert not [token for token in ("{{", "}}", "[[", "]]", "{|", "|}", "<ref", "''") if token in text]


HOSTILE = {
    "open templates": "{{a|", "closed templates": "}}", "open links": "[[a|", "open tables": "\n{|\n|a", "open refs": "<ref>",
    "open comments": "<!--", "open maths": "<math>", "single braces": "{a", "single brackets": "[a", "quotes": "''a'''",
    "deep templates": None, "deep links": None, "angle": "<a", "tags": "<div ", "spaces": " ", "brackets": "( ;", "stars": "*",
    "outer": "[http://", "parameters": "{{{a|", "variants": "-{a", "entities": "&a", "magic": "__A", "equals": "\n==",
    "removed": "({{x}}; ", "mixed": "{{[[{|", "nowiki": "<nowiki>", "named": "{{lang|" + "a=",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear(name: str) -> None:
    def seconds(count: int) -> float:
        unit = HOSTILE[name]
        if unit is None:
            opening, closing = ("{{a|", "}}") if name == "deep templates" else ("[[a|", "]]")
            source = opening * (count // 4) + "x" + closing * (count // 4)
        else:
            source = unit * (count // len(unit))
        start = time.process_time()
        wikitext.clean(source)
        return time.process_time() - start

    seconds(1000)
    assert seconds(400_000) < 4.0  # quadratic time would be hours
