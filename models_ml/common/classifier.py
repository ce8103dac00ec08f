"""A ranker of units by log-odds: logistic regression, gradient boosting or both, with its reasons.

Its log-odds are not calibrated; whoever uses them does that on rows the ranker has not seen (`out_of_fold`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.blocks import by_blocks
from models_ml.common.encoding import Encoder, Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats
from models_ml.common.shapley import explain

Kind = Literal["logistic_regression", "gradient_boosting", "blend"]
PLAIN: tuple[Kind, ...] = ("logistic_regression", "gradient_boosting")
BLEND: Kind = "blend"  # the mean of their log-odds: what both overlook differently weighs half
FEW = 10  # events and non-events below which nothing is fitted
MANY = 20_000  # rows from which trees may be larger: below, larger ones remember more than they understand
BLOCK = 4_000  # rows ranked at a time, which every tree looks at
BOOSTING: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 150,
    "max_depth": 8,
    "min_samples_leaf": 50,
    "l2_regularization": 5.0,
    "max_features": 0.5,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Ranker:
    """Fitted estimators over an encoder's matrix: one, or those of a blend."""

    kind: Kind
    estimators: tuple[Any, ...]

    def log_odds(self, matrix: Matrix) -> Floats:
        """Log-odds before calibration, the mean of the estimators': (rows,)."""
        if not len(matrix):
            return np.zeros(0)
        return np.asarray(np.mean([by_blocks(e.decision_function, matrix, BLOCK) for e in self.estimators], axis=0))

    def effects(self, matrix: Matrix, encoder: Encoder) -> pd.DataFrame:
        """What each used feature adds to the log-odds (Shapley values): (rows, features); words of one are summed."""
        by_column = np.zeros(matrix.shape)
        if len(matrix):
            by_column = np.mean([explain(estimator, matrix) for estimator in self.estimators], axis=0)
        return pd.DataFrame({name: by_column[:, encoder.positions(name)].sum(axis=1) for name in encoder.used})

    def to_artefact(self) -> dict[str, Any]:
        """What is stored: plain values and the scikit-learn estimators."""
        return {"kind": self.kind, "estimators": list(self.estimators)}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Ranker:
        """The ranker from its stored values."""
        return cls(stored["kind"], tuple(stored["estimators"]))


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities of log-odds, kept off 0 and 1 by 1e-9."""
    p = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30)))
    return np.clip(p, 1e-9, 1 - 1e-9)


def logit(p: Floats) -> Floats:
    """Log-odds of probabilities, which are kept off 0 and 1 by 1e-9."""
    q = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(q) - np.log1p(-q))


def blended(rankers: Sequence[Ranker]) -> Ranker:
    """The blend of rankers over the same matrix."""
    return Ranker(BLEND, tuple(estimator for ranker in rankers for estimator in ranker.estimators))


def fit(kind: Kind, matrix: Matrix, labels: Labels, seed: int, boosting: Mapping[str, Any] | None = None) -> Ranker:
    """Fit on a matrix (rows, columns) and outcomes (rows,), on one thread.

    Args:
        boosting: what a booster is told other than `BOOSTING`.
    """
    if kind == BLEND:
        return blended([fit(plain, matrix, labels, seed, boosting) for plain in PLAIN])
    with single_threaded():
        return Ranker(kind, (_recipe(kind, len(matrix), seed, boosting or {}).fit(binnable(matrix), labels),))


def out_of_fold(kind: Kind, matrix: Matrix, labels: Labels, fold: NDArray[np.int64], seed: int) -> Floats:
    """Log-odds of each row by a ranker of the other folds; NaN where those hold too few outcomes to learn from."""

    def of_others(own: NDArray[np.bool_]) -> Floats:
        # A column that says nothing in these folds cannot be cut into bins.
        told = _tells(matrix[~own])
        return fit(kind, matrix[~own][:, told], labels[~own], seed).log_odds(matrix[own][:, told])

    return by_others(labels, fold, of_others)


def by_others(labels: Labels, fold: NDArray[np.int64], of_others: Callable[[NDArray[np.bool_]], Floats]) -> Floats:
    """What is said of each fold's rows, given which they are, by what the others teach; NaN where that is nothing.

    One exit stands in the labels of several observation dates, and what a booster remembers would look like what it
    understands: so folds are of customers.
    """
    raw = np.full(len(labels), np.nan)
    for number in np.unique(fold):
        own = fold == number
        if both(labels[~own]):
            raw[own] = of_others(own)
    return raw


def binnable(matrix: Matrix) -> Matrix:
    """The matrix with 0 in columns of which nothing is known: those cannot be cut into bins, and nothing is learnt."""
    unknown = ~np.isfinite(matrix).any(axis=0)
    return np.where(unknown, 0.0, matrix) if unknown.any() else matrix


def both(labels: Labels) -> bool:
    """Whether there are enough of each outcome to learn from."""
    return min(int(labels.sum()), int((~labels).sum())) >= FEW


def _tells(matrix: Matrix) -> NDArray[np.bool_]:
    values = [column[np.isfinite(column)] for column in matrix.T]
    return np.array([bool(v.size) and bool((v != v[0]).any()) for v in values], dtype=bool)


def _recipe(kind: Kind, rows: int, seed: int, boosting: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if kind == "gradient_boosting":
        largest = 16 if rows >= MANY else 6
        told = {"max_leaf_nodes": largest, **BOOSTING, **boosting}
        return HistGradientBoostingClassifier(random_state=seed, **told)
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", add_indicator=True)),
            ("scale", StandardScaler()),
            ("fit", LogisticRegression(C=1.0, max_iter=1000)),
        ]
    )
