"""What HTML's elements do to text, and what words in class names say of an element: literal tables for the kernels.

Arrays are built once at import from the literals, so that kernels can index them by tag id or probe them by hash.
Kernels hold them as constants, and numba's cache looks only at a kernel's own file: after a change here, or in a kernel
that others call, delete ``kernels/__pycache__``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

# --- elements: properties, one bit each ---------------------------------------------------------------------------

BLOCK: Final = 1
"""Bounds a block of text."""
VOID: Final = 2
"""Has no content and no end tag."""
SKIPPED: Final = 4
"""Its content is no text: the reader jumps to its end tag."""
FORMATTING: Final = 8
"""Inline formatting that bounds nothing: not in the tree at all."""
HEADING: Final = 16
CELL: Final = 32
PARAGRAPH_GAP: Final = 64
"""A blank line sets it apart; other blocks start on a new line."""
CHROME: Final = 128
"""Never main content by its own name: navigation, forms, footers."""
IN_HEAD: Final = 256
"""May stand in <head>; any other start tag ends the head."""

_BLOCK_GAP = BLOCK | PARAGRAPH_GAP
_ELEMENTS: Final[tuple[tuple[int, str], ...]] = (
    (_BLOCK_GAP, "p h1 h2 h3 h4 h5 h6 blockquote pre ul ol dl table section article main figure hr address details"),
    (_BLOCK_GAP, "center dir fieldset listing xmp plaintext hgroup"),
    (BLOCK, "html body div li dt dd tr td th thead tbody tfoot caption br header summary figcaption legend option"),
    (BLOCK, "label button frameset tt-wrapper"),
    (_BLOCK_GAP | CHROME, "nav aside footer form menu dialog menuitem"),
    (BLOCK | IN_HEAD, "head"),
    (VOID, "br hr img input meta link area base col embed source track wbr param basefont bgsound frame keygen spacer"),
    (SKIPPED, "script style noscript textarea title iframe svg template select object noembed noframes"),
    (SKIPPED, "audio video canvas map math applet datalist"),
    (FORMATTING, "a b i em strong u s small big code font tt kbd samp var cite abbr acronym dfn mark del ins sub sup"),
    (FORMATTING, "q bdo bdi strike nobr time data ruby rb rt rp wbr blink marquee colgroup"),
    (HEADING, "h1 h2 h3 h4 h5 h6"),
    (CELL, "td th"),
    (IN_HEAD, "title meta link script style base noscript template"),
    (0, "span picture output meter progress slot"),
)

TAG: Final = {
    name: i for i, name in enumerate(dict.fromkeys(n for _, names in _ELEMENTS for n in names.split()), start=1)
}
"""Tag name -> id; 0 stands for every unknown element and for text."""
TAG_NAMES: Final = ("", *TAG)


def _per_tag(rows: tuple[tuple[int, str], ...]) -> npt.NDArray[np.int32]:
    values = np.zeros(len(TAG) + 1, np.int32)
    for value, names in rows:
        for name in names.split():
            values[TAG[name]] |= value
    return values


FLAGS: Final = _per_tag(_ELEMENTS)

# --- implied end tags: a start tag ends the open elements of the groups in CLOSES, up to a barrier for them -------

_LI, _DD, _CELL, _ROW, _SECTION, _P, _HEADING = (1 << i for i in range(7))
GROUP: Final = _per_tag(
    (
        (_LI, "li"),
        (_DD, "dt dd"),
        (_CELL, "td th"),
        (_ROW, "tr"),
        (_SECTION, "thead tbody tfoot caption"),
        (_P, "p"),
        (_HEADING, "h1 h2 h3 h4 h5 h6"),
    )
)
CLOSES: Final = _per_tag(
    (
        (_LI | _P, "li"),
        (_DD | _P, "dt dd"),
        (_CELL, "td th"),
        (_CELL | _ROW | _SECTION & 0, "tr"),
        (_CELL | _ROW | _SECTION, "thead tbody tfoot"),
        (_P | _HEADING, "h1 h2 h3 h4 h5 h6"),
        (
            _P,
            "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form",
        ),
        (_P, "header hgroup hr main menu nav ol p pre listing plaintext section summary table ul xmp"),
    )
)
BARRIER: Final = _per_tag(
    (
        (_LI, "ul ol menu dir"),
        (_DD, "dl"),
        (_CELL, "tr"),
        (_LI | _DD | _CELL | _ROW | _SECTION | _HEADING, "table"),
        (_LI | _DD | _P | _HEADING, "td th caption"),
        (_P, "button"),
        (_HEADING, "div section article li header main body"),
    )
)
SCOPE: Final = _per_tag(((1, "table td th caption body html"), (2, "table body html")))
"""End tags do not reach past these: 1 for most elements, 2 for the parts of tables."""
TABLE_PARTS: Final = _per_tag(((1, "table caption thead tbody tfoot tr td th"),))

# --- hints: what the words of class, id, role and itemprop say ----------------------------------------------------

NAVIGATION: Final = 1 << 0
FOOTER: Final = 1 << 1
SIDEBAR: Final = 1 << 2
SHARING: Final = 1 << 3
RELATED: Final = 1 << 4
COMMENT: Final = 1 << 5
ADVERT: Final = 1 << 6
OVERLAY: Final = 1 << 7
BYLINE: Final = 1 << 8
HIDDEN: Final = 1 << 9
HEADER: Final = 1 << 10
ARTICLE: Final = 1 << 11
CONTENT: Final = 1 << 12
MAIN: Final = 1 << 13
CAPTION: Final = 1 << 14
HREF: Final = 1 << 15
"""Set for a link that leads somewhere."""
SELF_CLOSED: Final = 1 << 16

NEGATED: Final = 1 << 17
"""The next word says what is not, or what stands beside: has-sidebar, no-ads. No hint."""

_WORDS: Final[tuple[tuple[int, str], ...]] = (
    (NAVIGATION, "nav navbar navigation navi navlinks navlist subnav topnav menu menus submenu megamenu menubar"),
    (NAVIGATION, "breadcrumb breadcrumbs pagination pagenav pager paging pagelinks skiplink skiplinks sitemap tabs"),
    (NAVIGATION, "toolbar topbar search searchform searchbox tablist dropdown hamburger offcanvas jumplinks"),
    (NAVIGATION, "toc tocbox tableofcontents"),
    (FOOTER, "footer foot colophon copyright contentinfo imprint disclaimer bottombar legal"),
    (SIDEBAR, "sidebar sidebars aside complementary rail rightrail leftrail sidecol widget widgets gadget rightcol"),
    (SIDEBAR, "leftcol rightcolumn leftcolumn sidenav blogroll"),
    (SHARING, "share shares sharing sharebar sharer sharedaddy sharethis addthis addtoany social socials socialmedia"),
    (SHARING, "socialshare sociallinks socialicons followus follow shareaholic tweetmeme shariff a2a heateor"),
    (RELATED, "related relatedposts relatedarticles relatedcontent relatednews recommended recommend recommendation"),
    (RELATED, "recommendations recirc recirculation trending mostpopular mostread popular similar morefrom upnext"),
    (RELATED, "nextprev prevnext teaser teasers promo promos promotion outbrain taboola zergnet revcontent yarpp"),
    (RELATED, "readnext readalso readmore alsoread jp-relatedposts crosslinks moreon seealso linkbox bestsellers"),
    (COMMENT, "comment comments commentlist commentform disqus respond usercomments livefyre"),
    (COMMENT, "kommentar kommentare comentarios commentaires pingback trackback pings"),
    (ADVERT, "ad ads advert adverts advertisement advertising advertorial adsense adslot adunit adbox adsbygoogle"),
    (
        ADVERT,
        "dfp banner banners sponsor sponsored sponsors anzeige anzeigen werbung doubleclick adwrapper adcontainer",
    ),
    (OVERLAY, "cookie cookies consent gdpr ccpa popup popups popover modal overlay lightbox newsletter newsletters"),
    (
        OVERLAY,
        "subscribe subscription subscriptions signup signin login register optin mailchimp dialog alert alertdialog",
    ),
    (OVERLAY, "privacy paywall notification notifications tooltip onetrust mailinglist donate donation"),
    (BYLINE, "byline author authors authorbox authorinfo dateline timestamp pubdate meta postmeta postinfo metadata"),
    (BYLINE, "tags taglist tagcloud category categories credit credits rating ratings print printer published updated"),
    (BYLINE, "bio authorbio"),
    (HIDDEN, "visuallyhidden visually-hidden sr-only screen-reader-text d-none noprint offscreen element-invisible"),
    (HEADER, "header masthead topbar kopf"),
    (CAPTION, "legend legends caption figcaption imagecaption photocaption gallery slideshow carousel"),
    (ARTICLE, "article articlebody post entry story news blog blogpost hentry newsarticle blogposting recipe"),
    (CONTENT, "content body text articlebody articlecontent articletext entrycontent postcontent postbody storybody"),
    (CONTENT, "bodytext maintext storytext richtext copy description prose"),
    (ARTICLE | CONTENT, "articlebody articlecontent articletext entrycontent postcontent postbody storybody"),
    (MAIN, "main maincontent primary"),
    (NEGATED, "has no with without hide elementor not"),
)


def _fnv(word: str) -> int:
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def _hash_table(values: dict[str, int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], int]:
    """Open addressing, at most a quarter full; 0 marks a free place."""
    size = 1 << (4 * len(values)).bit_length()
    hashes, results = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for word, value in values.items():
        place = _fnv(word) & (size - 1)
        while hashes[place]:
            place = (place + 1) & (size - 1)
        hashes[place], results[place] = _fnv(word), value
    return hashes, results, size - 1


def _word_flags() -> dict[str, int]:
    flags: dict[str, int] = {}
    for flag, words in _WORDS:
        for word in words.split():
            flags[word] = flags.get(word, 0) | flag
    return flags


TAG_HASHES, TAG_IDS, TAG_MASK = _hash_table(TAG)
WORD_HASHES, WORD_FLAGS, WORD_MASK = _hash_table(_word_flags())

ATTR_CLASS, ATTR_STYLE, ATTR_HIDDEN, ATTR_ARIA_HIDDEN, ATTR_HREF = range(1, 6)
ATTR_HASHES, ATTR_IDS, ATTR_MASK = _hash_table(
    {
        "class": ATTR_CLASS,
        "id": ATTR_CLASS,
        "role": ATTR_CLASS,
        "itemprop": ATTR_CLASS,
        "style": ATTR_STYLE,
        "hidden": ATTR_HIDDEN,
        "aria-hidden": ATTR_ARIA_HIDDEN,
        "href": ATTR_HREF,
    }
)
