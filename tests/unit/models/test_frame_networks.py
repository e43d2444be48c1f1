"""The parts of a model that depend on the data set, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import seqdisent
from seqdisent.nn import FrameConfig, frame_networks
from seqdisent.nn.images import NETWORKS
from seqdisent.nn.observation import OBSERVATIONS
from seqdisent.nn.signals import DECODERS
from seqdisent.spec import DatasetSpec

IMAGES = seqdisent.dataset_spec("sprites-32")
SIGNAL = seqdisent.dataset_spec("waves")
WITHOUT_MISSING_VALUES = replace(SIGNAL, likelihood="gaussian")
CASES = [
    *((IMAGES, kind) for kind in NETWORKS),
    *((WITHOUT_MISSING_VALUES, kind) for kind in ("mlp", "modulated")),
    *((SIGNAL, kind) for kind in ("mlp", "modulated")),
]


@pytest.mark.parametrize("spec, kind", CASES)
def test_decoder_and_observation_model_have_one_interface(spec: DatasetSpec, kind: str):
    networks = frame_networks(spec, FrameConfig(kind, width=4, features=12), 5, 3)
    static, dynamic = torch.randn(2, 5), torch.randn(2, 4, 3)
    parameters = networks.decoder(static, dynamic)
    assert parameters.shape[2:] == networks.observation.parameter_shape(spec.event_shape)
    observation = networks.observation.from_decoder(parameters, torch.tensor(0.0))
    x = torch.rand(2, 4, *spec.event_shape)
    assert observation.values.mean.shape == observation.presence().shape == x.shape
    assert observation.nll(x).shape == observation.presence_nll(x).shape == (2, 4)
    for encoder in (networks.encoder, networks.pooled_encoder()):
        assert encoder(x.flatten(0, 1)).shape == (8, 12)


@pytest.mark.parametrize(
    "spec, kind, message",
    [
        (replace(IMAGES, event_shape=(3, 48, 48)), "dcgan", "32x32 or 64x64, got 48x48"),
        (replace(IMAGES, event_shape=(7,)), "mlp", r"events of shape \(7,\)"),
        (replace(IMAGES, likelihood="scaled"), "dcgan", "no image networks for the likelihood"),
        (replace(IMAGES, likelihood="poisson"), "dcgan", "no likelihood 'poisson'"),
        (IMAGES, "mlp", f"choose from .*{sorted(NETWORKS)[0]}"),
        (SIGNAL, "dcgan", f"choose from .*{sorted(DECODERS)[0]}"),
    ],
)
def test_unsupported_data_or_settings_are_errors(spec: DatasetSpec, kind: str, message: str):
    with pytest.raises(ValueError, match=message):
        frame_networks(spec, FrameConfig(kind, width=4, features=12), 5, 3)


def test_every_observation_model_is_covered():
    covered = {spec.likelihood for spec, _ in CASES}
    assert covered == set(OBSERVATIONS)
