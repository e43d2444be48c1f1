"""Features by which sequences are compared with known ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqdisent.audio import vocoder
from seqdisent.data.speech import voices
from seqdisent.data.timeseries import waves
from seqdisent.modalities.features import Reconstruction
from seqdisent.modalities.speech import SPEECH
from seqdisent.modalities.timeseries import TIMESERIES
from seqdisent.types import Sequences


def speech_batch() -> Sequences:
    mask = torch.arange(5) < torch.tensor([[5], [3]])
    return Sequences(torch.zeros(2, 5, *vocoder.EVENT_SHAPE), mask)


def test_the_error_is_over_what_exists_and_is_not_missing() -> None:
    x = torch.zeros(2, 4, 3)
    x[0, 0, 0] = torch.nan
    mask = torch.arange(4) < torch.tensor([[4], [2]])
    decoded = torch.full_like(x, 0.5)
    decoded[0, 0, 0] = 9.0
    decoded[1, 2:] = 9.0
    error = Reconstruction(Sequences(x, mask), decoded).root_mean_square_error()
    np.testing.assert_allclose(error, [0.5, 0.5])


def test_the_error_of_some_channels_is_of_the_last_axis() -> None:
    x = torch.zeros(3, 4, 2, 5)
    decoded = x.clone()
    decoded[..., 1] = 2.0
    reconstruction = Reconstruction(Sequences(x, torch.ones(3, 4, dtype=torch.bool)), decoded)
    np.testing.assert_allclose(reconstruction.root_mean_square_error(slice(0, 1)), [0, 0, 0])
    np.testing.assert_allclose(reconstruction.root_mean_square_error(slice(1, 2)), [2, 2, 2])


def test_the_error_of_the_spectrum_does_not_contain_the_pitch() -> None:
    batch = speech_batch()
    wrong_pitch, wrong_envelope = batch.x.clone(), batch.x.clone()
    wrong_pitch[..., vocoder.PITCH] = 3.0
    wrong_envelope[..., vocoder.ENVELOPE] = 0.25

    def envelope(decoded: torch.Tensor) -> np.ndarray:
        return SPEECH.measure_features(Reconstruction(batch, decoded), voices.SPEC)["envelope"]

    np.testing.assert_allclose(envelope(wrong_pitch), [0, 0])
    np.testing.assert_allclose(envelope(wrong_envelope), [5, 5])  # 0.25 units of 20 dB


def test_speech_has_pitch_voicing_and_duration() -> None:
    batch = speech_batch()
    batch.x[0, :2, :, vocoder.VOICED] = 1.0
    values = SPEECH.measure_features(Reconstruction(batch, batch.x), voices.SPEC)
    assert values["pitch"][0] == pytest.approx(vocoder.PITCH_HZ) and np.isnan(values["pitch"][1])
    np.testing.assert_allclose(values["voiced"], [40, 0])
    np.testing.assert_allclose(values["duration"], [0.1, 0.06])


def test_series_have_levels_and_missing_values() -> None:
    spec = waves.SPEC
    x = torch.zeros(1, 2, *spec.event_shape)
    x[0, 0] = torch.nan
    batch = Sequences(x, torch.ones(1, 2, dtype=torch.bool))
    values = TIMESERIES.measure_features(Reconstruction(batch, torch.zeros_like(x)), spec)
    assert values["missing"].tolist() == [50.0]
    for variable in spec.variables:
        if not variable.log:
            assert values[f"level of {variable.name}"][0] == pytest.approx(variable.mean, rel=1e-5)
