"""The simulator of bouncing balls, and what moves by itself as data sets."""

from __future__ import annotations

import time

import numpy as np
import pytest

from seqdisent import dataset_spec, load_dataset
from seqdisent.data.video import ball_simulator, moving_digits
from seqdisent.data.video.bouncing_balls import LARGE, SMALL


@pytest.fixture(scope="module")
def long() -> tuple[ball_simulator.Trajectories, dict[str, np.ndarray]]:
    return ball_simulator.simulate(120, 300, seed=5)


def test_energy_is_conserved(long):
    energy = long[0].energy()
    np.testing.assert_allclose(energy, np.repeat(energy[:, :1], 300, 1), rtol=1e-11)


def test_balls_never_overlap_nor_leave(long):
    made = long[0]
    r = made.world.radius[:, None]
    assert np.nanmin(made.position - r[..., None, None]) > -1e-9
    assert np.nanmax(made.position + r[..., None, None]) < 1 + 1e-9
    for a, b in ((0, 1), (0, 2), (1, 2)):
        gap = np.linalg.norm(made.position[:, :, a] - made.position[:, :, b], axis=-1) - 2 * r
        assert np.nanmin(gap) > -1e-9


def test_balls_do_meet_and_momentum_stays_in_a_box_without_walls_hit():
    """Head on, unequal masses: the velocities are those of the textbook."""
    world = ball_simulator.World(*(np.array([v]) for v in (2, 0.1, [5.0, 1.0, 1.0], 0, 0.0)))
    start = np.array([[[0.3, 0.5], [0.7, 0.5], [0.5, 0.9]]])
    made = ball_simulator.fly(world, start, np.array([[[0.05, 0], [-0.03, 0], [0, 0]]]), 5)
    # m = 5 and 1, v = 0.05 and -0.03: the centre moves at (0.25 - 0.03) / 6.
    centre = 0.22 / 6
    np.testing.assert_allclose(made.velocity[0, -1, :2, 0], [2 * centre - 0.05, 2 * centre + 0.03])
    assert np.isnan(made.velocity[0, -1, 2]).all()


def test_a_ball_falls_on_a_parabola_and_comes_back_as_high():
    world = ball_simulator.World(*(np.array([v]) for v in (1, 0.1, [1.0, 1.0, 1.0], 0, 0.004)))
    start = np.array([[[0.5, 0.6], [0.2, 0.2], [0.8, 0.8]]])
    made = ball_simulator.fly(world, start, np.zeros((1, 3, 2)), 64)
    height = made.position[0, :, 0, 1]
    np.testing.assert_allclose(height[:10], 0.6 - 0.002 * np.arange(10) ** 2)
    bounce = np.sqrt(2 * 0.5 / 0.004)  # frames to the floor
    again = round(2 * bounce)
    assert 0.59 < height[again - 1 : again + 2].max() <= 0.6 + 1e-9


def test_the_same_seed_is_the_same_world_however_many_are_asked_for():
    few, labels = ball_simulator.simulate(3, 8, seed=1)
    many, others = ball_simulator.simulate(9, 20, seed=1)
    np.testing.assert_array_equal(few.position, many.position[:3, :8])
    assert all(np.array_equal(labels[name], others[name][:3]) for name in labels)
    assert not np.array_equal(few.position, ball_simulator.simulate(3, 8, seed=2)[0].position)
    for n, frames in ((0, 4), (4, 0), (-1, 4)):
        with pytest.raises(ValueError, match="at least one sequence of one frame"):
            ball_simulator.simulate(n, frames, 0)


def test_a_thousand_sequences_take_less_than_ten_seconds():
    started = time.process_time()
    ball_simulator.render(ball_simulator.simulate(1000, 32, seed=3)[0], 32)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("size", [32, 64])
def test_frames_show_what_was_simulated(size):
    """Anti-aliased: the ink of a frame is the area of its discs, and its centre is their centre."""
    made, labels = ball_simulator.simulate(40, 4, seed=7)
    frames = ball_simulator.render(made, size)
    ground = round(255 * ball_simulator.BACKGROUND)
    ink = (frames.max(-1).astype(float) - ground) / (255 - ground)
    area = np.pi * made.world.radius**2 * made.world.number
    np.testing.assert_allclose(
        ink.mean((2, 3)), np.repeat(area[:, None], 4, 1), rtol=0.02, atol=2e-3
    )
    alone = np.flatnonzero(made.world.number == 1)
    axis = (np.arange(size) + 0.5) / size
    x = (ink.sum(2) @ axis / ink.sum((2, 3)))[alone]
    y = (ink.sum(3) @ (1 - axis) / ink.sum((2, 3)))[alone]
    np.testing.assert_allclose(np.stack([x, y], -1), made.position[alone, :, 0], atol=0.2 / size)
    row = alone[0]
    column, line = (made.position[row, 0, 0] * size).astype(int)
    colour = frames[row, 0, size - 1 - line, column]
    np.testing.assert_allclose(
        colour / 255, ball_simulator.palette()[labels["colour"][row], 0], atol=0.01
    )


@pytest.mark.parametrize("name", ["bouncing-balls", "bouncing-balls-64", "moving-digits"])
def test_data_sets_keep_the_contract(name):
    spec = dataset_spec(name)
    for split, count in spec.splits:
        data = load_dataset(name, split)
        assert len(data) == count
        batch = data[[0, count - 1]]
        assert batch.x.shape == (2, spec.frames, *spec.event_shape) and batch.mask.all()
        assert batch.x.min() >= 0 and 0.9 < batch.x.max() <= 1
        for factor in spec.factors:
            every = data.labels()[factor.name]
            assert every.shape == ((count,) if factor.kind == "static" else (count, spec.frames))
            if factor.continuous:
                assert np.isfinite(every).any() and factor.unit
            else:
                assert set(np.unique(every)) - {-1} == set(range(len(factor.classes)))
        assert np.array_equal(data[1].x, data[:3].x[1:2])
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_dataset(name, "dev")


def test_longer_sequences_go_on_where_the_split_ends():
    for source in (SMALL, LARGE):
        short, longer = source.load("test"), source.of_length("test", 40, 5)
        np.testing.assert_array_equal(
            longer.frames[np.arange(5)][:, :32], short.frames[np.arange(5)]
        )


def test_missing_labels_of_balls_are_those_that_cannot_be_seen():
    data = load_dataset("bouncing-balls", "test")
    alone = data.static["number"] == 0
    assert (data.static["mass"][alone] == -1).all() and (data.static["mass"][~alone] >= 0).all()
    assert np.isnan(data.dynamic["x2"][alone]).all() and not np.isnan(data.dynamic["x1"]).any()
    steps = np.diff(data.dynamic["x1"], axis=1)
    # Between hits a step is the velocity.
    assert np.median(np.abs(steps - data.dynamic["vx1"][:, :-1])) < 1e-6


def test_no_handwriting_is_in_two_splits_and_digits_are_what_they_say():
    pictures, digit = moving_digits.handwritten()
    seen = {}
    for split in moving_digits.COUNTS:
        data = load_dataset("moving-digits", split)
        seen[split] = set(data.frames.image.ravel()) - {-1}
        assert np.array_equal(digit[data.frames.image[:, 0]], data.static["digit"])
        two = data.static["second"] > 0
        assert np.array_equal(digit[data.frames.image[two, 1]], data.static["second"][two] - 1)
        assert np.isnan(data.dynamic["x2"][~two]).all() and 0.4 < two.mean() < 0.6
    assert not seen["train"] & seen["test"] and not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["test"]


def test_digits_move_as_they_are_labelled_and_stay_in_the_picture():
    data = load_dataset("moving-digits", "test")
    path = np.stack([data.dynamic["x1"], data.dynamic["y1"]], -1)
    assert path.min() >= 0.19 and path.max() <= 0.81
    bend = np.linalg.norm(np.diff(path, 2, axis=1), axis=-1)  # change of velocity
    motion = data.dynamic["motion"][:, 0]
    assert bend[motion == 0].max() < 1e-5
    steady = bend[motion == 2]
    assert (steady.std(1) < 1e-3).all() and steady.mean() > 0.005
    sharp = bend[motion == 1]
    assert (np.median(sharp, 1) < 1e-5).mean() > 0.9 and (sharp.max(1) > 0.02).mean() > 0.8
    # Ink is where the path says.
    alone = np.flatnonzero(data.static["second"] == 0)[:20]
    ink = data.frames[alone].max(-1) / 255
    axis = (np.arange(32) + 0.5) / 32
    x = ink.sum(2) @ axis / ink.sum((2, 3))
    assert np.abs(x - path[alone, :, 0]).max() < 0.06  # a digit is not heaviest in its middle
