"""Logistic regression on months: columns of the unit, columns of the month, and a cell of the calendar for each month.

Newton's steps, for what stops when the mean gradient is small leaves rare cells far from where they belong. All months
of a unit share its row of the design, and units of one calendar share their cells, so that nothing is as long as all
months together but the chances themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_knowledge.errors import ModelRefused
from models_ml.churn.calendar import Cells
from models_ml.common.classifier import sigmoid
from models_ml.common.encoding import Matrix
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats

STEPS, HALVINGS, ENOUGH = 50, 12, 1e-7
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class History:
    """What each unit went through.

    Args:
        at: (rows, months) calendar cells.
        there: (rows, months) whether the unit was still there at the start of a month.
        left_in: (rows,) the place of the month of its exit by whatever cause; −1 for who stayed.
    """

    at: Cells
    there: Flags
    left_in: NDArray[np.int64]

    @classmethod
    def of(cls, at: Cells, month: Floats) -> History:
        """From the cells and the month of each exit (from 1; NaN for who stayed)."""
        last = np.where(np.isfinite(month), month, at.shape[1])
        there = np.arange(1, at.shape[1] + 1) <= last[:, None]
        left_in = np.where(np.isfinite(month), last - 1, -1).astype("int64")
        return cls(at, there, left_in)

    def some(self, rows: Flags) -> History:
        """Those of some units."""
        return History(self.at[rows], self.there[rows], self.left_in[rows])

    def happened(self, exits: Labels) -> Floats:
        """(rows, months) 1 where a unit left by the cause that `exits` tells of."""
        found = np.zeros(self.at.shape)
        found[np.flatnonzero(exits), self.left_in[exits]] = 1.0
        return found


@dataclass(frozen=True)
class Fitted:
    """What was fitted: the level, and coefficients of the unit's columns, the months' columns and the cells."""

    level: float
    of_unit: Floats
    of_month: Floats
    of_cell: dict[int, float]


@dataclass(frozen=True)
class _Months:
    """Units in the order of their calendars.

    Args:
        unit: (rows, columns).
        month: (columns, rows, months).
        history, happened: of the same order; cells are numbered by their places in `codes`.
        codes: of the cells.
        calendars: (calendars, months) cells.
        begins: where the units of each calendar begin, and where the last ones end.
    """

    unit: Matrix
    month: Floats
    history: History
    happened: Floats
    codes: NDArray[np.int64]
    calendars: Cells
    begins: NDArray[np.int64]

    def chances(self, values: Floats) -> tuple[float, Floats]:
        """Negative log-likelihood, and the hazard of each unit and month (0 where it was gone)."""
        units, months = self.unit.shape[1], len(self.month)
        raw = (self.unit @ values[:units])[:, None] + values[units + months :][self.history.at]
        for value, column in zip(values[units:], self.month, strict=False):
            raw += value * column
        said = np.where(self.history.there, np.logaddexp(0.0, raw) - self.happened * raw, 0.0)
        return float(said.sum()), np.where(self.history.there, sigmoid(raw), 0.0)

    def slope(self, missed: Floats) -> Floats:
        """Gradient of the log-likelihood, from what happened less what was expected: (rows, months)."""
        cells = np.bincount(self.history.at.ravel(), missed.ravel(), self._cells)
        return np.concatenate(
            [self.unit.T @ missed.sum(axis=1), [float((c * missed).sum()) for c in self.month], cells]
        )

    def curvature(self, weight: Floats) -> Matrix:
        """Of the log-likelihood; a month has one cell, so that the cells' own block is diagonal."""
        units, months = self.unit.shape[1], len(self.month)
        found = np.zeros((units + months + self._cells,) * 2)
        found[:units, :units] = self.unit.T @ (self.unit * weight.sum(axis=1)[:, None])
        weighted = [column * weight for column in self.month]
        for place, column in enumerate(weighted):
            found[units + place, :units] = column.sum(axis=1) @ self.unit
            found[units + place, units : units + months] = [float((other * column).sum()) for other in self.month]
            found[units + months :, units + place] = np.bincount(self.history.at.ravel(), column.ravel(), self._cells)
        for calendar, start, stop in zip(self.calendars, self.begins[:-1], self.begins[1:], strict=True):
            crossed = weight[start:stop].T @ self.unit[start:stop]
            np.add.at(found[units + months :, :units], calendar, crossed)
        found = np.tril(found) + np.tril(found, -1).T
        cells = np.bincount(self.history.at.ravel(), weight.ravel(), self._cells)
        found[units + months :, units + months :] = np.diag(cells)
        return found

    @property
    def _cells(self) -> int:
        return len(self.codes)


def fit(unit: Matrix, month: Floats, history: History, exits: Labels, penalties: tuple[float, float, float]) -> Fitted:
    """Greatest penalised likelihood.

    Args:
        unit: (rows, columns) of the unit, without a level.
        month: (columns, rows, months), for what differs from month to month.
        history: of the units.
        exits: (rows,) whether each left by the cause.
        penalties: of squared coefficients of the unit's columns, the months' columns and the cells; the level has none.

    Raises:
        ModelRefused: nobody left by the cause, or everybody in the first month.
    """
    ordered = _ordered(np.column_stack([np.ones(len(unit)), unit]), month, history, exits)
    counts = (unit.shape[1], len(month), len(ordered.codes))
    penalty = np.concatenate([[0.0], np.repeat(np.asarray(penalties), counts)])
    values = np.zeros(len(penalty))
    left, seen = float(ordered.happened.sum()), float(history.there.sum())
    if not 0 < left < seen:
        raise ModelRefused(f"{left:.0f} exits in {seen:.0f} months: nothing to tell apart", hint="see guards.enough")
    values[0] = np.log(left / (seen - left))
    loss, hazard = _judged(ordered, values, penalty)
    for _ in range(STEPS):
        gradient = ordered.slope(ordered.happened - hazard) - penalty * values
        curvature = ordered.curvature(hazard * (1 - hazard)) + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        for halved in range(HALVINGS):
            tried = values + step / 2**halved
            found, its_hazard = _judged(ordered, tried, penalty)
            if found <= loss:
                break
        gained, values, loss, hazard = loss - found, tried, found, its_hazard
        if gained < ENOUGH * max(1.0, abs(loss)):
            break
    of_unit, of_month, of_cell = np.split(values[1:], np.cumsum(counts)[:-1])
    numbered = {int(code): float(value) for code, value in zip(ordered.codes, of_cell, strict=True)}
    return Fitted(float(values[0]), of_unit, of_month, numbered)


def _ordered(unit: Matrix, month: Floats, history: History, exits: Labels) -> _Months:
    codes, numbered = np.unique(history.at, return_inverse=True)
    calendars, which = np.unique(numbered.reshape(history.at.shape), axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    begins = np.searchsorted(which.ravel()[order], np.arange(len(calendars) + 1))
    moved = History(numbered.reshape(history.at.shape)[order], history.there[order], history.left_in[order])
    return _Months(unit[order], month[:, order], moved, moved.happened(exits[order]), codes, calendars, begins)


def _judged(ordered: _Months, values: Floats, penalty: Floats) -> tuple[float, Floats]:
    loss, hazard = ordered.chances(values)
    return loss + float((penalty * values**2).sum()) / 2, hazard
