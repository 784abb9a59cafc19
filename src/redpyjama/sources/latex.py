r"""The source files of a paper -> its text: LaTeX as one would write it without macros, comments and references.

The files are read in the order in which TeX would read them. What remains is a body such as RedPajama's arXiv slice
holds: sections, mathematics and figures stay LaTeX, nothing is rendered.

What it deliberately does not do: run TeX. Macros that compute are left as they were called, conditionals whose outcome
depends on TeX's state are left as they are, and the code of packages that are not part of the project is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from redpyjama import limits
from redpyjama.sources import latex_definitions, latex_project
from redpyjama.sources.latex_macros import Macro, ends_with_word
from redpyjama.sources.latex_reader import Reader
from redpyjama.sources.latex_source import INLINE_VERBATIM, MARK, VERBATIM

_REFERENCES = frozenset(("thebibliography", "references", "REFERENCES", "biblist"))
_WRAPPERS = frozenset(("frontmatter", "titlepage", "document"))
_BY_FRONT = frozenset(
    "address affil affiliation affiliations aff altaffil altaffiltext altaffiliation altaffilmark authornote authorrunning "
    "collaboration collaborations corres correspondence correspondingauthor corresp cortext date dedicated ead email "
    "eaddress emailAdd institute institution inst homepage noaffiliation nocollaboration offprints orcid orcidlink "
    "preprint received accepted published revised running shortauthors shorttitle submitjournal thanks thankstext "
    "titlerunning titlehead tocauthor urladdr subjclass pagerange pubyear volume affilskip".split()
)
r"""Commands of the title page around the title: with an argument, before the first section, and no prose."""
_WITHOUT_ARGUMENT = frozenset(
    "maketitle tableofcontents listoffigures listoftables noaffiliation nocollaboration xspace balance newpage clearpage "
    "pagebreak cleardoublepage flushbottom raggedbottom DIFaddbegin DIFaddend DIFaddbeginFL DIFaddendFL".split()
)
_WITH_ARGUMENT = {
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
_SECTIONS = frozenset(("part", "chapter", "section", "subsection", "subsubsection"))
_MAX_ABSTRACT_PARTS = 5
r"""Astronomy & Astrophysics: ``\abstract{context}{aims}{methods}{results}{conclusions}``."""

_BLANK_LINES = re.compile(r"[ \t]*\n[ \t]*\n\s*")
_TRAILING = re.compile(r"[ \t]+\n")


@dataclass(slots=True)
class Paper:
    """What was made of a project.

    Attributes:
        text: The body, led by title and abstract; no blank lines at its ends.
        title: The argument of the title command, still LaTeX; "" where there is none.
        authors: Arguments of the author commands, still LaTeX.
        num_expanded: Macro calls and user environments that were expanded.
        num_missing: Inputs that are not among the files.
        files: Names of the files that were read, in order.
    """

    text: str = ""
    title: str = ""
    authors: list[str] = field(default_factory=list[str])
    num_expanded: int = 0
    num_missing: int = 0
    files: list[str] = field(default_factory=list[str])


class _Verbatim(str):
    """A piece of the text in which white space counts."""

    __slots__ = ()


def clean(files: Mapping[str, str], main: str) -> Paper:
    """Put a paper together.

    Args:
        files: Name in the project -> text without comments (see `latex_source.strip_comments`).
        main: The file to begin with.

    Raises:
        LimitExceeded: Its macros make out of all proportion more text than it has.
    """
    cleaner = _Cleaner(files, main)
    cleaner.read_project(is_plain_tex=not latex_project.is_root(files[main]))
    if not cleaner.has_begun:  # its \begin{document} is lost, or made by a macro that is unknown
        cleaner = _Cleaner(files, main)
        cleaner.read_project(is_plain_tex=True)
    return cleaner.finish()


class _Cleaner:
    """One pass over a project.

    Attributes:
        has_begun: Whether the body has begun.
    """

    def __init__(self, files: Mapping[str, str], main: str) -> None:
        self.has_begun = False
        self._files = files
        self._main = main
        self._paper = Paper()
        self._reader = Reader(sum(len(text) for text in files.values()))
        self._definitions = latex_definitions.Definitions(self._reader, PROTECTED)
        self._pieces: list[str] = []
        self._writes = False
        self._in_section = False
        self._is_plain_tex = False
        self._is_nested = False
        self._input_depth = 0

    def read_project(self, *, is_plain_tex: bool) -> None:
        """Read it from the main file to the end of the document."""
        self._is_plain_tex = self._writes = self.has_begun = is_plain_tex
        self._open(self._main)
        self._run()

    def finish(self) -> Paper:
        """Return what was read."""
        paper = self._paper
        body = _tidy(self._pieces).strip()
        paper.text = f"\\title{{{paper.title}}}\n\n{body}".strip() if paper.title else body
        return paper

    # --- the loop ---

    def _run(self) -> None:
        reader = self._reader
        while reader.frames:
            frame = reader.frames[-1]
            found = reader.next_command()
            if found is None:
                self._write(frame.text[frame.at :])
                reader.pop()
                continue
            self._write(frame.text[frame.at : found.start()])
            frame.at = found.end()
            self._command(found[1])

    def _command(self, name: str) -> None:
        if name in _HANDLERS:
            _HANDLERS[name](self, name)
        elif name in _INPUTS:
            self._input(name)
        elif name in _WITHOUT_ARGUMENT:
            pass
        elif name in _WITH_ARGUMENT:
            self._drop_arguments(name)
        elif name in _BY_FRONT and not self._in_section and not self._is_nested:
            self._drop_arguments(name)
        elif self._definitions.handles(name):
            if not self._definitions.define(name) and self._definitions.is_conditional(name):
                self._conditional(name)
        else:
            macro = self._definitions.macros.get(name)
            if macro is None:
                self._write_command(name)
            else:
                self._call(name, macro)

    def _write(self, text: str) -> None:
        if self._writes and text:
            self._pieces.append(text)

    def _write_command(self, name: str) -> None:
        if self._writes:
            if name in _SECTIONS:
                self._in_section = True
            self._pieces.append("\\" + name)

    def _expanded(self, text: str) -> str:
        """Return an argument with its macros expanded."""
        reader, nested, writes, pieces = self._reader, self._is_nested, self._writes, self._pieces
        frames, reader.frames = reader.frames, []
        self._is_nested, self._writes, self._pieces = True, True, []
        reader.push(text)
        self._run()
        result = _tidy(self._pieces).strip()
        reader.frames, self._is_nested, self._writes, self._pieces = frames, nested, writes, pieces
        return result

    # --- macros ---

    def _call(self, name: str, macro: Macro) -> None:
        reader = self._reader
        depth = reader.frames[-1].depth + 1
        if macro.primitive:
            self._write_command(macro.primitive)
            return
        if depth > limits.MAX_MACRO_DEPTH:
            self._write_command(name)
            return
        taken: list[str] = []
        arguments = self._arguments(macro, taken)
        if arguments is None:
            self._write_command(name)
            self._write("".join(taken))
            return
        self._push_expansion(macro.body(arguments), depth, drops_braces=not macro.delimiters)

    def _arguments(self, macro: Macro, taken: list[str]) -> list[str] | None:
        """Take the arguments of a call; None if they are not there, what was taken so far being in *taken*."""
        reader = self._reader
        if macro.takes_star:
            reader.star()
        if macro.prefix:
            frame = reader.frames[-1]
            if not frame.text.startswith(macro.prefix, frame.at):
                return None
            frame.at += len(macro.prefix)
            taken.append(macro.prefix)
        arguments: list[str] = []
        for number, delimiter in enumerate(macro.delimiters):
            if number == 0 and macro.default is not None:
                found = reader.optional()
                argument = macro.default if found is None else found
                taken += [] if found is None else [f"[{found}]"]
            else:
                argument = reader.delimited(delimiter) if delimiter else reader.argument()
                if argument is None:
                    return None
                taken += [f"{{{argument}}}"]
            arguments.append(argument)
        return arguments

    def _push_expansion(self, text: str, depth: int, *, drops_braces: bool = False) -> None:
        reader = self._reader
        frame = reader.frames[-1]
        self._paper.num_expanded += self._writes
        reader.charge(len(text) + 16)
        if drops_braces and frame.text.startswith("{}", frame.at):
            frame.at += 2  # they ended the macro's name; the expansion needs no end
        if frame.text[frame.at : frame.at + 1].isalpha() and ends_with_word(text):
            text += " "
        reader.push(text, depth=depth)

    def _conditional(self, name: str) -> None:
        truth = self._definitions.truth(name)
        if truth is None:
            self._write_command(name)
            return
        frame = self._reader.frames[-1]
        branches = self._reader.branches()
        if branches is None:
            self._write_command(name)
        else:
            self._reader.push(branches[not truth], depth=frame.depth)

    # --- files ---

    def _open(self, name: str) -> None:
        text = self._files[name]
        if name in self._paper.files:
            self._reader.charge(len(text))
        self._paper.files.append(name)
        if self.has_begun and not self._is_plain_tex:
            text = latex_project.document_body(text)
        self._reader.push(text, file=name)

    def _input(self, name: str) -> None:
        reader = self._reader
        folder = ""
        if name in ("import", "subimport"):
            folder = reader.argument() or ""
        if name == "InputIfFileExists" or reader.peek() == "{":
            target = reader.group()
            if name == "InputIfFileExists":
                reader.group(), reader.group()
        else:
            frame = reader.frames[-1]
            found = _BARE_NAME.match(frame.text, frame.at)
            target = found[0] if found else None
            frame.at = found.end() if found else frame.at
        if target is None:
            return
        open_files = [frame.file for frame in reader.frames if frame.file]
        path = latex_project.resolve(self._files, folder + target.strip(), self._main, open_files[-1:] or [self._main])
        if path is None or len(open_files) >= limits.MAX_INPUT_DEPTH:
            self._paper.num_missing += 1
        else:
            self._open(path)

    def _packages(self, _name: str) -> None:
        """Read the project's own style files for their macros."""
        self._reader.optional()
        names = self._reader.argument() or ""
        for package in reversed([n.strip() for n in names.split(",")]):
            path = latex_project.resolve(self._files, package + ".sty", self._main, [self._main])
            if path is not None and path not in self._paper.files and not self._writes:
                self._open(path)
                self._reader.at_letter = True

    def _end_of_file(self, _name: str) -> None:
        reader = self._reader
        while reader.frames:
            if reader.pop().file:
                break

    def _end_of_document(self) -> None:
        self._reader.frames.clear()

    # --- title page ---

    def _drop_arguments(self, name: str) -> None:
        reader = self._reader
        reader.star()
        for _ in range(_WITH_ARGUMENT.get(name, 1)):
            while reader.peek() == "[" and reader.optional() is not None:
                pass
            if reader.peek() == "{":
                reader.group()
        if name == "newtheorem":
            reader.optional()

    def _title(self, name: str) -> None:
        if self._is_nested or self._in_section:
            self._write_command(name)
            return
        self._reader.star()
        self._reader.optional()
        title = self._reader.group()
        if title and title.strip():
            self._paper.title = self._expanded(title) or self._paper.title

    def _author(self, name: str) -> None:
        if self._is_nested or self._in_section:
            self._write_command(name)
            return
        while self._reader.peek() == "[" and self._reader.optional() is not None:
            pass
        if self._reader.peek() == "{" and (author := self._reader.group()):
            self._paper.authors.append(self._expanded(author))

    def _abstract(self, name: str) -> None:
        if self._is_nested or self._reader.peek() != "{":
            self._write_command(name)
            return
        parts: list[str] = []
        while len(parts) < _MAX_ABSTRACT_PARTS and self._reader.peek() == "{":
            part = self._reader.group()
            if part is None:
                break
            parts.append(part.strip())
        text = "\n".join(part for part in parts if part)
        if text:
            self._reader.push(f"\\begin{{abstract}}\n{text}\n\\end{{abstract}}\n")

    # --- environments ---

    def _begin(self, name: str) -> None:
        reader = self._reader
        environment = reader.group()
        if environment is None:
            self._write_command(name)
            return
        tag = f"\\begin{{{environment}}}"
        if environment == "document":
            self._writes = self.has_begun = True
        elif environment in VERBATIM:
            self._verbatim_environment(environment)
        elif environment in _REFERENCES:
            self._skip_to(f"\\end{{{environment}}}")
        elif environment == "abstract" and not self._writes:
            self._writes = True
            self._pieces.append(tag)
        elif environment in _WRAPPERS:
            pass
        elif macro := self._definitions.begins.get(environment):
            depth = reader.frames[-1].depth + 1
            arguments = self._arguments(macro, []) if depth <= limits.MAX_MACRO_DEPTH else None
            if arguments is None:
                self._write(tag)
            else:
                self._push_expansion(macro.body(arguments), depth)
        else:
            self._write(tag)

    def _end(self, name: str) -> None:
        reader = self._reader
        environment = reader.group() if reader.peek() == "{" else None
        if environment is None:
            if self._is_plain_tex and name == "end":
                self._end_of_document()
            else:
                self._write_command(name)
        elif environment == "document":
            self._end_of_document()
        elif environment == "abstract" and not self.has_begun:
            self._write("\\end{abstract}\n\n")
            self._writes = False
        elif environment in _WRAPPERS:
            pass
        elif macro := self._definitions.ends.get(environment):
            self._push_expansion(macro.body([]), reader.frames[-1].depth + 1)
        else:
            self._write(f"\\end{{{environment}}}")

    def _skip_to(self, end: str) -> None:
        """Leave out what comes before *end*; all of the rest of this text where it does not come."""
        frame = self._reader.frames[-1]
        place = frame.text.find(end, frame.at)
        frame.at = len(frame.text) if place < 0 else place + len(end)

    def _verbatim_environment(self, environment: str) -> None:
        frame = self._reader.frames[-1]
        start = frame.at
        self._skip_to(f"\\end{{{environment}}}")
        if not environment.startswith("filecontents") and self._writes:
            self._pieces.append(_Verbatim(f"\\begin{{{environment}}}{frame.text[start : frame.at]}"))

    def _verbatim(self, name: str) -> None:
        frame = self._reader.frames[-1]
        found = INLINE_VERBATIM.match(frame.text, frame.at)
        self._write_command(name)
        if found and self._writes:
            self._pieces.append(_Verbatim(found[0]))
        frame.at = found.end() if found else frame.at

    def _kept_argument(self, _name: str) -> None:
        self._reader.push(self._reader.group() or "", depth=self._reader.frames[-1].depth)

    def _deleted(self, _name: str) -> None:
        self._skip_to("\\DIFdelend")

    def _print_references(self, _name: str) -> None:
        self._reader.optional()

    def _bye(self, name: str) -> None:
        if self._is_plain_tex:
            self._end_of_document()
        else:
            self._write_command(name)

    def _letters(self, name: str) -> None:
        self._reader.at_letter = name == "makeatletter"


_BARE_NAME = re.compile(r"[^\s{}\\%$,;]+")
_INPUTS = frozenset(("input", "include", "subfile", "import", "subimport", "InputIfFileExists"))
_HANDLERS: dict[str, Callable[[_Cleaner, str], None]] = {
    "begin": _Cleaner._begin,
    "end": _Cleaner._end,
    "title": _Cleaner._title,
    "author": _Cleaner._author,
    "abstract": _Cleaner._abstract,
    "usepackage": _Cleaner._packages,
    "RequirePackage": _Cleaner._packages,
    "endinput": _Cleaner._end_of_file,
    "verb": _Cleaner._verbatim,
    "lstinline": _Cleaner._verbatim,
    "mintinline": _Cleaner._verbatim,
    "printbibliography": _Cleaner._print_references,
    "bye": _Cleaner._bye,
    "makeatletter": _Cleaner._letters,
    "makeatother": _Cleaner._letters,
    "DIFadd": _Cleaner._kept_argument,
    "DIFaddFL": _Cleaner._kept_argument,
    "DIFdelbegin": _Cleaner._deleted,
    "DIFdelbeginFL": _Cleaner._deleted,
}

PROTECTED = frozenset(
    "documentclass documentstyle part chapter section subsection subsubsection paragraph subparagraph appendix item "
    "caption label ref eqref pageref cite citep citet citealt citealp citeauthor citeyear footnote footnotetext emph "
    "textbf textit texttt textsc textrm textsf underline url href text mathrm mathbf mathcal mathbb mathfrak left right "
    "frac sqrt sum int par newline linebreak centering includegraphics hline toprule midrule bottomrule multicolumn "
    "ensuremath operatorname equation endequation align endalign document enddocument newpage clearpage".split()
) | {*_HANDLERS, *_INPUTS, *_WITHOUT_ARGUMENT, *_WITH_ARGUMENT, *_BY_FRONT}
"""Commands that mean the same whatever a project makes of them: expanding them would undo the structure."""


def _tidy(pieces: list[str]) -> str:
    """Put the pieces together; outside of verbatim text at most one blank line, and no blanks at the ends of lines."""
    tidied: list[str] = []
    plain: list[str] = []
    for piece in [*pieces, _Verbatim()]:
        if not isinstance(piece, _Verbatim):
            plain.append(piece)
            continue
        text = "".join(plain).replace(MARK, "")
        tidied += [_TRAILING.sub("\n", _BLANK_LINES.sub("\n\n", text)), piece]
        plain = []
    return "".join(tidied)
