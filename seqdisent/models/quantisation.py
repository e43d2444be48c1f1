"""Quantise the codes of a pruned model: publish what the decoder needs, without labels or training.

Pruning removes directions that carry no signal. Within those that are left, a posterior mean still has a residual: it
moves a decoded pixel by less than one level, but a probe can amplify it, and it is where information about the factors
of the other code survives. A code that is one of finitely many values has no residual. For each code this module

1. finds independent components of the posterior means (FastICA: Hyvarinen 1999) and groups those that depend on each
   other, by their mutual information (independent subspace analysis: Hyvarinen and Hoyer 2000): one group is one
   property that varies independently of the others, for example the colour of a garment;
2. fits a codebook to each group (k-means), with the smallest number of entries at which finer codebooks no longer
   lower the decoded error on *validation* sequences;
3. merges groups whose indices turn out to depend on each other, and fits the merged ones again;
4. publishes the regression of the posterior mean on the indices and on pairs of them, since properties interact.

A code that needs too many entries, for example one of continuous movements, is left as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import mutual_info_score

from seqdisent.nn.quantisation import ProductQuantiser
from seqdisent.nn.subspace import SubspaceProjection

DEPENDENT = 0.15  # mutual information of two components, as a share of their entropy, that puts them into one group
BINS = 8  # of a component, for its mutual information with another
SHARED_BITS = 0.1  # mutual information of the indices of two codebooks above which they become one
GAIN = 0.01  # share of the squared error that doubling a codebook must remove
MOST_ENTRIES = 64  # of a codebook
RESTARTS = 10  # of k-means
RIDGE = 1.0  # of the regression on indices: an entry seen in one sequence is shrunk by half

DecodedError = Callable[[np.ndarray], float]  # squared error of validation codes [V, n]


class TooManyEntries(Exception):
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
        centroids: ``[entries, W]``.
    """

    group: tuple[int, ...]
    centroids: np.ndarray

    def indices(self, components: np.ndarray) -> np.ndarray:
        """Nearest centroids ``[N]`` of components ``[N, r]``."""
        differences = components[:, None, list(self.group)] - self.centroids[None]
        return np.square(differences).sum(2).argmin(1)

    def quantise(self, components: np.ndarray) -> np.ndarray:
        """Components ``[N, r]`` of which this group is quantised and the others are not."""
        quantised = components.copy()
        quantised[:, list(self.group)] = self.centroids[self.indices(components)]
        return quantised


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
    fitter = _CodebookFitter(components, training, validation, decoded_error)
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
        training: np.ndarray,
        validation: np.ndarray,
        decoded_error: DecodedError,
    ) -> None:
        self.components = components
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
        means = KMeans(entries, n_init=RESTARTS, random_state=0)
        means.fit(self.training[:, list(group)])
        codebook = Codebook(group, means.cluster_centers_)
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
    """The quantiser with these codebooks; its table is the ridge regression of ``training [N, n]`` on indices."""
    sizes = tuple((len(book.group), len(book.centroids)) for book in codebooks)
    quantiser = ProductQuantiser(training.shape[1], sizes)
    order = [column for book in codebooks for column in book.group]
    quantiser.centre.copy_(torch.from_numpy(components.centre))
    quantiser.components.copy_(torch.from_numpy(components.down[:, order]))
    centroids = np.concatenate([book.centroids.ravel() for book in codebooks])
    quantiser.centroids.copy_(torch.from_numpy(centroids))

    indices = quantiser.indices(torch.from_numpy(training).float())
    rows = quantiser.rows(indices).numpy()
    used = np.zeros((len(training), len(quantiser.table)))
    np.put_along_axis(used, rows, 1.0, axis=1)
    regression = Ridge(RIDGE).fit(used, training)
    table = regression.coef_.T
    # One row of the first codebook is always added, so these can hold the intercept.
    table[: quantiser.entries[0]] += regression.intercept_ - components.centre
    quantiser.table.copy_(torch.from_numpy(table))
    frequencies = used[:, : sum(quantiser.entries)].mean(0)
    quantiser.probabilities.copy_(torch.from_numpy(frequencies))
    return quantiser
