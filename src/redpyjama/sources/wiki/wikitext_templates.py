"""What templates leave in the running text.

A template's text lies on another page, so it cannot be expanded; most are boxes, notices and references, and go.
The few here carry words of the sentence they stand in: without them "was born in  and weighs " would remain.
The names are those of many Wikipedias at once; where two mean different things by one, its handler tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from redpyjama.sources.raised import superscript
from redpyjama.sources.wiki import wikitext_handlers as by
from redpyjama.sources.wiki.wikitext_handlers import Arguments, Handler

REMOVED = "\x03"
"""Stands where something was removed, until the punctuation around it has been tidied."""

PIPE = "\x02"
"""A vertical bar that came out of a template: `wikitext` turns it into one for tables."""

_HIDDEN_BAR = "\x06"
_LINK_WITH_BAR = re.compile(r"\[\[[^\[\]]*\]\]")
_NAMED = re.compile(r"\s*([^\s={}\[\]<>|\"'][^={}\[\]<>|\"']{0,40}?)\s*=")


def evaluate(body: str, title: str) -> str:
    """Return what the template with this source (between its braces, without templates in it) leaves in the text."""
    name, bar, rest = body.partition("|")
    name = name.strip()
    key = name.replace("_", " ").lower()
    if not bar and key in _LITERALS:
        return _LITERALS[key]
    handler = _HANDLERS.get(key) or _by_pattern(name, key)
    if handler is None:
        return title if key in _PAGE_NAMES else REMOVED
    found = handler(_arguments(name, rest) if bar else Arguments(name))
    return found or REMOVED


def _arguments(name: str, source: str) -> Arguments:
    if "[[" in source:
        source = _LINK_WITH_BAR.sub(lambda m: m[0].replace("|", _HIDDEN_BAR), source)
    numbered: dict[int, str] = {}
    named: dict[str, str] = {}
    count = 0
    for piece in source.split("|"):
        given = _NAMED.match(piece) if "=" in piece else None
        value = (piece[given.end() :] if given else piece).strip().replace(_HIDDEN_BAR, "|")
        if given is None:
            count += 1
            numbered[count] = value
        elif given[1].isdecimal() and given[1].isascii() and len(given[1]) < 3:
            numbered[int(given[1])] = value
        else:
            named[given[1].lower()] = value
    last = max((number for number, value in numbered.items() if value), default=0)
    return Arguments(name, [numbered.get(number, "") for number in range(1, last + 1)], named)


_LITERALS: dict[str, str] = {
    "!": PIPE, "=": "=", "'": "'", "''": "''", "'s": "'s", "snd": " – ", "spnd": " – ", "spaced ndash": " – ",
    "spaced en dash": " – ", "ndash": "–", "endash": "–", "mdash": "—", "emdash": "—", "spaced mdash": " — ",
    "–": " – ", "dash": " – ", ",": " · ", "·": " · ", "•": " • ", "dot": " · ", "middot": " · ", "bullet": " • ",
    "nbsp": " ", "space": " ", "spaces": " ", "pi": "π", "times": "×", "br": "\n", "pb": "\n\n", "crlf": "\n",
    "paragraph break": "\n\n", "co2": "CO2", "h2o": "H2O", "sharp": "♯", "flat": "♭", "natural": "♮", "degree": "°",
    "av. j.-c.": "av. J.-C.", "av jc": "av. J.-C.", "ap jc": "apr. J.-C.", "ac": "a.C.", "dc": "d.C.",
}  # fmt: skip
"""Templates without arguments that stand for characters."""

_PAGE_NAMES = frozenset({"pagename", "fullpagename", "basepagename", "subpagename", "articlepagename"})

_FIRST = """
nowrap, nobr, nobreak, nobr romains, nbr, j, avoid wrap, nowr, small, smaller, petit, big, larger, grand, abbr, abbrv,
abbreviation, abréviation, abréviation discrète, tooltip, dfn, mvar, math, var, strong, em, bold, b, i, italic, nobold,
noitalic, code, mono, kbd, samp, tt, codes, sc, sc1, sc2, small caps, smallcaps, petites capitales, midsize, unicode,
polytonic, hebrew, arabic, greek, grec, visible anchor, vanchor, gloss, chem2, nts, number, num, ordinal, flag,
flagcountry, flagu, fb, fbu, nihongo2, nihongo foot, nihongo core, refnec, référence nécessaire, référence souhaitée,
citation needed span, cn-span, 要出典範囲, citazione necessaria, not a typo, nat, as written, proper name, 仮リンク,
internal link helper, link-interwiki, longitem, plainlist, plain list, flatlist, flat list, columns-list,
cp932フォント, jis2004フォント, jis90フォント, 補助漢字フォント, uc, lc, formatnum, esd, ta, 專名, 書名, bdo,
str, keypress,
إنجليزية, فرنسية, ألمانية, روسية, إسبانية, إيطالية, لاتينية, يونانية, تركية, فارسية, عبرية,
citation étrangère, pron-en, notranslate, wrap, start-date, birth-date, death-date, tq
"""
"""Templates that show their first argument."""

_SECOND = """
langue, cizojazyčně, vjazyce2, w języku, rtl-lang, rtllang, ltr-lang, wikt-lang, script, color, colour, font color,
font colour, text color, resize, язык, мова
"""
"""Templates that show their second argument, after a language, a colour or a size."""

_PHONETIC = by.pick(1, before="[", after="]")
_QUOTED = by.block(1, names=("text", "quote", "testo", "текст"))
_LINKED = by.pick(1, names=("lt", "display"))
_SPACED_TWO, _SPACED_THREE = by.joined(" ", last=2), by.joined(" ", last=3)

_TABLE: tuple[tuple[Handler, str], ...] = (
    (by.pick(1, names=("text", "content", "texte")), _FIRST),
    (by.pick(2, names=("text", "texte")), _SECOND),
    (by.pick(2, names=("text", "texte")), "lang"),
    (by.last, "transl, transliteration, ipa-lang, phoneme"),
    # quantities
    (by.convert, "convert, cvt, conv, conversie, تحويل"),
    (by.value, "val"),
    (by.power, "e"),
    (lambda given: superscript(given.at(1) or "e"), "exp"),
    (lambda given: superscript(given.at(1)), "sup"),
    (lambda given: f"10{superscript(given.at(1))}", "10^"),
    (by.pick(1), "sub, overline"),
    (by.fraction, "frac, sfrac, fraction, bruch"),
    (by.prefixed("√"), "sqrt, radic"),
    (by.joined(""), "chem, linktext"),
    (by.joined("-"), "simplenuclide, simplenuclide2, nuclide, respell"),
    (by.prefixed("vol. "), "vol., vol"),
    (by.pick(1, after=" m"), "höhe"),
    (by.formula, "tmath, formel"),
    (_SPACED_TWO, "unité, unidad, nombre, unità, unitats, m"),
    (by.prefixed("US$"), "us$, usd"),
    (by.prefixed("A$"), "a$, aud"),
    (by.prefixed("C$"), "c$, cad"),
    (by.prefixed("$"), "$"),
    (by.prefixed("£"), "£, gbp"),
    (by.prefixed("€"), "€, euro, eur"),
    (by.prefixed("₹"), "₹, inr"),
    (by.prefixed("¥"), "jpy"),
    # time
    (by.as_of, "as of, asof"),
    (by.prefixed("c. "), "circa, c., ca."),
    (by.prefixed("fl. "), "floruit, fl."),
    (by.joined("–"), "reign, r."),
    (_SPACED_THREE, "date, date-, dts, date de naissance, date de décès, naissance, décès"),
    (by.joined(":", last=2), "heure"),
    (by.century, "s, s-, sp, siècle"),
    (by.pick(1, before="siglo "), "siglo"),
    (by.pick(1, before="segle "), "segle"),
    (by.pick(1, before="século "), "séc"),
    (by.lifetime, "bd"),
    # languages
    (by.ipa_symbols, "ipac-en, ipac-de"),
    (lambda given: f"[{by.last(given).strip('[]/')}]" if given.positional else "", "ipa"),
    (_PHONETIC, "api, api-, afi, мфа"),
    (by.nihongo, "nihongo, nihongo3"),
    (by.reading, "読み仮名, 読み仮名 ruby不使用, ruby, ふりがな, ruby-ja"),
    (by.zh, "zh, zhi, chinesisch"),
    (by.named_values("hangul", "hanja", "rr", "mr"), "korean"),
    # links to pages that other Wikipedias have
    (_LINKED, "ill, interlanguage link, illm, interlanguage link multi, ill-wd2"),
    (by.pick(2, 1, names=("texte", "trad", "nom", "fr")), "lien, link"),
    (by.pick(2, 1), "нп, нп2, нп3, нп4, нп5, не переведено, не переведено 5, iw, не перекладено"),
    (by.pick(3, 1), "le"),
    (by.pick(4, 3), "tsl, translink"),
    # quotations
    (by.pick(1, before="« ", after=" »"), "guil, citation"),
    (by.pick(1, names=("text",), before="„", after="“"), '"'),
    (by.pick(1, before="⟨", after="⟩"), "angbr"),
    (by.pick(1, after=" [sic]"), "sic"),
    (_QUOTED, "quote, blockquote, cquote, quotation, poemquote, citation bloc, zitat, cita, cytat, citazione, citação"),
    (_QUOTED, "citat, idézet, цитата, اقتباس"),
    (by.block(names=("quote", "text")), "quote box"),
    (by.joined("\n", last=2), "verse translation"),
    # names
    (_SPACED_TWO, "sortname, bibleref2, ship"),
    (by.joined(" ", first=2, last=3), "bibleverse"),
    (by.ship_class, "sclass, sclass2, sclass-"),
    (by.pick(1, before="M. "), "m."),
    (by.pick(1, before="Mme "), "mme"),
    (by.pick(1, before="Mlle "), "mlle"),
    (by.pick(1, before="Mgr "), "mgr"),
    (by.own_name, "1er, ier, 1re, 2e, ii, iii"),
    (lambda given: _LITERALS.get(given.at(1).lower(), given.at(1)), "music"),
    # lists
    (by.joined(", "), "hlist"),
    (by.bullets, "ubl, unbulleted list, bulleted list, ublist"),
)
_HANDLERS: Mapping[str, Handler] = {
    **{name.strip(): handler for handler, names in _TABLE for name in names.split(",")},
    **{name: by.ship(name.upper()) for name in "uss hms hmas hmcs rms ss sms ms mv usns".split()},
}

_PATTERNS: Mapping[re.Pattern[str], Handler] = {
    re.compile(r"(?:lang|llang|vol)-.+"): by.pick(1, names=("text", "texte")),
    re.compile(r"ipa-.+"): by.pick(1, before="[", after="]"),
    re.compile(r"(?:link|ill)-[a-z-]{2,12}"): by.pick(1),
    re.compile(r"(?:jez|јез)-.+"): by.pick(1),
    re.compile(r"internal link helper/.+"): by.pick(1, names=("d",)),
    re.compile(r"script/.+"): by.pick(1),
    re.compile(r"[ivxl]+(?:er?|re) siècle(?: av\. j\.-c\.)?"): by.own_name,
}
_FUNCTION = re.compile(r"(formatnum|lc|uc|ucfirst|lcfirst|subst|safesubst)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_GERMAN_LANGUAGE = re.compile(r"[a-z]{2,3}S")


def _by_pattern(name: str, key: str) -> Handler | None:
    if _GERMAN_LANGUAGE.fullmatch(name):  # {{enS|word}}
        return by.pick(1)
    if ":" in key and (function := _FUNCTION.match(name)):
        value = function[2]
        return lambda _: value
    if "-" in key or "/" in key or key.endswith(("siècle", "j.-c.")):
        return next((handler for pattern, handler in _PATTERNS.items() if pattern.fullmatch(key)), None)
    return None
