"""Terms of a loss: each has a name, a weight, and a function that computes it for every sequence.

A model's loss is the weighted sum of the terms that :meth:`seqdisent.models.base.SequentialVAE.loss_terms` lists.
Here are the terms of the evidence lower bound, which all models share; a method's file adds its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from seqdisent.distributions import DiagonalGaussian
from seqdisent.nn.observation import Observation
from seqdisent.nn.priors import DynamicPrior
from seqdisent.types import Encoding, Sequences


@dataclass(frozen=True)
class LossInputs:
    """What a loss term is computed from.

    Args:
        batch: the sequences, B of T frames, as they are without augmentation.
        encoding: posteriors, and a sample from each.
        observation: p(x | s, z) given that sample.
        frame_nll: -log p(x_t | s, z_t) in nats, ``[B, T]``; also of frames that ``batch.mask`` leaves out.
        prior: p(z_1:K).
    """

    batch: Sequences
    encoding: Encoding
    observation: Observation
    frame_nll: Tensor
    prior: DynamicPrior


@dataclass(frozen=True)
class LossTerm:
    """One term of a loss.

    Args:
        name: unique within a model, for logs.
        weight: its factor in the total.
        compute: the term of every sequence in nats, ``[B]``, not weighted.
    """

    name: str
    weight: float
    compute: Callable[[LossInputs], Tensor]


def reconstruction(inputs: LossInputs) -> Tensor:
    """-log p(x | s, z), summed over frames: ``[B]``."""
    return (inputs.frame_nll * inputs.batch.mask).sum(1)


def static_kl(inputs: LossInputs) -> Tensor:
    """KL(q(s|x) || N(0, I)): ``[B]``."""
    posterior = inputs.encoding.static
    return posterior.kl(DiagonalGaussian.standard(posterior.mean.shape, posterior.mean))


def dynamic_kl(inputs: LossInputs) -> Tensor:
    """KL(q(z_t|x) || p(z_t|z_<t)), summed over steps; the prior is teacher-forced with the sample: ``[B]``."""
    encoding = inputs.encoding
    step_kl = inputs.prior.kl(encoding.dynamic, encoding.latents.dynamic)
    return (step_kl * inputs.batch.mask).sum(1)


def presence(inputs: LossInputs) -> Tensor:
    """-log p(which values are present | s, z), summed over frames: ``[B]``."""
    frame_nll = inputs.observation.presence_nll(inputs.batch.x)
    return (frame_nll * inputs.batch.mask).sum(1)
