"""Language codes as publishers write them -> ISO 639-1, or 639-3 where a language has no short code."""

from __future__ import annotations

_PAIRS = """
aar aa abk ab afr af aka ak sqi sq amh am ara ar arg an hye hy asm as ava av ave ae aym ay aze az bak ba bam bm eus eu
bel be ben bn bih bh bis bi bos bs bre br bul bg mya my cat ca cha ch che ce zho zh chu cu chv cv cor kw cos co cre cr
ces cs dan da div dv nld nl dzo dz eng en epo eo est et ewe ee fao fo fij fj fin fi fra fr fry fy ful ff kat ka deu de
gla gd gle ga glg gl glv gv ell el grn gn guj gu hat ht hau ha heb he her hz hin hi hmo ho hrv hr hun hu ibo ig isl is
ido io iii ii iku iu ile ie ina ia ind id ipk ik ita it jav jv jpn ja kal kl kan kn kas ks kau kr kaz kk khm km kik ki
kin rw kir ky kom kv kon kg kor ko kua kj kur ku lao lo lat la lav lv lim li lin ln lit lt ltz lb lub lu lug lg mkd mk
mah mh mal ml mri mi mar mr msa ms mlg mg mlt mt mon mn nau na nav nv nbl nr nde nd ndo ng nep ne nno nn nob nb nor no
nya ny oci oc oji oj ori or orm om oss os pan pa fas fa pli pi pol pl por pt pus ps que qu roh rm ron ro run rn rus ru
sag sg san sa sin si slk sk slv sl sme se smo sm sna sn snd sd som so sot st spa es srd sc srp sr ssw ss sun su swa sw
swe sv tah ty tam ta tat tt tel te tgk tg tgl tl tha th bod bo tir ti ton to tsn tn tso ts tuk tk tur tr twi tw uig ug
ukr uk urd ur uzb uz ven ve vie vi vol vo cym cy wln wa wol wo xho xh yid yi yor yo zha za zul zu
alb sq arm hy baq eu bur my chi zh cze cs dut nl fre fr geo ka ger de gre el ice is mac mk mao mi may ms per fa rum ro
slo sk tib bo wel cy
""".split()
# The last two lines: bibliographic codes (ISO 639-2/B), which libraries and old pages write.

_SHORT: dict[str, str] = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
_KNOWN_SHORT = frozenset(_SHORT.values())


def short_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code of a language tag ("spa", "en-US", "zh_Hant"), or its 639-3 code; None for nonsense."""
    if not tag:
        return None
    primary = tag.strip().replace("_", "-").split("-")[0].lower()
    if len(primary) == 2:
        return primary if primary in _KNOWN_SHORT else None
    if len(primary) == 3 and primary.isascii() and primary.isalpha() and primary not in ("und", "mul", "zxx", "mis"):
        return _SHORT.get(primary, primary)
    return None
