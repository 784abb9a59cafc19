"""datatrove's MinHash de-duplication: ``python -m benchmarks.peers.datatrove_minhash DOCUMENTS FOLDER``.

DOCUMENTS are JSON lines of "id" and "text". All four stages, from reading to writing what stays, one task each, with
FineWeb's parameters (its defaults). Prints CPU seconds of each stage and the ids of what was removed.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import sys
import time


def main(documents: str, work: str) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    file, folder = pathlib.Path(documents), pathlib.Path(work)
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    reader = JsonlReader(str(file.parent), glob_pattern=file.name, compression=None)

    def place(name: str) -> str:
        return str(folder / name)

    stages = {
        "signatures": [reader, MinhashDedupSignature(output_folder=place("signatures"), config=config, language="eng")],
        "buckets": [MinhashDedupBuckets(place("signatures"), place("buckets"), config=config)],
        "clusters": [MinhashDedupCluster(place("buckets"), place("remove"), config=config)],
        "filter": [
            reader,
            MinhashDedupFilter(place("remove"), exclusion_writer=JsonlWriter(place("removed"))),
            JsonlWriter(place("kept"), compression=None),
        ],
    }
    seconds: dict[str, float] = {}
    for name, steps in stages.items():
        tasks = config.num_buckets if name == "buckets" else 1
        begin = time.process_time()
        LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=place(f"log-{name}")).run()
        seconds[name] = time.process_time() - begin
    removed = [
        json.loads(line)["id"]
        for path in (folder / "removed").glob("*.gz")
        for line in gzip.open(path, "rt").readlines()
    ]
    print(json.dumps({"cpu_seconds": seconds, "removed": removed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
