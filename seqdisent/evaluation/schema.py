"""The evaluation report: typed, versioned, and the same in memory and in ``metrics.json``.

A quantity that cannot be measured is NaN in memory and null in JSON. A part that was not measured is None.
Rates, shares and scores are in [0, 1], information is in bits, divergences are in nats, intervals are 95 %.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from seqdisent.errors import SeqdisentError
from seqdisent.evaluation import schema_1, schema_2

SCHEMA_VERSION = 3
# From each older schema to the next one, on plain types.
CONVERTERS = {1: schema_1.upgraded, 2: schema_2.upgraded}

CodeName = Literal["static", "dynamic"]
Posterior = Literal["mean", "sample"]
ProbeFamily = Literal["linear", "mlp", "trees", "neighbours"]
Representation = Literal["code", "residual"]
Level = Literal["holds", "part", "missing", "leak", "trace", "clean", "unmeasurable"]

CODES: tuple[CodeName, ...] = ("static", "dynamic")


class ReportError(SeqdisentError, ValueError):
    """A report cannot be read; the message says why."""


def _missing_as_nan(value: Any) -> Any:
    return math.nan if value is None else value


Number = Annotated[float, BeforeValidator(_missing_as_nan)]


# --- Values with an interval -------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A measured value with its 95 % interval; ``low`` and ``high`` are NaN where there is no interval."""

    value: Number
    low: Number = math.nan
    high: Number = math.nan

    def rounded(self, digits: int = 4) -> list[float | None]:
        """``[value, low, high]`` for tables and JSON; None for what is not finite."""
        return [rounded(number, digits) for number in (self.value, self.low, self.high)]

    def non_negative(self) -> Estimate:
        """The same with nothing below 0, for information, which cannot be negative."""
        return Estimate(max(0.0, self.value), max(0.0, self.low), max(0.0, self.high))


@dataclass(frozen=True)
class Rate(Estimate):
    """A proportion of trials with its 95 % interval.

    Args:
        n: trials.
        sources: independent sources behind them (speakers, characters), which the interval resamples; of pairs those
            of the side with fewer. 0 if the interval takes trials as independent (Wilson), as in older reports.
    """

    n: int = 0
    sources: int = 0


def rounded(value: float | None, digits: int = 4) -> float | None:
    """A number for tables and JSON; None for what is missing or not finite."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)


# --- Leakage -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProbeScore:
    """What one probe recovered.

    Args:
        bits: usable information.
        score: accuracy for a factor with classes, R² for a continuous factor; ``measure`` says which.
        null_bits: mean over probes trained on shuffled labels; None if none were trained.
        null_score: the same for ``score``.
        p: of the permutation test; None for a probe that was not chosen.
        representation: what the probe saw: the whitened code, or the residual without the on-target factors.
    """

    bits: Estimate
    score: Estimate
    measure: Literal["accuracy", "r2"]
    null_bits: float | None = None
    null_score: float | None = None
    p: float | None = None
    representation: Representation = "code"


@dataclass(frozen=True)
class LeakageCell:
    """The probes of one factor on one view of one code.

    Args:
        view: ``"static"``; ``"sequence"`` (all steps of the dynamic code), ``"mean"`` (their mean over time) or
            ``"step"`` (the single step that contains most on validation).
        posterior: whether codes are posterior means or posterior samples.
        on_target: whether the factor belongs in this code.
        chosen: the family of probes that was best on validation.
        probes: of each family the better representation on validation.
        validation_bits: of the chosen probe; NaN in reports before schema 3.
        step: of the view ``"step"``, from 0.
    """

    code: CodeName
    view: str
    posterior: Posterior
    factor: str
    on_target: bool
    chosen: ProbeFamily
    probes: dict[ProbeFamily, ProbeScore]
    validation_bits: Number = math.nan
    step: int | None = None

    @property
    def best(self) -> ProbeScore:
        """The scores of the probe that was best on validation."""
        return self.probes[self.chosen]


@dataclass(frozen=True)
class FactorSummary:
    """A factor on the test split.

    Args:
        not_measurable: why it cannot be measured; empty if it can.
        composite: whether it is a combination of other factors.
        entropy_bits, chance, majority: of the test labels; None for a continuous factor.
    """

    name: str
    kind: CodeName
    classes: tuple[str, ...] = ()
    unit: str = ""
    not_measurable: str = ""
    composite: bool = False
    entropy_bits: float | None = None
    chance: float | None = None
    majority: float | None = None

    @property
    def continuous(self) -> bool:
        """Whether its labels are numbers rather than classes."""
        return not self.classes


@dataclass(frozen=True)
class StepScore:
    """What the dynamic code of a single step (from 0) contains about a factor, by the better probe."""

    factor: str
    step: int
    chosen: ProbeFamily
    bits: Estimate
    score: Estimate
    measure: Literal["accuracy", "r2"]


@dataclass(frozen=True)
class Verdict:
    """One sentence about a code and a factor.

    Args:
        level: ``holds``, ``part`` or ``missing`` for a factor that belongs in the code; ``leak``, ``trace`` or
            ``clean`` for one that does not; ``unmeasurable``.
    """

    code: CodeName
    factor: str
    level: Level
    text: str


@dataclass(frozen=True)
class DetectionLimit:
    """The smallest planted leak that the probes find (:mod:`seqdisent.evaluation.detection`).

    Args:
        bits: None if not even the largest was found.
        scale: of the residual that contains it, relative to the distance of the clusters of on-target factors.
        planted_bits: the amounts that were planted, from the largest down.
    """

    code: CodeName
    bits: float | None
    scale: float
    planted_bits: tuple[float, ...]


@dataclass(frozen=True)
class Leakage:
    """Information about every factor in both codes.

    Args:
        test_sources: independent sources of test sequences, which the intervals resample.
        bootstrap: number of resamples.
        permutations: label shuffles behind each p-value.
        shuffled_label_probes: how many probes like the chosen one were trained on shuffled labels, for each off-target
            cell of posterior means.
        factors_at_one_step: factors that change within a sequence; probed at one random step of each sequence.
        steps: by factor and step of the dynamic code; empty if steps were not probed.
        detection: the detection limit of each code; empty if no leaks were planted.
    """

    train_sequences: int
    validation_sequences: int
    test_sequences: int
    test_sources: int
    seed: int
    bootstrap: int
    permutations: int
    shuffled_label_probes: int
    factors_at_one_step: tuple[str, ...]
    factors: tuple[FactorSummary, ...]
    cells: tuple[LeakageCell, ...]
    steps: tuple[StepScore, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    detection: tuple[DetectionLimit, ...] = ()

    def factor(self, name: str) -> FactorSummary:
        """The factor of that name; KeyError names the ones there are."""
        for factor in self.factors:
            if factor.name == name:
                return factor
        raise KeyError(f"no factor {name!r}; there are {[f.name for f in self.factors]}")

    def cell(self, code: str, factor: str, posterior: str = "mean") -> LeakageCell | None:
        """The cell of the view that contains most on validation; None if none was measured.

        A sequence contains whatever its mean or a single step contains, so the strongest view counts. Reports before
        schema 3 have no validation figures; of these the larger figure on test is taken.
        """
        cells = [
            cell
            for cell in self.cells
            if (cell.code, cell.factor, cell.posterior) == (code, factor, posterior)
        ]
        return max(cells, key=_strength, default=None)

    @property
    def is_by_former_probes(self) -> bool:
        """Whether it was measured before schema 3, by probes that miss what hides inside clusters."""
        return bool(self.cells) and all(math.isnan(cell.validation_bits) for cell in self.cells)

    def detection_limit(self, code: str) -> DetectionLimit | None:
        """Of a code; None if it was not measured."""
        for limit in self.detection:
            if limit.code == code:
                return limit
        return None

    def best(self, code: str, factor: str, posterior: str = "mean") -> ProbeScore | None:
        """Scores of a code and a factor by the view and probe that were best on validation; None if not measured."""
        cell = self.cell(code, factor, posterior)
        return None if cell is None else cell.best

    def off_target_factors(self, code: str) -> tuple[FactorSummary, ...]:
        """Measured factors with classes that do not belong in ``code``.

        Composite factors (an action is a motion in a direction) are left out, so that nothing counts twice.
        """
        return tuple(
            factor
            for factor in self.factors
            if factor.kind != code
            and factor.entropy_bits
            and not factor.composite
            and not factor.not_measurable
        )

    def off_target_bits(self, code: str, posterior: str = "mean") -> float | None:
        """Bits in ``code`` about factors that do not belong in it, summed; None without such factors."""
        scores = [self.best(code, f.name, posterior) for f in self.off_target_factors(code)]
        bits = [score.bits.value for score in scores if score is not None]
        return sum(bits) if bits else None

    def off_target_entropy_bits(self, code: str) -> float | None:
        """The entropies of those factors, summed; None without such factors."""
        entropies = [factor.entropy_bits or 0.0 for factor in self.off_target_factors(code)]
        return sum(entropies) if entropies else None


def _strength(cell: LeakageCell) -> float:
    return cell.best.bits.value if math.isnan(cell.validation_bits) else cell.validation_bits


@dataclass(frozen=True)
class PairedDifference:
    """Bits of one checkpoint minus bits of another, on the same test sequences."""

    code: CodeName
    factor: str
    bits: Estimate


# --- Reconstruction, swaps and samples ---------------------------------------------------------


@dataclass(frozen=True)
class Reconstruction:
    """Squared error, summed over a sequence and averaged over sequences, in value units squared.

    Args:
        standard_error: of ``squared_error_per_sequence``.
        training_mean_squared_error_per_sequence: the error of predicting the training mean.
    """

    squared_error_per_sequence: Number
    standard_error: Number
    training_mean_squared_error_per_sequence: Number
    psnr_db: Number


@dataclass(frozen=True)
class JudgeScore:
    """A judge's predictions of one factor on generated sequences.

    Args:
        inception_score: exp(H(y) - H(y|x)); entropies in nats.
        disagreement: share in which the most likely class differs from that on the real sequence that the kept
            code comes from.
        kl_nats: mean KL(real || generated) of the judge's two predictions.
        kept: how often the judge predicts the value of the sequence that the factor's code comes from; of swaps, over
            the pairs whose two values differ, so that a code that is ignored does not count as kept.
        off_target: how often it predicts the value of the sequence whose code was replaced; of swaps, over the same
            pairs.
    """

    chance: float
    inception_score: Number
    h_y: Number
    h_y_given_x: Number
    disagreement: float | None = None
    kl_nats: float | None = None
    kept: Rate | None = None
    off_target: Rate | None = None


@dataclass(frozen=True)
class InterventionScore:
    """One factor after one exchange of codes.

    Args:
        role: whether the exchange should change the factor (``"swapped"``) or not (``"stays"``).
        follows: how often the judge sees the value that it should.
        matches_source: how often it sees the source's value.
    """

    role: Literal["swapped", "stays"]
    follows: Rate
    matches_source: Rate
    chance: float


@dataclass(frozen=True)
class MultifactorSwap:
    """The multi-factor swap score with what chance and a perfect model would score.

    Args:
        interventions: by exchanged code, by factor.
    """

    score: Number
    chance: Number
    perfect: Number
    pairs: int
    interventions: dict[str, dict[str, InterventionScore]]


@dataclass(frozen=True)
class Swaps:
    """Swaps and samples of random pairs, by factor, scored by a judge.

    Args:
        swap: static code of B, dynamic code of A.
        all_kept: how often a swap keeps every factor, over the pairs that differ in all of ``differ_in``.
        all_kept_chance: the same for independent random guesses of the classes of these factors.
        differ_in: the factors in which those pairs differ; empty in older reports, where ``all_kept`` was over random
            pairs, which agree in some factors by chance.
        static_sampled: dynamic code of A, static code from the prior.
        dynamics_sampled: static code of B, dynamic code from the prior.
        multifactor: None if a label is missing.
    """

    pairs: int
    seed: int
    reconstruction: dict[str, JudgeScore]
    swap: dict[str, JudgeScore]
    all_kept: Rate
    all_kept_chance: float
    static_sampled: dict[str, JudgeScore]
    dynamics_sampled: dict[str, JudgeScore]
    multifactor: MultifactorSwap | None = None
    differ_in: tuple[str, ...] = ()

    def other_sampled(self, factor: str) -> JudgeScore:
        """The scores of a factor where its own code was kept and the other one was sampled."""
        kept = self.dynamics_sampled[factor]
        return kept if kept.kept is not None else self.static_sampled[factor]


# --- Speech ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PitchTransfer:
    """The median pitch of swaps.

    Args:
        nearer_donor: how often it is nearer to the donor's than to the source's.
        unvoiced: swaps without a pitch.
    """

    nearer_donor: Rate
    chance: float
    pairs: int
    semitones_to_donor: Number
    semitones_source_to_donor: Number
    unvoiced: int


@dataclass(frozen=True)
class DistortionScore:
    """Mel-cepstral distortion in dB, pitch error in cents, and the share of frames with wrong voicing."""

    mcd_db: Number
    pitch_cents: Number
    voicing: Number


@dataclass(frozen=True)
class SpeechDistortion:
    """Distortion against the recordings of the vocoder alone, and of the model's reconstructions."""

    vocoder: DistortionScore
    reconstruction: DistortionScore
    recordings: int


@dataclass(frozen=True)
class ContentTransfer:
    """How often a swap is nearest to the donor's recording with the source's content."""

    factor: str
    nearest: Rate
    chance: float


@dataclass(frozen=True)
class Speech:
    """Measures of speech on waveforms.

    Args:
        pitch: by group of pairs: ``"sex"`` (of different sex), ``"apart"`` (at least 3 semitones apart).
    """

    pairs: int
    distortion: SpeechDistortion
    pitch: dict[str, PitchTransfer]
    content: ContentTransfer | None = None


# --- Downstream tasks of series ----------------------------------------------------------------


@dataclass(frozen=True)
class SeedScore(Estimate):
    """A mean over seeds with a 95 % interval that resamples seeds and test sources, and each seed's value."""

    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True)
class LearnerScore:
    """One learner on one task: its scores by measure, and the heads that were chosen on validation."""

    scores: dict[str, SeedScore]
    heads: tuple[str, ...]


@dataclass(frozen=True)
class SwapTransfer:
    """Whose label swapped series carry, predicted by a supervised network; percentages, one for each seed.

    Args:
        right: of the sequence whose code holds the factor.
        wrong: of the other sequence.
        real: the network's accuracy on real sequences.
        reconstructed: its accuracy on reconstructions.
        pairs: how many pairs were scored.
    """

    right: tuple[float, ...]
    wrong: tuple[float, ...]
    real: tuple[float, ...]
    reconstructed: tuple[float, ...]
    pairs: tuple[int, ...]


@dataclass(frozen=True)
class DownstreamTask:
    """One quantity predicted from the codes.

    Args:
        codes: ``"static"`` or ``"both"``.
        learners: by name: codes, raw features, supervised network, constants.
        published: by method, a number for each measure.
        swap: None for a continuous factor, or if no two sequences differ.
    """

    task: str
    factor: str
    codes: Literal["static", "both"]
    measures: tuple[str, ...]
    learners: dict[str, LearnerScore]
    published: dict[str, tuple[float, ...]]
    test_rows: int
    test_sources: int
    swap: SwapTransfer | None = None


@dataclass(frozen=True)
class RepeatedSplits:
    """One downstream task, scored on several random splits of the same sequences.

    Args:
        sequences: what is split.
        rule: how it is split.
        checkpoint: whose codes were scored; it was trained on none of the sequences. Empty if there are no codes.
        sizes: training, validation and test sequences.
        scores: by learner and measure, one for each split.
    """

    sequences: str
    task: str
    measures: tuple[str, ...]
    rule: str
    checkpoint: str
    sizes: tuple[int, ...]
    scores: dict[str, dict[str, tuple[float, ...]]]


@dataclass(frozen=True)
class BenchmarkResult:
    """The downstream tasks of one recipe, over seeds.

    Args:
        fingerprints: by seed, a hash of the recipe and the weights that were measured; empty if not recorded.
    """

    recipe: str
    dataset: str
    seeds: tuple[int, ...]
    tasks: tuple[DownstreamTask, ...]
    fingerprints: dict[str, str] = field(default_factory=dict)


# --- Generation --------------------------------------------------------------------------------


@dataclass(frozen=True)
class InceptionScore:
    """exp(H(y) - H(y|x)) of a judge's predictions, and the two entropies in nats."""

    inception_score: Number
    h_y: Number
    h_y_given_x: Number


@dataclass(frozen=True)
class SampleScore(InceptionScore):
    """Of samples, with the same of real test sequences."""

    real: InceptionScore = field(
        default_factory=lambda: InceptionScore(math.nan, math.nan, math.nan)
    )


@dataclass(frozen=True)
class FrameDisagreement:
    """By static factor, the share of single frames whose predicted class differs from that of their sequence."""

    real: dict[str, Estimate]
    reconstruction: dict[str, Estimate]
    sample: dict[str, Estimate]


@dataclass(frozen=True)
class RolloutDisagreement(Estimate):
    """The share of pairs of rollouts of one static code whose predicted classes differ.

    Args:
        chance: the same for two random real sequences.
    """

    chance: float = math.nan


@dataclass(frozen=True)
class NeighbourDistance:
    """Root mean square distance to the nearest training sequence.

    Args:
        share_near: share of sequences that are nearer than the threshold.
    """

    median: Number
    smallest: Number
    share_near: Number


@dataclass(frozen=True)
class Neighbours:
    """Whether samples are copies of training sequences.

    Args:
        n: sequences of each kind.
        threshold: the 1 % quantile of the distances of test sequences.
    """

    n: int
    threshold: Number
    test: NeighbourDistance
    reconstructions: NeighbourDistance
    samples: NeighbourDistance


@dataclass(frozen=True)
class Generation:
    """Samples of both codes from the prior; everything but ``neighbours`` needs a judge."""

    seed: int
    neighbours: Neighbours
    samples: dict[str, SampleScore] = field(default_factory=dict)
    frames: FrameDisagreement | None = None
    rollouts: dict[str, RolloutDisagreement] = field(default_factory=dict)


# --- Structure of the codes --------------------------------------------------------------------


@dataclass(frozen=True)
class CodeDiagnostics:
    """Use of one code.

    Args:
        kl_nats: divergence from the prior, summed over a sequence.
        units: dimensions; of a pruned dynamic code those of all steps together, which are pruned as one code.
        active_units: dimensions in which the posterior mean varies (Burda et al., 2016); of a pruned code directions,
            since every dimension of it is a mixture of them.
        pruned: whether ``active_units`` counts directions.
        kl_nats_by_step: of the dynamic code, for each step; empty for the static code.
    """

    kl_nats: Number
    units: int
    active_units: int
    collapsed: bool
    kl_nats_by_step: tuple[Number, ...] = ()
    pruned: bool = False


@dataclass(frozen=True)
class Diagnostics:
    """Divergence from the prior and active units of both codes."""

    static: CodeDiagnostics
    dynamic: CodeDiagnostics


@dataclass(frozen=True)
class DciFactor:
    """One factor of :class:`Dci`; ``importance`` is its share by code."""

    informativeness: Rate
    majority: float
    chance: float
    completeness: Number
    importance: dict[str, float]


@dataclass(frozen=True)
class Dci:
    """Disentanglement, completeness and informativeness (Eastwood and Williams, 2018)."""

    disentanglement: Number
    completeness: Number
    informativeness: Number
    factors: dict[str, DciFactor]
    share_of_dimensions: dict[str, float]


@dataclass(frozen=True)
class MigFactor:
    """One factor of :class:`Mig`: the gap, the most informative dimension and its normalised information."""

    gap: Number
    dimension: int
    information: Number


@dataclass(frozen=True)
class Mig:
    """Mutual information gap (Chen et al., 2018)."""

    mean: Number
    factors: dict[str, MigFactor]


@dataclass(frozen=True)
class Disentanglement:
    """DCI and MIG over the dimensions of both codes.

    Args:
        mig: with bins of equal counts.
        histogram_mig: by the estimator of disentanglement_lib, 20 bins of equal width, as in published tables; None in
            older reports.
    """

    dci: Dci
    mig: Mig
    histogram_mig: Mig | None = None


@dataclass(frozen=True)
class Verification:
    """Equal error rates of identity verification.

    Args:
        gap: dynamic minus static.
        mean_frame: the same for the mean frame, without a model; None if it was not measured.
        positive: pairs of one identity.
        identities: independent ones behind the pairs, which the intervals resample; 0 in older reports.
    """

    static: Estimate
    dynamic: Estimate
    gap: Estimate
    pairs: int
    positive: int
    chance: float
    mean_frame: Estimate | None = None
    identities: int = 0


@dataclass(frozen=True)
class AnchorScore:
    """A model with another anchor frame, or with the anchor frame blanked.

    Args:
        all_kept: how often a swap keeps every factor.
        bits: ``"CODE/FACTOR"`` -> bits.
    """

    anchor: int
    blanked: bool
    all_kept: Rate
    bits: dict[str, Number]


# --- The report --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByCode:
    """A number for each code; None where there is nothing to measure."""

    dynamic_code: float | None = None
    static_code: float | None = None


@dataclass(frozen=True)
class Summary:
    """The figures by which checkpoints are compared; their names stay.

    Args:
        off_target_bits: information about static factors in the dynamic code, and about dynamic factors in the
            static code, summed over factors with classes that are not combinations of others.
        off_target_entropy_bits: the entropies of those factors.
        off_target_bits_of_samples: ``off_target_bits`` with posterior samples in place of posterior means.
        swap_keeps_all: how often a swap keeps every factor, and its chance level.
        swap_keeps_least: of the factor that swaps keep least often.
    """

    off_target_bits: ByCode = ByCode()
    off_target_entropy_bits: ByCode = ByCode()
    off_target_bits_of_samples: ByCode = ByCode()
    swap_keeps_all: Rate | None = None
    swap_keeps_all_chance: float | None = None
    swap_keeps_least: Rate | None = None
    swap_keeps_least_factor: str = ""
    squared_error_per_sequence: float | None = None
    training_mean_squared_error_per_sequence: float | None = None
    psnr_db: float | None = None


@dataclass(frozen=True)
class Report:
    """Everything that was measured of a checkpoint on one split of its data.

    Args:
        control: the control that was measured in place of the model (:mod:`seqdisent.evaluation.controls`).
        weights_sha256_16: first 16 hexadecimal digits of the hash of the weights.
        judge: the judge's accuracy on real sequences, by factor; None without a judge.
        no_judge: why swaps and samples were not judged; empty if they were, or need no judge.
    """

    checkpoint: str
    split: str
    sequences: int
    seed: int
    weights_sha256_16: str = ""
    control: str | None = None
    command: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    summary: Summary = Summary()
    judge: dict[str, Rate] | None = None
    no_judge: str = ""
    leakage: Leakage | None = None
    reconstruction: Reconstruction | None = None
    swaps: Swaps | None = None
    speech: Speech | None = None
    downstream: tuple[DownstreamTask, ...] = ()
    generation: Generation | None = None
    diagnostics: Diagnostics | None = None
    disentanglement: Disentanglement | None = None
    verification: Verification | None = None
    anchors: tuple[AnchorScore, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """JSON text, every key written; strict JSON: what is not finite is null."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read JSON text of this schema or of an older one, which is converted.

        Raises:
            ReportError: if it is damaged, or of a newer schema.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise ReportError(f"not JSON: {error}") from error
        return cls.from_plain(data)

    @classmethod
    def from_plain(cls, data: Any) -> Report:
        """As :meth:`from_json`, from what ``json.loads`` returns."""
        if not isinstance(data, Mapping):
            raise ReportError(f"expected an object, got {type(data).__name__}")
        version = data.get("schema_version", 1)
        if version == SCHEMA_VERSION:
            return from_plain(cls, data)
        if version not in CONVERTERS:
            raise ReportError(
                f"the report has schema {version!r} and this version of seqdisent reads schemas 1 to "
                f"{SCHEMA_VERSION}; install a newer version"
            )
        try:
            while version != SCHEMA_VERSION:
                data = CONVERTERS[version](data)
                version += 1
        except (KeyError, TypeError, AttributeError) as error:
            raise ReportError(f"the report of schema {version} is damaged: {error!r}") from error
        return from_plain(cls, data).with_summary()

    def with_summary(self) -> Report:
        """The same with :attr:`summary` computed from the other parts."""
        return replace(self, summary=_summary(self))


def _summary(report: Report) -> Summary:
    summary = Summary()
    if report.leakage is not None:
        leakage = report.leakage
        summary = replace(
            summary,
            off_target_bits=ByCode(
                leakage.off_target_bits("dynamic"), leakage.off_target_bits("static")
            ),
            off_target_entropy_bits=ByCode(
                leakage.off_target_entropy_bits("dynamic"),
                leakage.off_target_entropy_bits("static"),
            ),
            off_target_bits_of_samples=ByCode(
                leakage.off_target_bits("dynamic", "sample"),
                leakage.off_target_bits("static", "sample"),
            ),
        )
    if report.swaps is not None:
        rates = {name: score.kept for name, score in report.swaps.swap.items() if score.kept}
        least = min(rates, key=lambda name: (rates[name].value, name), default="")
        summary = replace(
            summary,
            swap_keeps_all=report.swaps.all_kept,
            swap_keeps_all_chance=report.swaps.all_kept_chance,
            swap_keeps_least=rates.get(least),
            swap_keeps_least_factor=least,
        )
    if report.reconstruction is not None:
        error = report.reconstruction
        summary = replace(
            summary,
            squared_error_per_sequence=error.squared_error_per_sequence,
            training_mean_squared_error_per_sequence=error.training_mean_squared_error_per_sequence,
            psnr_db=error.psnr_db,
        )
    return summary


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """What reads and writes a class, built once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_json(part: Any) -> str:
    """A report, or any part of one, as indented JSON text."""
    return _adapter(type(part)).dump_json(part, indent=1).decode() + "\n"


def to_plain(part: Any) -> Any:
    """A report, or any part of one, in plain types for strict JSON."""
    return json.loads(to_json(part))


def from_plain(kind: type[Any], data: Any) -> Any:
    """A part of a report of class ``kind`` from plain types.

    Raises:
        ReportError: if a key is missing or of the wrong type.
    """
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportError(f"the report is damaged at {where}: {first['msg']}") from error
