"""The first rung of the ladder: exits per hundred by line of business and age of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats

YEARS = (1, 2, 3, 5, 10)
# A cell counts as much as the whole portfolio when it has this many rows.
WEIGHT = 50.0


def cells(frame: pd.DataFrame) -> pd.Series:
    """Name of each row's cell: line of business and completed policy years, banded."""
    years = frame["policy_duration_months"].fillna(0).to_numpy(dtype="float64") * 30 / 365.25
    band = np.digitize(years, YEARS)
    return (
        frame["line_of_business"].fillna("unknown").astype(str) + "|" + pd.Series(band, index=frame.index).astype(str)
    )


@dataclass(frozen=True)
class CohortTable:
    """Exit rates by cell, drawn towards the overall rate where rows are few."""

    overall: float
    rates: dict[str, float]

    @classmethod
    def fit(cls, frame: pd.DataFrame, labels: Labels) -> CohortTable:
        """Count: (exits + WEIGHT · overall) ÷ (rows + WEIGHT) for each cell."""
        overall = float(labels.mean())
        counted = pd.Series(labels.astype("float64"), index=frame.index).groupby(cells(frame)).agg(["sum", "size"])
        rates = (counted["sum"] + WEIGHT * overall) / (counted["size"] + WEIGHT)
        return cls(overall, {str(cell): float(rate) for cell, rate in sorted(rates.items())})

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Each row's rate; a cell never seen has the overall one."""
        return np.asarray(cells(frame).map(self.rates).fillna(self.overall), dtype="float64")

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {"overall": self.overall, "rates": dict(self.rates)}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> CohortTable:
        """The table from its stored values."""
        return cls(float(stored["overall"]), dict(stored["rates"]))
