"""How often is the language right, beside two other identifiers?

    python -m benchmarks.language_accuracy [--quick]

1,000 sentences in each of 75 languages (lingua's test sentences) and the Universal Declaration of Human Rights in some
300. Peers: pycld2 0.42 and eldc 0.4.0. A language counts as known to an identifier that was right about it once.
Norwegian Bokmål is "no" here, as in lid.176; Bosnian, Croatian and Serbian are three.
"""

from __future__ import annotations

import argparse
import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Sequence

import eldc
import pyarrow as pa
import pycld2

from benchmarks.measure import claim, realdata
from redpyjama.sources.language_codes import short_code
from redpyjama.steps import language

SAME = {"nb": "no", "iw": "he", "jw": "jv", "in": "id", "ji": "yi"}
MEMBERS = {
    "arb": "ar", "azj": "az", "als": "sq", "cmn": "zh", "ekk": "et", "gug": "gn", "khk": "mn", "kmr": "ku", "lvs": "lv",
    "nob": "no", "npi": "ne", "ory": "or", "pes": "fa", "plt": "mg", "quz": "qu", "swh": "sw", "uzn": "uz", "ydd": "yi",
    "zlm": "ms",
}  # fmt: skip
"""ISO 639-3 codes of the UDHR files that stand for the macrolanguage which identifiers name."""

Labelled = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every tenth sentence")
    step = 10 if parser.parse_args().quick else 1
    folder = realdata() / "groundtruth"
    sets = {
        "lingua sentences": sentences(folder / "langid-lingua-sentences" / "langid-lingua-sentences.tar.xz")[::step],
        "UDHR, 2,000 characters": declarations(folder / "langid-udhr2" / "udhr2.zip"),
    }
    identifiers: dict[str, Callable[[Sequence[str]], list[str]]] = {"redpyjama": ours, "pycld2": cld2, "eldc": eld}
    for name, labelled in sets.items():
        print(f"\n{name}: {len(labelled):,} texts, {len({code for _, code in labelled})} languages")
        print("identifier  languages known   right of those   right of all    texts/s")
        rates = {who: score(labelled, identify, who) for who, identify in identifiers.items()}
        best = max(rate for who, rate in rates.items() if who != "redpyjama")
        claim(
            f"language_right_{name.split()[0].lower()}",
            rates["redpyjama"],
            f">= {best:.4f}",
            met=rates["redpyjama"] >= best,
        )


def sentences(path: object) -> Labelled:
    """Return sentences with the code of their file."""
    found: Labelled = []
    with tarfile.open(str(path)) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".txt"):
                code = member.name.rpartition("/")[2].removesuffix(".txt")
                lines = io.TextIOWrapper(archive.extractfile(member), encoding="utf-8")  # type: ignore[arg-type]
                found += [(line.strip(), SAME.get(code, code)) for line in lines if line.strip()]
    return found


def declarations(path: object) -> Labelled:
    """Return the beginning of each declaration whose language has a code that some identifier could give."""
    found: Labelled = []
    with zipfile.ZipFile(str(path)) as archive:
        for name in sorted(archive.namelist()):
            stem = name.rpartition("/")[2].removesuffix(".txt").partition("_")[0]
            code = MEMBERS.get(stem) or short_code(stem)
            if name.endswith(".txt") and code:
                text = archive.read(name).decode("utf-8", "replace")
                found.append((" ".join(text.split())[:2000], SAME.get(code, code)))
    return found


def ours(texts: Sequence[str]) -> list[str]:
    batch = pa.record_batch({"text": pa.array(texts, pa.string())})
    return language.run(batch, language.LanguageParams())["lid_language"].to_pylist()


def cld2(texts: Sequence[str]) -> list[str]:
    def identify(text: str) -> str:
        try:
            return pycld2.detect(text)[2][0][1]
        except pycld2.error:  # characters that it does not take
            return ""

    return [identify(text).partition("-")[0] for text in texts]


def eld(texts: Sequence[str]) -> list[str]:
    eldc.init()
    return [str(eldc.detect(text)) for text in texts]


def score(labelled: Labelled, identify: Callable[[Sequence[str]], list[str]], who: str) -> float:
    """Print a row; return the share of all texts whose language was right."""
    begin = time.process_time()
    found = [SAME.get(code or "", code or "") for code in identify([text for text, _ in labelled])]
    seconds = time.process_time() - begin
    right = [code == expected for code, (_, expected) in zip(found, labelled, strict=True)]
    known = {expected for (_, expected), ok in zip(labelled, right, strict=True) if ok}
    of_known = [ok for ok, (_, expected) in zip(right, labelled, strict=True) if expected in known]
    rate = sum(right) / len(right)
    rate_of_known = sum(of_known) / max(len(of_known), 1)
    print(f"{who:11} {len(known):15} {rate_of_known:16.4f} {rate:14.4f} {len(found) / seconds:10,.0f}")
    return rate


if __name__ == "__main__":
    main()
