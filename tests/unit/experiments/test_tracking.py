"""The tracker against the simulator, and the measures of physics against worlds that obey it or do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from seqdisent.data.video import ball_simulator
from seqdisent.data.video.bouncing_balls import LARGE, SMALL
from seqdisent.experiments.transitions import ball_physics as physics
from seqdisent.experiments.transitions.ball_tracker import (
    WORSE,
    Tracks,
    against_simulator,
    track,
    worsened,
)

ROWS = np.arange(12)


@pytest.fixture(scope="module")
def data():
    """Twelve validation sequences as they go on for 100 frames."""
    return SMALL.of_length("validation", 100, len(ROWS))


@pytest.fixture(scope="module")
def frames(data):
    return data[ROWS].x


@pytest.fixture(scope="module")
def tracks(data, frames) -> Tracks:
    """What is read of them, from where the balls are in the first frame."""
    return track(frames, data.frames.made.position[:, 0])


def true_tracks(made: ball_simulator.Trajectories) -> Tracks:
    return Tracks(
        made.position, (~np.isnan(made.position[..., 0])).astype(float), made.world.radius
    )


def law(made: ball_simulator.Trajectories) -> physics.Law:
    return physics.Law(made.world.mass, made.world.gravity)


def read(tracks: Tracks, made: ball_simulator.Trajectories) -> dict[str, np.ndarray]:
    return physics.measures(tracks, made.world.number, law(made))


def test_real_frames_are_read_to_a_hundredth_of_a_pixel(data, tracks):
    made = data.frames.made
    found = against_simulator(tracks, made, 32)
    assert found["number right"] > 0.99 and found["radius right"] == 1 and found["false hits"] == 0
    assert found["position error, 95 %"] < 0.01 and found["speed error, 95 %"] < 0.01
    # Each track stays with its ball through every hit.
    np.testing.assert_allclose(tracks.position[:, :, :3], made.position, atol=0.5 / 32)


@pytest.mark.parametrize("how", [name for name in WORSE if name != "as drawn"])
def test_frames_as_bad_as_a_models_are_read_to_a_quarter_of_a_pixel(data, frames, how):
    few = slice(0, 40)
    made = ball_simulator.Trajectories(
        data.frames.made.world,
        *(getattr(data.frames.made, k)[:, few] for k in ("position", "velocity")),
    )
    found = against_simulator(track(worsened(frames[:, few], *WORSE[how])), made, 32)
    assert (
        found["number right"] > 0.98 and found["radius right"] > 0.9 and found["false hits"] < 0.01
    )
    assert found["position error, median"] < 0.12 and found["position error, 95 %"] < 0.3
    assert found["speed error, 95 %"] < 0.3


def test_larger_frames_are_read_alike():
    data = LARGE.of_length("validation", 6, 8)
    found = against_simulator(track(data[np.arange(8)].x), data.frames.made, 64)
    assert (
        found["number right"] == 1
        and found["radius right"] == 1
        and found["position error, 95 %"] < 0.02
    )


def test_nothing_is_found_where_nothing_is():
    for x in (
        torch.zeros(2, 3, 3, 32, 32),
        torch.ones(2, 3, 3, 32, 32),
        0.2 + 0.05 * torch.rand(2, 3, 3, 32, 32),
    ):
        found = track(x)
        assert not found.number.any() and np.isnan(found.position).all()


def test_a_ball_that_a_wall_cuts_off_is_where_its_centre_is():
    made, _ = ball_simulator.simulate(1, 1, 0)
    world = ball_simulator.World(
        np.array([1]), np.array([0.13]), np.ones((1, 3)), np.array([0]), np.zeros(1)
    )
    at = np.full((1, 1, 3, 2), np.nan)
    at[0, 0, 0] = (0.05, 0.5)  # 2.6 pixels of it are beyond the wall
    x = (
        torch.from_numpy(ball_simulator.render(ball_simulator.Trajectories(world, at, at), 32))
        .float()
        .div(255)
        .permute(0, 1, 4, 2, 3)
    )
    found = track(x)
    np.testing.assert_allclose(found.position[0, 0, 0], (0.05, 0.5), atol=0.1 / 32)
    told = physics.measures(found_for(found, 100), np.array([1]))
    assert told["outside"][0] == told["balls"][0] == 100 and told["overlap"][0] == 0


def found_for(tracks: Tracks, frames: int) -> Tracks:
    """One frame, again and again."""
    return Tracks(tracks.position.repeat(frames, 1), tracks.ink.repeat(frames, 1), tracks.radius)


def test_a_ball_that_appears_is_another_track_and_one_that_is_lost_comes_back(frames, data):
    made = data.frames.made
    row = np.flatnonzero(made.world.number == 2)[:1]
    alone = replace(made.world[row], number=np.array([1]))
    drawn = ball_simulator.render(
        ball_simulator.Trajectories(alone, made.position[row], made.velocity[row]), 32
    )
    x = frames[row, :20].clone()
    x[:, :15] = torch.from_numpy(drawn).float().div(255).permute(0, 1, 4, 2, 3)[:, :15]
    x[:, 8:10] = x[:, 8:10].amin((3, 4), keepdim=True)  # nothing but the ground
    found = track(x, made.position[row, 0, :1])
    np.testing.assert_array_equal(found.number[0], [1] * 8 + [0] * 2 + [1] * 5 + [2] * 5)
    there = np.r_[:8, 10:20]
    np.testing.assert_allclose(
        found.position[0, there, 0], made.position[row[0], there, 0], atol=0.1 / 32
    )
    assert np.isnan(found.position[0, :15, 1:]).all()
    np.testing.assert_allclose(
        found.position[0, 15:, 1], made.position[row[0], 15:20, 1], atol=0.1 / 32
    )


def test_frames_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\[N, T, 3, S, S\], got \[4, 3, 32, 32\]"):
        track(torch.zeros(4, 3, 32, 32))


def test_real_balls_obey_the_physics_by_truth_and_by_tracker(data, tracks):
    made = data.frames.made
    for one in (true_tracks(made), tracks):
        told = read(one, made)
        assert told["number kept"].mean() > 0.99 and told["energy kept"].all()
        assert told["outside"].sum() == 0 and told["overlap"].sum() <= 0.002 * told["pairs"].sum()
        np.testing.assert_allclose(told["energy"], 1, atol=0.1)
    assert physics.speed_distance(tracks, true_tracks(made)) < 0.01  # pixels a frame


def test_energy_is_the_simulators(data):
    """It counts the larger of two steps, so of a ball that falls it is a little more than the truth."""
    made = data.frames.made
    told = physics.energy(true_tracks(made), made.world.number, law(made)) / made.energy()
    assert np.isnan(told[:, [0, -1]]).all()
    np.testing.assert_allclose(np.nanmedian(told, axis=1), 1, atol=0.08)
    level = made.world.gravity == 0
    np.testing.assert_allclose(np.nanmedian(told[level], axis=1), 1, atol=1e-6)


def test_worlds_that_break_the_physics_are_seen_through(data):
    made = data.frames.made
    real = true_tracks(made)
    still = Tracks(real.position[:, :1].repeat(100, 1), real.ink, real.radius)
    assert physics.speed_distance(still, real) > 1  # a frozen picture
    heavy = made.world.gravity == 0
    assert (
        np.isnan(read(still, made)["energy"][heavy]).all()
        and not read(still, made)["energy kept"][heavy].any()
    )
    slowing = Tracks(
        0.5 + (real.position - 0.5) * np.linspace(1, 0.3, 100)[:, None, None], real.ink, real.radius
    )
    told = read(slowing, made)
    assert not told["energy kept"][heavy].any() and np.nansum(told["speed late"]) < np.nansum(
        told["speed early"]
    )
    three = made.world.number == 3
    assert told["overlap"][three].sum() > 0.05 * told["pairs"][three].sum()
    wide = read(Tracks(0.5 + (real.position - 0.5) * 1.3, real.ink, real.radius), made)
    assert wide["outside"].sum() > 0.1 * wide["balls"].sum()
    gone = np.where(np.arange(100)[:, None, None] < 50, real.position, np.nan)
    told = read(Tracks(gone, np.where(np.isnan(gone[..., 0]), 0, real.ink), real.radius), made)
    assert (told["number kept"] == 0.5).all() and not told["energy kept"].any()
    nothing = Tracks(np.full_like(real.position, np.nan), np.zeros_like(real.ink), real.radius)
    told = physics.measures(nothing, np.zeros(len(ROWS), int))
    assert not told["number kept"].any() and np.isnan(physics.speed_distance(nothing, real))
