"""All trainers, and the steps that judge by what they learn: what a recipe may use."""

from __future__ import annotations

from redpyjama.lm import classifier, classifier_step, dsir, dsir_step
from redpyjama.stage import Step, Trainer

TRAINERS: dict[str, Trainer] = {trainer.name: trainer for trainer in (classifier.TRAINER, dsir.TRAINER)}

STEPS: dict[str, Step] = {**classifier_step.STEPS, **dsir_step.STEPS}
