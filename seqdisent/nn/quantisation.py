"""A product quantiser of a posterior: the code as a few indices, which :mod:`seqdisent.models.quantisation` fits."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from seqdisent.distributions import DiagonalGaussian
from seqdisent.errors import UsageError

Codebooks = tuple[
    tuple[int, int], ...
]  # for each codebook: components that it reads, and its entries


class ProductQuantiser(nn.Module):
    """Replaces posterior means ``[B, n]`` by values from a finite table; the width of the posterior stays.

    A mean is projected onto components. Each codebook reads some of them and gives the index of its nearest centroid
    (product quantisation: Jegou, Douze and Schmid 2011). The published mean is a function of these indices alone: the
    sum of a row for each index and a row for each pair of indices. Information that no index has is not in the code.

    Its tensors are buffers, not parameters: they are estimated from posteriors, not trained.

    Args:
        size: n, size of the code.
        codebooks: components and entries of each.

    Raises:
        ValueError: if there is no codebook, or one without components or entries.
    """

    centre: Tensor
    components: Tensor
    centroids: Tensor
    table: Tensor
    probabilities: Tensor

    def __init__(self, size: int, codebooks: Codebooks) -> None:
        super().__init__()
        if not codebooks or min(itertools.chain(*codebooks)) < 1:
            raise UsageError(f"codebooks need components and entries, got {codebooks}")
        self.codebooks = codebooks
        self.widths = [width for width, _ in codebooks]
        self.entries = [entries for _, entries in codebooks]
        self.pairs = list(itertools.combinations(range(len(codebooks)), 2))
        pair_rows = [self.entries[a] * self.entries[b] for a, b in self.pairs]
        areas = [width * entries for width, entries in codebooks]
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("components", torch.zeros(size, sum(self.widths)))
        self.register_buffer("centroids", torch.zeros(sum(areas)))
        self.register_buffer("table", torch.zeros(sum(self.entries) + sum(pair_rows), size))
        self.register_buffer("probabilities", torch.zeros(sum(self.entries)))

    def forward(self, posterior: DiagonalGaussian) -> DiagonalGaussian:
        """The posterior ``[B, n]`` with quantised means."""
        return DiagonalGaussian(self.values(self.indices(posterior.mean)), posterior.log_std)

    def indices(self, mean: Tensor) -> Tensor:
        """The nearest centroid of each of G codebooks, int64 ``[B, G]``, of means ``[B, n]``."""
        coordinates = ((mean - self.centre) @ self.components).split(self.widths, dim=1)
        nearest = []
        for own, centroids in zip(coordinates, self.centroids_of_codebooks(), strict=True):
            nearest.append(_squared_distances(own, centroids).argmin(1))
        return torch.stack(nearest, 1)

    def values(self, indices: Tensor) -> Tensor:
        """Published means ``[B, n]`` of indices ``[B, G]``."""
        return self.centre + self.table[self.rows(indices)].sum(1)

    def rows(self, indices: Tensor) -> Tensor:
        """Rows of the table that are added up, ``[B, G + G (G - 1) / 2]``: of each index, then of each pair."""
        rows = []
        start = 0
        for codebook, entries in enumerate(self.entries):
            rows.append(start + indices[:, codebook])
            start += entries
        for a, b in self.pairs:
            rows.append(start + indices[:, a] * self.entries[b] + indices[:, b])
            start += self.entries[a] * self.entries[b]
        return torch.stack(rows, 1)

    def sample(self, n: int, temperature: float, generator: torch.Generator | None) -> Tensor:
        """Means ``[n, size]`` of indices that are sampled independently, as often as training sequences had them.

        Args:
            temperature: probabilities are raised to the power of its inverse; at 0 each index is the most frequent one.
        """
        indices = []
        for probabilities in self.probabilities.split(self.entries):
            if temperature > 0:
                weights = (probabilities / probabilities.max()).pow(1 / temperature)
                # A generator makes numbers on its own device only.
                device = weights.device if generator is None else generator.device
                index = torch.multinomial(
                    weights.to(device), n, replacement=True, generator=generator
                )
            else:
                index = probabilities.argmax().expand(n)
            indices.append(index.to(self.table.device))
        return self.values(torch.stack(indices, 1))

    def centroids_of_codebooks(self) -> list[Tensor]:
        """Centroids ``[entries, width]`` of each codebook."""
        areas = [width * entries for width, entries in zip(self.widths, self.entries, strict=True)]
        flat = self.centroids.split(areas)
        return [values.view(-1, width) for values, width in zip(flat, self.widths, strict=True)]

    def bits(self) -> float:
        """Entropy of the indices in bits a code, with independent codebooks: its rate."""
        total = 0.0
        for probabilities in self.probabilities.split(self.entries):
            positive = probabilities[probabilities > 0]
            total -= float((positive * positive.log2()).sum())
        return total


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """``a [B, W]``, ``b [K, W]`` -> ``[B, K]``, from the differences: they do not depend on the size of the batch."""
    return (a[:, None] - b[None]).square().sum(2)
