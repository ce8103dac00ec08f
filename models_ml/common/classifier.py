"""A calibrated classifier: logistic regression or gradient boosting over the same columns, explained by occlusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from models_ml.common.contract import Column
from models_ml.common.encoding import Encoder, Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats, log_loss
from models_ml.common.split import calibration

Kind = Literal["logistic_regression", "gradient_boosting"]
KINDS: tuple[Kind, ...] = ("logistic_regression", "gradient_boosting")
FEW = 10  # events and non-events below which a slice is not calibrated on
BOOSTING: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 150,
    "max_leaf_nodes": 31,
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
    """A classifier and its log loss on the later slice of its own training rows, before calibration."""

    classifier: Classifier
    late_log_loss: float


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities of log-odds, kept off 0 and 1 by 1e-9."""
    p = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30)))
    return np.clip(p, 1e-9, 1 - 1e-9)


def fit(
    kind: Kind, frame: pd.DataFrame, labels: Labels, columns: Sequence[Column], seed: int, *, repeated: bool
) -> Fitted:
    """Fit and calibrate.

    The recipe is fitted on the earlier rows, its scores of the later slice teach the calibration (so drift up to
    the training date is in it), then it is fitted anew on all rows. Test rows are never touched.

    Args:
        kind: which rung of the ladder.
        frame: (rows, …) features, `as_of_date`, `label_known_on`.
        labels: (rows,) outcomes, both classes present.
        columns: features to be used.
        seed: of the booster.
        repeated: see `split.calibration`.
    """
    early, late = calibration(frame, repeated=repeated)
    slope, intercept, loss = 1.0, 0.0, float("inf")
    if _both(labels[late]) and _both(labels[early]):
        encoder = Encoder.fit(frame[early], columns)
        first = _estimate(kind, encoder.transform(frame[early]), labels[early], seed)
        raw = _raw(first, encoder.transform(frame[late]))
        slope, intercept = _platt(raw, labels[late])
        loss = log_loss(labels[late], sigmoid(raw))
    encoder = Encoder.fit(frame, columns)
    matrix = encoder.transform(frame)
    estimator = _estimate(kind, matrix, labels, seed)
    classifier = Classifier(kind, encoder, estimator, slope, intercept, _typical(encoder, matrix))
    return Fitted(classifier, loss)


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
