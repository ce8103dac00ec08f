"""Churn: units at risk and their labels, as known on the as-of date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn.spec import AUDIT, BENCHMARK_FEATURES, LABEL, ChurnSpec
from models_ml.common import fairness, reading
from models_ml.common.metrics import Floats

PROTECTED = frozenset(column.name for column in BENCHMARK_FEATURES)
# A single premium is paid: none is due any more, so none can be lost.
SINGLE = "single"


def training(connection: Connection, spec: ChurnSpec, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """All observations until the as-of date with their labels, or those of a share of the customers.

    Returns:
        A row a unit: features, `exit_within_horizon` (bool), `label_known_on`, `next_premium` (money). A label that is
        known only after the as-of date is there too; `split` leaves it out.

    Raises:
        ModelRefused: a column is missing, protected or knows the future.
    """
    contract = spec.benchmark_contract if spec.benchmark else spec.contract
    allowed = PROTECTED if spec.benchmark else frozenset()
    units = reading.read(connection, contract, until=as_of_date, benchmark=allowed, share=share)
    labels = reading.read(connection, LABEL, until=as_of_date, share=share)
    joined = units.merge(labels, on=["unit_key", "as_of_date"], how="inner", validate="one_to_one")
    joined["exit_within_horizon"] = joined["exit_within_horizon"].fillna(0.0).astype(bool)
    return joined


def learnt_share(connection: Connection, spec: ChurnSpec, as_of_date: date) -> float:
    """Share of the customers whose units are learnt from: all, where there are no more than `learnt_from`."""
    return reading.share_within(connection, spec.contract.table, spec.learnt_from, until=as_of_date)


def audited(connection: Connection, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """Groups of the units for the report on fairness: unit_key and `fairness.GROUPS`."""
    found = reading.read(connection, AUDIT, until=as_of_date, share=share)
    return found[["unit_key"]].join(fairness.grouped(found))


def current(connection: Connection, spec: ChurnSpec, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """The units at risk of the edition, or of a share of its customers, without any protected column.

    Raises:
        ModelRefused: there are none (the features are of another date), or see `training`.
    """
    return pd.concat(current_chunks(connection, spec, as_of_date, share=share), ignore_index=True)


def current_chunks(
    connection: Connection, spec: ChurnSpec, as_of_date: date, *, share: float = 1.0
) -> Iterator[pd.DataFrame]:
    """The same in chunks, in the order of their keys. Raises as `current` does."""
    nothing = True
    for chunk in reading.stream(connection, spec.contract, until=as_of_date, current_only=True, share=share):
        nothing = False
        yield chunk
    if nothing:
        raise ModelRefused(
            f"no unit at risk as of {as_of_date}",
            hint="the features are of another date, or nothing is in force",
        )


def recurring_premium(frame: pd.DataFrame) -> Floats:
    """Annual premium that falls due again: (rows,), money; 0 where all is paid or waived and where none is known."""
    premium = frame["annual_premium"].fillna(0.0).to_numpy(dtype="float64")
    paid = frame["premium_mode"].to_numpy(dtype=object) == SINGLE
    paid |= frame["premium_years_left"].to_numpy(dtype="float64") == 0.0
    return np.where(paid, 0.0, premium)
