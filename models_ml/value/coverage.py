"""Do the intervals hold? Those of an earlier day against what came of its customers since."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.cohort import CohortTable
from models_ml.churn.fitting import outcomes
from models_ml.churn.train import Backtest
from models_ml.common.metrics import Floats
from models_ml.value import future, spread
from models_ml.value.rates import Collection
from models_ml.value.spec import ValueSpec

FEWEST_YEARS, FEWEST_CUSTOMERS = 2, 50


def measure(history: pd.DataFrame, tested: Backtest, collection: Collection, spec: ValueSpec) -> dict[str, Any]:
    """Share of customers of the first test date whose premium since lay within the interval drawn for them then.

    A policy is seen to have stayed a year when it is in force a year later; it is paid for as expected. Few values are
    possible for a customer with one policy, so that an interval with eight tenths in it may have to hold more:
    `expected_coverage` is what it would hold were every chance exact. Policies that mature meanwhile are left out.

    Returns:
        interval_coverage, expected_coverage, below, above (shares), years, customers; empty where the observation dates
        do not repeat for two years, as where each policy is looked at on days of its own.
    """
    first = tested.test["as_of_date"].min()
    dates = set(history["as_of_date"])
    years = next(n for n in range(max(spec.horizons) + 1) if first + pd.DateOffset(years=n + 1) not in dates)
    left = tested.test["days_to_maturity"].to_numpy(dtype="float64")
    asked = (tested.test["as_of_date"] == first).to_numpy() & ~(left <= years * future.DAYS_A_YEAR)
    rows = tested.test[asked].assign(p_churn=tested.scores[tested.champion][asked])
    keys = pd.Series(sorted(rows["customer_key"].unique()))
    if years < FEWEST_YEARS or len(keys) < FEWEST_CUSTOMERS:
        return {}
    ahead = future.years(rows, CohortTable.fit(tested.train, outcomes(tested.train)), spec)
    yearly = collection.yearly(rows)
    found = spread.exits(ahead, collection.of_leavers(rows), yearly, yearly, years)
    nothing = (np.zeros(len(keys)), np.zeros(len(keys)))
    low, high = spread.interval(rows["customer_key"], found, keys, nothing, spec.draws, spec.seed)
    actual = _came(rows, found, history, first, years).groupby(rows["customer_key"].to_numpy()).sum()
    came = actual.reindex(keys).to_numpy(dtype="float64")
    drawn = np.vstack(list(spread.totals(rows["customer_key"], found, keys, nothing, spec.draws, spec.seed + 1)))
    within = (drawn >= low[:, None] - _CENT) & (drawn <= high[:, None] + _CENT)
    return {
        "interval_coverage": _share((came >= low - _CENT) & (came <= high + _CENT)),
        "expected_coverage": _share(within),
        "below": _share(came < low - _CENT),
        "above": _share(came > high + _CENT),
        "years": years,
        "customers": len(keys),
    }


_CENT = 0.005


def _share(said: np.ndarray) -> float:
    return round(float(said.mean()), 6)


def _came(rows: pd.DataFrame, found: spread.Exits, history: pd.DataFrame, first: pd.Timestamp, years: int) -> pd.Series:
    """What each policy was worth by the year in which it was gone: (rows,), money."""
    there = np.ones(len(rows), dtype=bool)
    stayed = np.zeros(len(rows), dtype="int64")
    for year in range(1, years + 1):
        later = history.loc[history["as_of_date"] == first + pd.DateOffset(years=year), "policy_key"]
        there &= rows["policy_key"].isin(set(later)).to_numpy()
        stayed += there
    worth: Floats = np.take_along_axis(found.worth, stayed[:, None], axis=1)[:, 0]
    return pd.Series(worth, index=rows.index)
