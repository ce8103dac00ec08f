"""Fitting competing exits: a ranker a cause, its months on rows it has not seen, its level on a window of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from models_ml.churn import monthly
from models_ml.churn.calendar import MONTHS, cells, under_way
from models_ml.churn.cohort import CohortTable
from models_ml.churn.hazard import BY_CHOICE, CAUSES, Hazard, by_choice, fit_months
from models_ml.churn.newton import History
from models_ml.common import classifier
from models_ml.common.blocks import at_once
from models_ml.common.classifier import BLEND, PLAIN, Kind, Ranker, both
from models_ml.common.contract import Column
from models_ml.common.encoding import Encoder, Matrix
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
    units = _Units.of(frame, columns, periods)
    return _calibrated(units, _ranked(kind, units, seed))


def fit_ladder(frame: pd.DataFrame, columns: Sequence[Column], *, seed: int, periods: int) -> dict[Kind, Fitted]:
    """Every rung that learns from the features, fitted as `fit` does; the blend is made of the others."""
    units = _Units.of(frame, columns, periods)
    ranked = {kind: _ranked(kind, units, seed) for kind in PLAIN}
    ranked[BLEND] = _blended(list(ranked.values()))
    return {kind: _calibrated(units, found) for kind, found in ranked.items()}


@dataclass(frozen=True)
class _Units:
    """What all rungs learn from; `exits` says of each unit whether it left by a cause, `learnt` which causes can be."""

    frame: pd.DataFrame
    periods: int
    encoder: Encoder
    matrix: Matrix
    months: History
    exits: dict[str, Labels]
    learnt: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[Column], periods: int) -> _Units:
        encoder = Encoder.fit(frame, columns)
        exits = {cause: (frame["exit_cause"] == cause).to_numpy() for cause in CAUSES}
        month = np.minimum(frame["exit_month"].to_numpy(dtype="float64"), periods)
        months = History.of(cells(frame, periods), month)
        return cls(frame, periods, encoder, encoder.transform(frame), months, exits, _learnt(exits))


@dataclass(frozen=True)
class _Ranked:
    """A ranker a cause, and the log-odds of each unit by rankers of other customers' units."""

    rankers: dict[str, Ranker]
    unseen: dict[str, Floats]


def _blended(ranked: Sequence[_Ranked]) -> _Ranked:
    causes = list(ranked[0].rankers)
    return _Ranked(
        {c: classifier.blended([r.rankers[c] for r in ranked]) for c in causes},
        {c: np.mean([r.unseen[c] for r in ranked], axis=0) for c in causes},
    )


def _ranked(kind: Kind, units: _Units, seed: int) -> _Ranked:
    """Rankers of every cause that can be learnt; where there are months, the logistic one learns from each of them."""
    if kind == BLEND:
        return _blended([_ranked(plain, units, seed) for plain in PLAIN])
    fold = folds(units.frame["customer_key"])
    if kind == "logistic_regression" and units.periods > 1:
        whole = [partial(monthly.fit, units.matrix, units.exits[c], units.months) for c in units.learnt]
        others = [partial(monthly.out_of_fold, units.matrix, units.exits[c], units.months, fold) for c in units.learnt]
    else:
        whole = [partial(classifier.fit, kind, units.matrix, units.exits[c], seed) for c in units.learnt]
        others = [partial(classifier.out_of_fold, kind, units.matrix, units.exits[c], fold, seed) for c in units.learnt]
    unseen = at_once(others)
    return _Ranked(dict(zip(units.learnt, at_once(whole), strict=True)), dict(zip(units.learnt, unseen, strict=True)))


def _calibrated(units: _Units, ranked: _Ranked) -> Fitted:
    at, near = cells(units.frame, units.periods), under_way(units.frame, units.periods)
    month = np.minimum(units.frame["exit_month"].to_numpy(dtype="float64"), units.periods)
    known = np.all([np.isfinite(raw) for raw in ranked.unseen.values()], axis=0)
    rows, raw = units.frame[known], {c: values[known] for c, values in ranked.unseen.items()}
    # All exits of a cause may be of one fold: then nobody else's ranker tells of them.
    months = {
        c: fit_months(raw[c], at[known], near[known], month[known], units.exits[c][known])
        for c in units.learnt
        if units.exits[c][known].any()
    }
    rare = {c: CohortTable.fit(units.frame, units.exits[c]) for c in CAUSES if c not in months and units.exits[c].any()}
    hazard = Hazard(units.periods, units.encoder, {c: ranked.rankers[c] for c in months}, months, rare)
    loss = log_loss(outcomes(rows), by_choice(hazard.incidence(rows, raw), units.periods))
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
