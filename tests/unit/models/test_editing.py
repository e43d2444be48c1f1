"""Interpolation, traversal, partial swaps, and ``seqdisent sample``, which offers them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import seqdisent
from seqdisent import Latents
from seqdisent.cli.main import main
from seqdisent.models import latent_ops
from tests.fixtures.video_models import VARIANTS, build


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def one(seed: int, steps: int = 5, mask: bool = False) -> Latents:
    g = seeded(seed)
    there = torch.arange(steps)[None] < steps - seed % 3 if mask else None
    return Latents(torch.randn(1, 6, generator=g), torch.randn(1, steps, 3, generator=g), there)


A, B = one(1), one(2)


@pytest.mark.parametrize("path", latent_ops.PATHS)
@pytest.mark.parametrize("what", latent_ops.WHATS)
def test_an_interpolation_begins_at_a_and_ends_at_b(what, path):
    made = latent_ops.interpolate(A, B, [0, 0.3, 1], what=what, path=path)
    ends = {
        "static": (B.static, A.dynamic),
        "dynamic": (A.static, B.dynamic),
        "both": (B.static, B.dynamic),
    }[what]
    for code, first, last in zip(("static", "dynamic"), (A.static, A.dynamic), ends, strict=True):
        torch.testing.assert_close(getattr(made, code)[:1], first)
        torch.testing.assert_close(getattr(made, code)[2:], last)
    assert len(made) == 3


def test_a_spherical_path_keeps_its_distance_and_a_line_cuts_the_corner():
    a, b = torch.tensor([[2.0, 0, 0]]), torch.tensor([[0, 2.0, 0]])
    w = torch.linspace(0, 1, 5)[:, None]
    arc, line = (
        latent_ops.interpolate_codes(a, b, w),
        latent_ops.interpolate_codes(a, b, w, "linear"),
    )
    torch.testing.assert_close(arc.norm(dim=1), torch.full((5,), 2.0))
    torch.testing.assert_close(
        arc[1], 2 * torch.tensor([np.cos(np.pi / 8), np.sin(np.pi / 8), 0]).float()
    )
    assert line.norm(dim=1).min() < 1.5
    for other in (a, -a, a * 3, torch.zeros_like(a)):  # there is no arc between these
        made = latent_ops.interpolate_codes(a, other, w)
        assert made.isfinite().all()
        torch.testing.assert_close(made, torch.lerp(a, other, w))


def test_draws_of_the_prior_stay_as_long_as_draws_on_a_spherical_path():
    g = seeded()
    a, b = torch.randn(2, 300, 128, generator=g)
    half = torch.tensor([[0.5]])
    assert (
        abs(latent_ops.interpolate_codes(a, b, half).norm(dim=1).mean() / a.norm(dim=1).mean() - 1)
        < 0.01
    )
    assert (
        latent_ops.interpolate_codes(a, b, half, "linear").norm(dim=1).mean()
        < 0.75 * a.norm(dim=1).mean()
    )


def test_of_two_lengths_the_longer_one_counts():
    a, b = one(1, mask=True), one(2, mask=True)
    assert (
        latent_ops.interpolate(a, b, [0.5], what="both").mask.tolist() == (a.mask | b.mask).tolist()
    )
    assert latent_ops.interpolate(a, b, [0.5], what="static").mask.tolist() == a.mask.tolist()


def test_a_traversal_moves_one_dimension():
    static = latent_ops.traverse(A, "static", 2, [-1.0, 3.0])
    assert static.static[:, 2].tolist() == [-1, 3]
    kept = [0, 1, 3, 4, 5]
    assert torch.equal(static.static[:, kept], A.static[:, kept].expand(2, -1))
    assert torch.equal(static.dynamic, A.dynamic.expand(2, -1, -1))
    dynamic = latent_ops.traverse(A, "dynamic", 1, [0.0, 2.0])
    assert torch.equal(dynamic.dynamic[0], A.dynamic[0])
    torch.testing.assert_close(
        dynamic.dynamic[1] - A.dynamic[0], torch.tensor([0.0, 2.0, 0]).expand(5, 3)
    )
    with pytest.raises(ValueError, match="dynamic code has dimensions 0 to 2, not 3"):
        latent_ops.traverse(A, "dynamic", 3, [0.0])


def test_a_partial_swap_changes_what_is_chosen_and_all_of_it_is_a_swap():
    made = latent_ops.partial_swap(A, B, static=[0, 4], dynamic=[1], steps=[2, 3])
    changed = torch.zeros(1, 5, 3, dtype=torch.bool)
    changed[:, [2, 3], 1] = True
    assert torch.equal(made.dynamic, torch.where(changed, B.dynamic, A.dynamic))
    assert torch.equal(made.static[:, [0, 4]], B.static[:, [0, 4]])
    assert torch.equal(made.static[:, [1, 2, 3, 5]], A.static[:, [1, 2, 3, 5]])
    whole = latent_ops.partial_swap(A, B, static=range(6))
    assert torch.equal(whole.static, A.with_static(B).static) and torch.equal(
        whole.dynamic, A.dynamic
    )
    assert torch.equal(latent_ops.partial_swap(A, B, dynamic=range(3)).dynamic, B.dynamic)
    assert torch.equal(latent_ops.partial_swap(A, B, steps=[0]).dynamic[:, 0], B.dynamic[:, 0])
    assert not torch.equal(A.static, made.static)  # what is given is not touched


@pytest.mark.parametrize(
    "chosen, message",
    [
        ({}, "swap of nothing"),
        ({"static": [6]}, "6 static dimensions"),
        ({"dynamic": [-1]}, "3 dynamic dimensions"),
        ({"steps": [5]}, "5 steps that both have"),
    ],
)
def test_a_partial_swap_of_nothing_or_of_what_is_not_there(chosen, message):
    with pytest.raises(ValueError, match=message):
        latent_ops.partial_swap(A, B, **chosen)


def test_interpolation_refuses_what_it_cannot_do():
    for a, weights, options, message in (
        (A, [], {}, "some weights"),
        (Latents.cat([A, B]), [0.5], {}, "one sequence at each end"),
        (A, [0.5], {"what": "mood"}, "no interpolation of 'mood'"),
        (A, [0.5], {"path": "scenic"}, "no path 'scenic'"),
    ):
        with pytest.raises(ValueError, match=message):
            latent_ops.interpolate(a, B, weights, **options)


def test_a_beginning_does_not_see_what_comes_after_it(clips):
    model = build("dsvae-full")
    x = clips.x[:1]
    other = x.clone()
    other[:, 4:] = 0
    begun = [latent_ops.encode_prefix(model, one, 4) for one in (x, other)]
    assert torch.equal(begun[0].dynamic, begun[1].dynamic) and begun[0].dynamic.shape[1] == 4
    with pytest.raises(ValueError, match="1 to 8 steps"):
        latent_ops.encode_prefix(model, x, 9)
    name, config = VARIANTS["vast"]
    cut = seqdisent.build_model(
        name, seqdisent.dataset_spec("sprites"), replace(config, dynamic_rank=2)
    ).eval()
    begun = latent_ops.encode_prefix(cut, x, 4, clips.mask[:1])  # it only reads whole sequences
    assert begun.dynamic.shape[1] == 4 and begun.mask is None


@pytest.fixture
def folder(tmp_path):
    return str(seqdisent.save_checkpoint(tmp_path / "m", build("dbse"), kind="dbse", recipe={}))


def sampled(folder, out, *options) -> dict[str, np.ndarray]:
    assert main(["sample", folder, "-o", str(out), *map(str, options)]) == 0
    return dict(np.load(out))


def test_sample_writes_arrays_of_any_length(folder, tmp_path):
    made = sampled(folder, tmp_path / "s.npz", "-n", 3, "--frames", 130, "--static-of", 5)
    assert made["frames"].shape == (3, 130, 64, 64, 3) and made["dynamic"].shape == (3, 130, 3)
    assert (made["static"] == made["static"][0]).all() and not (
        made["dynamic"][0] == made["dynamic"][1]
    ).all()
    other = sampled(folder, tmp_path / "t.npz", "-n", 3, "--dynamic-of", 5)
    assert (other["dynamic"] == other["dynamic"][0]).all() and not (
        other["static"][0] == other["static"][1]
    ).all()
    again = sampled(
        folder, tmp_path / "u.npz", "-n", 3, "--frames", 130, "--static-of", 5, "--seed", 1
    )
    assert not (again["dynamic"] == made["dynamic"]).all()


def test_sample_goes_between_and_goes_on(folder, tmp_path):
    made = sampled(
        folder,
        tmp_path / "s.npz",
        "-n",
        5,
        "--between",
        3,
        700,
        "--what",
        "static",
        "--path",
        "linear",
    )
    np.testing.assert_allclose(
        made["static"][2], (made["static"][0] + made["static"][4]) / 2, atol=1e-6
    )
    assert (made["dynamic"] == made["dynamic"][0]).all()
    on = sampled(
        folder, tmp_path / "t.npz", "-n", 2, "--continue-of", 3, "--prefix", 3, "--frames", 20
    )
    assert on["frames"].shape[1] == 20 and (on["dynamic"][0, :3] == on["dynamic"][1, :3]).all()
    assert not (on["dynamic"][0, 3:] == on["dynamic"][1, 3:]).any()
    sure = sampled(folder, tmp_path / "u.npz", "-n", 2, "--continue-of", 3, "--temperature", 0)
    assert (sure["frames"][0] == sure["frames"][1]).all()


@pytest.mark.parametrize(
    "options, message",
    [
        (["--frames", "0"], "--frames must be at least 1, got 0"),
        (["--frames", "-3"], "at least 1, got -3"),
        (["--frames", "100000000"], "too many to hold: with -n 6 ask for at most"),
        (["--temperature", "100"], "between 0 (the most likely) and 2, got 100"),
        (["--temperature", "nan"], "between 0 (the most likely) and 2, got nan"),
        (["--between", "3", "7", "--static-of", "1"], "cannot be had at once"),
        (["--between", "3", "99999"], "numbered 0 to 2663"),
        (["--dynamic-of", "3", "--frames", "9"], "leave it out"),
        (["--continue-of", "3", "--prefix", "0"], "--prefix must be between 1 and 8"),
        (["--continue-of", "3", "--prefix", "8"], "must be more than --prefix"),
        (["--prefix", "3"], "give that too"),
    ],
)
def test_bad_wishes_are_one_clear_line(folder, capsys, options, message):
    assert main(["sample", folder, *options]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert message in printed and "Traceback" not in printed


def test_a_seed_is_a_number(folder, capsys):
    with pytest.raises(SystemExit):
        main(["sample", folder, "--seed", "lucky"])
    assert "invalid int value: 'lucky'" in capsys.readouterr().err
