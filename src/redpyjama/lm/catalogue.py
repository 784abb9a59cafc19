"""The steps that judge by models: what a recipe may use."""

from __future__ import annotations

from redpyjama.lm import classifier_step, dsir_step, perplexity_step
from redpyjama.stage import Step

STEPS: dict[str, Step] = {**classifier_step.STEPS, **dsir_step.STEPS, "perplexity": perplexity_step.STEP}
