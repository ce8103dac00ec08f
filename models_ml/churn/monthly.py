"""A logistic ranker that learns month by month: what a feature adds, apart from the months in which premiums fall due.

Whether a unit leaves within the year depends on how many premiums fall due in it; a ranker of the year's outcome must
guess that from the features, and takes the guess into its log-odds. Here cells of the calendar are fitted beside the
features on every month that a unit was still there, and left out of what is said of the unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.churn import newton
from models_ml.churn.newton import History
from models_ml.common.classifier import Ranker, binnable, by_others
from models_ml.common.encoding import Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats

PENALTY = 20.0  # of a coefficient of a feature in standard deviations: a prior of 0.22 either way
CELL_PENALTY = 5.0
FURTHEST = 4.0  # standard deviations: one value far off would turn a slope
TAIL = 0.001  # share of values either way that say nothing of mean and deviation


def fit(matrix: Matrix, exits: Labels, months: History) -> Ranker:
    """Fit on a matrix (rows, columns), whether each unit left by the cause (rows,), and its months; on one thread."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    with single_threaded():
        imputer = SimpleImputer(strategy="median", add_indicator=True)
        known = imputer.fit_transform(binnable(matrix))
        scaler = _bounded(known)
        scaled = scaler.transform(known)
        nothing = np.zeros((0, *months.at.shape))
        slopes = newton.fit(scaled, nothing, months, exits, (PENALTY, 0.0, CELL_PENALTY)).of_unit
        fitted = LogisticRegression()
        fitted.classes_, fitted.coef_, fitted.intercept_ = np.array([False, True]), slopes[None, :], np.zeros(1)
        fitted.n_features_in_ = scaled.shape[1]
        return Ranker("logistic_regression", (Pipeline([("impute", imputer), ("scale", scaler), ("fit", fitted)]),))


def _bounded(known: Matrix) -> Any:
    """A fitted scaler to standard deviations from the mean that takes what lies beyond `FURTHEST` to be there."""
    from sklearn.preprocessing import MinMaxScaler

    usual = np.clip(known, *np.quantile(known, (TAIL, 1 - TAIL), axis=0))
    mean, deviation = usual.mean(axis=0), usual.std(axis=0)
    reach = FURTHEST * np.where(deviation > 0, deviation, 1.0)
    return MinMaxScaler((-FURTHEST, FURTHEST), clip=True).fit(np.vstack([mean - reach, mean + reach]))


def out_of_fold(matrix: Matrix, exits: Labels, months: History, fold: NDArray[np.int64]) -> Floats:
    """Log-odds of each row by a ranker of the other folds; NaN where those hold too few outcomes to learn from."""

    def of_others(own: NDArray[np.bool_]) -> Floats:
        return fit(matrix[~own], exits[~own], months.some(~own)).log_odds(matrix[own])

    return by_others(exits, fold, of_others)
