"""Which characters are marks, numbers or words of their own, for kernels; `redpyjama.kernels.unicode` has the rest.

As there, the table is that of one Unicode version whatever Python runs it.
"""

from __future__ import annotations

import base64
import functools
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import unicode

MARK: Final = 64
"""Combining marks, and the format characters that stand inside words: soft hyphen, zero-width joiner and non-joiner."""

ALONE: Final = 128
"""Letters of scripts that put no space between words: ideographs, Hiragana, Thai, Lao, Khmer, Burmese and kin."""

_MARK, _ALONE, _NUMERIC, _SYMBOL = 1, 2, 4, 8

_PACKED: Final = (
    # fmt: off
    "c-n22TZkP+5QeLIYG!)ooU><lJxMm%-IGn+nAN>xjWHWdqER$2YA^~>@kK<zE9N06h~lbv!&^{P5WGatM?pl?2SI%h5)l+HD1xXUz9^`m2>RexeI"
    "^O057pC`>gww1zy6v<sqH4w7?4a<HLAD-%SA0nX78Eo*C%|v)O&*jROeM)RYD`GyP0q4qO8!`3dYw;>GQGB;2P2R)|R0)%4%Q6^-5`Jm$`LPsT=o"
    "QV`A*8kPOLnmhTRUdWwuOUZ-2r{3udtja|1n!rZpxO_|QZWvv(=T{kIgaJ6tuGgoUgeZGfQNWIoEjoA2*u{y9*OOeL^KC48Ip5=in&{W;d8CkMm$"
    "(teRSdl`Tv$E9K&_<(Vf2*+(rA&5?pY(rP!;F_w?2oUz^^!fM#~G~?%*PpTqujS>-Yjb2_eG;4ix>!@)LhEoH?D1?gn%BBBV$d!PI{F$Y2N3G<VO"
    "$->m-Za1ez=cEn?68*Q4T*K2>@NDLHShGVNZl;_(Q?!{SDn4QK?%P7w^;aU;Zi%NTb;n=x-{;3&S6rzh^&2~x*TfoWXkXn<ro!OA2D^^vx02~+;8"
    "!QA2GZqWe7Ls8p}XsxGrtF&>`#h<6Pe!6B$=GeI=6w)G~>*J~fo6|$h?n#HN4(xTX9%U_;%ypBD@I<whcvfi@9Rhvnq_gK_hy>|rZ2Y)2`LV)J)u"
    "Mst2P(Vt5f9nbWM2lDTyr<j?-D8=IfbkqWGE?9G}$^3_aA`7p=RCZPUDGk3$c=%#I<JLr9{@o(CB&pk-)o{^q4G>y-fDwYMJ4n^ZB;o3fW<M;!1n"
    "d^($m+jB*R#Kb1rKHWzova)`?&i|D$88?iHm!u9b7AcOIY_^93O4{()C>BVR*$Qm@Rh;8{o;~HsWGx1SDS~01yvVsVOm?Z*H*%utXzxy@J>Nq9Sa"
    "RT=pzkM#Cv1?NiEc1OAfPu+7kylEZmkOHSro%4M0HhZg0yv6Gkp-k|#xo%leFrl#ja-d9>B{FI>l-DPPX`vV!VMn?Ry^&Ur>wEH+@iS`AQx?Pe8b"
    "N^eGzhBMf3U)&Ewwt(fxd&NAt34+&x0$R_;K48EM>bo!RC-4~>R{l`O@t99-w8{I7M2!0b+ZcF+-;rPNnV*o{8MW_oW3TQ@_cbwcAPWZ-z7fF4$Z"
    "*E!5>0<Yb)ntSSzoOw8fIbH+|hbEs^g)DliZboO2vZQ$kDP1*;NftVsoumKLfK>+@?|)Y1#wJF7%QKLE6Vj8B{XFpv;XIByWHKD@!sB`9Wmt!0Si"
    "kj`KB9w)1*SsmAP-TO07w<ju#p%Hx1^I4Hpx5(fA5eRw`nn(1c6}8X7Owv*>S|}y;@4NRoE#Z!OAXRekIX*(Mw^FVPwGuOzS*mIz!(>TiF&g`Vi0"
    "zXHBqbY`qR+W5~&{`H_Gf&P|#BN|3csLD2mS*20Ho^DLc>-WDvLE?p9&Z<^{$&B{DF&g%0i+?h`E1n#egbdLEpbBoNygaGzHK0RB4&YV<mzpZ)Nd"
    "c0u#w@gB_#Nu7AtyQX-s(YcTHvP{BJ1QMV^Ah;YF|ikn_-(ezI1klz_B0Q58A$W4zN{3VovGxwbvyRE;0A9?_R56K2_QR@N|;B7U~<_7UihgjVI}"
    "h1leR%t(jU^>F_<0u?@0d_$%#c=AI#-xeArJs47HlG*+_g0j<R1L_Mq)UPC{+Fc+s=y#ltfIbM`!7wzmeJE)jAg1eyx&<I7(1o+F{cB7i=;()mfh"
    "o0bJGvI?gU#2xa7TXMSF5h?xr_(a?XP1=W%c0z~eM!*xneb3r*8HBvrK9925mMt!U$Ia?BaR>>qmu}S6kLz^Jkrc0^SG>;$RYHKqZ#>I);%jXmwS"
    "aA@H>a!B_Dmt${l|y9nO#U~I4!=P%N#Me23qanYL^^w*?{XEJEU=&Op;5kQt|8Hm85Ww|MI%{Wll3pMtN2pz`_-%v{TXPrtdb0yN2^;`1Vs_*(0A"
    "hgAXyt+2m4k@kzcdj1?YxHbge~{F7c*mf{BIhv+ps(XMmdS;&LKG?zD=+(kZe0v|=jkv|rlKHD_+oJjM@9_RT7HB8CdQ=yb^{MY54`7k7}of%#jl"
    "Y?&k(JXx5k`GS`Z+tx~zo;JkyCwes>iMHm"
    # fmt: on
)
"""Runs of equal bits over U+0000 to U+10FFFF (length as a variable-length integer, bits), zlib, base 85;
tests/kernels/test_scripts.py derives it anew."""


@functools.cache
def word_classes() -> NDArray[np.uint8]:
    """Return the bits of `unicode.classes`, `MARK` and `ALONE` of every code point: uint8 of shape (0x110000,)."""
    bits = _bits()
    classes = unicode.classes() | np.where(bits & _MARK, np.uint8(MARK), np.uint8(0))
    classes |= np.where(bits & _ALONE, np.uint8(ALONE), np.uint8(0))
    classes.flags.writeable = False
    return classes


@functools.cache
def numeric() -> NDArray[np.uint8]:
    """Return 1 where `str.isnumeric` says yes: digits, fractions, Roman numerals, ideographs for numbers."""
    found = np.where(_bits() & _NUMERIC, np.uint8(1), np.uint8(0))
    found.flags.writeable = False
    return found


@functools.cache
def symbols() -> NDArray[np.uint8]:
    """Return 1 for characters of the category So: arrows, dingbats, emoji and the like."""
    found = np.where(_bits() & _SYMBOL, np.uint8(1), np.uint8(0))
    found.flags.writeable = False
    return found


@functools.cache
def _bits() -> NDArray[np.uint8]:
    lengths: list[int] = []
    values: list[int] = []
    length = shift = 0
    data = iter(zlib.decompress(base64.b85decode(_PACKED)))
    for byte in data:
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            lengths.append(length)
            values.append(next(data))
            length = shift = 0
    return np.repeat(np.array(values, np.uint8), lengths)
