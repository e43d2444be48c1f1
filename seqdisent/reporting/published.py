"""Published settings of the papers' methods, and how those of a checkpoint differ from them, for its model card.

The settings of DBSE are those of its paper (Berman et al., ICML 2024, appendix) and released code; those of DSVAE (Li &
Mandt, ICML 2018) are its loss, which has no weights, and the sizes that public reproductions have for Sprites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DBSE, DSVAE, VAST = "dbse", "dsvae", "vast"


@dataclass(frozen=True)
class Published:
    """Settings of a method on a data set; what is ``None`` is not compared.

    Args:
        source: whose settings they are, for the model card.
        error_weight: weight of the squared error, summed over a sequence; ``None`` where the published likelihood is a
            mean, whose weights cannot be compared with those of a sum.
        static_weight: of KL(q(s|x) || p(s)).
        dynamic_weight: of the summed KL(q(z_t|x) || p(z_t|z_<t)).
        anchor_weight: of the anchor's squared error, relative to ``error_weight``.
        features: size of a frame feature.
        hidden: units of the recurrent networks.
        anchor: the anchor frame, in words.
        networks: the frame networks, in words.
        constant_rate: whether the learning rate is constant.
        epochs: passes over the training split.
    """

    source: str
    error_weight: float | None = None
    static_weight: float | None = None
    dynamic_weight: float | None = None
    anchor_weight: float | None = None
    static_size: int | None = None
    dynamic_size: int | None = None
    features: int | None = None
    hidden: int | None = None
    anchor: str | None = None
    networks: str | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    constant_rate: bool | None = None
    epochs: int | None = None


FIRST = "first frame"
DCGAN = "DCGAN of 64 to 512 channels with batch normalisation"
OF_THE_PAPER = "those of the paper"
DBSE_SPRITES = Published(
    "DBSE on Sprites",
    error_weight=5,
    static_weight=1,
    dynamic_weight=1,
    anchor_weight=1 / 5,
    static_size=256,
    dynamic_size=256,
    features=256,
    hidden=64,
    anchor=FIRST,
    networks=DCGAN,
    batch_size=128,
    learning_rate=2e-3,
    constant_rate=True,
    epochs=2000,
)
DBSE_TIMIT = Published(
    "DBSE on TIMIT",
    error_weight=20,
    static_weight=1,
    dynamic_weight=1,
    anchor_weight=100 / 20,
    static_size=128,
    dynamic_size=128,
    features=201,
    hidden=256,
    anchor=FIRST,
    networks=OF_THE_PAPER,
    batch_size=32,
    learning_rate=1e-3,
    constant_rate=True,
    epochs=500,
)


def _dbse_series(source: str, anchor: str, batch_size: int, epochs: int) -> Published:
    return Published(
        source,
        static_size=8,
        dynamic_size=8,
        features=32,
        hidden=64,
        anchor=anchor,
        networks=OF_THE_PAPER,
        batch_size=batch_size,
        learning_rate=1e-3,
        constant_rate=True,
        epochs=epochs,
    )


DBSE_PHYSIONET = _dbse_series("DBSE on PhysioNet (prediction)", FIRST, 30, 250)
DBSE_AIR_QUALITY = _dbse_series("DBSE on Air Quality", "day 27", 10, 200)
DBSE_ETTH1 = _dbse_series("DBSE on ETTh1", "day 14", 10, 300)
DSVAE_SPRITES = Published(
    "DSVAE, with the sizes of public reproductions on Sprites",
    static_weight=1,
    dynamic_weight=1,
    static_size=256,
    dynamic_size=32,
    hidden=512,
    networks=OF_THE_PAPER,
    learning_rate=2e-4,
)

# For data sets on which a method has no published settings: what holds on all of them.
ANYWHERE = {
    DBSE: Published(
        "DBSE, which has no published settings for this data set",
        anchor=FIRST,
        networks=OF_THE_PAPER,
    ),
    DSVAE: Published(
        "DSVAE, for which we have no published settings on this data set but its loss",
        static_weight=1,
        dynamic_weight=1,
        networks=OF_THE_PAPER,
    ),
}
# (method, first part of the name of a data set) -> its settings
PUBLISHED = {
    (DBSE, "sprites"): DBSE_SPRITES,
    (DBSE, "lpc-sprites"): DBSE_SPRITES,
    (DBSE, "timit"): DBSE_TIMIT,
    (DBSE, "physionet2012"): DBSE_PHYSIONET,
    (DBSE, "air-quality"): DBSE_AIR_QUALITY,
    (DBSE, "etth1"): DBSE_ETTH1,
    (DSVAE, "sprites"): DSVAE_SPRITES,
    (DSVAE, "lpc-sprites"): DSVAE_SPRITES,
}


def published_settings(method: str, dataset: str) -> Published | None:
    """The published settings of a method on a data set; None for a method that no paper has."""
    for (name, prefix), settings in PUBLISHED.items():
        if name == method and (dataset == prefix or dataset.startswith(f"{prefix}-")):
            return settings
    return ANYWHERE.get(method)


@dataclass(frozen=True)
class Comparison:
    """A checkpoint and the published settings of its method, for its model card.

    Args:
        source: whose settings it is compared with.
        differences: one a line, ``"batch size 32 (published: 128)"``; empty if there are none.
        budget: how much it was trained, as a share of the published budget where that is known.
    """

    source: str
    differences: tuple[str, ...]
    budget: str


def compare(config: dict[str, Any]) -> Comparison | None:
    """Compare a checkpoint with the published settings of its method, or a VAST with those of DBSE.

    Args:
        config: ``config.json`` of the checkpoint.

    Returns:
        None for a model of another method.
    """
    method = DBSE if config["model"] == VAST else config["model"]
    published = published_settings(method, config["dataset"]["name"])
    if published is None:
        return None
    differences = (*_of_model(config["config"], published), *_of_training(config, published))
    return Comparison(published.source, differences, _budget(config, published))


def _of_model(settings: dict[str, Any], published: Published) -> Iterator[str]:
    sigma = settings["sigma"]
    if published.error_weight is not None:
        weight = None if sigma is None else 1 / (2 * sigma**2)
        yield from _difference("weight of the squared error", weight, published.error_weight)
    names = {
        "static_weight": "weight of the static KL",
        "dynamic_weight": "weight of the dynamic KL",
        "anchor_weight": "weight of the anchor, relative to that of the squared error",
        "static_size": "static size",
        "dynamic_size": "dynamic size",
        "hidden": "units of the recurrent networks",
    }
    for name, text in names.items():
        yield from _difference(text, settings.get(name), getattr(published, name))
    if published.anchor is not None and (published.anchor, settings["anchor"]) != (FIRST, 0):
        yield f"anchor: frame {settings['anchor']}, counted from 0 (published: {published.anchor})"
    frame = settings["frame"]
    yield from _difference("size of a frame feature", frame["features"], published.features)
    if published.networks is not None and (frame["kind"], frame["width"]) != ("dcgan", 64):
        ours = f"{frame['kind']}, width {frame['width']}"
        yield f"frame networks: {ours} (published: {published.networks})"
    if settings["transition"] in ("linear", "independent"):
        yield f"transition: {settings['transition']} (published: stochastic)"


def _of_training(config: dict[str, Any], published: Published) -> Iterator[str]:
    train = config["recipe"].get("train")
    if train is None:
        return
    yield from _difference("batch size", train["batch_size"], published.batch_size)
    yield from _difference("learning rate", train["learning_rate"], published.learning_rate)
    if published.constant_rate:
        yield (
            f"the rate rises over {train['warmup_steps']} steps and falls as a cosine to zero "
            "(published: constant)"
        )


def _difference(name: str, ours: float | None, published: float | None) -> Iterator[str]:
    """One line, unless nothing is published or the values agree to three digits."""
    if published is None:
        return
    if ours is None:
        yield f"{name}: learned (published: {published:g})"
    elif f"{ours:.3g}" != f"{published:.3g}":
        yield f"{name} {ours:.3g} (published: {published:.3g})"


def _budget(config: dict[str, Any], published: Published) -> str:
    train = config["recipe"].get("train")
    if train is None:
        return "The batch size of its training was not recorded."
    seen = train["steps"] * train["batch_size"]
    sentence = (
        f"It was trained on {seen:,} sequences, {train['steps']:,} steps of {train['batch_size']}"
    )
    sequences = dict(config["dataset"]["splits"]).get("train")
    if published.epochs is None or not sequences:
        return f"{sentence}; we have no published number to compare it with."
    budget = published.epochs * sequences
    return (
        f"{sentence}: {100 * seen / budget:.3g} % of the published budget, {published.epochs:,} passes over the "
        f"{sequences:,} sequences of the training split."
    )


# What a setting of VAST beyond DBSE does, and the value with which it does nothing.
PARTS: dict[str, tuple[str, Any]] = {
    "augmentation": ("views of the posteriors in training: {}", "none"),
    "static_path": ("frame encoder of the static path: {}", "shared"),
    "random_anchor": ("random anchors in training", False),
    "anchor_rule": ("anchor outside training: {} of all frames", "fixed"),
    "anchor_span": ("an anchor is a passage of {} frames", 1),
    "agreement_weight": ("agreement of two anchors, weight {:g}", 0.0),
    "presence_weight": ("likelihood of which values are present, weight {:g}", 0.0),
    "static_rank": ("static code pruned to {} directions", 0),
    "dynamic_rank": ("dynamic code of a sequence pruned to {} directions", 0),
}


def parts(config: dict[str, Any]) -> list[str]:
    """What a VAST has that DBSE does not, one a line; empty for other models.

    Args:
        config: ``config.json`` of the checkpoint.
    """
    if config["model"] != VAST:
        return []
    settings = config["config"]
    found = []
    for name, (text, neutral) in PARTS.items():
        if settings[name] != neutral:
            found.append(text.format(settings[name]))
    for code in ("static", "dynamic"):
        codebooks = settings[f"{code}_codebooks"]
        if codebooks:
            entries = " x ".join(str(entries) for _, entries in codebooks)
            found.append(f"{code} code quantised: codebooks of {entries} entries")
    if settings["frame"]["kind"] == "modulated":
        found.append("decoder: the dynamic code lays a frame out, the static code modulates it")
    return found
