"""The stages of document-level de-duplication, over all slices.

    fingerprints -> buckets -> (forest ...) -> roots -> members -> clusters

A shard sends its keys to partitions; those that share one are linked; partitions' links are merged, a few at a time;
documents that are linked to others then meet with what they are compared by.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redpyjama import limits
from redpyjama.dedup import clusters, fingerprints, forest, members
from redpyjama.dedup.fingerprints import Use
from redpyjama.dedup.meetings import SHARDS_PER_GROUP
from redpyjama.graph import earlier
from redpyjama.graph.chain import Chain, parquet
from redpyjama.graph.earlier import EarlierSlice
from redpyjama.graph.plan import Graph, Plan, code
from redpyjama.recipe import MethodUse
from redpyjama.stage import Stage, Task
from redpyjama.store import exchange, hashes


def add(graph: Graph, plan: Plan, chains: Sequence[Chain]) -> Stage:
    """Add all stages; return the last one, "clusters", whose ".arrow" files tell shards which documents go."""
    return _Copies(graph, plan, chains, earlier.slices_of(plan.against, plan.root)).add()


@dataclass
class _Copies:
    graph: Graph
    plan: Plan
    chains: Sequence[Chain]
    earlier: Sequence[EarlierSlice]

    def __post_init__(self) -> None:
        self.dedup = self.plan.recipe.dedup
        sizes = [found.dump.num_bytes for chain in self.chains for _, found in chain.parts]
        self.num_partitions = exchange.num_partitions(sizes, 256 * limits.MIB)
        self.num_shards = sum(chain.num_shards for chain in self.chains)
        every = self.num_shards + sum(part.num_shards for part in self.earlier)
        self.num_groups = -(-every // SHARDS_PER_GROUP)

    def add(self) -> Stage:
        sent = [self.fingerprints(chain) for chain in self.chains]
        linked = self.buckets(sent)
        while len(linked.tasks) > forest.FAN_IN:
            linked = self.merge(linked)
        roots = self.roots(linked)
        sent = [self.members(chain, roots) for chain in self.chains]
        first = self.num_shards
        for part in self.earlier:
            where = (self.graph, self.plan, part, self.uses(part.name))
            sent.append(
                earlier.send_members(*where, roots=roots, first_shard=first, num_partitions=self.num_partitions)
            )
            first += part.num_shards
        return self.clusters(sent)

    def use(self, found: MethodUse, slice_name: str) -> Use:
        scope = "" if self.dedup.scope == "corpus" else slice_name
        method = self.plan.catalogue.methods[found.method]
        return Use(method=method, params=found.params, verify=found.verify, scope=scope)

    def uses(self, name: str) -> tuple[Use, ...]:
        """Return the methods that look at documents of a slice."""
        return tuple(self.use(use, name) for use in self.dedup.methods if not use.slices or name in use.slices)

    def fingerprints(self, chain: Chain) -> Stage:
        uses = self.uses(chain.slice.name)

        def args(i: int) -> fingerprints.KeyArgs:
            return fingerprints.KeyArgs(
                documents=parquet(chain.documents, i),
                rules=parquet(chain.rules, i),
                final=parquet(chain.final, i),
                methods=uses,
                num_partitions=self.num_partitions,
            )

        identity = {"code": code("dedup"), "methods": fingerprints.identity(uses), "n": self.num_partitions}
        reads = [chain.documents, chain.rules, chain.final]
        return chain.stage("fingerprints", fingerprints.send, identity, args, reads=reads)

    def buckets(self, sent: Sequence[Stage]) -> Stage:
        shards = tuple(chain.first_shard + i for chain in self.chains for i in range(chain.num_shards))
        shards += tuple(range(self.num_shards, self.num_shards + sum(part.num_shards for part in self.earlier)))
        files = [path for stage in sent for path in _arrow(stage)]
        reads = list(sent)
        for part in self.earlier:
            uses = self.uses(part.name)
            found = part.fingerprints(uses)
            if found is None:
                reads.append(earlier.send_keys(self.graph, self.plan, part, uses, self.num_partitions))
                found = list(_arrow(reads[-1]))
            files += found
        args = [
            forest.BucketArgs(sent=tuple(files), shards=shards, partition=p, num_partitions=self.num_partitions)
            for p in range(self.num_partitions)
        ]
        beside = [shards, [part.key for part in self.earlier]]
        return self.corpus("buckets", forest.buckets, args, reads=reads, beside=beside)

    def merge(self, linked: Stage) -> Stage:
        files = _arrow(linked)
        args = [
            forest.MergeArgs(edges=files[begin : begin + forest.FAN_IN])
            for begin in range(0, len(files), forest.FAN_IN)
        ]
        tasks = [linked.tasks[begin : begin + forest.FAN_IN] for begin in range(0, len(files), forest.FAN_IN)]
        name = "forest" if linked.name == "buckets" else f"{linked.name}+"
        return self.corpus(name, forest.merge, args, reads=[linked], needs=tasks)

    def roots(self, linked: Stage) -> Stage:
        args = forest.RootArgs(edges=_arrow(linked), num_groups=self.num_groups)
        return self.corpus("roots", forest.roots, [args], reads=[linked], beside=self.num_groups)

    def members(self, chain: Chain, roots: Stage) -> Stage:
        uses, prefer = self.uses(chain.slice.name), self.dedup.prefer
        signals = [*chain.signals, chain.tokens] if prefer else []
        rank = self.dedup.rank(chain.slice.name)
        every = tuple(use.method for use in self.dedup.methods)

        def args(i: int) -> members.MemberArgs:
            return members.MemberArgs(
                documents=parquet(chain.documents, i),
                final=parquet(chain.final, i),
                signals=tuple(parquet(stage, i) for stage in signals),
                roots=_arrow(roots),
                shard=chain.first_shard + i,
                rank=rank,
                prefer=prefer,
                methods=uses,
                all_methods=every,
                num_partitions=self.num_partitions,
            )

        identity = {
            "code": code("dedup"),
            "first": chain.first_shard,
            "rank": rank,
            "prefer": prefer,
            "methods": _identity(uses),
            "all": every,
            "n": self.num_partitions,
        }
        reads = [chain.documents, chain.final, *signals, roots]
        return chain.stage("members", members.send, identity, args, reads=reads)

    def clusters(self, sent: Sequence[Stage]) -> Stage:
        uses = tuple(self.use(use, "") for use in self.dedup.methods)
        args = [
            clusters.ChooseArgs(
                members=tuple(path for stage in sent for path in _arrow(stage)),
                partition=p,
                methods=uses,
                num_preferences=len(self.dedup.prefer),
                num_groups=self.num_groups,
                num_shards=self.num_shards,
            )
            for p in range(self.num_partitions)
        ]
        beside = [_identity(uses), self.num_groups, self.num_shards]
        return self.corpus("clusters", clusters.choose, args, reads=sent, beside=beside)

    def corpus(
        self,
        table: str,
        run: Callable[[Task], Mapping[str, Any]],
        args: Sequence[Any],
        *,
        reads: Sequence[Stage],
        beside: Any = None,
        needs: Sequence[Iterable[Task]] | None = None,
    ) -> Stage:
        """Add a stage over all slices: a task for each of *args*, which *needs* those tasks, or all that it reads."""
        key = hashes.key(table, code("dedup"), len(args), beside, [stage.key for stage in reads])
        directory = f"stages/{table}-{key}/corpus"
        every = [task for stage in reads for task in stage.tasks]
        tasks = tuple(
            Task(
                name=f"{table}/corpus/part-{i:05d}",
                run=run,
                args=each,
                output=f"{self.plan.root}/{directory}/part-{i:05d}",
                needs=tuple(task.name for task in (needs[i] if needs else every)),
            )
            for i, each in enumerate(args)
        )
        stage = Stage(name=table, slice="corpus", key=key, directory=directory, tasks=tasks, sharded=False)
        self.graph.stages.append(stage)
        self.graph.tables.setdefault(table, {})["corpus"] = stage
        return stage


def _identity(uses: Sequence[Use]) -> list[Any]:
    return [[u.method.name, u.method.version, dataclasses.asdict(u.params), u.verify, u.scope] for u in uses]


def _arrow(stage: Stage) -> tuple[str, ...]:
    return tuple(f"{task.output}.arrow" for task in stage.tasks)
