"""What spaCy's tokenizer for English knows: classes of characters, and strings that it splits or keeps in its own way.

Facts after spaCy 3.8 (MIT), lang/char_classes.py, lang/punctuation.py, lang/tokenizer_exceptions.py and
lang/en/tokenizer_exceptions.py; symbols are those of Unicode's category So.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import scripts, unicode, word_hash

ALPHA, SMALL, CAPITAL, OPENS, CLOSES, ICON, QUOTE, BEFORE_STOP = 1, 2, 4, 8, 16, 32, 64, 128
"""Classes: a letter; a letter that may be small, or capital (scripts without case: both); a character that is split
off before, or behind, what it touches; a symbol; a quotation mark; what a full stop is split off behind."""

MOST_PIECES = 3

_PUNCTUATION = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
CURRENCIES = "$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿"
UNITS = (
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph "
    "hPa Pa mbar mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г "
    "мг м/с км/ч кПа Па мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тб"
).split()

_CASED = (
    (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x1BF), (0x1C4, 0x2AF), (0x386, 0x38F),
    (0x391, 0x3C9), (0x3CC, 0x3CE), (0x400, 0x45F), (0x490, 0x491), (0x492, 0x4E9), (0x1D00, 0x1D25), (0x1D6B, 0x1D77),
    (0x1D79, 0x1D9A), (0x1E00, 0x1EFF), (0x2C60, 0x2C7B), (0x2C7E, 0x2C7F), (0xA722, 0xA76F), (0xA771, 0xA787),
    (0xA78B, 0xA78E), (0xA790, 0xA7B9), (0xA7FA, 0xA7FA), (0xAB30, 0xAB5A), (0xAB60, 0xAB64), (0xFF21, 0xFF3A),
    (0xFF41, 0xFF5A),
)  # fmt: skip
_UNCASED = (
    (0x591, 0x5F4), (0x620, 0x64A), (0x66E, 0x6D5), (0x6E5, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8BD), (0x900, 0x9FF),
    (0xB80, 0xBFF), (0xC00, 0xCFF), (0xD80, 0xDFF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x2E80, 0x2FDF),
    (0x2FF0, 0x30FF), (0x31C0, 0x31EF), (0x3200, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF),
    (0xFB1D, 0xFBB1), (0xFBD3, 0xFD3D), (0xFD50, 0xFDC7), (0xFDF0, 0xFDFB), (0xFE30, 0xFE4F), (0xFE70, 0xFEFC),
    (0x1EE00, 0x1EEBB), (0x1F200, 0x1F2FF), (0x20000, 0x2EBEF), (0x2F800, 0x2FA1F),
)  # fmt: skip

_EMOTICONS = (
    ":) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( "
    ":(( :-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o "
    ":-o :0 :-0 :() >:o :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ "
    "^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o "
    "@_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*)"
).split()
_WHOLE = (
    "' '' \\\") <space> C++ \\n \\t and/or w/o ma'am Ma'am o'clock O'clock 'S 's ‘S ‘s 're 'd 'll ll 'em em 'nuff "
    "nuff 'bout a.m. p.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. "
    "Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s. Mt. Ak. Ala. Apr. Ariz. "
    "Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan. Kans. Ky. La. "
    "Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. "
    "Sep. Sept. Tenn. Va. Wash. Wis."
).split()
_NOT_SPLIT = "Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore".split()
_SPLIT = (
    "y'|all y|all how|'d|'y How|'d|'y not|'ve not|ve Not|'ve Not|ve can|not Can|not gon|na Gon|na got|ta Got|ta "
    "let|'s Let|'s c'm|on C'm|on"
).split()


@functools.cache
def classes() -> NDArray[np.uint8]:
    """Return the class bits of every code point: uint8 of shape (0x110000,)."""
    kinds = unicode.classes()
    table = np.where(scripts.symbols(), np.uint8(ICON | OPENS | CLOSES), np.uint8(0))
    for first, last in _CASED:
        block = kinds[first : last + 1]
        table[first : last + 1] |= np.where(block & unicode.UPPER, np.uint8(ALPHA | CAPITAL), np.uint8(ALPHA | SMALL))
    for first, last in _UNCASED:
        table[first : last + 1] |= ALPHA | SMALL | CAPITAL
    for character in _PUNCTUATION + _QUOTES:
        table[ord(character)] |= OPENS | CLOSES | BEFORE_STOP
    for character in _QUOTES:
        table[ord(character)] |= QUOTE
    for character in "—–":
        table[ord(character)] |= OPENS | CLOSES
    for character in "§%=+" + CURRENCIES:
        table[ord(character)] |= OPENS
    for character in "0123456789%²-+|":
        table[ord(character)] |= BEFORE_STOP
    table[(table & SMALL) > 0] |= BEFORE_STOP
    table.flags.writeable = False
    return table


def exceptions() -> dict[bytes, tuple[int, ...]]:
    """Return for each string that is split in its own way the lengths of its pieces, in bytes of UTF-8."""
    found: dict[str, tuple[str, ...]] = {word: (word,) for word in (*_EMOTICONS, *_WHOLE)}
    found |= {f"{letter}.": (f"{letter}.",) for letter in "abcdefghijklmnopqrstuvwxyzäöü"}
    for pieces in (*_contractions(), *(tuple(word.split("|")) for word in _SPLIT)):
        found["".join(pieces)] = pieces
    for hour in range(1, 13):
        found |= {f"{hour}{half}": (str(hour), half) for half in ("a.m.", "p.m.", "am", "pm")}
    found |= {f"°{letter}.": ("°", letter, ".") for letter in "CFKcfk"}
    for word in _NOT_SPLIT:
        found.pop(word, None)
    for word, pieces in list(found.items()):
        if "'" in word:
            found[word.replace("'", "’")] = tuple(piece.replace("'", "’") for piece in pieces)
    return {word.encode(): tuple(len(piece.encode()) for piece in pieces) for word, pieces in found.items()}


def _contractions() -> Iterator[tuple[str, ...]]:
    """Yield the pieces of contractions, with apostrophe and without, with a small and with a capital first letter."""
    for first, *rest in _small_contractions():
        for start in (first, first[0].upper() + first[1:]):
            yield start, *rest
            yield start, *(piece.replace("'", "") for piece in rest)
    for word in "doin goin nothin nuthin ol somethin lovin havin".split():
        for start in (word, word.capitalize()):
            yield (start,)
            yield (f"{start}'",)
    for word in ("cause", "cos", "coz", "cuz"):
        yield (f"'{word}",)
        yield (f"'{word.capitalize()}",)


def _small_contractions() -> Iterator[tuple[str, ...]]:
    pronouns, asking = "i you he she it we they".split(), "who what when where why how there that this".split()
    for word in (*pronouns, *asking, "these", "those"):
        yield from ((word, "'ll"), (word, "'ll", "'ve"), (word, "'d"), (word, "'d", "'ve"))
    for word in ("i", "you", "we", "they", *(w for w in asking if w not in ("that", "this")), "these", "those"):
        yield word, "'ve"
    for word in ("you", "we", "they", *(w for w in asking if w not in ("that", "this")), "these", "those"):
        yield word, "'re"
    for word in ("he", "she", "it", *asking):
        yield word, "'s"
    yield from (("i", "'m"), ("i", "'m", "a"))
    for verb in "ca could do does did had may might must need ought sha should wo would".split():
        yield from ((verb, "n't"), (verb, "n't", "'ve"))
    for verb in "could might must should would".split():
        yield verb, "'ve"
    for verb in "ai are is was were have has dare".split():
        yield verb, "n't"


@functools.cache
def exception_table() -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the exceptions as an open hash table: hash (0: free), length of each piece, and ends by length and byte.

    The last array says for each length in bytes and each last byte whether an exception ends so.
    """
    size = 1 << 12
    keys, pieces = np.zeros(size, np.uint64), np.zeros((size, MOST_PIECES), np.uint8)
    ends = np.zeros((16, 256), np.uint8)
    for word, lengths in exceptions().items():
        if len(word) >= len(ends):
            continue
        key = int(word_hash.hash_bytes(np.frombuffer(word, np.uint8), 0, len(word)))
        at = key % size
        while keys[at]:
            at = (at + 1) % size
        keys[at] = key
        pieces[at, : len(lengths)] = lengths
        ends[len(word), word[-1]] = 1
    return keys, pieces.reshape(-1), ends.reshape(-1)
