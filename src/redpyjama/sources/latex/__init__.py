"""LaTeX: the files of a paper, its macros, and what of it is text."""
