"""MediaWiki: the published dumps, their pages, and wikitext to text."""
