"""The pages around the sample's texts: what sites put before, beside and after them."""

from __future__ import annotations

import html

from tests.golden.markup import to_html
from tests.golden.records import Record

BLOG = """<!DOCTYPE html>
<html lang="{lang}">
<head>
{charset}<title>{title} - {site}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/assets/main.css">
<script>window.dataLayer = window.dataLayer || []; function gtag(){{dataLayer.push(arguments);}}</script>
</head>
<body class="post">
<header class="site-header"><a class="brand" href="/">{site}</a>
<nav><ul><li><a href="/">Home</a></li><li><a href="/archive">Archive</a></li><li><a href="/about">About</a></li><li><a href="/contact">Contact</a></li></ul></nav></header>
<main>
<article>
<h1>{title}</h1>
<p class="byline">By <a rel="author" href="/authors/1">{author}</a> on <time datetime="{date}">{date}</time></p>
{body}
</article>
</main>
<aside class="sidebar"><h3>Recent posts</h3><ul><li><a href="/p/101">On keeping a paper notebook</a></li><li><a href="/p/98">Five walks for a wet Sunday</a></li><li><a href="/p/87">Mending a kettle</a></li></ul></aside>
<footer><p>Powered by a small generator. Subscribe to the <a href="/feed.xml">feed</a>.</p><p>&copy; 2026 {site}. All rights reserved.</p></footer>
</body>
</html>
"""

NEWS = """<!doctype html>
<html lang="{lang}"><head>{charset}<title>{title} | {site}</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="{site}">
<script type="application/ld+json">{{"@context":"https://schema.org","@type":"NewsArticle","headline":"{title}","datePublished":"{date}"}}</script>
<style>.cookie{{position:fixed;bottom:0}} .ad{{min-height:250px}}</style></head>
<body>
<div class="cookie" id="consent">We use cookies to improve your experience on this site. <button>Accept all</button> <button>Settings</button></div>
<div id="top"><div class="logo"><a href="/">{site}</a></div>
<div class="menu"><a href="/local">Local</a> | <a href="/sport">Sport</a> | <a href="/culture">Culture</a> | <a href="/weather">Weather</a> | <a href="/obituaries">Obituaries</a> | <a href="/subscribe">Subscribe</a></div></div>
<div id="wrap"><div class="breadcrumb"><a href="/">Home</a> &raquo; <a href="/local">Local</a></div>
<div class="story"><h1 class="headline">{title}</h1><div class="meta"><span class="author">{author}</span> <span class="date">{date}</span></div>
<div class="share"><a href="#">Share</a><a href="#">Tweet</a><a href="#">Email</a><a href="#">Print</a></div>
<div class="story-body">
{body}
</div></div>
<div class="ad" aria-label="advertisement">Advertisement</div>
<div class="related"><h4>More from {site}</h4><ul><li><a href="/n/3311">Ferry timetable changes from Monday</a></li><li><a href="/n/3307">Choir seeks tenors, again</a></li><li><a href="/n/3299">Pothole of the week</a></li></ul></div>
</div>
<div id="footer">Contact the newsroom | Privacy policy | Terms of use | &copy; {site} 2026</div>
<script src="/js/bundle.js"></script>
</body></html>
"""

TABLES = """<HTML>
<HEAD>
{charset}<TITLE>{title}</TITLE>
</HEAD>
<BODY BGCOLOR="#FFFFF0">
<TABLE WIDTH="100%" BORDER="0"><TR><TD WIDTH="150" VALIGN="top">
<FONT SIZE="-1"><A HREF="index.html">Main page</A><BR><A HREF="news.html">News</A><BR><A HREF="links.html">Links</A><BR><A HREF="guest.html">Guest book</A></FONT>
</TD><TD VALIGN="top">
<CENTER><H2>{title}</H2></CENTER>
{body}
<HR><FONT SIZE="-2">Last changed {date} by {author}. You are visitor number 004213.</FONT>
</TD></TR></TABLE>
</BODY>
</HTML>
"""

SHOP = """<!DOCTYPE html>
<html lang="{lang}"><head>{charset}<title>{title} - buy online at {site}</title></head>
<body>
<div class="topbar">Free delivery over 50 | <a href="/login">Sign in</a> | <a href="/basket">Basket (0)</a></div>
<form role="search" action="/search"><input name="q" placeholder="Search"><button>Go</button></form>
<nav class="categories"><a href="/c/1">Garden</a> <a href="/c/2">Kitchen</a> <a href="/c/3">Workshop</a> <a href="/c/4">Outdoor</a> <a href="/c/5">Sale</a></nav>
<div class="product" itemscope itemtype="https://schema.org/Product">
<div class="gallery"><img src="/img/1.jpg" alt="front"><img src="/img/2.jpg" alt="side"></div>
<div class="info"><h1 itemprop="name">{title}</h1><p class="price">{price}</p><button class="add">Add to basket</button></div>
<div class="description" itemprop="description">
{body}
</div></div>
<div class="also"><h2>Customers also bought</h2><a href="/p/1">Twine, 100 m</a> <a href="/p/2">Oiled gloves</a> <a href="/p/3">Brass hooks</a></div>
<footer><a href="/delivery">Delivery</a> <a href="/returns">Returns</a> <a href="/privacy">Privacy policy</a> <a href="/terms">Terms of use</a></footer>
</body></html>
"""

FORUM = """<!DOCTYPE html>
<html lang="{lang}"><head>{charset}<title>{title} :: {site}</title></head>
<body>
<div class="forum-head"><a href="/">Board index</a> &lsaquo; <a href="/f/2">General</a> | <a href="/register">Register</a> | <a href="/faq">FAQ</a> | <a href="/login">Log in</a></div>
<h2 class="topic-title">{title}</h2>
{body}
<div class="pagination">Page 1 of 1</div>
<div class="online">Users browsing this forum: no registered users and 3 guests</div>
<div class="foot">All times are UTC. Delete cookies. Powered by a bulletin board.</div>
</body></html>
"""

DOCS = """<!DOCTYPE html>
<html lang="{lang}"><head>{charset}<title>{title} &mdash; {site} documentation</title></head>
<body>
<div class="related" role="navigation"><ul><li><a href="genindex.html">index</a></li><li><a href="next.html">next</a></li><li><a href="previous.html">previous</a></li></ul></div>
<div class="sphinxsidebar"><h3>Table of contents</h3><ul><li><a href="#">Introduction</a></li><li><a href="#">Installation</a></li><li><a href="#">Usage</a></li></ul></div>
<div class="document"><div class="body" role="main"><section id="page"><h1>{title}<a class="headerlink" href="#page" title="Link to this heading">&para;</a></h1>
{body}
</section></div></div>
<div class="footer">&copy; Copyright 2026, {author}.</div>
</body></html>
"""

BARE = "{body}\n"

_LAYOUTS = {"blog": BLOG, "news": NEWS, "tables": TABLES, "shop": SHOP, "forum": FORUM, "docs": DOCS, "bare": BARE}


def page(record: Record) -> str:
    """Return the whole page of a web record."""
    layout = record.get("layout", "blog")
    declared = record.get("declare")
    body = _posts(record.body) if layout == "forum" else to_html(record.body)
    if raw := record.get("raw"):
        body = {"append": body + "\n" + _EXTRA[record.get("extra")], "only": record.body}[raw]
    return _LAYOUTS[layout].format(
        title=html.escape(record.get("title", "Untitled")),
        site=html.escape(record.get("site", record.key.split("/")[2])),
        author=html.escape(record.get("author", "the editors")),
        date=record.get("date", "2026-10-01"),
        lang=record.get("lang", "en"),
        price=record.get("price", "12.50"),
        charset=f'<meta charset="{declared}">\n' if declared else "",
        body=body,
    )


_EXTRA = {
    "deep": "<div>" * 3000 + "<p>At the bottom of three thousand boxes lies this line.</p>",
    "scripts": "<script>var page = {id: 1, tags: ['a', 'b']};</script><style>.x{color:red}</style><noscript>Please enable JavaScript to see the map.</noscript>",
}


def _posts(body: str) -> str:
    """Posts start with a line ``== name, moment``."""
    posts = []
    for number, chunk in enumerate(("\n" + body).split("\n== ")[1:], 1):
        who, _, text = chunk.partition("\n")
        name, _, moment = who.partition(", ")
        posts.append(
            f'<div class="post" id="p{number}"><div class="author"><strong>{html.escape(name)}</strong><br>'
            f"Posts: {number * 37}<br>Joined: 2019</div>\n"
            f'<div class="postbody"><p class="posted">Posted {moment}</p>\n{to_html(text)}\n'
            f'<div class="sig">-- {html.escape(name)}</div></div></div>'
        )
    return "\n".join(posts)
