"""What a data set declares about itself: shape, rate, range, factors and origin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Factor:
    """A labelled factor of variation.

    Args:
        name: for example ``"hair"``.
        kind: ``"static"`` (one value a sequence) or ``"dynamic"`` (one value a frame).
        classes: the names of its values, in label order; none for a continuous factor.
        unit: of a continuous factor, for example ``"mm"``.
    """

    name: str
    kind: Literal["static", "dynamic"]
    classes: tuple[str, ...] = ()
    unit: str = ""

    @property
    def continuous(self) -> bool:
        """Whether its labels are numbers rather than classes."""
        return not self.classes


@dataclass(frozen=True)
class Variable:
    """A measured quantity, a channel of a series.

    Args:
        unit: of ``mean`` and ``std``, for example ``"mm"``.
        mean: what is subtracted and
        std: what is divided by before models see a value; fitted on the training split.
        log: whether that is done to ``log(1 + value)``: for amounts that are mostly small and sometimes huge.
    """

    name: str
    unit: str = ""
    mean: float = 0.0
    std: float = 1.0
    log: bool = False


@dataclass(frozen=True)
class Source:
    """Where the data come from, and on what terms."""

    url: str
    licence: str
    credit: str
    download_bytes: int = 0


@dataclass(frozen=True)
class DatasetSpec:
    """Everything that a model, a judge or the app must know about a data set without loading it.

    Args:
        modality: name of a modality (:mod:`seqdisent.modalities`): ``"video"``, ``"speech"``, ``"timeseries"``.
        event_shape: shape of one frame, channels first for images: ``(3, 64, 64)``; of a series a window, steps by
            variables: ``(24, 10)``.
        frames: frames (windows) in one sequence.
        rate_hz: frames a second: for playback, or steps a second of audio.
        value_range: smallest and largest value of ``x``.
        likelihood: observation model of the decoder: ``"gaussian"`` with one scale for all values, or
            ``"scaled"``, a Gaussian whose scale the decoder tells for every value; values may then be missing (NaN).
        splits: sequences in each split.
        identity: the static factors that say who or what a sequence is of, for verification; by default all classes.
        judge: the data set whose judge serves this one too; by default it has its own.
        bandwidth_hz: of audio, where the recordings end, if that is below 8 kHz.
        variables: of a series, what is measured: the last axis of an event.
    """

    name: str
    title: str
    modality: str
    event_shape: tuple[int, ...]
    frames: int
    rate_hz: float
    value_range: tuple[float, float]
    factors: tuple[Factor, ...]
    source: Source
    splits: tuple[tuple[str, int], ...]
    likelihood: Literal["gaussian", "scaled"] = "gaussian"
    identity: tuple[str, ...] = ()
    judge: str = ""
    bandwidth_hz: float | None = None
    variables: tuple[Variable, ...] = ()

    def factor(self, name: str) -> Factor:
        """The factor called ``name``; ``KeyError`` names the ones there are."""
        for factor in self.factors:
            if factor.name == name:
                return factor
        raise KeyError(
            f"{self.name} has no factor {name!r}; it has {[f.name for f in self.factors]}"
        )

    @property
    def static_factors(self) -> tuple[Factor, ...]:
        return tuple(f for f in self.factors if f.kind == "static")

    @property
    def dynamic_factors(self) -> tuple[Factor, ...]:
        return tuple(f for f in self.factors if f.kind == "dynamic")

    @property
    def judged_by(self) -> str:
        """The data set whose judge serves this one: its own unless :attr:`judge` names another."""
        return self.judge or self.name

    def to_json(self) -> dict[str, Any]:
        """Plain types, for ``config.json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DatasetSpec:
        """The inverse of :meth:`to_json`."""
        return cls(
            **{
                **data,
                "event_shape": tuple(data["event_shape"]),
                "value_range": tuple(data["value_range"]),
                "identity": tuple(data.get("identity", ())),
                "factors": tuple(
                    Factor(**{**f, "classes": tuple(f["classes"])}) for f in data["factors"]
                ),
                "source": Source(**data["source"]),
                "variables": tuple(Variable(**v) for v in data.get("variables", ())),
                "splits": tuple((name, count) for name, count in data["splits"]),
            }
        )
