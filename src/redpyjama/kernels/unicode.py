"""Unicode character classes as one flat table, for kernels.

The table is that of one Unicode version whatever Python runs it: signals must not change with the interpreter.
"""

from __future__ import annotations

import base64
import functools
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

VERSION: Final = "14.0.0"

ALPHA: Final = 1
ALNUM: Final = 2
SPACE: Final = 4
DECIMAL: Final = 8
UPPER: Final = 16
LOWER: Final = 32
"""Bits of a class: what `str.isalpha`, `isalnum`, `isspace`, `isdecimal`, `isupper`, `islower` say of one character."""

_PACKED: Final = (
    # fmt: off
    "c-rmV+jgor007V|)2DfwHT=M=@&EsEtbp7SNC36<>}^l02qff22pkBZ^YtxEBqoKw9=ZulR{Q-mYZOq(8oui1zg+HbFW1|<OD_0+dN%C-O|$d0Jz"
    "?Y3E!DmG{`p=<(+nT3&11Hv525|){^lCL=ZQB>ymmj^aq4Dkn(O{omvU_^nl93l?~aK@Gqu`c6i24zXI#=^h~X*zEuZx}jpFTh8?(?=l6!f*|Gs9"
    "6a#NDHZ5diA*X>N9%e#8DdAVJh#woMob*vUvzd~6ug}$g2C)7zrG3NDOpS8Z!`WL4Ai`z```4-ju5w{qJ_}pW>i1bzj&q}PyEgDBKlfLCE>59Til"
    "&1m35V9@jR%r7n`8-P}@4@1Cb{U_Bmk4vY-LqPdtCj8h_TNeZwS_wuew-KkMfl&JFL$H4$1&LszyH}z)JF*8Rv?j8lR%2X-%S5$Szq*8r!&^2|7!"
    "SK=^tXB`imx~jmRT!W9U-(@y%L4C%66c^q&Sj-~N2^$52-ON2|PlpG*Hsmke=7_@(JTl+#K53ww%RvH{4{zwht5?OWvk<?`6_wMKEfrR=I#S>u-|"
    "|9cz1Spv?(UkNFnM<HFpM%$SVzu*3l4!>ltP@Zy^A?q?#=g2PV;4bVH`@ZDj^ZZ_PHRH7Z6&Ha{b7Q`~!tQp{9Y%$ULz57P!$^*Iy5nf)8D^hrmp"
    ">X#IB7dh>a-6#yop5pTZ|VxMPE;zdCUUK9@E^{M*TVWAiC|5WsXl%HE^?9SACy2_Br0L<hwO7(H~3qV)8x3XAfz_(&jdtSssehzpxioItsJw=hen"
    "~E2^XZ>XH86v9Xbg{^z{BWsV=>Pw51&4pQwo{s}b$j<fO06Efszc22f8*2ZttU$5`)+-I&z<uE>kjCJGlKh)8p-&}v<>*(3p9U)E5Z}sJHC?E6lU"
    "t9BsrhVm>@0XjM&WuH$L%Y6sKM_9u+?`eIK99@ya7KPQ|JPu(oOEA*RTi(s{Fm!6{`?)8d4J>?=fpN@KtFQOpMh`B%8o8!=(6(rb9=J;o)K*-ca^"
    "A%>~(RN_s`6KGq+iq>q>tNezVH~`L+I?^>0>f81SB2A$@?C^nRaz{a-U&me=$bvJOWjuQ<jV4t4K;hGw|*_`kdO__}}mF*lA?IR3W#@7W_|YRqT("
    "Y75zAyQ?xCu)m*4dEN<v;c|hepRumI2;$ji$ilP-c=lC~wab_GN*{Ao_GPPkz52@UJoNzp00000z>_)u0{{R3000000000000000000000Kle~Kh"
    "MzpZ|CVhpY+#5I(zD##Jqg`@#=G%uV>{?_47hUNivVq!DmsA9*li$CMk3Ovl2%8^z0__%<OhjmmlHwdVEZ8+AW-0ApI7`{!zFkwQ`<{$E*3d&BRb"
    "%*R%HiEbH5!arrI@u{KI28*<|2$NBchS<cS3HyjOhypB}*ue3D#^1fZ{@f_-ye<b<5eIHL=7Ki!Y%=6c;<)-s?tGu49Hs=cS2LJ#7000000002ks"
    "o;9@U6=9(000000001h58&#O*Ivo;o~vf^`g`@wC$)uR6y0ge`}-<}*!}#V?NZF%m>2J=A$!`px3#z7$7bL1{;^Hgqyb6Y|MLY^GURVyT9(1fMlB"
    "sqdRo{hy+3;YJC4Ss#_k1kE9usx|CKA<2kP`j7Hq9<l2yqW9&akjb7}c6Ti<v+q2?~<tIgZgiT5L}%FKCtToTvyW_j8`*A}az4b3>3^Jou$L-sb("
    "!{>0lI{tb4zN55$XOBN(OyqIVUBypqf2W5!1)JaB!9ANieH*(qLt#4CKEGite?qs~mGDdU5APj+Xg6T|WQ#t|b={Ddh)>w;q9=B*d$#Yk)Yi_oH2"
    "uPMbd%9M+I8Gf{wL{HT&{MO|ChD@JHv14rN(b+OcJzq)3%>4LdEe>s4ZY;k6LVY{%6hPW(nD-q(>{xT0ASZ?{E`Pm*b;a({?s?hrc^N^YwQ}u+z1"
    "Sx2SN;=1BS{cG#(ybx+3G7<(ui>UrLH;Um!GBdEe6@T0{v*?x}?x3g7zKI%2k#%@*1!OqV+|CL@%Dt$M%|BQAgjvfN_+xE}T>SdMAd`kKs=pXG3I"
    "-Zo@wP`(sH#t81BhG)nBYsE6CCB-d=q8O?{>iaqC`^OJ<LAz9f2z+5hOHQ8>uzN+h+FFmhg+5>oL_bGi%fckeW?~#+Q)Ri^JisCL6t9vV9eJ4^3{"
    "i@?BA5{&#L*cWPHW>ANaUy%ib_Pd$x~kf9z!e0C>fC{2859$60_wT>t<8Fy08pg#Z8m000000Dc~qu5jdvpRKvl_d`1`7Io`CUj9?dk3Wy%vwDm3"
    "T;N(Hev_m3XDz)?)Gyfowd*@MO2=2WasO8U00000;A0s72R^%Xt2o)}R6YOz00000006(h{Zg0yl9%BvXIxCwrf)jUNALNC84CdLLB|8H>~77c%s"
    "XRxX8-^I005MD>%&Dd;lDf*EA~9OWpkOZW0_Pqx7gic7}`HKVZ2Ou1QU*i)2?_(jQ&m7UZ$IWNXc*@-7J%_Qcm;f9X3Mzv?Z_Or;nAghXCMDH0(x"
    "Wy5qq|+j+tGW5Tp2<)WqM=Et%8`<`FV7x=^4(~$Z9e&Iv@BiHU>)uuW61nWm9(f$RtT=omyzsuX=6Mp7NoP+y^wVgos0QvDe-7@{bPHcb0cAjDW$"
    "F%$B>3=&Ptz>0a)JHI^eGg|<|AP7d&N}CN0020X@hPC^E^q(<0000000000000000000000000000000000000000000000000#Q`jJd0001htUq"
    "G>!1xFN00000&*FML00000004ly0002sdP*ET0@(ip00000D-0$A000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000a{0~?h+E4"
    # fmt: on
)
"""The classes of U+0000 to U+10FFFF, a byte each, zlib, base 85; tests/kernels/test_text.py derives it anew."""


@functools.cache
def classes() -> NDArray[np.uint8]:
    """Return the class bits of every code point: uint8 of shape (0x110000,), read-only."""
    return np.frombuffer(zlib.decompress(base64.b85decode(_PACKED)), dtype=np.uint8)
