r"""The source files of a paper -> its text: LaTeX as one would write it without macros, comments and references.

The files are read in the order in which TeX would read them. What remains is a body such as RedPajama's arXiv slice
holds: sections, mathematics and figures stay LaTeX, nothing is rendered.

What it deliberately does not do: run TeX. Macros that compute are left as they were called, conditionals whose outcome
depends on TeX's state are left as they are, and the code of packages that are not part of the project is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from redpyjama import limits
from redpyjama.sources.latex import latex_commands as commands
from redpyjama.sources.latex import latex_definitions, latex_project
from redpyjama.sources.latex.latex_macros import Macro, ends_with_word
from redpyjama.sources.latex.latex_output import Paper, Verbatim, tidy
from redpyjama.sources.latex.latex_reader import Reader
from redpyjama.sources.latex.latex_source import INLINE_VERBATIM, VERBATIM

_MAX_ABSTRACT_PARTS = 5
r"""Astronomy & Astrophysics: ``\abstract{context}{aims}{methods}{results}{conclusions}``."""


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
        self._definitions = latex_definitions.Definitions(self._reader, commands.PROTECTED)
        self._pieces: list[str] = []
        self._writes = False
        self._in_section = False
        self._is_plain_tex = False
        self._is_nested = False
        self._handlers: dict[str, Callable[[str], None]] = {
            "begin": self._begin,
            "end": self._end,
            "title": self._title,
            "author": self._author,
            "abstract": self._abstract,
            "usepackage": self._packages,
            "RequirePackage": self._packages,
            "endinput": self._end_of_file,
            "verb": self._verbatim,
            "lstinline": self._verbatim,
            "mintinline": self._verbatim,
            "printbibliography": self._print_references,
            "bye": self._bye,
            "makeatletter": self._letters,
            "makeatother": self._letters,
            "DIFadd": self._kept_argument,
            "DIFaddFL": self._kept_argument,
            "DIFdelbegin": self._deleted,
            "DIFdelbeginFL": self._deleted,
        }

    def read_project(self, *, is_plain_tex: bool) -> None:
        """Read it from the main file to the end of the document."""
        self._is_plain_tex = self._writes = self.has_begun = is_plain_tex
        self._open(self._main)
        self._run()

    def finish(self) -> Paper:
        """Return what was read."""
        paper = self._paper
        body = tidy(self._pieces).strip()
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
        if name in commands.HANDLED:
            self._handlers[name](name)
        elif name in commands.INPUTS:
            self._input(name)
        elif name in commands.WITHOUT_ARGUMENT:
            pass
        elif name in commands.WITH_ARGUMENT:
            self._drop_arguments(name)
        elif name in commands.ON_TITLE_PAGE and not self._in_section and not self._is_nested:
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
            if name in commands.SECTIONS:
                self._in_section = True
            self._pieces.append("\\" + name)

    def _expanded(self, text: str) -> str:
        """Return an argument with its macros expanded."""
        reader, nested, writes, pieces = self._reader, self._is_nested, self._writes, self._pieces
        frames, reader.frames = reader.frames, []
        self._is_nested, self._writes, self._pieces = True, True, []
        reader.push(text)
        self._run()
        result = tidy(self._pieces).strip()
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
        arguments = reader.call_arguments(macro, taken)
        if arguments is None:
            self._write_command(name)
            self._write("".join(taken))
            return
        self._push_expansion(macro.body(arguments), depth, drops_braces=not macro.delimiters)

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
            self._reader.charge(len(text) + 64)
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
                reader.group()
                reader.group()
        else:
            frame = reader.frames[-1]
            found = _BARE_NAME.match(frame.text, frame.at)
            target = found[0] if found else None
            frame.at = found.end() if found else frame.at
        if target is None:
            return
        open_files = [frame.file for frame in reader.frames if frame.file]
        target = folder + target.strip()
        path = latex_project.resolve(self._files, target, self._main, open_files[-1:])
        if path is None:
            reader.charge(len(self._files))
            path = latex_project.found_below(self._files, target, self._main)
        if path is None or path in open_files or len(open_files) >= limits.MAX_INPUT_DEPTH:
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
        for _ in range(commands.WITH_ARGUMENT.get(name, 1)):
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
        elif environment in commands.REFERENCES:
            self._skip_to(f"\\end{{{environment}}}")
        elif environment == "abstract" and not self._writes:
            self._writes = True
            self._pieces.append(tag)
        elif environment in commands.WRAPPERS:
            pass
        elif macro := self._definitions.begins.get(environment):
            depth = reader.frames[-1].depth + 1
            arguments = reader.call_arguments(macro, []) if depth <= limits.MAX_MACRO_DEPTH else None
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
        elif environment in commands.WRAPPERS:
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
            self._pieces.append(Verbatim(f"\\begin{{{environment}}}{frame.text[start : frame.at]}"))

    def _verbatim(self, name: str) -> None:
        frame = self._reader.frames[-1]
        found = INLINE_VERBATIM.match(frame.text, frame.at)
        self._write_command(name)
        if found and self._writes:
            self._pieces.append(Verbatim(found[0]))
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
