r"""Macros as authors define them, and what stands for a call of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redpyjama.sources.latex.latex_source import MARK

_PARAMETER = re.compile(r"#(#|[1-9])")
_WORD_AT_END = re.compile(r"\\[a-zA-Z@]+\Z")
_CONTINUED = re.compile(MARK + r"\n[ \t]*")
_IF_MATH = re.compile(
    r"\\ifmmode(?![a-zA-Z])((?:(?!\\if|\\else|\\fi).)*)\\else(?![a-zA-Z])(?:(?!\\if|\\fi).)*\\fi(?![a-zA-Z])", re.DOTALL
)
_OPAQUE = re.compile(
    r"\\[a-zA-Z]*@|\\(?:csname|expandafter|futurelet|catcode|obeylines|afterassignment|uppercase|lowercase|romannumeral"
    r"|if[a-zA-Z]*|else|fi|IfNoValue[TF]*|IfBooleanTF|NewDocumentCommand|numexpr|number)(?![a-zA-Z])"
)
r"""Programming, not abbreviation: what such a body does depends on TeX's state, and its internals read as noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    r"""A macro that can be expanded by putting its arguments into its body.

    Attributes:
        parts: The body: strings, and numbers of parameters (from 0) between them.
        delimiters: What ends the argument of each parameter; "" for a group or a single token.
        prefix: What must follow the name, literally (``\def\x(#1){..}``: "(").
        default: Value of the first parameter where no ``[..]`` follows; None where that one is not optional.
        takes_star: Whether ``*`` after the name is part of the call.
        primitive: The command behind a ``\let``, not to be expanded again; "" for all others.
    """

    parts: tuple[str | int, ...] = ()
    delimiters: tuple[str, ...] = ()
    prefix: str = ""
    default: str | None = None
    takes_star: bool = False
    primitive: str = ""

    def body(self, arguments: list[str]) -> str:
        """Return the body with these arguments in it."""
        text: list[str] = []
        for part in self.parts:
            piece = arguments[part] if isinstance(part, int) else part
            if piece[:1].isalpha() and text and _WORD_AT_END.search(text[-1]):
                text.append(" ")  # "\bar#1" called with x is \bar x, not \barx
            text.append(piece)
        return "".join(text)


def compile_macro(
    name: str,
    body: str,
    *,
    delimiters: tuple[str, ...] = (),
    prefix: str = "",
    default: str | None = None,
    takes_star: bool = False,
) -> Macro | None:
    """Make a macro; None for one that only TeX could expand, or that calls itself."""
    body = _CONTINUED.sub("", body).replace(MARK, "").replace("\\xspace", "")
    body = _IF_MATH.sub(lambda found: f"\\ensuremath{{{found[1].strip()}}}", body)
    if _OPAQUE.search(body) or re.search(r"\\" + re.escape(name) + r"(?![a-zA-Z])", body):
        return None
    parts: list[str | int] = []
    literal = ""
    start = 0
    for found in _PARAMETER.finditer(body):
        literal += body[start : found.start()]
        start = found.end()
        if found[1] == "#":
            literal += "#"
        elif int(found[1]) > len(delimiters):
            return None
        else:
            parts += [literal, int(found[1]) - 1]
            literal = ""
    parts.append(literal + body[start:])
    return Macro(
        parts=tuple(part for part in parts if part != ""),
        delimiters=delimiters,
        prefix=prefix,
        default=default,
        takes_star=takes_star,
    )


def def_parameters(text: str) -> tuple[str, tuple[str, ...]] | None:
    r"""Read what stands between the name and the body of a ``\def``: prefix and delimiters; None if it is no such."""
    pieces = re.split(r"#([1-9])", text.replace(MARK, ""))
    if [int(n) for n in pieces[1::2]] != list(range(1, len(pieces) // 2 + 1)) or "#" in "".join(pieces[::2]):
        return None
    return pieces[0].strip(), tuple(d.strip() for d in pieces[2::2])


def ends_with_word(text: str) -> bool:
    """Say whether a letter after *text* would become part of its last command."""
    return bool(_WORD_AT_END.search(text))
