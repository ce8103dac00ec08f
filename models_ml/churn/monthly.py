"""A logistic ranker that learns month by month: what a feature adds, apart from the months in which premiums fall due.

Whether a unit leaves within the year depends on how many premiums fall due in it; a ranker of the year's outcome must
guess that from the features, and takes the guess into its log-odds. Here cells of the calendar are fitted beside the
features on every month that a unit was still there, and left out of what is said of the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.churn.calendar import Cells
from models_ml.common.classifier import Ranker, binnable, by_others, sigmoid
from models_ml.common.encoding import Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats

PENALTY = 20.0  # of a coefficient of a feature in standard deviations: a prior of 0.22 either way
CELL_PENALTY = 5.0
FURTHEST = 4.0  # standard deviations: one value far off would turn a slope
TAIL = 0.001  # share of values either way that say nothing of mean and deviation
STEPS, HALVINGS, ENOUGH = 30, 12, 1e-6


@dataclass(frozen=True)
class History:
    """What each unit went through.

    Args:
        at: (rows, months) calendar cells.
        there: (rows, months) whether the unit was still there at the start of a month.
        left_in: (rows,) the place of the month of its exit by whatever cause; −1 for who stayed.
    """

    at: Cells
    there: NDArray[np.bool_]
    left_in: NDArray[np.int64]

    @classmethod
    def of(cls, at: Cells, month: Floats) -> History:
        """From the cells and the month of each exit (from 1; NaN for who stayed)."""
        last = np.where(np.isfinite(month), month, at.shape[1])
        there = np.arange(1, at.shape[1] + 1) <= last[:, None]
        left_in = np.where(np.isfinite(month), last - 1, -1).astype("int64")
        return cls(np.unique(at, return_inverse=True)[1].reshape(at.shape), there, left_in)

    def some(self, rows: NDArray[np.bool_]) -> History:
        """Those of some units."""
        return History(self.at[rows], self.there[rows], self.left_in[rows])


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
        slopes = _slopes(scaled, exits, months)
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


def _slopes(scaled: Matrix, exits: Labels, months: History) -> Floats:
    """Slopes of greatest penalised likelihood, by Newton's steps, halved while they make it worse."""
    design = np.column_stack([np.ones(len(scaled)), scaled])
    count, cells = design.shape[1], int(months.at.max()) + 1
    happened = np.zeros(months.at.shape)
    happened[np.flatnonzero(exits), months.left_in[exits]] = 1.0
    penalty = np.concatenate([[0.0], np.full(count - 1, PENALTY), np.full(cells, CELL_PENALTY)])
    values = np.zeros(count + cells)
    values[0] = np.log(happened.sum() / (months.there.sum() - happened.sum()))
    loss, hazard = _loss(values, design, happened, months, penalty)
    for _ in range(STEPS):
        step = _step(values, design, happened - hazard, hazard * (1 - hazard), months, penalty)
        for halved in range(HALVINGS):
            tried = values + step / 2**halved
            found, its_hazard = _loss(tried, design, happened, months, penalty)
            if found <= loss:
                break
        gained, values, loss, hazard = loss - found, tried, found, its_hazard
        if gained < ENOUGH * max(1.0, abs(loss)):
            break
    return values[1:count]


def _loss(values: Floats, design: Matrix, happened: Floats, months: History, penalty: Floats) -> tuple[float, Floats]:
    """Penalised negative log-likelihood, and the hazard of each unit and month (0 where it was gone)."""
    raw = (design @ values[: design.shape[1]])[:, None] + values[design.shape[1] :][months.at]
    said = np.where(months.there, np.logaddexp(0.0, raw) - happened * raw, 0.0)
    return float(said.sum() + (penalty * values**2).sum() / 2), np.where(months.there, sigmoid(raw), 0.0)


def _step(values: Floats, design: Matrix, missed: Floats, weight: Floats, months: History, penalty: Floats) -> Floats:
    """Newton's step: each month has one cell, so the cells' own block of the curvature is diagonal."""
    from scipy import sparse

    count, cells = design.shape[1], len(values) - design.shape[1]
    at = months.at.ravel()
    rows = np.repeat(np.arange(len(design)), months.at.shape[1])
    crossed = sparse.csr_matrix((weight.ravel(), (at, rows)), shape=(cells, len(design))) @ design
    gradient = np.concatenate([design.T @ missed.sum(axis=1), np.bincount(at, missed.ravel(), cells)])
    curvature = np.zeros((count + cells, count + cells))
    curvature[:count, :count] = design.T @ (design * weight.sum(axis=1)[:, None])
    curvature[count:, :count], curvature[:count, count:] = crossed, crossed.T
    curvature[count:, count:] = np.diag(np.bincount(at, weight.ravel(), cells))
    found: Any = np.linalg.solve(curvature + np.diag(penalty + 1e-9), gradient - penalty * values)
    return np.asarray(found)
