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

_MARK, _ALONE, _NUMERIC = 1, 2, 4

_PACKED: Final = (
    # fmt: off
    "c-n21TZola6vx-v-})}+J7?z1OygV{=Q!HrZ7!ZBbu={%a)>U11rqd72tj0#Q5Zyl8m8S)Fbj%I0(}XBh@hUb9s&)a2zwDCt>`5|d$5-t`mKFFHO"
    "PmxzrEL9YwdOUul2R1wC6<CBv>kHK@$7gWTzeulI#8;Q>t96go;$}k-D~Jo|cwzdK|GJ8RWOdx3od{Eg8{AkZf{ZC^fCY8{%Hst0YjW6MWZ8q042"
    "6^Fm!6`F&8XCHCA_FT6F;gFL>0gVEO2dy@>($nVId9!xwZocoapaaX@4QB)oz+;*&#M4&f#DTl7UM3l&>uH%Iy>Ra@rTe_?Z-fX3-)m@HWz0xftx"
    "9}hPH<Ib$JR7rk{od{8mPCo0u#)IpELK)krO+&T7PL#+sD_YhDtYh-OIso#AP1$;P_-|kT+NrrcV1RSXkiVuGU>OD{SJ9PZ<GFrfRvi5j7QJb%0z"
    "%090^%4(1X{Idy#PN3JuQG%1pmXW8wPkat6c}65D(jqgZS~4Otn+yh_2`pXg0iRo^`*Z3j||*zJ-A{xqmcX{{JRT_(}GIb>3|^|AV^LW$NWR#ZE7"
    "y0BWv0-{KDh4hkhw_W4ig!jARdy~=)uKTs9-rg18o~MqktU}ngDx368&&PI}B>@pGIR|zhmD|Z*YCom2-nPhqT`_6dxe}#1qI*1w$7D?RV=fz(nq"
    "@qcpuR15`TnNb_PQ6XB?ZZE+E^@L(@w@JWiLY~a+Z%WmcPcsChSn&EP+T__7F4;<<)s<2w9770gXf3p~EhG7qqAna{94jA<5kE^TD!rd~?JqTf6H"
    "luTayhfs89$boK+#z8cGC-7E)v_lNtrzn|r}OYG@oaVsxDmwGEVTxOz*=e53YtU;KY<6J0pj6}@Eem&%+OCt1C2V+tFoY}pI%rGL#SfoB+?<Jm3B"
    "Mei<Ner!^jLmqPI`jZ%8kWOrAX!wcmdRjnuq8T!Ob4<+JA?>V4MUOyZ|M~IKRffHqxkB3Dm$vgcxY>(R+YzP&`yf^WVoBB&Zp9&J<u;+)QgEsSwq"
    "$Wx?s<8eZlcCV&hbO6nGTS1P^WlL8o2elN=ZfGc}d~mHXfh5d1OR0AxMTv~@;=H>BxO_MV}dtwf>)t~PUHs6Bz1A!r$<PWuGo#fb0|K^6e{pgTD%"
    "psCHKxY~%^O02DtCb(^x#!*;uGlfjf8&ffViH?&~_tbMV3Ex|(4X=pBM8|TveU?`B=E3y_uDa^=Dfj<*&fFjiC;cZ-i^E-YD=q0DIor{w=?Ib!(!"
    "*ZltrXp(SuG=EzUh+zr9Avj2kCKTW^RbH(rw$dKbf0*AzI5L$mWB+rE%(dZb&1cPE)!gNi2Oq9Y^g}8DQV7FJdsc_Djs8QFoz@;~ica&!_ywQw$L"
    "MxR7V;@*AG4ZO~!_)}c7e9s_n1G};#(-)2d%5wga=!ol4>oj;%#LK{S$9)Nd#T&8h+P>)*t5BV4=Vk9jz-*!~IuO$8{8Md>9%-C+js>w`@tQ#7Lj"
    "yCoCGJ4+|m9Kif&kvsZ-@F4iV6wC`bugIg(~`#uzMIK9N1yq~x*uHowE8CJFZk;`Z;`?$cpNw0<99*_dRQK=W>FJ5<AbXY8iB5~eQY#X_TIws!xo"
    "=!2Q-Yymt!H9pZ!0zcPeztr+0)8hvbl3e=7+W>hj&<@cFq3xukmNpSt`DzEz4K"
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
    found = (_bits() & _NUMERIC) // _NUMERIC
    found.flags.writeable = False
    return found


@functools.cache
def _bits() -> NDArray[np.uint8]:
    lengths: list[int] = []
    values: list[int] = []
    data = iter(zlib.decompress(base64.b85decode(_PACKED)))
    for byte in data:
        length, shift = byte & 127, 7
        while byte & 128:
            byte = next(data)
            length |= (byte & 127) << shift
            shift += 7
        lengths.append(length)
        values.append(next(data))
    return np.repeat(np.array(values, np.uint8), lengths)
