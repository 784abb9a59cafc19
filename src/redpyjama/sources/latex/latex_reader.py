r"""Reading TeX the way TeX does: a stack of texts, the expansion of a macro on top of the text that called it.

Commands take their arguments from wherever they come: an expansion that is used up gives way to the text under it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from redpyjama import limits
from redpyjama.errors import LimitExceeded
from redpyjama.sources.latex.latex_macros import Macro
from redpyjama.sources.latex.latex_source import MARK

_SPACE = re.compile(rf"[\s{MARK}]*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACKET = re.compile(r"\\.|[{}\]]", re.DOTALL)
_COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)
_COMMAND_AT = re.compile(r"\\([a-zA-Z@]+|.)", re.DOTALL)
_CONDITIONAL = re.compile(r"\\(newif\s*\\if[a-zA-Z@]*|if[a-zA-Z@]*|else|fi)(?![a-zA-Z@])")
_NOT_CONDITIONAL = re.compile(
    r"newif|iff$|ifthenelse|ifstr|ifblank|ifbool|iftoggle|ifdef$|ifundef|ifcs|ifnum[a-z]|ifentry"
)
r"""Commands whose name begins with "if" and that take arguments instead of a ``\fi`` (amsmath, ifthen, etoolbox)."""

_MIN_ALLOWANCE = 1 << 16
"""Characters that the macros of even the smallest paper may make, for each unit of `limits.MAX_MACRO_OUTPUT_RATIO`."""


@dataclass(slots=True)
class Frame:
    """A text that is being read.

    Attributes:
        text: What is read.
        at: The place in it.
        depth: How many expansions lie under it.
        file: Its name where it is a file, "" for an expansion.
        at_letter: Whether "@" is a letter where the file is read on after this frame.
    """

    text: str
    at: int = 0
    depth: int = 0
    file: str = ""
    at_letter: bool = False


class Reader:
    """The stack of texts, and what reading may cost.

    Attributes:
        frames: The stack; the last one is being read.
        at_letter: Whether "@" is a letter in names of commands.
    """

    def __init__(self, num_chars: int) -> None:
        self.frames: list[Frame] = []
        self.at_letter = False
        self._num_chars = max(num_chars, _MIN_ALLOWANCE)
        self._spent = 0

    def charge(self, num_chars: int) -> None:
        """Count work that the input alone does not bound; too much of it is an attack.

        Raises:
            LimitExceeded: More than `limits.MAX_MACRO_OUTPUT_RATIO` times the size of the project.
        """
        self._spent += num_chars
        if self._spent > limits.MAX_MACRO_OUTPUT_RATIO * self._num_chars:
            ratio = -(-self._spent // self._num_chars)
            raise LimitExceeded("MAX_MACRO_OUTPUT_RATIO", limits.MAX_MACRO_OUTPUT_RATIO, ratio)

    def push(self, text: str, *, depth: int = 0, file: str = "") -> None:
        """Read *text* next."""
        self.frames.append(Frame(text, depth=depth, file=file, at_letter=self.at_letter))

    def pop(self) -> Frame:
        """Leave the text that is being read."""
        frame = self.frames.pop()
        if frame.file:
            self.at_letter = frame.at_letter
        return frame

    def next_command(self) -> re.Match[str] | None:
        """Return the next command in the text on top, whose name is group 1, without moving."""
        frame = self.frames[-1]
        return (_COMMAND_AT if self.at_letter else _COMMAND).search(frame.text, frame.at)

    def peek(self) -> str:
        """Pass over white space, and over expansions that are used up; return the next character, "" at the end."""
        while self.frames:
            frame = self.frames[-1]
            end = _SPACE.match(frame.text, frame.at)
            frame.at = end.end() if end else frame.at
            if frame.at < len(frame.text):
                return frame.text[frame.at]
            if frame.file or len(self.frames) == 1:
                return ""
            self.pop()
        return ""

    def star(self) -> bool:
        """Take a star, if there is one right here."""
        frame = self.frames[-1]
        if frame.text.startswith("*", frame.at):
            frame.at += 1
            return True
        return False

    def group(self) -> str | None:
        """Take the ``{...}`` that comes next and return what is in it; None if none does."""
        if self.peek() != "{":
            return None
        frame = self.frames[-1]
        end = self._closing(frame.text, frame.at)
        if end < 0:
            return None
        content = frame.text[frame.at + 1 : end]
        frame.at = end + 1
        return content

    def argument(self) -> str | None:
        """Take a group, or else a single token; None at the end, at a closing brace, or at a group without end."""
        first = self.peek()
        if first == "{":
            return self.group()
        if first in ("", "}"):
            return None
        frame = self.frames[-1]
        command = (_COMMAND_AT if self.at_letter else _COMMAND).match(frame.text, frame.at)
        end = command.end() if command else frame.at + 1
        token = frame.text[frame.at : end]
        frame.at = end
        return token

    def optional(self) -> str | None:
        """Take the ``[...]`` that comes next and return what is in it; None if none does."""
        if self.peek() != "[":
            return None
        frame = self.frames[-1]
        depth = 0
        for found in _BRACKET.finditer(frame.text, frame.at + 1):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if depth < 0:
                break
            if found[0] == "]" and not depth:
                content = frame.text[frame.at + 1 : found.start()]
                frame.at = found.end()
                return content
        self.charge(len(frame.text) - frame.at)
        return None

    def delimited(self, delimiter: str) -> str | None:
        """Take everything up to *delimiter* outside of braces; None if it does not come in this text."""
        frame = self.frames[-1]
        word = r"(?![a-zA-Z])" if delimiter[-1].isalpha() else ""
        end = re.compile(rf"[{{}}]|{re.escape(delimiter)}{word}|\\.", re.DOTALL)
        depth = 0
        for found in end.finditer(frame.text, frame.at):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if depth < 0:
                break
            if found[0] == delimiter and not depth:
                content = frame.text[frame.at : found.start()].strip()
                frame.at = found.end()
                return content[1:-1] if _is_one_group(content) else content
        self.charge(len(frame.text) - frame.at)
        return None

    def call_arguments(self, macro: Macro, taken: list[str]) -> list[str] | None:
        """Take the arguments of a call; None if they are not there, what was taken so far being in *taken*."""
        if macro.takes_star:
            self.star()
        if macro.prefix:
            frame = self.frames[-1]
            if not frame.text.startswith(macro.prefix, frame.at):
                return None
            frame.at += len(macro.prefix)
            taken.append(macro.prefix)
        arguments: list[str] = []
        for number, delimiter in enumerate(macro.delimiters):
            if number == 0 and macro.default is not None:
                found = self.optional()
                argument = macro.default if found is None else found
                taken += [] if found is None else [f"[{found}]"]
            else:
                argument = self.delimited(delimiter) if delimiter else self.argument()
                if argument is None:
                    return None
                taken += [f"{{{argument}}}"]
            arguments.append(argument)
        return arguments

    def branches(self) -> tuple[str, str] | None:
        r"""Take the two branches of a conditional and its ``\fi``; None if it has no end in this text."""
        frame = self.frames[-1]
        depth, other = 0, None
        for found in _CONDITIONAL.finditer(frame.text, frame.at):
            if found[1] == "fi":
                if not depth:
                    first = frame.text[frame.at : other.start() if other else found.start()]
                    second = frame.text[other.end() : found.start()] if other else ""
                    self.charge(found.end() - frame.at)
                    frame.at = found.end()
                    return first, second
                depth -= 1
            elif found[1] == "else":
                other = other if depth or other else found
            elif not _NOT_CONDITIONAL.match(found[1]):
                depth += 1
        self.charge(len(frame.text) - frame.at)
        return None

    def _closing(self, text: str, start: int) -> int:
        depth = 0
        for found in _BRACE.finditer(text, start):
            if found[0] == "{":
                depth += 1
            elif found[0] == "}":
                depth -= 1
                if not depth:
                    return found.start()
        self.charge(len(text) - start)
        return -1


def _is_one_group(text: str) -> bool:
    """Say whether braces enclose the whole text: TeX takes them off a delimited argument."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    depth = 0
    for found in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return found.end() == len(text)
    return False
