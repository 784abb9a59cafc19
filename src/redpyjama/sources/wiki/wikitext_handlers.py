"""How templates that carry words of the sentence are turned into those words: the ways that the table chooses from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from redpyjama.sources.raised import superscript


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a template was given: stripped values, without the empty ones at the end.

    Attributes:
        name: As written.
        positional: Unnamed ones, and those named by their number.
        named: The others, in the order given.
    """

    name: str
    positional: list[str] = field(default_factory=list[str])
    named: dict[str, str] = field(default_factory=dict[str, str])

    def at(self, number: int) -> str:
        """Return the positional argument with this number, from 1; an empty string where there is none."""
        return self.positional[number - 1] if number <= len(self.positional) else ""


Handler = Callable[[Arguments], str]


# --- kinds of handler ----------------------------------------------------------------------------------------------


def pick(*numbers: int, names: tuple[str, ...] = (), before: str = "", after: str = "") -> Handler:
    """Take the first argument that is there: by name, then by number."""

    def handle(given: Arguments) -> str:
        found = next((given.named[n] for n in names if given.named.get(n)), "")
        found = found or next((given.at(n) for n in numbers if given.at(n)), "")
        return f"{before}{found}{after}" if found else ""

    return handle


def last(given: Arguments) -> str:
    """Take the last unnamed argument."""
    return given.positional[-1] if given.positional else ""


def joined(separator: str, *, first: int = 1, last: int = 99) -> Handler:
    """Join the unnamed arguments from the *first* to the *last*, counted from 1."""
    return lambda given: separator.join(a for a in given.positional[first - 1 : last] if a)


def own_name(given: Arguments) -> str:
    """Show what the template is called: ``{{1er}}``."""
    return given.name


def named_values(*names: str) -> Handler:
    """Join the values of these arguments, in the order given; without any, take the first unnamed one."""

    def handle(given: Arguments) -> str:
        return "; ".join(v for k, v in given.named.items() if k in names and v) or given.at(1)

    return handle


def block(*numbers: int, names: tuple[str, ...] = ()) -> Handler:
    """Like `pick`, as a paragraph of its own."""
    choose = pick(*numbers, names=names)

    def handle(given: Arguments) -> str:
        found = choose(given)
        return f"\n\n{found}\n\n" if found else ""

    return handle


def prefixed(prefix: str) -> Handler:
    """Take the first argument, after a sign."""
    return lambda given: f"{prefix}{given.at(1)}" if given.at(1) else ""


def ship(prefix: str) -> Handler:
    """Show a ship of this kind: ``{{HMS|Hood|51}}``."""

    def handle(given: Arguments) -> str:
        number = f" ({given.at(2)})" if given.at(2) else ""
        return f"{prefix} {given.at(1)}{number}" if given.at(1) else ""

    return handle


# --- templates with a grammar of their own -------------------------------------------------------------------------

_BETWEEN = {
    "-": "–", "–": "–", "to": " to ", "and": " and ", "or": " or ", "by": " by ", "x": " × ", "×": " × ", "+/-": " ± ",
    "±": " ± ", "to(-)": " to ", "and(-)": " and ", "до": " до ", "bis": " bis ", "à": " à ",
}  # fmt: skip
_QUANTITY = re.compile(r"[+\-−]?[\d.,/ ⁄]+(?:e[+-]?\d+)?$")
_UNITS = {"sqmi": "sq mi", "sqkm": "km2", "sqft": "sq ft", "cuft": "cu ft", "cumi": "cu mi", "acre": "acres",
          "mi": "miles", "c": "°C", "f": "°F"}  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def convert(given: Arguments) -> str:
    """Return the quantity as given, not what it is converted to: {{convert|5|to|6|ft|m}}, {{convert|6|ft|2|in}}."""
    out, rest = "", list(given.positional)
    while rest and _QUANTITY.match(rest[0]):
        out += rest.pop(0)
        if not rest:
            break
        if rest[0] in _BETWEEN:
            out += _BETWEEN[rest.pop(0)]
            continue
        unit = rest.pop(0)
        out += f" {_UNITS.get(unit.lower(), unit)} "
    return out.strip()


def as_of(given: Arguments) -> str:
    """``{{as of|2010|5}}``, "As of May 2010"; `lc`, `since` and `alt` change its wording."""
    if given.named.get("alt"):
        return given.named["alt"]
    year, month, day = given.at(1), given.at(2), given.at(3)
    if month.isdecimal() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    words = ("since" if "since" in given.named else "as of") if "lc" in given.named else (
        "Since" if "since" in given.named else "As of")  # fmt: skip
    return " ".join(p for p in (words, day, month, year) if p)


def ipa_symbols(given: Arguments) -> str:
    """{{IPAc-en|ˈ|w|ɪ|k|i}}: one argument a symbol, among them words for sound files and usage."""
    symbols = [a for a in given.positional if not (a.isascii() and len(a) > 2) and a.lower() not in ("uk", "us", "-")]
    return f"/{''.join(symbols)}/" if symbols else ""


def value(given: Arguments) -> str:
    """{{val|1.2|0.3|e=5|u=m}}."""
    number = given.at(1) + (f"±{given.at(2)}" if given.at(2).replace(".", "").isdecimal() else "")
    power = given.named.get("e", "")
    unit = given.named.get("u") or given.named.get("ul") or given.named.get("up") or ""
    return number + (f"×10{superscript(power)}" if power else "") + (f" {unit}" if unit else "")


def power(given: Arguments) -> str:
    """{{e|6}} is x10^6 in English, {{e}} a raised e in French."""
    return f"×10{superscript(given.at(1))}" if given.at(1) else "e"


def fraction(given: Arguments) -> str:
    """``{{frac|1|2|3}}`` is 1 2/3."""
    match given.positional[:3]:
        case [one]:
            return f"1/{one}"
        case [above, below]:
            return f"{above}/{below}"
        case [whole, above, below]:
            return f"{whole} {above}/{below}"
        case _:
            return ""


def nihongo(given: Arguments) -> str:
    """``{{nihongo|English|Japanese|romaji}}``."""
    main, japanese, romaji = given.at(1), given.at(2), given.at(3)
    inside = ", ".join(p for p in (japanese, romaji) if p)
    return f"{main} ({inside})" if main and inside else main or inside


def reading(given: Arguments) -> str:
    """Japanese characters and how they are read: 読み仮名, ruby."""
    return f"{given.at(1)}({given.at(2)})" if given.at(2) else given.at(1)


def century(given: Arguments) -> str:
    """{{s|XIX}} is a century in French, unbroken text in Russian and Ukrainian."""
    roman = given.at(1)
    if roman and not roman.strip("IVXLivxl"):
        return f"{roman.upper()}{given.at(2) or 'e'} siècle"
    return roman


def lifetime(given: Arguments) -> str:
    """{{bd|1900年|1月2日|1950年|3月4日}} of Chinese biographies."""
    born, died = given.at(1) + given.at(2), given.at(3) + given.at(4)
    return f"（{born}－{died}）" if born else ""


def bullets(given: Arguments) -> str:
    """Make each argument an item of a list."""
    return "".join(f"\n* {item}" for item in given.positional if item) + "\n" if given.positional else ""


def zh(given: Arguments) -> str:
    """Join the Chinese forms and transcriptions, in the order given."""
    flags = ("labels", "links", "first", "scase", "out")
    return "; ".join(v for k, v in given.named.items() if k not in flags and v) or joined("; ")(given)


def formula(given: Arguments) -> str:
    """Show LaTeX source."""
    return f"${given.at(1)}$" if given.at(1) else ""


def ship_class(given: Arguments) -> str:
    """``{{sclass|Iowa|battleship}}``."""
    return f"{given.at(1)}-class {given.at(2)}".strip() if given.at(1) else ""
