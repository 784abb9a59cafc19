"""The stages of exact de-duplication, over all slices."""

from __future__ import annotations

from collections.abc import Sequence

from redpyjama import limits
from redpyjama.dedup import exact
from redpyjama.document import SLICES
from redpyjama.graph.chain import Chain, parquet
from redpyjama.graph.plan import Graph, Plan, code
from redpyjama.stage import Stage, Task
from redpyjama.store import exchange, hashes


def add(graph: Graph, plan: Plan, chains: Sequence[Chain]) -> Stage:
    """Add the two exchanges of exact de-duplication; return the second."""
    dedup = plan.recipe.dedup
    shards = sum(chain.num_shards for chain in chains)
    sizes = [found.dump.num_bytes for chain in chains for _, found in chain.parts]
    partitions = exchange.num_partitions(sizes, 1024 * limits.MIB)
    for chain in chains:
        scope = 0 if dedup.scope == "corpus" else SLICES.index(chain.slice.name)
        rank = dedup.rank(chain.slice.name)

        def args(i: int, chain: Chain = chain, scope: int = scope, rank: int = rank) -> exact.HashArgs:
            return exact.HashArgs(
                rules=parquet(chain.rules, i),
                final=parquet(chain.final, i),
                scope=scope,
                rank=rank,
                shard=chain.first_shard + i,
                num_partitions=partitions,
            )

        identity = {"code": code("decide"), "scope": scope, "rank": rank, "first": chain.first_shard, "n": partitions}
        chain.stage("hashes", exact.by_hash, identity, args, reads=[chain.rules, chain.final])
    hashed = list(graph.tables["hashes"].values())
    sent = tuple(f"{task.output}.arrow" for stage in hashed for task in stage.tasks)
    groups = -(-shards // exact.SHARDS_PER_GROUP)
    key = hashes.key("copies", code("decide"), groups, [stage.key for stage in hashed])
    directory = f"stages/copies-{key}/corpus"
    tasks = [
        Task(
            name=f"copies/corpus/part-{p:05d}",
            run=exact.meet,
            args=exact.MeetArgs(copies=sent, partition=p, num_groups=groups),
            output=f"{plan.root}/{directory}/part-{p:05d}",
            needs=tuple(task.name for stage in hashed for task in stage.tasks),
        )
        for p in range(partitions)
    ]
    stage = Stage(name="copies", slice="corpus", key=key, directory=directory, tasks=tuple(tasks))
    graph.stages.append(stage)
    graph.tables["copies"] = {"corpus": stage}
    return stage
