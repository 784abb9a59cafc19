r"""The definitions of a LaTeX project: ``\newcommand`` and its kin, ``\def``, ``\let``, environments and switches."""

from __future__ import annotations

import re
from collections.abc import Callable

from redpyjama.sources.latex.latex_macros import Macro, compile_macro, def_parameters
from redpyjama.sources.latex.latex_reader import Reader

_COMMAND_NAME = re.compile(r"\s*\\([a-zA-Z@]+|.)\s*\Z", re.DOTALL)
_STANDARD_ENVIRONMENTS = frozenset(
    "document abstract verbatim equation equation* eqnarray eqnarray* align align* gather gather* multline "
    "multline* split array matrix pmatrix bmatrix cases figure figure* table table* tabular tabular* tabularx "
    "longtable itemize enumerate description quote quotation center flushleft flushright minipage thebibliography "
    "acknowledgments acknowledgements acknowledgement appendix keywords proof theorem lemma definition corollary "
    "proposition remark example".split()
)
_PREFIXES = frozenset(("global", "long", "outer", "protected"))
_MAX_PARAMETERS = 9
_MAX_PARAMETER_TEXT = 500
_CHARACTERS_TO_COMPARE = re.compile(r"\s*([^\s\\{}#])\s*([^\s\\{}#])")


class Definitions:
    """What a project has defined so far.

    Attributes:
        macros: Name -> macro.
        begins: Environment -> what its beginning expands to.
        ends: Environment -> what its end expands to.
    """

    def __init__(self, reader: Reader, protected: frozenset[str]) -> None:
        self.macros: dict[str, Macro] = {}
        self.begins: dict[str, Macro] = {}
        self.ends: dict[str, Macro] = {}
        self._reader = reader
        self._protected = protected
        self._switches: dict[str, bool] = {}
        self._setters: dict[str, tuple[str, bool]] = {}
        self._defining: dict[str, Callable[[str], None]] = {
            "newcommand": self._newcommand,
            "renewcommand": self._newcommand,
            "providecommand": self._newcommand,
            "DeclareRobustCommand": self._newcommand,
            "newrobustcmd": self._newcommand,
            "renewrobustcmd": self._newcommand,
            "NewDocumentCommand": self._document_command,
            "RenewDocumentCommand": self._document_command,
            "DeclareDocumentCommand": self._document_command,
            "ProvideDocumentCommand": self._document_command,
            "def": self._def,
            "gdef": self._def,
            "edef": self._def,
            "xdef": self._def,
            "let": self._let,
            "DeclareMathOperator": self._operator,
            "DeclarePairedDelimiter": self._paired_delimiter,
            "newenvironment": self._environment,
            "renewenvironment": self._environment,
            "newif": self._newif,
        }

    def handles(self, name: str) -> bool:
        """Say whether a command defines something, or is a conditional."""
        return name in self._defining or name in self._setters or name in _PREFIXES or self.is_conditional(name)

    def is_conditional(self, name: str) -> bool:
        r"""Say whether a command is one of the conditionals that `truth` may know."""
        return name in ("iffalse", "iftrue", "if") or name in self._switches

    def truth(self, name: str) -> bool | None:
        """Return the value of a conditional; None where only TeX could say."""
        if name == "if":
            frame = self._reader.frames[-1]
            found = _CHARACTERS_TO_COMPARE.match(frame.text, frame.at)
            if found is None:
                return None
            if found[1] == found[2]:
                frame.at = found.end()
            return found[1] == found[2]
        return name == "iftrue" or self._switches.get(name, False)

    def define(self, name: str) -> bool:
        """Take a definition in; False where the command is no definition."""
        if name in _PREFIXES:
            return True
        if name in self._setters:
            switch, value = self._setters[name]
            self._switches[switch] = value
            return True
        if name not in self._defining:
            return False
        self._defining[name](name)
        return True

    def _set(self, name: str, macro: Macro | None) -> None:
        if name in self._protected or name in self._defining or "@" in name:
            return
        if macro is None:
            self.macros.pop(name, None)
        else:
            self.macros[name] = macro

    def _name(self) -> str | None:
        found = _COMMAND_NAME.match(self._reader.argument() or "")
        return found[1] if found else None

    def _parameters(self) -> tuple[int, str | None]:
        reader = self._reader
        number = reader.optional()
        if number is None or not number.strip().isdecimal():
            return 0, None
        return min(int(number.strip()[:3]), _MAX_PARAMETERS), reader.optional()

    def _newcommand(self, command: str) -> None:
        reader = self._reader
        reader.star()
        name = self._name()
        count, default = self._parameters()
        body = reader.argument()
        if name is None or body is None or (command == "providecommand" and name in self.macros):
            return
        self._set(name, compile_macro(name, body, delimiters=("",) * count, default=default if count else None))

    def _document_command(self, _command: str) -> None:
        name, signature, body = self._name(), self._reader.group(), self._reader.group()
        if name is None or signature is None or body is None:
            return
        default: str | None = None
        found = re.match(r"\s*\+?O\s*\{([^{}]*)\}", signature)
        rest = re.sub(r"[\s+]", "", signature[found.end() :] if found else signature)
        if found:
            default = found[1]
        is_simple = not rest.strip("m") and len(rest) + (found is not None) <= _MAX_PARAMETERS
        delimiters = ("",) * (len(rest) + (found is not None))
        self._set(name, compile_macro(name, body, delimiters=delimiters, default=default) if is_simple else None)

    def _def(self, _command: str) -> None:
        name = self._name()
        frame = self._reader.frames[-1]
        brace = frame.text.find("{", frame.at, frame.at + _MAX_PARAMETER_TEXT)
        if name is None or brace < 0:
            return
        parameters = def_parameters(frame.text[frame.at : brace])
        frame.at = brace
        body = self._reader.group()
        if parameters is None or body is None:
            self._set(name, None)
            return
        prefix, delimiters = parameters
        self._set(name, compile_macro(name, body, delimiters=delimiters, prefix=prefix))

    def _let(self, _command: str) -> None:
        name = self._name()
        if self._reader.peek() == "=":
            self._reader.frames[-1].at += 1
        target = _COMMAND_NAME.match(self._reader.argument() or "")
        if name is None:
            return
        if target is None or target[1] == name:
            self._set(name, None)
        else:
            self._set(name, self.macros.get(target[1]) or Macro(primitive=target[1]))

    def _operator(self, _command: str) -> None:
        star = "*" if self._reader.star() else ""
        name, body = self._name(), self._reader.argument()
        if name is not None and body is not None:
            self._set(name, compile_macro(name, f"\\operatorname{star}{{{body}}}"))

    def _paired_delimiter(self, _command: str) -> None:
        name, left, right = self._name(), self._reader.argument(), self._reader.argument()
        if name is not None and left is not None and right is not None:
            body = f"{left} #1 {right}"
            self._set(name, compile_macro(name, body, delimiters=("",), takes_star=True))

    def _environment(self, _command: str) -> None:
        reader = self._reader
        reader.star()
        name = reader.group()
        count, default = self._parameters()
        begin, end = reader.argument(), reader.argument()
        if name is None or begin is None or end is None or name in _STANDARD_ENVIRONMENTS:
            return
        begins = compile_macro("", begin, delimiters=("",) * count, default=default if count else None)
        ends = compile_macro("", end)
        calls_itself = f"{{{name}}}" in begin
        if begins is not None and ends is not None and not calls_itself:
            self.begins[name], self.ends[name] = begins, ends

    def _newif(self, _command: str) -> None:
        name = self._name()
        if name is not None and name.startswith("if") and len(name) > 2:
            self._switches[name] = False
            self._setters[name[2:] + "true"] = (name, True)
            self._setters[name[2:] + "false"] = (name, False)
