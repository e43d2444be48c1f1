"""Quantise the codes of a pruned model: publish what the decoder needs, without labels or training.

Pruning removes directions that carry no signal. Within those that are left, a posterior mean still has a residual: it
moves a decoded pixel by less than one level, but a probe can amplify it, and it is where information about the factors
of the other code survives. A code that is one of finitely many values has no residual. For each code this module

1. finds independent components of the posterior means (FastICA: Hyvarinen 1999) and groups those that depend on each
   other, by their mutual information (independent subspace analysis: Hyvarinen and Hoyer 2000): one group is one
   property that varies independently of the others, for example the colour of a garment;
2. fits a codebook to each group (k-means, distances in standard deviations of the posterior), with the smallest number
   of entries at which finer codebooks hardly lower the decoded error on *validation* sequences;
3. merges groups whose indices turn out to depend on each other, and fits the merged ones again;
4. publishes the regression of the posterior mean on the indices and on pairs of them, since properties interact.

A code that needs too many entries, for example one of continuous movements, is left as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import mutual_info_score
from torch import Tensor

from seqdisent.data.dataset import SequenceDataset
from seqdisent.errors import SeqdisentError, UsageError
from seqdisent.models.base import SequentialVAE
from seqdisent.models.factory import build_model
from seqdisent.models.pruning import batches_of, posteriors_of
from seqdisent.models.vast import VAST
from seqdisent.nn import Codebooks, ProductQuantiser, SubspaceProjection
from seqdisent.types import Latents, Sequences, squared_error

TOLERANCE = 0.05  # share by which the squared error may rise, for both codes together
SEQUENCES = 3000  # of training, from which components and codebooks are estimated
MEASURED = 150  # validation sequences that are decoded to measure the error
FRAME_STRIDE = 4  # of these, one frame in four is decoded

DEPENDENT = 0.15  # mutual information of two components, as a share of their entropy, that puts them into one group
BINS = 8  # of a component, for its mutual information with another
SHARED_BITS = 0.5  # mutual information of the indices of two codebooks above which they become one
GAIN = 0.02  # share of the squared error that doubling a codebook must remove
MOST_ENTRIES = 64  # of a codebook
RESTARTS = 10  # of k-means
RIDGE = 1.0  # of the regression on indices: an entry seen in one sequence is shrunk by half

DecodedError = Callable[[np.ndarray], float]  # squared error of validation codes [V, n]


@dataclass(frozen=True)
class QuantisedCode:
    """What was found for one code.

    Args:
        codebooks: components and entries of each; empty if the code was left as it is.
        bits: rate in bits a sequence; 0 if the code was left as it is.
        error_rise: share by which the squared error of validation sequences rose.
        refusal: why the code was left as it is; empty if it was not.
    """

    codebooks: Codebooks
    bits: float
    error_rise: float
    refusal: str = ""


class TooManyEntries(SeqdisentError):
    """A code cannot be quantised: a codebook would need more than :data:`MOST_ENTRIES` entries."""


@dataclass(frozen=True)
class Components:
    """Independent components of a code of size n and rank r.

    Args:
        centre: ``[n]``.
        down: from a centred code to components of unit variance, ``[n, r]``.
        up: from components to a centred code, ``[r, n]``.
    """

    centre: np.ndarray
    down: np.ndarray
    up: np.ndarray

    @classmethod
    def of(cls, means: np.ndarray, subspace: SubspaceProjection) -> Components:
        """From posterior means ``[N, n]`` in a subspace."""
        centre = means.mean(0)
        coordinates = (means - centre) @ subspace.down.double().numpy()
        analysis = FastICA(whiten="unit-variance", fun="cube", max_iter=1000, random_state=0)
        with warnings.catch_warnings():
            # Components that are Gaussian have no preferred rotation; any will do.
            warnings.simplefilter("ignore", ConvergenceWarning)
            analysis.fit(coordinates)
        down = subspace.down.double().numpy() @ analysis.components_.T
        up = analysis.mixing_.T @ subspace.up.double().numpy()
        return cls(centre, down, up)

    def metric(self, group: Sequence[int], subspace: SubspaceProjection) -> np.ndarray:
        """The matrix ``[W, W]`` that turns a group of components into coordinates in units of the posterior's width."""
        in_noise_units = self.up[list(group)] @ subspace.down.double().numpy()
        _, triangle = np.linalg.qr(in_noise_units.T)
        return triangle.T

    def project(self, codes: np.ndarray) -> np.ndarray:
        """Components ``[N, r]`` of codes ``[N, n]``."""
        return (codes - self.centre) @ self.down

    def restore(self, components: np.ndarray) -> np.ndarray:
        """Codes ``[N, n]`` with the components ``[N, r]``."""
        return self.centre + components @ self.up


@dataclass(frozen=True)
class Codebook:
    """A codebook for a group of components.

    Args:
        group: the components that it reads, W of them.
        metric: from these components to coordinates in which a distance of 1 is a standard deviation of the posterior,
            ``[W, W]``.
        centroids: in these coordinates, ``[entries, W]``.
    """

    group: tuple[int, ...]
    metric: np.ndarray
    centroids: np.ndarray

    def indices(self, components: np.ndarray) -> np.ndarray:
        """Nearest centroids ``[N]`` of components ``[N, r]``."""
        coordinates = components[:, list(self.group)] @ self.metric
        differences = coordinates[:, None] - self.centroids[None]
        return np.square(differences).sum(2).argmin(1)

    def quantise(self, components: np.ndarray) -> np.ndarray:
        """Components ``[N, r]`` of which this group is quantised and the others are not."""
        quantised = components.copy()
        values = self.centroids[self.indices(components)]
        quantised[:, list(self.group)] = values @ np.linalg.inv(self.metric)
        return quantised


@torch.inference_mode()
def quantise_codes(
    model: SequentialVAE,
    training: SequenceDataset,
    validation: SequenceDataset,
    *,
    tolerance: float = TOLERANCE,
    sequences: int = SEQUENCES,
    measured: int = MEASURED,
    seed: int = 0,
) -> tuple[VAST, dict[str, QuantisedCode]]:
    """A copy of ``model``, a pruned VAST, whose codes are quantised, and what was found for each pruned code.

    A code that cannot be quantised within the tolerance is left as it is, and the result says why.

    Args:
        tolerance: share by which the squared error of validation sequences may rise, for both codes together; the
            static code is quantised first.
        sequences: how many training sequences components and codebooks are estimated from, chosen by ``seed``.
        measured: how many validation sequences are decoded, chosen by ``seed``.

    Raises:
        ValueError: if this is another model, it was not pruned or is quantised already, or ``tolerance`` is not
            positive.
    """
    if not isinstance(model, VAST):
        raise UsageError(f"quantisation is a part of VAST; this model is {model.name!r}")
    subspaces = {"static": model.static_filter, "dynamic": model.dynamic_filter}
    pruned = {name: subspace for name, subspace in subspaces.items() if subspace is not None}
    if not pruned:
        raise UsageError("the codes of this model must be pruned first (seqdisent prune)")
    if model.config.static_codebooks or model.config.dynamic_codebooks:
        raise UsageError("the codes of this model have been quantised already")
    if not tolerance > 0:
        raise UsageError(f"tolerance must be positive, got {tolerance}")
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(training))[:sequences])
    means, _ = posteriors_of(model, training, rows)
    decoder = _MeasuredDecoder(
        model, validation, np.sort(rng.permutation(len(validation))[:measured])
    )

    unquantised = decoder.error()
    found: dict[str, QuantisedCode] = {}
    quantisers: dict[str, ProductQuantiser] = {}
    for name, subspace in pruned.items():
        codes = decoder.codes[name]
        try:
            quantiser = fit_quantiser(
                means[name].double().numpy(),
                codes.double().numpy(),
                subspace,
                decoder.error_with(name),
            )
        except TooManyEntries:
            reason = f"a codebook would need more than {MOST_ENTRIES} entries"
            found[name] = QuantisedCode((), 0.0, 0.0, reason)
            continue
        quantised = quantiser.values(quantiser.indices(codes))
        rise = decoder.error(name, quantised) / unquantised - 1
        if rise > tolerance:
            reason = f"the squared error would rise by {rise:.1%}"
            found[name] = QuantisedCode((), 0.0, 0.0, reason)
            continue
        quantisers[name] = quantiser
        decoder.codes[name] = quantised
        found[name] = QuantisedCode(quantiser.codebooks, quantiser.bits(), rise)
    return _with_quantisers(model, quantisers), found


def _with_quantisers(model: VAST, quantisers: dict[str, ProductQuantiser]) -> VAST:
    """A copy of ``model`` with the quantisers of ``static``, ``dynamic``."""
    codebooks = {name: one.codebooks for name, one in quantisers.items()}
    config = replace(
        model.config,
        static_codebooks=codebooks.get("static", ()),
        dynamic_codebooks=codebooks.get("dynamic", ()),
    )
    quantised = build_model(model.name, model.spec, config)
    assert isinstance(quantised, VAST)
    weights = model.state_dict()
    for name, quantiser in quantisers.items():
        for buffer, value in quantiser.state_dict().items():
            weights[f"{name}_quantiser.{buffer}"] = value
    quantised.load_state_dict(weights, strict=True)
    device = next(model.parameters()).device
    return quantised.to(device).train(model.training)


class _MeasuredDecoder:
    """Decodes validation sequences and measures the squared error.

    Args:
        rows: the validation sequences.

    Attributes:
        codes: posterior means of these sequences, ``static [V, S]`` and ``dynamic [V, K D]``.
    """

    def __init__(self, model: VAST, data: SequenceDataset, rows: np.ndarray) -> None:
        self.model = model
        self.batches = list(batches_of(data, rows))
        self.codes, _ = posteriors_of(model, data, rows)

    def error(self, name: str = "static", codes: Tensor | None = None) -> float:
        """Mean squared error a sequence, in every fourth frame; ``codes`` replace those called ``name``."""
        used = self.codes if codes is None else {**self.codes, name: codes}
        total, start = 0.0, 0
        for batch in self.batches:
            part = slice(start, start + len(batch))
            total += self._error_of_batch(batch, used["static"][part], used["dynamic"][part])
            start += len(batch)
        return total / start

    def error_with(self, name: str) -> DecodedError:
        """The error as a function of the codes called ``name``, the other ones as they are."""

        def decoded_error(codes: np.ndarray) -> float:
            return self.error(name, torch.from_numpy(codes).float())

        return decoded_error

    def _error_of_batch(self, batch: Sequences, static: Tensor, dynamic: Tensor) -> float:
        steps = dynamic.view(len(batch), -1, self.model.config.dynamic_size)[:, ::FRAME_STRIDE]
        decoded = self.model.decode(Latents(static, steps))
        frame_error = squared_error(decoded, batch.x[:, ::FRAME_STRIDE]).flatten(2).sum(2)
        return float((frame_error * batch.mask[:, ::FRAME_STRIDE]).sum())


def fit_quantiser(
    training: np.ndarray,
    validation: np.ndarray,
    subspace: SubspaceProjection,
    decoded_error: DecodedError,
) -> ProductQuantiser:
    """A quantiser of one code.

    Args:
        training: posterior means ``[N, n]``, from which components and codebooks are estimated.
        validation: posterior means ``[V, n]``, by whose decoded error the number of entries is chosen.
        subspace: that the code was pruned to.
        decoded_error: mean squared error of validation codes ``[V, n]`` that are decoded with the other code as it is.

    Raises:
        TooManyEntries: if a codebook of :data:`MOST_ENTRIES` entries is too coarse.
    """
    components = Components.of(training, subspace)
    fitter = _CodebookFitter(components, subspace, training, validation, decoded_error)
    codebooks = [fitter.fit(group) for group in dependent_groups(fitter.training)]
    codebooks = _merged(codebooks, fitter)
    return _assembled(components, codebooks, training)


def dependent_groups(components: np.ndarray) -> list[tuple[int, ...]]:
    """Groups of the columns of ``[N, r]`` such that columns of different groups are independent, or nearly so."""
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]
    binned = [np.digitize(column, np.quantile(column, inner_edges)) for column in components.T]
    group_of = list(range(len(binned)))
    for a, b in combinations(range(len(binned)), 2):
        if mutual_info_score(binned[a], binned[b]) > DEPENDENT * np.log(BINS):
            former, present = group_of[b], group_of[a]
            group_of = [present if group == former else group for group in group_of]
    groups: dict[int, list[int]] = {}
    for column, group in enumerate(group_of):
        groups.setdefault(group, []).append(column)
    return [tuple(columns) for columns in groups.values()]


class _CodebookFitter:
    """Fits codebooks to groups of components; see :func:`fit_quantiser` for the arguments."""

    def __init__(
        self,
        components: Components,
        subspace: SubspaceProjection,
        training: np.ndarray,
        validation: np.ndarray,
        decoded_error: DecodedError,
    ) -> None:
        self.components = components
        self.subspace = subspace
        self.training = components.project(training)
        self.validation = components.project(validation)
        self.decoded_error = decoded_error
        self.gain = GAIN * decoded_error(validation)

    def fit(self, group: tuple[int, ...]) -> Codebook:
        """The smallest codebook whose decoded error twice as many entries do not lower by more than the gain."""
        entries = 1
        fitted = {1: self._fit(group, 1)}
        while True:
            fitted[2 * entries] = self._fit(group, 2 * entries)
            saved = fitted[entries][1] - fitted[2 * entries][1]
            if saved <= self.gain:
                break
            entries *= 2
            if entries > MOST_ENTRIES:
                raise TooManyEntries
        enough = fitted[2 * entries][1] + self.gain
        low, high = entries // 2 + 1, entries
        while low < high:
            middle = (low + high) // 2
            fitted[middle] = self._fit(group, middle)
            if fitted[middle][1] <= enough:
                high = middle
            else:
                low = middle + 1
        return fitted[high][0]

    def _fit(self, group: tuple[int, ...], entries: int) -> tuple[Codebook, float]:
        """A codebook with so many entries, and the decoded error with it."""
        metric = self.components.metric(group, self.subspace)
        means = KMeans(entries, n_init=RESTARTS, random_state=0)
        means.fit(self.training[:, list(group)] @ metric)
        codebook = Codebook(group, metric, means.cluster_centers_)
        quantised = self.components.restore(codebook.quantise(self.validation))
        return codebook, self.decoded_error(quantised)


def _merged(codebooks: Sequence[Codebook], fitter: _CodebookFitter) -> list[Codebook]:
    """Codebooks whose indices are independent, or nearly so: those that share information are fitted as one."""
    merged = list(codebooks)
    while True:
        indices = [codebook.indices(fitter.training) for codebook in merged]
        shared = {
            (a, b): mutual_info_score(indices[a], indices[b]) / np.log(2)
            for a, b in combinations(range(len(merged)), 2)
        }
        if not shared or max(shared.values()) <= SHARED_BITS:
            return merged
        a, b = max(shared, key=lambda pair: shared[pair])
        group = tuple(sorted(merged[a].group + merged[b].group))
        others = [merged[i] for i in range(len(merged)) if i not in (a, b)]
        merged = [*others, fitter.fit(group)]


def _assembled(
    components: Components, codebooks: Sequence[Codebook], training: np.ndarray
) -> ProductQuantiser:
    """The quantiser with these codebooks; its table is the regression of ``training [N, n]`` on indices and pairs."""
    sizes = tuple((len(book.group), len(book.centroids)) for book in codebooks)
    quantiser = ProductQuantiser(training.shape[1], sizes)
    down = [components.down[:, list(book.group)] @ book.metric for book in codebooks]
    quantiser.centre.copy_(torch.from_numpy(components.centre))
    quantiser.components.copy_(torch.from_numpy(np.concatenate(down, 1)))
    centroids = np.concatenate([book.centroids.ravel() for book in codebooks])
    quantiser.centroids.copy_(torch.from_numpy(centroids))

    indices = quantiser.indices(torch.from_numpy(training).float())
    rows = quantiser.rows(indices).numpy()
    used = np.zeros((len(training), len(quantiser.table)))
    np.put_along_axis(used, rows, 1.0, axis=1)
    # Pairs explain only what single indices do not, so that a pair that training never had is a sum of its parts.
    singles = used[:, : sum(quantiser.entries)]
    of_singles = Ridge(RIDGE).fit(singles, training)
    table = np.zeros((used.shape[1], training.shape[1]))
    table[: singles.shape[1]] = of_singles.coef_.T
    # One row of the first codebook is always added, so these can hold the intercept.
    table[: quantiser.entries[0]] += of_singles.intercept_ - components.centre
    if quantiser.pairs:
        pairs = used[:, singles.shape[1] :]
        left = training - of_singles.predict(singles)
        table[singles.shape[1] :] = Ridge(RIDGE, fit_intercept=False).fit(pairs, left).coef_.T
    quantiser.table.copy_(torch.from_numpy(table))
    quantiser.probabilities.copy_(torch.from_numpy(singles.mean(0)))
    return quantiser
