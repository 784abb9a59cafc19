"""LaTeX commands and environments by what becomes of them."""

from __future__ import annotations

REFERENCES = frozenset(("thebibliography", "references", "REFERENCES", "biblist"))
WRAPPERS = frozenset(("frontmatter", "titlepage", "document"))
ON_TITLE_PAGE = frozenset(
    "address affil affiliation affiliations aff altaffil altaffiltext altaffiliation altaffilmark authornote "
    "authorrunning collaboration collaborations corres correspondence correspondingauthor corresp cortext date "
    "dedicated ead email eaddress emailAdd institute institution inst homepage noaffiliation nocollaboration "
    "offprints orcid orcidlink preprint received accepted published revised running shortauthors shorttitle "
    "submitjournal thanks thankstext titlerunning titlehead tocauthor urladdr subjclass pagerange pubyear volume "
    "affilskip".split()
)
r"""Commands of the title page around the title: with an argument, before the first section, and no prose."""
WITHOUT_ARGUMENT = frozenset(
    "maketitle tableofcontents listoffigures listoftables noaffiliation nocollaboration xspace balance newpage "
    "clearpage pagebreak cleardoublepage flushbottom raggedbottom "
    "DIFaddbegin DIFaddend DIFaddbeginFL DIFaddendFL".split()
)
WITH_ARGUMENT = {
    "bibliographystyle": 1,
    "nocite": 1,
    "bibliography": 1,
    "pagestyle": 1,
    "thispagestyle": 1,
    "pagenumbering": 1,
    "hypersetup": 1,
    "graphicspath": 1,
    "setcounter": 2,
    "addtocounter": 2,
    "setlength": 2,
    "addtolength": 2,
    "newcounter": 1,
    "stepcounter": 1,
    "newtheorem": 2,
    "altaffiltext": 2,
    "collaboration": 2,
    "thankstext": 2,
    "markboth": 2,
    "DIFdel": 1,
    "DIFdelFL": 1,
}
"""Commands that print nothing of the paper's text, with how many arguments; DIF...: what latexdiff marks as deleted."""
SECTIONS = frozenset(("part", "chapter", "section", "subsection", "subsubsection"))

INPUTS = frozenset(("input", "include", "subfile", "import", "subimport", "InputIfFileExists"))
HANDLED = frozenset(
    "begin end title author abstract usepackage RequirePackage endinput verb lstinline mintinline "
    "printbibliography bye makeatletter makeatother DIFadd DIFaddFL DIFdelbegin DIFdelbeginFL".split()
)
"""Commands that the cleaner carries out."""

PROTECTED = frozenset(
    "documentclass documentstyle part chapter section subsection subsubsection paragraph subparagraph appendix "
    "item caption label ref eqref pageref cite citep citet citealt citealp citeauthor citeyear footnote "
    "footnotetext emph textbf textit texttt textsc textrm textsf underline url href text mathrm mathbf mathcal "
    "mathbb mathfrak left right frac sqrt sum int par newline linebreak centering includegraphics hline toprule "
    "midrule bottomrule multicolumn ensuremath operatorname equation endequation align endalign document "
    "enddocument newpage clearpage".split()
) | {*HANDLED, *INPUTS, *WITHOUT_ARGUMENT, *WITH_ARGUMENT, *ON_TITLE_PAGE}
"""Commands that mean the same whatever a project makes of them: expanding them would undo the structure."""
