"""Contracts of every model on speech: masks, lengths, anchors, disguises."""

from __future__ import annotations

import pytest
import torch

from seqdisent import Latents, Sequences
from seqdisent.audio import vocoder
from seqdisent.models.augmentations import disguise_voice
from seqdisent.models.dbse import DBSEConfig
from seqdisent.models.vast import VASTConfig
from tests.fixtures.speech import VARIANTS, build, spoken


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def clips() -> Sequences:
    """Five recordings of different lengths."""
    batch = spoken()[[0, 6, 13, 21, 38]]
    assert len(set(batch.mask.sum(1).tolist())) > 2
    return batch


@pytest.fixture(params=VARIANTS)
def model(request):
    return build(request.param)


def test_shapes_and_gradients(model, clips):
    encoding = model.encode(clips.x, clips.mask, generator=seeded())
    assert encoding.latents.static.shape == (5, 6) and encoding.latents.dynamic.shape == (
        5,
        model.spec.frames,
        3,
    )
    assert torch.equal(encoding.latents.mask, clips.mask)
    assert model.decode(encoding.latents).shape == clips.x.shape
    model.train()
    terms = model.loss(clips, seeded())
    assert all(term.shape == (5,) and term.isfinite().all() for term in terms.terms.values())
    terms.total.backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None and weight.grad.isfinite().all(), name


def test_what_stands_after_the_end_changes_nothing(model, clips):
    losses, codes = [], []
    for filler in (0.0, 3.0):
        x = torch.where(clips.mask[..., None, None], clips.x, torch.tensor(filler))
        codes.append(model.encode(x, clips.mask, sample=False).latents)
        losses.append(model.loss(Sequences(x, clips.mask), seeded()).per_sequence)
    torch.testing.assert_close(*losses, rtol=1e-5, atol=1e-3)
    torch.testing.assert_close(codes[0].static, codes[1].static)
    there = clips.mask[..., None]
    torch.testing.assert_close(codes[0].dynamic * there, codes[1].dynamic * there)
    one, other = (code.timeline(8) for code in codes)
    torch.testing.assert_close(one, other)


def test_a_swap_is_as_long_as_its_dynamics(model, clips):
    latents = model.encode(clips.x, clips.mask, sample=False).latents
    a, b = latents[:1], latents[1:2]
    first, second = model.swap(a, b)
    assert torch.equal(first.mask, a.mask) and torch.equal(second.mask, b.mask)
    assert torch.equal(a.with_dynamic(b).mask, b.mask)
    joined = Latents.cat([first, second])
    assert torch.equal(joined.mask, torch.cat([a.mask, b.mask]))


def test_timeline_averages_equal_parts():
    dynamic = torch.arange(12.0).view(1, 12, 1).repeat(2, 1, 1)
    mask = torch.ones(2, 12, dtype=torch.bool)
    mask[1, 6:] = False
    found = Latents(torch.zeros(2, 1), dynamic, mask).timeline(3)[..., 0]
    assert found.tolist() == [[1.5, 5.5, 9.5], [0.5, 2.5, 4.5]]
    whole = Latents(torch.zeros(2, 1), dynamic)
    assert torch.equal(whole.timeline(3), dynamic)
    short = Latents(torch.zeros(1, 1), dynamic[:1], torch.arange(12)[None] < 2).timeline(4)[0, :, 0]
    assert short.tolist() == [0, 0, 1, 1]


def test_the_static_code_reads_the_anchor_step_alone(clips):
    model = build("dbse-anchor-20")
    encoding = model.encode(clips.x, clips.mask, sample=False)
    rows, anchor = torch.arange(5), encoding.anchor.argmax(1)
    assert torch.equal(encoding.anchor.sum(1), torch.ones(5))
    assert anchor.tolist() == (clips.mask.sum(1) - 1).clamp_max(20).tolist()
    quieter = clips.x - 0.5
    quieter[rows, anchor] = clips.x[rows, anchor]
    torch.testing.assert_close(
        model.encode(quieter, clips.mask, sample=False).static.mean, encoding.static.mean
    )
    moved = model.with_anchor(3).encode(clips.x, clips.mask, sample=False)
    assert moved.anchor.argmax(1).tolist() == [3] * 5
    assert not torch.allclose(moved.static.mean, encoding.static.mean)


def test_a_span_reads_its_neighbours_and_no_others(clips):
    model = build("vast-span")  # two steps on either side
    encoding = model.encode(clips.x, clips.mask, sample=False)
    rows, step = torch.arange(5), torch.arange(clips.x.shape[1])
    anchor = encoding.anchor.argmax(1)
    near = (step - anchor[:, None]).abs() <= 2
    far = torch.where(near[..., None, None], clips.x, clips.x - 0.5)
    torch.testing.assert_close(
        model.encode(far, clips.mask, sample=False).static.mean, encoding.static.mean
    )
    nudged = clips.x.clone()
    nudged[rows, (anchor - 1).clamp_min(0)] -= 0.3
    assert not torch.allclose(
        model.encode(nudged, clips.mask, sample=False).static.mean, encoding.static.mean
    )


@pytest.mark.parametrize(
    "config, message",
    [
        ({"anchor_rule": "first"}, "no anchor rule"),
        ({"anchor_span": 2}, "odd"),
        ({"anchor_span": 0}, "odd"),
        ({"agreement_weight": 1.0}, "needs random_anchor"),
    ],
)
def test_bad_settings_are_named(config, message):
    from seqdisent import build_model
    from seqdisent.data.speech.voices import SPEC

    with pytest.raises(ValueError, match=message):
        build_model("vast", SPEC, VASTConfig(frame=VARIANTS["dbse"][1].frame, **config))
    with pytest.raises(ValueError, match="steps of a signal"):
        build_model("dbse", SPEC, DBSEConfig())


def test_a_disguise_hides_who_and_keeps_what(clips):
    """What is voiced, the melody and the rhythm stay; the height of the pitch becomes another sequence's."""
    disguise = lambda x, seed: disguise_voice(x, clips.mask, seeded(seed))
    disguised = disguise(clips.x, 1)
    assert torch.equal(disguised, disguise(clips.x, 1))
    assert torch.equal(disguised[..., vocoder.VOICED], clips.x[..., vocoder.VOICED])
    there = clips.mask[..., None].expand(-1, -1, 2)
    pitch, loudness = (
        (lambda x: x[..., vocoder.PITCH]),
        (lambda x: x[..., vocoder.ENVELOPE].mean(-1)),
    )
    for before, after, mask in zip(clips.x, disguised, there, strict=True):
        alike = lambda of: torch.corrcoef(torch.stack([of(before)[mask], of(after)[mask]]))[0, 1]  # noqa: B023
        assert alike(pitch) > 0.999 and alike(loudness) > 0.8
    # Over many disguises the mean pitch of a sequence has nothing to do with its own.
    own = torch.stack([p[m].mean() for p, m in zip(pitch(clips.x), there, strict=True)])
    heard = torch.stack(
        [
            torch.stack(
                [p[m].mean() for p, m in zip(pitch(disguise(clips.x, seed)), there, strict=True)]
            )
            for seed in range(40)
        ]
    )
    assert own.std() > 1 and heard.mean(0).std() < 0.4 * own.std()
