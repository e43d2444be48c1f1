"""Algebra of latent codes and distributions, over random sizes and values."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from seqdisent import DiagonalGaussian, Latents, Sequences, SequentialVAE
from seqdisent.types import LossTerms

SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**31)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@st.composite
def latents(draw, n: int | None = None) -> Latents:
    """Codes of a few sequences, with or without a mask."""
    n = draw(SIZES) if n is None else n
    static_size, steps, dynamic_size = 4, 6, 3
    generator = seeded(draw(SEEDS))
    mask = None
    if draw(st.booleans()):
        lengths = torch.randint(1, steps + 1, (n, 1), generator=generator)
        mask = torch.arange(steps) < lengths
    return Latents(
        torch.randn(n, static_size, generator=generator),
        torch.randn(n, steps, dynamic_size, generator=generator),
        mask,
    )


@st.composite
def gaussians(draw, n: int = 1) -> list[DiagonalGaussian]:
    """Distributions over the same space."""
    shape = (draw(SIZES), draw(SIZES))
    generator = seeded(draw(SEEDS))
    return [
        DiagonalGaussian(
            torch.randn(shape, generator=generator),
            0.7 * torch.randn(shape, generator=generator),
        )
        for _ in range(n)
    ]


def same(one: Latents, other: Latents) -> bool:
    masks = (one.mask, other.mask)
    same_mask = masks == (None, None) or torch.equal(*masks)
    return (
        same_mask
        and torch.equal(one.static, other.static)
        and torch.equal(one.dynamic, other.dynamic)
    )


@given(st.data(), SIZES)
def test_swapping_twice_restores(data, n) -> None:
    a, b = data.draw(latents(n)), data.draw(latents(n))
    first, second = SequentialVAE.swap(a, b)
    assert torch.equal(first.static, b.static) and torch.equal(first.dynamic, a.dynamic)
    back_a, back_b = SequentialVAE.swap(first, second)
    assert same(back_a, a) and same(back_b, b)


@given(latents())
def test_swapping_with_itself_changes_nothing(a) -> None:
    first, second = SequentialVAE.swap(a, a)
    assert same(first, a) and same(second, a)


@given(st.data(), SIZES, st.floats(0, 1))
def test_interpolation_begins_and_ends_where_it_should(data, n, weight) -> None:
    a, b = data.draw(latents(n)), data.draw(latents(n))
    for share, end in ((0.0, a), (1.0, b)):
        between = a.lerp(b, share)
        assert torch.equal(between.static, end.static)
        assert torch.equal(between.dynamic, end.dynamic)
    forth, back = a.lerp(b, weight), b.lerp(a, 1 - weight)
    torch.testing.assert_close(forth.static, back.static, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(forth.dynamic, back.dynamic, atol=1e-5, rtol=1e-4)


@given(st.data(), st.integers(1, 8))
def test_parts_of_a_timeline_depend_on_existing_steps_alone(data, parts) -> None:
    codes = data.draw(latents())
    if codes.mask is None:
        return
    padded = codes.dynamic.masked_fill(~codes.mask[..., None], 1e6)
    other = Latents(codes.static, padded, codes.mask)
    torch.testing.assert_close(codes.timeline(parts), other.timeline(parts))


@given(st.data())
def test_batches_can_be_cut_and_joined(data) -> None:
    codes = data.draw(latents(5))
    assert same(Latents.cat([codes[:2], codes[2:]]), codes)


@given(gaussians(2))
def test_kl_is_positive_and_zero_only_for_equals(both) -> None:
    p, q = both
    assert (p.kl(q) > 0).all() and not p.kl(p).any()


@given(gaussians(2), SEEDS)
def test_kl_agrees_with_monte_carlo(both, seed) -> None:
    p, q = both
    many = 20_000
    repeated = DiagonalGaussian(
        p.mean.expand(many, *p.mean.shape), p.log_std.expand(many, *p.mean.shape)
    )
    samples = repeated.sample(seeded(seed))
    estimates = p.log_prob(samples) - q.log_prob(samples)
    error = 5 * estimates.std(0) / many**0.5 + 1e-4
    assert ((estimates.mean(0) - p.kl(q)).abs() < error).all()


@given(SIZES, st.floats(0.1, 10), st.floats(0, 10), SEEDS)
def test_a_loss_is_linear_in_its_weights(n, first, second, seed) -> None:
    terms = {name: torch.randn(n, generator=seeded(seed)) for name in ("a", "b")}
    total = LossTerms(terms, {"a": first, "b": second}).per_sequence
    torch.testing.assert_close(total, first * terms["a"] + second * terms["b"])


@given(SIZES, SIZES, SEEDS)
def test_labels_travel_with_their_sequences(n, frames, seed) -> None:
    x = torch.randn(n, frames, 2, generator=seeded(seed))
    mask = torch.ones(n, frames, dtype=torch.bool)
    batch = Sequences(x, mask, {"who": torch.arange(n)}, {"what": torch.zeros(n, frames)})
    assert set(batch.labels) == {"who", "what"} and len(batch) == n
