"""Fitting competing exits: a ranker a cause, its months on rows it has not seen, its level on a window of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models_ml.churn.calendar import MONTHS, cells
from models_ml.churn.cohort import CohortTable
from models_ml.churn.hazard import BY_CHOICE, CAUSES, Hazard, by_choice, fit_months
from models_ml.common import classifier
from models_ml.common.classifier import Kind, both
from models_ml.common.contract import Column
from models_ml.common.encoding import Encoder
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats, log_loss
from models_ml.common.split import folds, late_slice

LEAST_EXITS = 30  # of a cause, to be learnt
STEADY = 50.0  # expected exits with which the level of all rows resists that of the calibration window
STEPS = 25


@dataclass(frozen=True)
class Fitted:
    """A model, and the log loss of leaving by choice on its training rows by rankers that had not seen them."""

    hazard: Hazard
    unseen_log_loss: float


def outcomes(frame: pd.DataFrame) -> Labels:
    """Whether each unit was given up by choice within the horizon: (rows,)."""
    return frame["exit_within_horizon"].to_numpy(dtype=bool)


def gone(frame: pd.DataFrame, horizon: int) -> Labels:
    """Whether each unit was given up by choice within so many months: (rows,)."""
    within = frame["exit_month"].to_numpy(dtype="float64") <= horizon
    return np.asarray(outcomes(frame) & (within if horizon < MONTHS else True), dtype=bool)


def fit(kind: Kind, frame: pd.DataFrame, columns: Sequence[Column], *, seed: int, periods: int) -> Fitted:
    """Fit every cause and calibrate; rows of a test are never among `frame`.

    The months and levels learn from log-odds out of fold; the level is then drawn to the last fifth of the rows by the
    day their outcome became known (the calibration window), so that drift up to the training date is in it.

    Args:
        kind: which rung of the ladder ranks.
        frame: features, `customer_key`, `exit_cause`, `exit_month`, `exit_within_horizon`, `label_known_on`.
        columns: features to be used.
        seed: of the booster.
        periods: months of the horizon, or 1 where it is one renewal.
    """
    encoder = Encoder.fit(frame, columns)
    matrix = encoder.transform(frame)
    fold, at = folds(frame["customer_key"]), cells(frame, periods)
    exits = {cause: (frame["exit_cause"] == cause).to_numpy() for cause in CAUSES}
    month = np.minimum(frame["exit_month"].to_numpy(dtype="float64"), periods)
    learnt = _learnt(exits)
    unseen = {c: classifier.out_of_fold(kind, matrix, exits[c], fold, seed) for c in learnt}
    known = np.all([np.isfinite(raw) for raw in unseen.values()], axis=0)
    months = {
        c: fit_months(unseen[c][known], at[known], month[known], exits[c][known].astype("float64")) for c in learnt
    }
    rankers = {c: classifier.fit(kind, matrix, exits[c], seed) for c in learnt}
    rare = {c: CohortTable.fit(frame, exits[c]) for c in CAUSES if c not in learnt and exits[c].any()}
    rows = frame[known]
    hazard = Hazard(periods, encoder, rankers, months, rare)
    raw = {c: values[known] for c, values in unseen.items()}
    loss = log_loss(outcomes(rows), by_choice(hazard.incidence(rows, raw), periods))
    return Fitted(_levelled(hazard, rows, raw), loss)


def _learnt(exits: dict[str, Labels]) -> list[str]:
    """Causes with enough exits; the most frequent by choice in any case."""
    most = max(BY_CHOICE, key=lambda cause: int(exits[cause].sum()))
    return [c for c in CAUSES if c == most or (int(exits[c].sum()) >= LEAST_EXITS and both(exits[c]))]


def _levelled(hazard: Hazard, frame: pd.DataFrame, raw: dict[str, Floats]) -> Hazard:
    """Shift each learnt cause so that in the calibration window as many leave by it as did.

    Solves Σ exits − Σ F_c(horizon; d) = STEADY · d by Newton's steps: a window of few exits moves little.
    """
    late = late_slice(frame["label_known_on"])
    rows, unseen = frame[late], {c: values[late] for c, values in raw.items()}
    actual = {c: float((rows["exit_cause"] == c).sum()) for c in hazard.months}
    for _ in range(STEPS):
        chances = hazard.incidence(rows, unseen)
        moved = {}
        for cause, months in hazard.months.items():
            p = chances[cause][:, -1]
            slope = float((p * (1 - p)).sum()) + STEADY
            moved[cause] = replace(
                months, shift=months.shift + (actual[cause] - float(p.sum()) - STEADY * months.shift) / slope
            )
        hazard = replace(hazard, months=moved)
    return hazard
