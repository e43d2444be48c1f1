"""What the page's components are sent: plain values for JSON, made from what the service returns."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo import service
from seqdisent.data import load_dataset
from seqdisent.views import media, projections

GALLERY = 12
FIRST_GALLERIES = (1, 2)  # seeds
TITLES = {"real": "{look}, real", "recon": "{look}, rebuilt", "swap": "{look} moves like {motion}"}
COLUMNS = 32  # of the thumbnail atlas


def stage(it: service.Loaded, swap: service.Swap, nonce: int = 0) -> dict:
    """The player's message: one sprite sheet (a row a clip) and what each clip is."""
    spec = it.spec
    static = " and ".join(_join([f.name for f in spec.static_factors]).rsplit(", ", 1))
    dynamic = service.headline_factors(spec)[-1].name
    real = {name: _caption(spec, values) for name, values in zip("AB", swap.factors, strict=True)}

    accuracy = {name: round(100 * right, 1) for name, right in it.judge.accuracy.items()} if it.judge else {}

    def tile(clip: int, kind: str, look: str, motion: str) -> dict:
        generated = kind != "real"
        says = (
            f"{static} of {look} · {dynamic} of {motion}" if kind == "swap"
            else f"{look} encoded and decoded" if generated else real[look]
        )  # fmt: skip
        psnr = swap.psnr_db.get(clip)
        return {
            "clip": clip, "kind": kind, "look": look, "motion": motion,
            "title": TITLES[kind].format(look=look, motion=motion),
            "caption": says,
            "psnr": None if psnr is None else round(psnr, 1),
            "verdict": [
                {"factor": v.factor, "expected": v.expected, "seen": v.seen, "kept": v.kept,
                 "accuracy": accuracy.get(v.factor)}
                for v in swap.verdicts.get(clip, ())
            ],
        }  # fmt: skip

    return {
        "checkpoint": it.name, "a": swap.a, "b": swap.b, "nonce": nonce,
        "sheet": media.data_uri(media.png(media.sheet(swap.clips)), "image/png"),
        "frames": spec.frames, "rate": spec.rate_hz, "cell": list(swap.clips.shape[2:4][::-1]),
        "tiles": [
            tile(service.A, "real", "A", "A"), tile(service.A_AGAIN, "recon", "A", "A"),
            tile(service.A_LIKE_B, "swap", "A", "B"), tile(service.B, "real", "B", "B"),
            tile(service.B_LIKE_A, "swap", "B", "A"), tile(service.B_AGAIN, "recon", "B", "B"),
        ],
        "motion": {s: v[dynamic] for s, v in zip("AB", swap.factors, strict=True)},
        "judge": accuracy or None,
    }  # fmt: skip


def chooser(it: service.Loaded, index: int, note: str = "") -> dict:
    """One side's message: which sequence is chosen, and what its factors are."""
    values = service.labels(it.dataset)
    return {
        "index": index,
        "total": len(it.dataset),
        "note": note,
        "factors": [
            {"name": f.name, "kind": f.kind, "classes": list(f.classes), "value": int(values[f.name][index])}
            for f in service.headline_factors(it.spec)
        ],
    }


def difference(it: service.Loaded, index: int, missed: list[str]) -> str:
    """What to tell someone whose combination is not in the test split; empty if it is."""
    if not missed:
        return ""
    found = service.describe(it.dataset, index)
    said = _join([f"{name} is {found[name]}" for name in missed])
    return f"No test character has exactly that combination. This is the nearest: {said}."


def gallery(it: service.Loaded, seed: int) -> dict:
    """Some characters to click on: an animated sheet and the sequence behind each row."""
    return _gallery(it.spec.name, seed)


@lru_cache(maxsize=64)
def _gallery(dataset: str, seed: int) -> dict:
    data = load_dataset(dataset, service.SPLIT)
    rng = np.random.default_rng(seed)
    # One of each class of the dynamic factor first, so that every action is there to click on.
    dynamic = service.labels(data)[service.headline_factors(data.spec)[-1].name]
    classes = rng.permutation(np.unique(dynamic))
    on_map = service.shown_rows(data)
    rows: list[int] = []
    for i in range(GALLERY):
        fitting = on_map[dynamic[on_map] == classes[i % len(classes)]]
        rows.append(int(rng.choice(np.setdiff1d(fitting, rows))))
    clips = data.frames[np.array(rows)]
    return {
        "sheet": media.data_uri(media.webp(media.sheet(clips)), "image/webp"),
        "frames": data.spec.frames, "rate": data.spec.rate_hz, "cell": list(clips.shape[2:4][::-1]),
        "items": [{"id": row, "label": _caption(data.spec, service.describe(data, row))} for row in rows],
    }  # fmt: skip


@lru_cache(maxsize=32)
def points(it: service.Loaded, pair: projections.MapPair, method: str) -> dict:
    """Both maps: positions, labels of every factor, and their classes."""
    values = service.labels(it.dataset)
    return {
        "key": _key(it, len(pair.rows)),
        "ids": pair.rows.tolist(),
        "method": projections.METHODS[method],
        "static": _short(pair.static),
        "dynamic": _short(pair.dynamic),
        "trust": [round(t, 3) for t in pair.trust],
        "factors": {
            f.name: {"classes": list(f.classes), "values": values[f.name][pair.rows].tolist()} for f in it.spec.factors
        },
    }


def atlas(it: service.Loaded, n: int) -> dict:
    """A picture of every sequence on the maps, in the order of their points."""
    height, width = it.spec.event_shape[1:]
    return {
        "key": _key(it, n), "uri": _atlas(it.spec.name, n), "columns": COLUMNS,
        "cell": [width, height],
    }  # fmt: skip


@lru_cache(maxsize=8)
def _atlas(dataset: str, n: int) -> str:
    data = load_dataset(dataset, service.SPLIT)
    rows = projections.choose_rows(len(data), n)
    # The third frame tells the actions apart better than the first.
    frame = min(2, data.spec.frames - 1)
    images = [data.frames[rows[i : i + 128]][:, frame] for i in range(0, len(rows), 128)]
    return media.data_uri(media.webp(media.atlas(np.concatenate(images), COLUMNS)), "image/webp")


def table(it: service.Loaded, pair: projections.MapPair) -> tuple[list[str], list[list]]:
    """The maps as a table: headers and rows."""
    names = [f.name for f in it.spec.factors]
    headers = ["sequence", *names, "static x", "static y", "dynamic x", "dynamic y"]
    values = service.labels(it.dataset)
    columns = [[it.spec.factor(n).classes[v] for v in values[n][pair.rows]] for n in names]
    planes = np.concatenate([_short(pair.static), _short(pair.dynamic)], 1).tolist()
    return headers, [
        [int(row), *said, *xy] for row, said, xy in zip(pair.rows, zip(*columns, strict=True), planes, strict=False)
    ]


def _short(plane: np.ndarray) -> list[list[float]]:
    """Four digits are more than a screen shows, and make the message half as long."""
    return [[float(f"{v:.4g}") for v in point] for point in plane]


def _key(it: service.Loaded, n: int) -> str:
    """Which sequences are on a map: a picture belongs to a point only if the keys agree."""
    return f"{it.name} {min(n, len(it.dataset))}"


def caption(it: service.Loaded, index: int) -> str:
    """One sequence in words."""
    return _caption(it.spec, service.describe(it.dataset, index))


def warm(name: str) -> None:
    """Make what the first visitor of a checkpoint will ask for."""
    it = service.load(name)
    stage(it, service.swap(name, *service.first_pair(it.dataset)))
    for seed in FIRST_GALLERIES:
        gallery(it, seed)
    atlas(it, service.MAP_SIZE)


def _caption(spec, values: dict[str, str]) -> str:
    *static, dynamic = [f.name for f in service.headline_factors(spec)]
    return f"{values[dynamic]} · " + ", ".join(f"{name} {values[name]}" for name in reversed(static))


def _join(words: list[str]) -> str:
    return ", ".join(words)
