"""A calibrated classifier: logistic regression or gradient boosting over the same columns, explained by occlusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.contract import Column
from models_ml.common.encoding import Encoder, Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats, log_loss
from models_ml.common.split import FOLDS, folds, late_slice

Kind = Literal["logistic_regression", "gradient_boosting"]
KINDS: tuple[Kind, ...] = ("logistic_regression", "gradient_boosting")
FEW = 10  # events and non-events below which nothing is fitted or calibrated
STEADY = 50.0  # expected exits with which the level of all rows resists that of the later slice
BOOSTING: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 150,
    "max_leaf_nodes": 16,
    "min_samples_leaf": 50,
    "l2_regularization": 5.0,
    "max_features": 0.5,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Classifier:
    """A fitted model: log-odds by `estimator`, turned into probabilities by `slope` and `intercept` (Platt 1999)."""

    kind: Kind
    encoder: Encoder
    estimator: Any
    slope: float
    intercept: float
    typical: Floats

    def log_odds(self, matrix: Matrix) -> Floats:
        """Log-odds before calibration of a matrix made by the encoder: (rows,)."""
        if not len(matrix):
            return np.zeros(0)
        return _raw(self.estimator, matrix)

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Calibrated probabilities of exit: (rows,), each strictly between 0 and 1."""
        return sigmoid(self.slope * self.log_odds(self.encoder.transform(frame)) + self.intercept)

    def effects(self, frame: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
        """What each used feature adds to the log-odds against the typical unit: (rows, features), by occlusion.

        Each feature in turn is set to its typical value (median, or the average mix of words), the rest stays.
        """
        matrix = self.encoder.transform(frame)
        own = self.log_odds(matrix)
        found = {}
        for feature in [name for name in self.encoder.used if name in features]:
            hidden = matrix.copy()
            at = self.encoder.positions(feature)
            hidden[:, at] = self.typical[at]
            found[feature] = own - self.log_odds(hidden)
        return pd.DataFrame(found, index=frame.index)

    def to_artefact(self) -> dict[str, Any]:
        """What is stored: plain values and the scikit-learn estimator."""
        return {
            "kind": self.kind,
            "encoder": self.encoder.to_artefact(),
            "estimator": self.estimator,
            "slope": self.slope,
            "intercept": self.intercept,
            "typical": [float(v) for v in self.typical],
        }

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Classifier:
        """The classifier from its stored values."""
        values = dict(stored)
        values["encoder"] = Encoder.from_artefact(stored["encoder"])
        values["typical"] = np.asarray(stored["typical"], dtype="float64")
        return cls(**values)


@dataclass(frozen=True)
class Fitted:
    """A classifier, and the calibrated log loss on its training rows by models that had not seen them."""

    classifier: Classifier
    unseen_log_loss: float


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities of log-odds, kept off 0 and 1 by 1e-9."""
    p = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30)))
    return np.clip(p, 1e-9, 1 - 1e-9)


def fit(kind: Kind, frame: pd.DataFrame, labels: Labels, columns: Sequence[Column], seed: int) -> Fitted:
    """Fit and calibrate.

    The calibration learns from scores by models that never saw the customer (out of fold): one exit stands in the
    labels of several observation dates, and what a booster remembers would look like what it understands. Its level
    is then shifted to the later slice of the rows, so that drift up to the training date is in it. Test rows are
    never touched.

    Args:
        kind: which rung of the ladder.
        frame: (rows, …) features, `customer_key`, `label_known_on`.
        labels: (rows,) outcomes, both classes present.
        columns: features to be used.
        seed: of the booster.
    """
    encoder = Encoder.fit(frame, columns)
    matrix = encoder.transform(frame)
    raw = _out_of_fold(kind, matrix, labels, folds(frame["customer_key"]), seed)
    known = np.isfinite(raw)
    slope, intercept, loss = 1.0, 0.0, float("inf")
    if _both(labels[known]):
        slope, intercept = _platt(raw[known], labels[known])
        loss = log_loss(labels[known], sigmoid(slope * raw[known] + intercept))
        late = late_slice(frame["label_known_on"]) & known
        intercept += _shift(slope * raw[late] + intercept, labels[late])
    estimator = _estimate(kind, matrix, labels, seed)
    return Fitted(Classifier(kind, encoder, estimator, slope, intercept, _typical(encoder, matrix)), loss)


def _out_of_fold(kind: Kind, matrix: Matrix, labels: Labels, fold: NDArray[np.int64], seed: int) -> Floats:
    """Log-odds of each row by a model of the other folds; NaN where those hold too few outcomes to learn from."""
    raw = np.full(len(labels), np.nan)
    for number in range(FOLDS):
        own = fold == number
        if own.any() and _both(labels[~own]):
            # A column that says nothing in these folds cannot be cut into bins.
            told = _tells(matrix[~own])
            fitted = _estimate(kind, matrix[~own][:, told], labels[~own], seed)
            raw[own] = _raw(fitted, matrix[own][:, told])
    return raw


def _tells(matrix: Matrix) -> NDArray[np.bool_]:
    values = [column[np.isfinite(column)] for column in matrix.T]
    return np.array([bool(v.size) and bool((v != v[0]).any()) for v in values], dtype=bool)


def _raw(estimator: Any, matrix: Matrix) -> Floats:
    with single_threaded():
        return np.asarray(estimator.decision_function(matrix), dtype="float64")


def _both(labels: Labels) -> bool:
    return min(int(labels.sum()), int((~labels).sum())) >= FEW


def _typical(encoder: Encoder, matrix: Matrix) -> Floats:
    middle = np.nanmedian(matrix, axis=0) if matrix.size else np.zeros(matrix.shape[1])
    count = len(encoder.numbers)
    return np.concatenate([middle[:count], matrix[:, count:].mean(axis=0)])


def _estimate(kind: Kind, matrix: Matrix, labels: Labels, seed: int) -> Any:
    with single_threaded():
        return _recipe(kind, seed).fit(matrix, labels)


def _recipe(kind: Kind, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if kind == "gradient_boosting":
        return HistGradientBoostingClassifier(random_state=seed, **BOOSTING)
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", add_indicator=True)),
            ("scale", StandardScaler()),
            ("fit", LogisticRegression(C=1.0, max_iter=1000)),
        ]
    )


def _platt(raw: Floats, labels: Labels) -> tuple[float, float]:
    """Slope and intercept of the calibration; a slope that is not positive would turn the order round: identity."""
    from sklearn.linear_model import LogisticRegression

    with single_threaded():
        fitted = LogisticRegression(C=1e6, max_iter=1000).fit(raw[:, None], labels)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return (slope, intercept) if slope > 0 else (1.0, 0.0)


def _shift(log_odds: Floats, labels: Labels) -> float:
    """What is to be added to log-odds so that as many exits are expected as there were.

    The solution of Σ y − Σ p(log_odds + d) = STEADY · d by Newton's steps: a slice of few exits moves little.
    """
    shift = 0.0
    for _ in range(50):
        p = sigmoid(log_odds + shift)
        shift += (float(labels.sum()) - float(p.sum()) - STEADY * shift) / (float((p * (1 - p)).sum()) + STEADY)
    return shift
