"""Competing exits month by month: the hazard of each cause, and the chances that follow from all of them.

A discrete-time hazard (Tutz and Schmid 2016, "Modeling Discrete Time-to-Event Data", ch. 8) over the policy-months
ahead of an as-of date (landmark): of those still there at the start of month k, the share that leaves in it by c is

    h_c(k) = sigmoid(level + calendar cell(k) + slope · log-odds of the unit by cause c),

with level and slope of their own where a due is open (units in grace, first quarter). A ranker gives the log-odds once
a unit; the months cost a look-up. A cause too rare to be learnt has the rate of its cohort, spread evenly; maturity is
read from the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.churn import newton
from models_ml.churn.calendar import Cells, cells, matures, under_way
from models_ml.churn.cohort import CohortTable
from models_ml.churn.newton import History
from models_ml.common.classifier import Ranker, sigmoid
from models_ml.common.encoding import Encoder, Matrix
from models_ml.common.guards import Labels, single_threaded
from models_ml.common.metrics import Floats

CAUSES = ("lapse", "surrender", "claim", "other")
BY_CHOICE = ("lapse", "surrender")
PENALTY = 0.1  # of levels, slopes and cells: hardly any
HIGHEST = 0.999  # hazards of a month add up to no more
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Months:
    """How a unit's log-odds become the hazard of each month.

    Args:
        near, far: (level, slope) where a due is open, and of all other months.
        cells: calendar cell → what it adds; 0 where it was never seen.
        shift: what the calibration window adds.
    """

    near: tuple[float, float]
    far: tuple[float, float]
    cells: dict[int, float]
    shift: float = 0.0

    def log_odds(self, raw: Floats, at: Cells, near: Flags) -> Floats:
        """Log-odds of the monthly hazard: (rows, months)."""
        level = np.where(near, self.near[0], self.far[0])
        slope = np.where(near, self.near[1], self.far[1])
        added = np.zeros(max([int(at.max(initial=0)), *self.cells]) + 1)
        added[list(self.cells)] = list(self.cells.values())
        return np.asarray(level + slope * raw[:, None] + added[at] + self.shift)

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {
            "near": list(self.near),
            "far": list(self.far),
            "cells": {str(k): v for k, v in self.cells.items()},
            "shift": self.shift,
        }

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Months:
        """The months from their stored values."""
        near, far = stored["near"], stored["far"]
        numbered = {int(k): float(v) for k, v in stored["cells"].items()}
        return cls((near[0], near[1]), (far[0], far[1]), numbered, float(stored["shift"]))


def fit_months(raw: Floats, at: Cells, near: Flags, month: Floats, exits: Labels) -> Months:
    """Fit levels, slopes and cells on every month a unit was still there, by penalised likelihood.

    Args:
        raw: (rows,) log-odds by a ranker that has not seen the unit.
        at: (rows, months) calendar cells.
        near: (rows, months) whether an open due is decided on.
        month: (rows,) month of the exit, by whatever cause; NaN for who stayed.
        exits: (rows,) whether the exit was by this cause.
    """
    now = near.astype("float64")
    columns = np.stack([now * raw[:, None], (1 - now) * raw[:, None], now])
    with single_threaded():
        history = History.of(at, month)
        fitted = newton.fit(np.zeros((len(raw), 0)), columns, history, exits, (0.0, PENALTY, PENALTY))
    # A slope that is not positive would turn the order of units round.
    near_slope, far_slope = (max(0.0, float(s)) for s in fitted.of_month[:2])
    near_level = fitted.level + float(fitted.of_month[2])
    return Months((near_level, near_slope), (fitted.level, far_slope), fitted.of_cell)


def incidence(hazards: Mapping[str, Floats]) -> dict[str, Floats]:
    """Chance to have left by each cause until the end of each month, from the monthly hazards: cause → (rows, months).

    F_c(k) = Σ_{j<=k} S(j−1) · h_c(j), S(j) = Π (1 − Σ_c h_c). Hazards that add up to more than 0.999 are scaled down.
    """
    total = np.sum(list(hazards.values()), axis=0)
    scale = np.minimum(1.0, HIGHEST / np.maximum(total, 1e-12))
    stays = np.cumprod(1.0 - total * scale, axis=1)
    before = np.hstack([np.ones((len(stays), 1)), stays[:, :-1]])
    return {cause: np.cumsum(before * h * scale, axis=1) for cause, h in hazards.items()}


@dataclass(frozen=True)
class Hazard:
    """A fitted model of competing exits.

    Args:
        periods: months of the horizon; 1 where it is one renewal.
        encoder: of the features.
        rankers, months: by cause that could be learnt.
        rare: cause → its cohort table, for those that could not.
    """

    periods: int
    encoder: Encoder
    rankers: dict[str, Ranker]
    months: dict[str, Months]
    rare: dict[str, CohortTable]

    def raw(self, matrix: Matrix) -> dict[str, Floats]:
        """Log-odds of each learnt cause: cause → (rows,)."""
        return {cause: ranker.log_odds(matrix) for cause, ranker in self.rankers.items()}

    def incidence(self, frame: pd.DataFrame, raw: Mapping[str, Floats] | None = None) -> dict[str, Floats]:
        """Chance of each cause until the end of each month ahead, given in force now: cause → (rows, periods).

        Args:
            frame: features and the contract's calendar.
            raw: log-odds of the learnt causes where they are known already (out of fold).
        """
        known = self.raw(self.encoder.transform(frame)) if raw is None else raw
        at, near = cells(frame, self.periods), under_way(frame, self.periods)
        hazards = {cause: sigmoid(m.log_odds(known[cause], at, near)) for cause, m in self.months.items()}
        for cause, table in self.rare.items():
            monthly = 1 - (1 - table.predict(frame)) ** (1 / self.periods)
            hazards[cause] = np.repeat(monthly[:, None], self.periods, axis=1)
        nothing = np.zeros((len(frame), self.periods))
        hazards["other"] = np.where(matures(frame, self.periods), HIGHEST, hazards.get("other", nothing))
        return incidence(hazards)

    def effects(self, frame: pd.DataFrame, chances: Mapping[str, Floats]) -> pd.DataFrame:
        """What each feature adds to the log of the chance to leave by choice, to first order: (rows, features).

        Σ_c share of cause c in the chance × slope of its months × Shapley value in its ranker's log-odds. Rows add up
        to how far the unit lies above the average one.
        """
        matrix = self.encoder.transform(frame)
        learnt = [cause for cause in BY_CHOICE if cause in self.rankers]
        total = np.sum([chances[cause][:, -1] for cause in learnt], axis=0)
        found = pd.DataFrame(0.0, index=range(len(frame)), columns=list(self.encoder.used))
        for cause in learnt:
            open_months = under_way(frame, self.periods).sum(axis=1)
            early = np.where(open_months, chances[cause][np.arange(len(frame)), open_months - 1], 0.0)
            near, far = self.months[cause].near[1], self.months[cause].far[1]
            weight = (near * early + far * (chances[cause][:, -1] - early)) / total
            found += self.rankers[cause].effects(matrix, self.encoder).mul(weight, axis=0)
        return found.set_index(frame.index)

    def to_artefact(self) -> dict[str, Any]:
        """What is stored: plain values and scikit-learn estimators."""
        return {
            "periods": self.periods,
            "encoder": self.encoder.to_artefact(),
            "rankers": {cause: ranker.to_artefact() for cause, ranker in self.rankers.items()},
            "months": {cause: months.to_artefact() for cause, months in self.months.items()},
            "rare": {cause: table.to_artefact() for cause, table in self.rare.items()},
        }

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Hazard:
        """The model from its stored values."""
        return cls(
            int(stored["periods"]),
            Encoder.from_artefact(stored["encoder"]),
            {cause: Ranker.from_artefact(value) for cause, value in stored["rankers"].items()},
            {cause: Months.from_artefact(value) for cause, value in stored["months"].items()},
            {cause: CohortTable.from_artefact(value) for cause, value in stored["rare"].items()},
        )


def by_choice(chances: Mapping[str, Floats], horizon: int) -> Floats:
    """Chance to leave by lapse or surrender within the first `horizon` months (at most all): (rows,)."""
    found = [chances[cause] for cause in BY_CHOICE if cause in chances]
    last = min(horizon, found[0].shape[1]) - 1
    return np.asarray(np.sum([f[:, last] for f in found], axis=0))
