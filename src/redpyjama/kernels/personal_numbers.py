"""Bank accounts and cards in text: numbers whose check digits are right."""

from __future__ import annotations

from typing import Any

import numpy as np

from redpyjama.kernels.ascii import ALNUM, DIGIT, FLAG, INT, MATCH, UPPER, WORD, byte_set, is_a, run_end
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.personal_addresses import NONE
from redpyjama.kernels.text import TEXT

CARD, IBAN = 3, 4

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""Characters of an account number by country. Source: ISO 13616, SWIFT's IBAN Registry."""

GROUPS = ((4, 4, 4, 4, 3), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (16,), (15,), (14,))
"""How the digits of a card stand in text, the longest first. Source: ISO/IEC 7812 and the issuers' cards."""

_LENGTHS = np.zeros((26, 26), np.int64)
for _country, _length in IBAN_LENGTHS.items():
    _LENGTHS[ord(_country[0]) - 65, ord(_country[1]) - 65] = _length
_GROUPS = np.array([[*groups, *[0] * (5 - len(groups))] for groups in GROUPS], np.int64)
_DIGITS = _GROUPS.sum(axis=1)
_NOT_BEFORE = byte_set(b"+-./")


@compiled(MATCH(TEXT, INT, INT, INT))
def iban(text: Any, digit: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match an account number by its first check digit, behind two capitals; in one piece or in fours.

    Source: ISO 13616 and ISO/IEC 7064, MOD 97-10.
    """
    first = digit - 2
    if first < start or not is_a(text, first, UPPER) or not is_a(text, first + 1, UPPER):
        return NONE
    if first > start and is_a(text, first - 1, WORD):
        return NONE
    length = _LENGTHS[text[first] - 0x41, text[first + 1] - 0x41]
    if length == 0 or digit + 2 >= stop or not is_a(text, digit + 1, DIGIT):
        return NONE
    apart = text[first + 4] == 0x20
    remainder, leading, position = np.int64(0), np.int64(0), first
    for i in range(length):
        if apart and i and i % 4 == 0:
            if position >= stop or text[position] != 0x20:
                return NONE
            position += 1
        if position >= stop or not is_a(text, position, UPPER | DIGIT):
            return NONE
        value = np.int64(text[position]) - (0x30 if text[position] <= 0x39 else 0x37)
        if i < 4:
            leading = leading * (100 if value > 9 else 10) + value
        else:
            remainder = (remainder * (100 if value > 9 else 10) + value) % 97
        position += 1
    if position < stop and is_a(text, position, WORD):
        return NONE
    # the country and the check digits go last: two letters are four digits, with the two of the sum six
    return (IBAN, first, position) if (remainder * 1_000_000 + leading) % 97 == 1 else NONE


@compiled(FLAG(INT, INT))
def _is_issued(leading: Int, length: Int) -> Int:
    """Say whether cards of so many digits begin with these six.

    Source: ISO/IEC 7812 and the issuers' ranges: Visa 4; Mastercard 51-55 and 2221-2720; American Express 34, 37;
    Discover 6011, 644-649, 65; JCB 3528-3589; Diners Club 300-305, 36, 38, 39; UnionPay 62. Departs: Visa's 13 digits
    are left out; they are not issued any more.
    """
    two, three, four = leading // 10_000, leading // 1000, leading // 100
    if length == 14:
        return 300 <= three <= 305 or two == 36 or two == 38 or two == 39
    if length == 15:
        return two == 34 or two == 37
    if length == 16 and (51 <= two <= 55 or 2221 <= four <= 2720):
        return True
    return two // 10 == 4 or four == 6011 or 644 <= three <= 649 or two == 65 or 3528 <= four <= 3589 or two == 62


@compiled(INT(TEXT, INT, INT, INT))
def _grouped_end(text: Any, position: Int, stop: Int, row: Int) -> Int:
    """Return where digits in groups of one of `GROUPS` end, the same space or hyphen between all, or -1."""
    separator = 0
    for group in range(5):
        size = _GROUPS[row, group]
        if size == 0:
            break
        if group:
            if position >= stop or (text[position] != 0x20 and text[position] != 0x2D):
                return -1
            if group > 1 and text[position] != separator:
                return -1
            separator = np.int64(text[position])
            position += 1
        if run_end(text, position, min(stop, position + size + 1), DIGIT) != position + size:
            return -1
        position += size
    return position


@compiled(FLAG(TEXT, INT, INT, INT))
def _is_card(text: Any, first: Int, end: Int, length: Int) -> Int:
    """Say whether an issuer has cards with these digits, and whether Luhn's sum is right.

    Source: ISO/IEC 7812-1, annex B: from the right, every second digit counts double, without the nine if it has two.
    """
    total = place = leading = 0
    for i in range(first, end):
        if text[i] == 0x20 or text[i] == 0x2D:
            continue
        value = np.int64(text[i]) - 0x30
        if place < 6:
            leading = 10 * leading + value
        place += 1
        if (length - place) & 1:
            value = 2 * value - (9 if value > 4 else 0)
        total += value
    return total % 10 == 0 and _is_issued(leading, length)


@compiled(MATCH(TEXT, INT, INT, INT))
def card(text: Any, first: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match the number of a payment card at its first digit, in one piece or in groups."""
    if first > start and (is_a(text, first - 1, WORD) or _NOT_BEFORE[text[first - 1]]):
        return NONE
    for row in range(len(_GROUPS)):
        end = _grouped_end(text, first, stop, row)
        if end < 0 or (end < stop and is_a(text, end, WORD)):
            continue
        if end + 1 < stop and (text[end] == 0x2D or text[end] == 0x2E) and is_a(text, end + 1, ALNUM):
            continue
        if _is_card(text, first, end, _DIGITS[row]):
            return CARD, first, end
    return NONE
