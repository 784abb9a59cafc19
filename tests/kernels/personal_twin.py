"""Personal data in plain Python: what the kernels must find."""

from __future__ import annotations

import ipaddress
import re

from redpyjama.kernels import personal_addresses as addresses
from redpyjama.kernels import personal_numbers as numbers
from redpyjama.kernels import phone_numbers as phones
from redpyjama.kernels.reserved import RESERVED

BEYOND = "\u00c0-\u024f\u0370-\u052f"
LOCAL = re.compile(rf"(?:[A-Za-z0-9_%+'&~{BEYOND}-]|\.(?![.]|\Z))*\Z")
LABEL = re.compile(rf"[A-Za-z0-9{BEYOND}-]*")
TOP_LEVEL = re.compile(rf"(?i:xn--)[A-Za-z0-9]+|[A-Za-z{BEYOND}]{{2,}}(?![A-Za-z0-9{BEYOND}])")
WORD = re.compile(r"[A-Za-z0-9_]")
IPV4 = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})(?![A-Za-z0-9_])(?!\.[0-9])")
SPECIAL = [
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
SEPARATORS = " ./\u00a0\u2010\u2011\u2013-"

Found = tuple[str, int, int] | None


def find(text: str, kinds: set[str]) -> list[tuple[str, int, int]]:
    """Return kind, start and end (in bytes) of what is found."""
    found, start, i = [], 0, 0
    while i < len(text):
        match, after = None, i + 1
        if text[i] == "@" and "email" in kinds:
            match = email(text, i, start)
        elif text[i] in "0123456789":
            match = number(text, i, start, kinds)
            after = re.compile("[0-9]+").match(text, i).end()
        if match:
            kind, first, end = match
            found.append((kind, len(text[:first].encode()), len(text[:end].encode())))
            start = after = end
        i = after
    return found


def number(text: str, i: int, start: int, kinds: set[str]) -> Found:
    if i > start and WORD.match(text[i - 1]):
        return iban(text, i, start) if "iban" in kinds else None
    found = None
    if "ip_address" in kinds:
        found = ipv4(text, i, start) or ipv6(text, i, start)
    if "card_number" in kinds:
        found = found or card(text, i, start)
    if "phone_number" in kinds:
        found = found or phone(text, i, start)
    return found


def is_word(text: str, i: int) -> bool:
    return i < len(text) and bool(WORD.match(text[i]))


# --- addresses -------------------------------------------------------------------------------------------------------


def email(text: str, at: int, start: int) -> Found:
    run = LOCAL.search(text[start:at]).group()
    local = re.sub(rf"^[^A-Za-z0-9_{BEYOND}]*", "", run)
    if not local or len(run.encode()) > addresses.MAX_LOCAL or lower(local) in addresses.NO_PEOPLE:
        return None
    position, end, labels = at + 1, 0, 0
    while True:
        if labels and (top := TOP_LEVEL.match(text, position)):
            end = top.end()
        label = LABEL.match(text, position).group()
        if not label or label[0] == "-" or label[-1] == "-":
            break
        labels += 1
        position += len(label)
        if text[position : position + 1] != "." or position + 1 >= len(text):
            break
        position += 1
    host = lower(text[at + 1 : end])
    if not end or len(text[at:end].encode()) > addresses.MAX_DOMAIN:
        return None
    if host.rsplit(".")[-1] in addresses.FILES or any(f".{host}".endswith(f".{name}") for name in RESERVED):
        return None
    return "email", at - len(local), end


def lower(text: str) -> str:
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)


def ipv4(text: str, i: int, start: int) -> Found:
    if (i > start and (WORD.match(text[i - 1]) or text[i - 1] == ".")) or not (match := IPV4.match(text, i)):
        return None
    octets = match.groups()
    if any((len(o) > 1 and o[0] == "0") or int(o) > 255 for o in octets) or all(len(o) == 1 for o in octets):
        return None
    if is_special(match.group()) or in_protocol_block(match.group()):
        return None
    before = re.sub(r"[ .:]{1,2}\Z", "", text[start:i])
    return None if lower(before).endswith(addresses.VERSIONS) else ("ip_address", i, match.end())


def in_protocol_block(value: str) -> bool:
    """Say whether it is of 192.0.0.0/24, of which only two addresses are global."""
    return value.startswith("192.0.0.") and value not in ("192.0.0.9", "192.0.0.10")


def is_special(value: str) -> bool:
    address = ipaddress.ip_address(value)
    return any(address in net for net in SPECIAL if net.version == address.version)


def ipv6(text: str, i: int, start: int) -> Found:
    if text[i] not in "23" or (i > start and (WORD.match(text[i - 1]) or text[i - 1] in ".:")):
        return None
    value = re.compile("[0-9A-Fa-f:]{1,39}").match(text, i).group()
    if len(value) > 5 and value[-1] == ":" and value[-2] != ":":
        value = value[:-1]
    end = i + len(value)
    if is_word(text, end) or (text[end : end + 1] in (".", ":") and is_word(text, end + 1)):
        return None
    if not re.match("[0-9A-Fa-f]{4}:", value):
        return None
    try:
        return None if is_special(value) else ("ip_address", i, end)
    except ValueError:
        return None


# --- numbers with check digits ---------------------------------------------------------------------------------------


def iban(text: str, i: int, start: int) -> Found:
    first = i - 2
    if first < start or (first > start and WORD.match(text[first - 1])):
        return None
    length = numbers.IBAN_LENGTHS.get(text[first:i])
    if not length or not re.compile("[0-9]{2}.").match(text, i):
        return None
    between = " " if text[first + 4] == " " else ""
    whole = re.compile(between.join(["[A-Z0-9]{4}"] * (length // 4) + [f"[A-Z0-9]{{{length % 4}}}"] * (length % 4 > 0)))
    match = whole.match(text, first)
    if not match or is_word(text, match.end()):
        return None
    value = match.group().replace(" ", "")
    digits = "".join(str(int(c, 36)) for c in value[4:] + value[:4])
    return ("iban", first, match.end()) if int(digits) % 97 == 1 else None


def card(text: str, i: int, start: int) -> Found:
    if i > start and (WORD.match(text[i - 1]) or text[i - 1] in "+-./"):
        return None
    for groups in numbers.GROUPS:
        for separator in (" ", "-"):
            match = re.compile(separator.join(f"[0-9]{{{size}}}" for size in groups)).match(text, i)
            if not match or is_word(text, match.end()):
                continue
            if re.compile(r"[.-][A-Za-z0-9]").match(text, match.end()):
                continue
            digits = match.group().replace(separator, "")
            if is_issued(digits) and luhn(digits):
                return "card_number", i, match.end()
    return None


def is_issued(digits: str) -> bool:
    forms = {
        14: "30[0-5]|36|38|39",
        15: "34|37",
        16: "4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|6011|64[4-9]|65|352[89]|35[3-8]|62",
        19: "4|6011|64[4-9]|65|352[89]|35[3-8]|62",
    }
    return bool(re.match(forms[len(digits)], digits))


def luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[0::2]) + sum(sum(divmod(2 * value, 10)) for value in values[1::2])) % 10 == 0


# --- telephones ------------------------------------------------------------------------------------------------------


def phone(text: str, i: int, start: int) -> Found:
    return international(text, i, start) or labelled(text, i, start) or north_american(text, i, start)


def groups_from(text: str, i: int, opened: bool) -> tuple[int, list[str], bool]:
    """Return where groups of digits end, the groups, and whether an open parenthesis was closed among them."""
    position, end, groups, pending, closed, within = i, i, [], [], False, False
    digits = re.compile("[0-9]+")
    while match := digits.match(text, position):
        if len("".join([*groups, *pending, match.group()])) > phones.MAX_DIGITS:
            break
        groups += [*pending, match.group()]
        pending, closed = [], closed or within
        end = position = match.end()
        if opened and len(groups) == 1 and text[position : position + 1] == ")":
            position, within = position + 1, True
        position += text[position : position + 1] in tuple(SEPARATORS)
        if inner := re.compile(r"\(([0-9]{1,5})\)").match(text, position):
            pending = [inner[1]]
            position = inner.end()
            position += text[position : position + 1] in tuple(SEPARATORS)
        elif text[position : position + 1] == "(" or position == end:
            break
    return end, groups, closed


def ends(text: str, end: int) -> bool:
    return not re.compile("(?![xX][0-9])[A-Za-z0-9_]").match(text, end)


def blocked(text: str, first: int, start: int) -> bool:
    return first > start and bool(re.match("[A-Za-z0-9_#+./=-]", text[first - 1]))


def international(text: str, i: int, start: int) -> Found:
    plus = i > start and text[i - 1] == "+"
    first, code_at = (i - 1, i) if plus else (i, i + 2)
    if blocked(text, first, start) or (not plus and text[i : i + 2] != "00"):
        return None
    if not plus and first > start + 1 and re.match("[0-9] ", text[first - 2 : first]):
        return None
    code = next((str(c) for c in phones.COUNTRY_CODES if text.startswith(str(c), code_at)), "")
    if not code:
        return None
    end, groups, closed = groups_from(text, code_at, first > start and text[first - 1] == "(")
    count = len("".join(groups))
    least = phones.LEAST_UNPARTED if len(groups) == 1 else phones.LEAST_INTERNATIONAL
    if not ends(text, end) or count < least or (code == "1" and count != 11) or (not plus and groups[0] != code):
        return None
    return "phone_number", first - closed, end


def labelled(text: str, i: int, start: int) -> Found:
    opened = i > start and text[i - 1] == "("
    if opened and not re.compile(r"[0-9]{1,5}\)").match(text, i):
        return None
    first = i - (opened or (i > start and text[i - 1] == "+"))
    between = re.search("[.:=\uff1a \t\u00a0]{0,4}\\Z", text[start:first]).group()
    before = lower(text[start : first - len(between)])
    labels = [label for label in phones.LABELS if before.endswith(label)]
    if not any(not re.search("[a-z]\\Z", before[: -len(label)]) for label in labels):
        return None
    end, groups, _ = groups_from(text, i, opened)
    if len("".join(groups)) < phones.LEAST_LABELLED or not ends(text, end):
        return None
    if len(text[i:end]) >= 8 and re.search("555[^0-9]01[0-9]{2}\\Z", text[i:end]):
        return None
    is_one = set(between) & set(".:=\uff1a") or len(groups) > 1 or text[i] == "0"
    return ("phone_number", first, end) if is_one else None


def north_american(text: str, i: int, start: int) -> Found:
    opened = i > start and text[i - 1] == "("
    one = re.compile("1[ .-]").match(text, i)
    if one and i + 2 < len(text):
        area, first = i + 2, i
    else:
        area, first = i, i - opened
    closed = text[area : area + 1] == "(" or (area == i and opened)
    area += text[area : area + 1] == "("
    if blocked(text, first, start):
        return None
    exchange = "[2-9](?!11)[0-9]{2}"
    form = r"\)[ -]?EEE[ .-]NNNN" if closed else r"([.-])EEE\1NNNN"
    rest = "[2-9](?!11)[0-8][0-9]" + form.replace("EEE", exchange).replace("NNNN", "[0-9]{4}(?![0-9])")
    match = re.compile(rest).match(text, area)
    if not match or not ends(text, match.end()) or re.compile("[.-][0-9]").match(text, match.end()):
        return None
    return None if re.search("555.01..\\Z", match.group()) else ("phone_number", first, match.end())
