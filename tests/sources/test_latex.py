"""The LaTeX cleaner: small papers, hostile ones, and what it never changes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.errors import LimitExceeded
from redpyjama.sources.latex import latex, latex_faithful, latex_plain, latex_project, latex_source
from redpyjama.sources.latex.latex_source import MARK, strip_comments

PREAMBLE = "\\documentclass{article}\n"


def clean(body: str, *, preamble: str = "", **files: str) -> str:
    main = f"{PREAMBLE}{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\nafter the end"
    return paper({"main.tex": main, **{f"{k}.tex": v for k, v in files.items()}}).text


def paper(files: dict[str, str], main: str = "main.tex"):
    return latex.clean({name: strip_comments(text) for name, text in files.items()}, main)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("a % b\nc", f"a {MARK}\nc"),
        ("100\\% sure % not", f"100\\% sure {MARK}"),
        ("line\n% whole line\nnext", "line\nnext"),
        ("line\n   % indented\nnext", "line\nnext"),
        ("a\\\\% after a line break\nb", f"a\\\\{MARK}\nb"),
        ("a\\\\\\% no comment", "a\\\\\\% no comment"),
        ("\\verb|50%| x % y", f"\\verb|50%| x {MARK}"),
        ("\\verb*!%! x", "\\verb*!%! x"),
        ("\\url{http://a.b/c%20d} e", "\\url{http://a.b/c%20d} e"),
        ("\\href{http://a.b/%7Ed}{text} % e", f"\\href{{http://a.b/%7Ed}}{{text}} {MARK}"),
        ("\\begin{verbatim}\n% kept\n\\end{verbatim}% gone", f"\\begin{{verbatim}}\n% kept\n\\end{{verbatim}}{MARK}"),
        ("\\begin{lstlisting}[x]\na % b\n\\end{lstlisting}", "\\begin{lstlisting}[x]\na % b\n\\end{lstlisting}"),
        ("% \\begin{verbatim}\na % b\n", f"a {MARK}\n"),
        ("x\\begin{comment}\na\n\\end{comment}y", "xy"),
        ("\\begin{comment} never closed % x", f"\\begin{{comment}} never closed {MARK}"),
        ("\\verbose % x", f"\\verbose {MARK}"),
        ("%%%", ""),
        ("", ""),
    ],
)
def test_comments_go_and_nothing_else(source, kept):
    assert strip_comments(source) == kept


@given(st.text(alphabet="ab%\\{} \n|", max_size=60))
def test_verbatim_text_is_never_changed(inside):
    text = f"\\begin{{verbatim}}{inside}\\end{{verbatim}}"
    if "\\end" not in inside:
        assert strip_comments(text) == text


@given(st.text(alphabet="abc 12\n", max_size=80))
def test_text_without_commands_stays_as_it_is(text):
    assert strip_comments(text) == text


@pytest.mark.parametrize(
    ("definition", "call", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", r"$x \in \R$", r"$x \in \mathbb{R}$"),
        (r"\newcommand\R{\mathbb{R}}", r"$\R^n$", r"$\mathbb{R}^n$"),
        (r"\newcommand*{\abs}[1]{\left|#1\right|}", r"$\abs{x}$", r"$\left|x\right|$"),
        (
            r"\newcommand{\p}[2][t]{\frac{\partial #2}{\partial #1}}",
            r"\p{f}\p[x]{f}",
            r"\frac{\partial f}{\partial t}\frac{\partial f}{\partial x}",
        ),
        ("\\newcommand{\\x}{%\n  long\n  body}", r"\x", "long\n  body"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"$\vec v$", r"$\mathbf{v}$"),
        (r"\providecommand{\x}{one}\providecommand{\x}{two}", r"\x", "one"),
        (r"\def\be{\begin{equation}}\def\ee{\end{equation}}", r"\be x \ee", r"\begin{equation} x \end{equation}"),
        (r"\def\pair#1#2{(#1, #2)}", r"\pair{a}b", "(a, b)"),
        (r"\def\eq#1\qe{\[#1\]}", r"\eq x=1\qe", r"\[x=1\]"),
        (r"\def\x#1;#2.{<#1|#2>}", "\\x a;b.", "<a|b>"),
        (r"\long\def\x#1{[#1]}", r"\x{a}", "[a]"),
        (r"\global\def\x{y}", r"\x", "y"),
        (r"\DeclareMathOperator{\tr}{Tr}", r"$\tr A$", r"$\operatorname{Tr} A$"),
        (r"\DeclareMathOperator*{\argmax}{arg\,max}", r"$\argmax_x$", r"$\operatorname*{arg\,max}_x$"),
        (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}", r"$\norm*{x}$", r"$\lVert x \rVert$"),
        (r"\NewDocumentCommand{\x}{O{a} m}{#1-#2}", r"\x{b} \x[c]{d}", "a-b c-d"),
        (r"\newcommand{\a}{A}\let\b\a\renewcommand{\a}{Z}", r"\b\a", "AZ"),
        (r"\let\oldemph\emph\newcommand{\x}[1]{\oldemph{#1}}", r"\x{a}", r"\emph{a}"),
        (r"\newcommand{\kms}{km\,s$^{-1}$\xspace}", r"5 \kms and", r"5 km\,s$^{-1}$ and"),
        (r"\newcommand{\aa}{\alpha}", r"$\aa{}b$", r"$\alpha b$"),
        (r"\newcommand{\br}[1]{\bar#1}", r"$\br{x}$", r"$\bar x$"),
        (r"\newcommand{\one}{\two}\newcommand{\two}[1]{<#1>}", r"\one{x}", "<x>"),
        (r"\def\kms{\ifmmode\mathrm{km}\else km\fi}", r"\kms", r"\ensuremath{\mathrm{km}}"),
        (r"\newenvironment{wrap}[1]{BEGIN #1}{END}", r"\begin{wrap}{a}x\end{wrap}", "BEGIN axEND"),
        (r"\newcommand{\nest}[1]{(#1)}", r"\nest{a \nest{b}}", "(a (b))"),
        (r"\newif\ifdraft\drafttrue", r"\ifdraft yes\else no\fi", "yes"),
        (r"\newif\ifdraft", r"\ifdraft yes\else no\fi", "no"),
    ],
)
def test_macros_are_expanded(definition, call, expected):
    assert clean(call, preamble=definition) == expected
    assert clean(f"{definition}\n{call}") == expected


@pytest.mark.parametrize(
    "body",
    [
        r"\verb|\x| stays",
        "\\begin{verbatim}\n\\x   \n\n\n\n\\x\n\\end{verbatim}",
        r"\unknown{a}[b]",
        r"\ifx\a\b one\else two\fi",
        r"\section{One} \label{a} \cite{b} $x_1$ \ref{c}",
    ],
)
def test_what_is_no_macro_stays_as_it_is(body):
    assert clean(body, preamble=r"\newcommand{\x}{EXPANDED}") == body


@pytest.mark.parametrize(
    "definition",
    [
        r"\newcommand{\x}{\@ifnextchar[{\a}{\b}}",
        r"\def\x{\expandafter\y}",
        r"\def\x{\x\x}",
        r"\newcommand{\x}[1]{\csname #1\endcsname}",
    ],
)
def test_programs_are_left_as_they_were_called(definition):
    assert clean(r"a \x b", preamble=definition) == r"a \x b"


def test_structure_is_never_redefined():
    preamble = r"\renewcommand{\section}[1]{GONE}\renewcommand{\cite}[1]{GONE}\newenvironment{equation}{GONE}{}"
    body = r"\section{A} \cite{b} \begin{equation}x\end{equation}"

    assert clean(body, preamble=preamble) == body


def test_title_and_abstract_stay_and_the_rest_of_the_title_page_goes():
    preamble = (
        "\\usepackage{amsmath}\n\\title[short]{A \\emph{long} title}\n\\author{Ann Author\\thanks{x}}\n\\date{today}"
    )
    body = "\\maketitle\n\\begin{abstract}\nWe do.\n\\end{abstract}\n\\section{One}\nText."

    assert clean(
        body, preamble=preamble
    ) == "\\title{A \\emph{long} title}\n\n\\begin{abstract}\nWe do.\n\\end{abstract}\n\n\\section{One}\nText.".replace(
        "\n\n\\section", "\n\\section"
    )


@pytest.mark.parametrize(
    "abstract", ["\\abstract{We do.}", "\\begin{abstract}\nWe do.\n\\end{abstract}", "\\abstract{We}{do.}{}{}{}"]
)
def test_an_abstract_in_the_preamble_is_kept(abstract):
    text = clean("\\maketitle \\section{One}", preamble=abstract)

    assert text.startswith("\\begin{abstract}\nWe")
    assert "do." in text
    assert text.endswith(("\\end{abstract}\n\n\\section{One}", "\\end{abstract}\n \\section{One}"))


@pytest.mark.parametrize(
    "references",
    [
        "\\begin{thebibliography}{9}\n\\bibitem{a} B. \\end{thebibliography}",
        "\\bibliographystyle{plain}\n\\bibliography{refs}",
        "\\printbibliography[heading=none]",
        "\\begin{references} x \\end{references}",
    ],
)
def test_references_go_and_the_appendix_after_them_stays(references):
    text = clean(f"Text.\n{references}\n\\appendix\n\\section{{Proofs}}\nMore.")

    assert (
        text == "Text.\n\n\\appendix\n\\section{Proofs}\nMore."
        or text.replace("\n\n", "\n") == "Text.\n\\appendix\n\\section{Proofs}\nMore."
    )


def test_a_name_like_appendix_does_not_end_the_text():
    assert clean("a \\appendixname b") == "a \\appendixname b"


def test_inputs_are_read_where_they_stand_and_drafts_not_at_all():
    text = clean(
        "One\n\\input{two}\n\\include{three.tex}\n\\input four\nend",
        two="Two\n\\input{sub}",
        sub="Sub",
        three="Three",
        four="Four",
        draft="OLD DRAFT",
    )

    assert text.split() == ["One", "Two", "Sub", "Three", "Four", "end"]


def test_missing_inputs_are_counted():
    found = paper({"main.tex": PREAMBLE + "\\begin{document}a \\input{nowhere} b\\end{document}"})

    assert (found.text.split(), found.num_missing) == (["a", "b"], 1)


def test_an_input_that_reads_itself_ends():
    found = paper({"main.tex": PREAMBLE + "\\begin{document}x \\input{main}\\end{document}", "a.tex": "\\input{a}"})

    assert (found.text.split(), found.num_missing) == (["x"], 1)


def test_a_subfile_gives_its_body():
    sub = "\\documentclass[main]{subfiles}\n\\begin{document}Inner\\end{document}"

    assert clean("a \\subfile{part} b", part=sub).split() == ["a", "Inner", "b"]


def test_macros_of_the_projects_own_packages_are_known():
    files = {
        "mine.sty": "\\newcommand{\\x}{X}\n\\def\\y@z{no}",
        "main.tex": PREAMBLE + "\\usepackage{a,mine}\\begin{document}\\x\\end{document}",
    }

    assert paper(files).text == "X"


def test_switched_off_text_goes():
    body = "a \\iffalse gone \\ifx\\a\\b also \\fi gone \\else kept\\fi{} \\if0 gone \\fi b \\iftrue yes\\else no\\fi"

    assert clean(body).split() == ["a", "kept{}", "b", "yes"]


def test_what_latexdiff_deleted_goes_and_what_it_added_stays():
    preamble = "\\providecommand{\\DIFadd}[1]{{\\color{blue}#1}}\\providecommand{\\DIFdel}[1]{{\\sout{#1}}}"
    body = "a \\DIFaddbegin \\DIFadd{new} \\DIFaddend \\DIFdelbegin \\DIFdel{old} \\DIFdelend b"

    assert clean(body, preamble=preamble).split() == ["a", "new", "b"]


def test_plain_tex_is_read_whole():
    assert (
        paper({"main.tex": "\\def\\x{X}\\beginsection One\n\\x text\n\\bye rest"}).text == "\\beginsection One\nX text"
    )


def test_a_macro_bomb_is_refused():
    names = "abcdefghijklmnopqrstuvwxyz"
    definitions = "".join(f"\\def\\m{a}{{\\m{b}\\m{b}}}" for a, b in itertools.pairwise(names))
    for last in ("", "boom"):
        with pytest.raises(LimitExceeded, match="MAX_MACRO_OUTPUT_RATIO"):
            clean("\\ma", preamble=definitions + f"\\def\\mz{{{last}}}")


def test_deep_nesting_of_macros_stops_at_the_limit():
    assert clean("\\a", preamble="\\def\\a{x\\b}\\def\\b{x\\a}") == "x" * limits.MAX_MACRO_DEPTH + "\\a"


@pytest.mark.parametrize(
    "unit", ["\\foo{", "\\foo", "\\iffalse ", "\\begin{verbatim}", "\\def\\x", "\\foo[", "\\title{", "{", "\\input{"]
)
def test_unclosed_things_cost_no_more_than_a_limit(unit):
    body = unit * 20_000
    try:
        text = clean(body, preamble="\\newcommand{\\foo}[2][a]{#1#2}")
    except LimitExceeded:
        return
    assert len(text) <= limits.MAX_MACRO_OUTPUT_RATIO * (len(body) + 100)


PIECES = st.sampled_from(
    "\\newcommand \\def \\x \\y #1 #2 { } [ ] [1] {\\x} {a} \\begin{document} \\end{document} \\begin{abstract} \\end \\fi "
    "\\iffalse \\else \\if \\title \\author \\input{main} \\let = \\verb | % \\\\ $ \\newenvironment{e} \\begin{e} \\end{e} "
    "\\documentclass{a} \\newif\\ifz \\ifz \\ztrue \\usepackage{main} \\abstract \\begin{thebibliography} \\DIFdelbegin "
    "\\NewDocumentCommand \\DeclareMathOperator \\section \\makeatletter \\x@y \\endinput \\bye text \\ ~ \n".split(" ")
)


@settings(deadline=None)  # a share of two cores is no clock
@given(st.lists(PIECES, max_size=40))
def test_it_never_raises_but_for_its_limit(pieces):
    files = {"main.tex": "".join(pieces), "main.sty": "\\def\\x#1{#1#1}"}
    try:
        found = paper(files)
    except LimitExceeded:
        return
    assert MARK not in found.text
    latex_plain.title_text(found.title)
    latex_plain.author_names(found.authors)
    latex_faithful.clean(files.values())


# --- which file is the paper ---


def roots(files: dict[str, str], **named: list[str]) -> list[str]:
    return latex_project.roots(files, **named)


ROOT = "\\documentclass{a}\\begin{document}x\\end{document}"


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({"zz.tex": ROOT, "response.tex": ROOT * 9}, "zz.tex"),
        ({"ms.tex": ROOT, "a.tex": ROOT * 9}, "ms.tex"),
        ({"main.tex": ROOT, "version_Arxiv/main.tex": ROOT * 2}, "main.tex"),
        ({"paper.tex": ROOT, "paper_diff.tex": ROOT * 2}, "paper.tex"),
        ({"a.tex": ROOT, "b.tex": "\\documentclass{a}\\begin{document}\\input{a}\\end{document}"}, "b.tex"),
        ({"a.tex": "\\def\\x{}", "b.tex": "plain \\TeX paper, the longer one"}, "b.tex"),
        ({"supplement.tex": ROOT}, "supplement.tex"),
    ],
)
def test_the_paper_comes_first(files, first):
    assert roots(files)[0] == first


def test_what_the_author_named_wins():
    readme = latex_project.named_by_author({"00README.XXX": "b.tex toplevelfile\nms.tex ignore\n"})
    assert roots({"ms.tex": ROOT, "b.tex": ROOT}, toplevel=readme[0], ignored=readme[1]) == ["b.tex"]

    readme = latex_project.named_by_author(
        {"00README.json": '{"sources": [{"filename": "b.tex", "usage": "toplevel"}]}'}
    )
    assert roots({"ms.tex": ROOT, "b.tex": ROOT}, toplevel=readme[0], ignored=readme[1]) == ["b.tex", "ms.tex"]


def test_inputs_cannot_leave_the_project():
    files = {"main.tex": "", "a/b.tex": ""}

    assert latex_project.resolve(files, "../../etc/passwd", "main.tex", []) is None
    assert latex_project.resolve(files, "./a/../a/b", "main.tex", []) == "a/b.tex"


# --- encodings, titles, names ---


@pytest.mark.parametrize(
    ("data", "declared", "text", "repairs"),
    [
        ("Erdős".encode(), None, "Erdős", 0),
        (b"\xef\xbb\xbfa\r\nb\rc\x0cd", None, "a\nb\nc\nd", 0),
        ("Schrödinger".encode("latin-1"), None, "Schrödinger", 0),
        ("Łódź".encode("iso8859_2"), "iso8859_2", "Łódź", 0),
        (b"a\0b", None, "ab", 1),
        ("é".encode() * 20 + b"\xff", None, "é" * 20 + "\ufffd", 1),
    ],
)
def test_bytes_become_text(data, declared, text, repairs):
    assert latex_source.decode(data, declared) == (text, repairs)


def test_the_declared_encoding_is_found():
    assert latex_source.declared_encoding(b"\\usepackage[latin2]{inputenc}") == "iso8859_2"
    assert latex_source.declared_encoding(b"\\usepackage[utf8]{inputenc}") is None


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("On {\\LARGE\\bf Large} Things\\thanks{Supported}", "On Large Things"),
        ("A \\\\ B~C", "A B C"),
        ("The ``quick'' $x_1$ test", "The “quick” $x_1$ test"),
        ("Poincar\\'e and Erd\\H{o}s and Fr{\\'e}chet", "Poincaré and Erdős and Fréchet"),
        ("Stra\\ss e \\& 50\\%", "Straße & 50%"),
        ("", ""),
    ],
)
def test_titles_become_plain(title, plain):
    assert latex_plain.title_text(title) == plain


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (["Ann Author\\thanks{x} \\and Bob B. Builder"], ["Ann Author", "Bob B. Builder"]),
        (["Ann Author$^{1,2}$, Bob Builder$^1$\\\\ $^1$ Institute of Things"], ["Ann Author", "Bob Builder"]),
        (['J\\"urgen M\\"uller'], ["Jürgen Müller"]),
        (["Institute 7, Street 3"], []),
        ([], []),
    ],
)
def test_names_are_told_from_addresses(authors, names):
    assert latex_plain.author_names(authors) == names


# --- faithful ---


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("\\begin{abstract}A\\end{abstract}\\section{One} text", "\\section{One} text"),
        ("no heading at all", ""),
        ("\\paragraph{P} alone does not count", ""),
        ("\\paragraph{P}\\subparagraph{Q} but both do", "\\paragraph{P}\\subparagraph{Q} but both do"),
        ("\\section{A} ab% note\n% line\nc", "\\section{A} a\nc"),
        ("\\section{A} see \\appendixname x", "\\section{A} see "),
        ("\\section{A}\n\\bibliography{x}\nrest", "\\section{A}\n"),
        ("\\newcommand{\\x}{X}\n\\section{A} \\x, \\xy", "\\section{A} X, \\xy"),
        ("\\newcommand{\\x}{X} % not found\n\\section{A} \\x.", "\\section{A} \\x."),
        ("\\newcommand\\x{X}\n\\section{A} \\x.", "\\section{A} \\x."),
    ],
)
def test_the_faithful_cleaner_has_the_published_defects(source, text):
    assert latex_faithful.clean([source]) == text
