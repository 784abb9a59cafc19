"""The stages that train the models which the recipe's steps judge by."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from redpyjama.errors import UsageError
from redpyjama.graph.chain import Chain, parquet
from redpyjama.graph.plan import Graph, Plan, code
from redpyjama.lm import training
from redpyjama.recipe import Model
from redpyjama.stage import Stage


def add(graph: Graph, plan: Plan, chains: Sequence[Chain]) -> dict[str, Stage]:
    """Add the training of each model that a step of these slices uses; return the stage of each."""
    by_name = {chain.slice.name: chain for chain in chains}
    used = {getattr(use.params, "model", None) for chain in chains for use in chain.slice.steps}
    wanted = [model for name, model in plan.recipe.models.items() if name in used]
    return {model.name: _model(graph, plan, model, by_name) for model in wanted if _learnable(model, by_name)}


def _learnable(model: Model, chains: Mapping[str, Chain]) -> bool:
    missing = [name for name in model.slices if name not in chains]
    if missing and model.required:
        remedy = f"give its dumps with --inputs {missing[0]}=..., or name a trained file in the steps: model = 'PATH'"
        raise UsageError(f"[model.{model.name}] learns from slice {missing[0]}, which has no inputs", remedy)
    return not missing


def _model(graph: Graph, plan: Plan, model: Model, chains: Mapping[str, Chain]) -> Stage:
    trainer = plan.catalogue.trainers[model.trainer]
    identity = {
        "code": code("model"),
        "trainer": [trainer.name, trainer.version],
        "params": dataclasses.asdict(model.params),
        "required": model.required,
    }
    collected: list[Stage] = []
    for name in model.slices:

        def shard(i: int, chain: Chain = chains[name]) -> training.CollectArgs:
            documents = parquet(chain.documents, i)
            return training.CollectArgs(
                trainer=trainer, params=model.params, slice=chain.slice.name, documents=documents
            )

        chain = chains[name]
        table = f"{model.name}.{training.COLLECTED}"
        collected.append(chain.stage(table, training.collect, identity, shard, reads=[chain.documents]))
    args = training.FitArgs(
        trainer=trainer,
        params=model.params,
        required=model.required,
        collected=tuple((s.slice, f"{task.output}.{training.COLLECTED}") for s in collected for task in s.tasks),
    )
    where = (plan.root, f"{model.name}.{training.MODEL}", "corpus")
    return graph.single(where, training.fit, identity, args, reads=collected)
