"""Segmentation: customers as a standardised matrix; enterprises and former customers go by rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers
from models_ml.common.encoding import Matrix
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.segmentation.spec import LOGARITHMIC, SegmentationSpec

FARTHEST = 4.0  # standard deviations; one very rich customer is no group


def read(connection: Connection, spec: SegmentationSpec, as_of_date: date) -> pd.DataFrame:
    """All customers of the date. Raises ModelRefused as `customers.read` does."""
    return customers.read(connection, as_of_date, spec.contract)


def is_enterprise(frame: pd.DataFrame) -> Labels:
    """Enterprises: (rows,)."""
    return np.asarray(frame["customer_type"] == "enterprise", dtype=bool)


def is_former(frame: pd.DataFrame) -> Labels:
    """Persons with nothing in force: (rows,)."""
    return np.asarray((frame["policies_in_force"].fillna(0) == 0) & ~is_enterprise(frame), dtype=bool)


@dataclass(frozen=True)
class Scale:
    """Means, standard deviations and medians learnt at training; features that do not vary are left out."""

    names: tuple[str, ...]
    middle: Floats
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, frame: pd.DataFrame, names: tuple[str, ...]) -> Scale:
        """Learn from the customers that are grouped."""
        used = tuple(name for name in names if frame[name].nunique(dropna=True) > 1)
        columns = [_values(frame, name) for name in used]
        middle = np.array([float(np.nanmedian(c)) for c in columns])
        filled = [np.where(np.isfinite(c), c, m) for c, m in zip(columns, middle, strict=True)]
        mean = np.array([float(c.mean()) for c in filled])
        deviation = np.array([float(c.std()) or 1.0 for c in filled])
        return cls(used, middle, mean, deviation)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """(rows, features) in standard deviations from the mean, unknown as the median, cut at FARTHEST."""
        if not self.names:
            return np.zeros((len(frame), 0))
        matrix = np.column_stack([_values(frame, name) for name in self.names])
        matrix = np.where(np.isfinite(matrix), matrix, self.middle)
        return np.clip((matrix - self.mean) / self.deviation, -FARTHEST, FARTHEST)

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        numbers = {"middle": self.middle, "mean": self.mean, "deviation": self.deviation}
        return {"names": list(self.names), **{k: [float(x) for x in v] for k, v in numbers.items()}}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Scale:
        """The scale from its stored values."""
        parts = (np.asarray(stored[k], dtype="float64") for k in ("middle", "mean", "deviation"))
        return cls(tuple(stored["names"]), *parts)


def _values(frame: pd.DataFrame, name: str) -> Floats:
    values = frame[name].to_numpy(dtype="float64")
    return np.log1p(np.maximum(values, 0)) if name in LOGARITHMIC else values
