"""Recipe + dumps -> the static graph of stages and tasks that a build runs. Knows every step, and no engine.

    read -> (models) -> step ... -> spans -> tokens -> rules -> (hashes -> copies) -> decisions -> release

A stage's directory carries the hash of all that decides its content: code, parameters, and the keys of what it reads.
So nothing is ever stale, and what did not change is found again.
"""

from __future__ import annotations

from redpyjama.document import SLICES
from redpyjama.graph import copies, models
from redpyjama.graph.chain import Chain
from redpyjama.graph.plan import Graph, Input, Plan

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
    for chain in chains:
        chain.annotate(learnt)
    losers = copies.add(graph, plan, chains) if "exact" in plan.recipe.dedup.methods and shards else None
    for chain in chains:
        chain.decide(losers)
        chain.release()
    return graph
