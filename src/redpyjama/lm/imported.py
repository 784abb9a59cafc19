"""N-gram models of others: an ARPA file is made a model file once, when it is first asked for."""

from __future__ import annotations

import os
import tempfile

from redpyjama.errors import InputError
from redpyjama.lm import arpa, model_file
from redpyjama.store import hashes, tokenizer_file

_KENLM = b"mmap lm http://kheafield.com/code"


def model_path(path: str, tokenizer: str) -> str:
    """Return the path of a model file: *path* itself, or what was made of an ARPA file, kept under ~/.cache/redpyjama.

    Args:
        path: A model file, or an ARPA file, plain or gzip.
        tokenizer: Whose pieces the words of an ARPA file are, as `redpyjama.store.tokenizer_file.load` takes it; empty
            for words between blanks.

    Raises:
        InputError: The file is neither, or damaged; or the tokenizer cannot be read.
    """
    if model_file.is_model(path):
        return path
    with open(path, "rb") as file:
        if file.read(len(_KENLM)) == _KENLM:
            raise InputError(path, "is a binary file of KenLM", "name the ARPA file that it was made of")
    pieces = tokenizer_file.load(tokenizer) if tokenizer else None
    digest = hashes.key("arpa", model_file.FORMAT, hashes.sha256_path(path), pieces.sha256 if pieces else "")
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(root, "redpyjama", "models")
    made = os.path.join(folder, f"{digest}.{model_file.FORMAT}.model")
    if not os.path.exists(made):
        os.makedirs(folder, exist_ok=True)
        # Several workers may come at once: each makes its own, the last one stays.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".import-") as scratch:
            new = os.path.join(scratch, "model")
            arpa.read(path, new, tokenizer=(pieces.name, pieces.content) if pieces else None)
            os.replace(new, made)
    return made
