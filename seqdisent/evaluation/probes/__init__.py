"""Probes: what a predictor can predict from a code.

A probe is trained on codes of training sequences, calibrated and chosen on validation, and scored once on test. What
it gains over the best constant prediction is the *usable information* of the code (V-information: Xu et al., ICLR 2020,
eq. 4), sample by sample (Ethayarajh et al., ICML 2022, eq. 4): a lower bound of the mutual information.

Four families see every code (:data:`FAMILIES`): linear predictors, perceptrons, ensembles of trees and nearest
neighbours. They see it in two representations (:mod:`~seqdisent.evaluation.probes.representations`): whitened, and as
the residual that is left when the factors that belong in the code are taken out. A leak that is a thousandth of the
variance of the code, inside the clusters of an on-target factor, is found in the residual and by trees; linear
predictors and small perceptrons of the whitened code miss it.
"""

from seqdisent.evaluation.probes.calibration import calibrated
from seqdisent.evaluation.probes.families import FAMILIES, read, read_strongest
from seqdisent.evaluation.probes.representations import code_matrices, residual, whitened
from seqdisent.evaluation.probes.tasks import Matrices, Prediction, Reading, Task

__all__ = [
    "FAMILIES",
    "Matrices",
    "Prediction",
    "Reading",
    "Task",
    "calibrated",
    "code_matrices",
    "read",
    "read_strongest",
    "residual",
    "whitened",
]
