"""The drawn sprites: drawn alike from a seed, addressable by factors, and every factor visible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqdisent.data.video import sprites
from seqdisent.data.video.layers import ACTIONS, DIRECTIONS, LAYERS, MOTIONS, VALUES

PLAIN = {"skin": 0, "pants": 0, "top": 0, "hair": 0}
# Mean absolute difference over all pixels of a sequence, in grey levels: about 40 pixels a frame
# that change from one colour to a quite different one.
VISIBLE = 0.7
# Mean grey level of each action for the six characters that wear value v of every layer, at seed 0.
# Means, not hashes: single pixels differ by one level between processors.
GREYS = (
    (30.4, 25.4, 25.4, 34.5, 27.9, 27.9, 35.1, 29.1, 29.1),
    (30.9, 25.4, 25.4, 34.2, 27.7, 27.7, 35.6, 29.3, 29.3),
    (30.9, 24.7, 24.7, 35.1, 27.5, 27.5, 35.8, 29.0, 29.0),
    (28.5, 27.4, 27.4, 33.7, 29.7, 29.7, 33.4, 32.2, 32.2),
    (32.2, 24.2, 24.2, 36.3, 26.7, 26.7, 37.1, 28.5, 28.5),
    (37.9, 37.4, 37.4, 41.4, 39.9, 39.9, 42.9, 41.6, 41.6),
)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


def test_spec_declares_what_load_gives() -> None:
    spec = sprites.SPEC
    assert [f.name for f in spec.static_factors] == list(LAYERS)
    assert all(len(set(f.classes)) == VALUES for f in spec.static_factors)
    assert [f.name for f in spec.dynamic_factors] == ["action", "motion", "direction"]
    for split, count in spec.splits:
        assert len(sprites.load(split)) == count
    batch = sprites.load("validation")[:3]
    assert batch.x.shape == (3, spec.frames, *spec.event_shape)
    assert float(batch.x.min()) >= 0.0 and 0.8 < float(batch.x.max()) <= 1.0


def test_sheets_have_the_shapes_of_the_contract() -> None:
    sheets = sprites.draw_layers()
    shape = (len(ACTIONS), 8, 64, 64, 4)
    assert [s.shape for s in sheets] == [(VALUES, *shape)] * 4 + [(1, *shape)]
    assert all(s.dtype == np.uint8 and not s.flags.writeable for s in sheets)


def test_the_seed_determines_the_drawing() -> None:
    first = sprites.draw_layers(0)
    sprites.draw_layers.cache_clear()
    again, other = sprites.draw_layers(0), sprites.draw_layers(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(difference(a, b) > 0 for a, b in zip(first[:4], other[:4], strict=True))
    assert np.array_equal(first[0][..., 3], other[0][..., 3])  # dyed, not cut, differently


@pytest.mark.parametrize("value", range(VALUES))
def test_the_shipped_look_stays_as_it_was(value: int) -> None:
    looks = dict.fromkeys(LAYERS, value)
    greys = [sprites.sequence(**looks, action=a, seed=0).mean() for a in range(len(ACTIONS))]
    assert greys == pytest.approx(GREYS[value], abs=0.2)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_sequence_equals_the_item_with_those_factors(split: str) -> None:
    data = sprites.load(split)
    for row in (0, 5, len(data) - 1):
        values = {name: int(data.static[name][row]) for name in LAYERS}
        frames = sprites.sequence(**values, action=int(data.dynamic["action"][row, 0]))
        assert frames.shape == (8, 64, 64, 3) and frames.dtype == np.uint8
        item = (data[row].x[0].permute(0, 2, 3, 1) * 255).round().numpy().astype(np.uint8)
        assert np.array_equal(frames, item)


def test_labels_agree() -> None:
    data = sprites.load("test")
    action, motion, direction = (data.dynamic[k] for k in ("action", "motion", "direction"))
    assert action.shape == (len(data), 8)
    assert np.array_equal(action, motion * len(DIRECTIONS) + direction)
    assert (action == action[:, :1]).all()
    assert set(action[:, 0]) == set(range(len(ACTIONS)))
    assert ACTIONS[4] == f"{MOTIONS[1]} {DIRECTIONS[1]}"


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("action", range(len(ACTIONS)))
def test_every_pair_of_values_differs_visibly(name: str, action: int) -> None:
    looks = [sprites.sequence(**(PLAIN | {name: v}), action=action) for v in range(VALUES)]
    for a, b in itertools.combinations(range(VALUES), 2):
        assert difference(looks[a], looks[b]) > VISIBLE, (name, a, b, ACTIONS[action])


def test_every_pair_of_actions_differs_visibly() -> None:
    looks = [sprites.sequence(**PLAIN, action=a) for a in range(len(ACTIONS))]
    for a, b in itertools.combinations(range(len(ACTIONS)), 2):
        assert difference(looks[a], looks[b]) > 2 * VISIBLE, (ACTIONS[a], ACTIONS[b])


def test_every_sequence_moves_and_right_mirrors_left() -> None:
    for action, name in enumerate(ACTIONS):
        frames = sprites.sequence(**PLAIN, action=action)
        for t in range(7):
            assert difference(frames[t], frames[t + 1]) > 0.2, (name, t)
        if name.endswith("left"):
            assert np.array_equal(frames[:, :, ::-1], sprites.sequence(**PLAIN, action=action + 1))


def test_the_walk_loops() -> None:
    """The step from the last frame to the first is no larger than the others."""
    for action in range(len(DIRECTIONS)):
        frames = sprites.sequence(**PLAIN, action=action)
        steps = [difference(frames[t], frames[(t + 1) % 8]) for t in range(8)]
        assert steps[-1] <= 1.2 * max(steps[:-1])


@pytest.mark.parametrize("name", [*LAYERS, "action"])
@pytest.mark.parametrize("value", [-1, 9, 1.5])
def test_an_impossible_value_names_the_range(name: str, value: float) -> None:
    last = 8 if name == "action" else 5
    with pytest.raises(ValueError, match=rf"{name} must be an integer from 0 to {last}"):
        sprites.sequence(**(PLAIN | {"action": 0} | {name: value}))


def test_an_unknown_split_names_the_splits() -> None:
    with pytest.raises(ValueError, match="validation"):
        sprites.load("holdout")
