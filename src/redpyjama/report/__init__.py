"""Tables in; HTML, Markdown, JSON out."""
