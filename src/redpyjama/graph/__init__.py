"""Recipe + dumps -> the static graph of stages and tasks that a build runs. Knows every step, and no engine.

    read -> (models) -> step ... -> spans -> tokens -> rules -> (fingerprints ... clusters) -> decisions -> release

A stage's directory carries the hash of all that decides its content: code, parameters, and the keys of what it reads.
So nothing is ever stale, and what did not change is found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redpyjama.document import SLICES
from redpyjama.graph import copies, models, shared
from redpyjama.graph.chain import Chain, Waiting
from redpyjama.graph.plan import Graph, Input, Plan
from redpyjama.stage import Stage

__all__ = ["Graph", "Input", "Plan", "make"]


def make(plan: Plan) -> Graph:
    """Lay out the whole graph; nothing is read but the dumps' sizes and the files that steps name.

    Raises:
        InputError: A step names a file that is not there.
        UsageError: A model learns from a slice that has no inputs.
    """
    graph = Graph()
    shards = 0
    chains: list[Chain] = []
    for name in SLICES:
        if name in plan.inputs and name in plan.recipe.slices:
            chain = Chain(graph, plan, plan.recipe.slices[name], first_shard=shards)
            chain.read()
            shards += chain.num_shards
            chains.append(chain)
    learnt = models.add(graph, plan, chains)
    _annotate(graph, plan, chains, learnt)
    losers = copies.add(graph, plan, chains) if plan.recipe.dedup.methods and shards else None
    for chain in chains:
        chain.decide(losers)
        chain.release()
    return graph


def _annotate(graph: Graph, plan: Plan, chains: Sequence[Chain], learnt: Mapping[str, Stage]) -> None:
    """Run the steps of all slices; at a step that judges by documents of other slices, those wait for each other."""
    running = {chain.slice.name: (chain, chain.annotate(learnt)) for chain in chains}
    waiting: dict[str, Waiting] = {}

    def go_on(name: str, sidecar: Stage | None) -> None:
        waiting.pop(name, None)
        try:
            run = running[name][1]
            waiting[name] = run.send(sidecar) if sidecar else next(run)
        except StopIteration:
            del running[name]

    for chain in chains:
        go_on(chain.slice.name, None)
    while waiting:
        stand = {name: (running[name][0], wait) for name, wait in waiting.items()}
        together = shared.next_together(stand)
        sidecars = shared.add(graph, plan, [stand[name] for name in together])
        for name, sidecar in zip(together, sidecars, strict=True):
            go_on(name, sidecar)
