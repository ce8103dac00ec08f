"""Segmentation: customers with amounts and habits; enterprises and who holds nothing go by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers, reading
from models_ml.common.encoding import Matrix
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.segmentation import habits
from models_ml.segmentation.spec import (
    ASPECTS,
    FORMER,
    HABITS,
    HOLDINGS,
    INSURED,
    LOGARITHMIC,
    TOUCHES,
    Rule,
    SegmentationSpec,
)

FARTHEST = 4.0  # standard deviations; one very rich customer is no group


def looked_share(connection: Connection, spec: SegmentationSpec, as_of_date: date) -> float:
    """Share of the customers that training looks at: all, where there are no more than `looked_at`."""
    return reading.share_within(connection, spec.contract.table, spec.looked_at, until=as_of_date, on=as_of_date)


def read(connection: Connection, spec: SegmentationSpec, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """Customers of the date, or a share of them, with their habits. Raises as `stream` does."""
    return pd.concat(stream(connection, spec, as_of_date, share=share), ignore_index=True)


def stream(
    connection: Connection, spec: SegmentationSpec, as_of_date: date, *, share: float = 1.0
) -> Iterator[pd.DataFrame]:
    """All customers of the date, or a share of them, in chunks, in the order of their keys.

    Raises:
        ModelRefused: as `customers.read` does; or habits are not those of the same customers.
    """
    habits_of = reading.stream(connection, HABITS, until=as_of_date, on=as_of_date, share=share)
    for frame in customers.stream(connection, as_of_date, spec.contract, share=share):
        known = next(habits_of, None)
        if known is None or not known["customer_key"].equals(frame["customer_key"]):
            raise ModelRefused(
                "habits and customers of the date are not the same", hint="build the features (`ck run`)"
            )
        yield frame.assign(**{aspect: known[aspect] for aspect in ASPECTS})


def prior_segments(connection: Connection, as_of_date: date) -> dict[str, int]:
    """Segment of each customer on the last scored date before: customer_key → number; empty on the first."""
    rows = connection.execute(
        "select customer_key, segment_id from ml.customer_segment where as_of_date ="
        " (select max(as_of_date) from ml.customer_segment where as_of_date < %s)",
        (as_of_date,),
    ).fetchall()
    return {str(key): int(number) for key, number in rows}


def portrait(frame: pd.DataFrame, spec: SegmentationSpec) -> pd.DataFrame:
    """What a segment's name may speak of: amounts, lines held, share of each way to be in touch."""
    # The ways to be in touch say it finer than the digital share.
    names = [c.name for c in (*spec.features, *HOLDINGS) if c.name != "digital_share_12m"]
    touches = habits.shares(frame["contact_channels"], TOUCHES)
    return pd.concat([frame[names], pd.DataFrame(touches, columns=list(TOUCHES), index=frame.index)], axis=1)


def is_enterprise(frame: pd.DataFrame) -> Labels:
    """Enterprises: (rows,)."""
    return np.asarray(frame["customer_type"] == "enterprise", dtype=bool)


def holds_nothing(frame: pd.DataFrame) -> Labels:
    """Customers with no policy of their own in force, persons and enterprises: (rows,)."""
    return np.asarray(frame["policies_in_force"].fillna(0) == 0, dtype=bool)


def by_rule(frame: pd.DataFrame) -> dict[Rule, Labels]:
    """Who holds nothing, told apart: former policyholders, and who is covered by others and never took out a policy."""
    nothing = holds_nothing(frame)
    # A first policy of this month has no tenure yet, one of an unknown product no code: nothing of all may be there.
    silent = frame[["product_codes", "sales_channels"]].isna().all(axis=1) & (frame["tenure_months"].fillna(0) == 0)
    never = np.asarray(silent, dtype=bool)
    return {FORMER: nothing & ~never, INSURED: nothing & never}


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
