"""The first rung of the ladder: exits per hundred by line of business and age of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats

YEARS = (1, 2, 3, 5, 10)
# A cell counts as much as what it leans on when it has this many rows.
WEIGHT = 50.0


def cells(frame: pd.DataFrame) -> pd.Series:
    """Name of each row's cell: line of business and completed policy years, banded."""
    return _lines(frame) + "|" + pd.Series(_bands(frame), index=frame.index).astype(str)


def _lines(frame: pd.DataFrame) -> pd.Series:
    return frame["line_of_business"].fillna("unknown").astype(str)


def _bands(frame: pd.DataFrame) -> NDArray[np.int64]:
    years = frame["policy_duration_months"].fillna(0).to_numpy(dtype="float64") * 30 / 365.25
    return np.digitize(years, YEARS)


@dataclass(frozen=True)
class CohortTable:
    """Exit rates by cell; with few rows, or none, much like those of the same line a little younger."""

    overall: float
    rates: dict[str, float]

    @classmethod
    def fit(cls, frame: pd.DataFrame, labels: Labels) -> CohortTable:
        """Count: (exits + WEIGHT · rate) ÷ (rows + WEIGHT); the rate is the line's band before's, first the overall."""
        overall = float(labels.mean())
        counted = pd.Series(labels.astype("float64"), index=frame.index).groupby(cells(frame))
        exits, rows = counted.sum().to_dict(), counted.size().to_dict()
        rates = {}
        for line in sorted(set(_lines(frame))):
            rate = overall
            for cell in (f"{line}|{band}" for band in range(len(YEARS) + 1)):
                rate = float((exits.get(cell, 0.0) + WEIGHT * rate) / (rows.get(cell, 0) + WEIGHT))
                rates[cell] = rate
        return cls(overall, rates)

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Each row's rate; a line never seen has the overall one."""
        codes, lines = pd.factorize(_lines(frame))
        table = np.array(
            [[self.rates.get(f"{line}|{band}", self.overall) for band in range(len(YEARS) + 1)] for line in lines]
        ).reshape(len(lines), len(YEARS) + 1)
        return np.asarray(table[codes, _bands(frame)], dtype="float64")

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {"overall": self.overall, "rates": dict(self.rates)}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> CohortTable:
        """The table from its stored values."""
        return cls(float(stored["overall"]), dict(stored["rates"]))
