"""Do the intervals hold? Those of an earlier day against what came in since."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.cohort import CohortTable
from models_ml.churn.features import recurring_premium
from models_ml.churn.train import Backtest
from models_ml.value import future, spread
from models_ml.value.luck import ClaimsToCome
from models_ml.value.rates import Collection, kinds_of_payment
from models_ml.value.spec import ValueSpec

FEWEST_CUSTOMERS = 50
_CENT = 0.005


def measure(tested: Backtest, cohort: CohortTable, collection: Collection, spec: ValueSpec) -> dict[str, Any]:
    """Share of customers whose premium of the year after a test date lay within the interval drawn for them then.

    Customers of whom something falls due.

    A customer with one policy has few possible values, so that an interval with eight tenths in it may have to hold
    more: `expected_coverage` is what it would hold were every chance exact.

    Returns:
        interval_coverage, expected_coverage, below, above (shares), customers; empty where there are too few customers
        of whom it is known what came in.
    """
    first = tested.test["as_of_date"].min()
    asked = (tested.test["as_of_date"] == first).to_numpy()
    rows = tested.test[asked].assign(p_churn=tested.scores[tested.champion][asked])
    unknown = rows.loc[rows["next_premium"].isna(), "customer_key"]
    rows = rows[~rows["customer_key"].isin(set(unknown))]
    # Nothing due is within any interval.
    rows = rows[rows["customer_key"].isin(set(rows.loc[recurring_premium(rows) > 0, "customer_key"]))]
    keys = pd.Series(sorted(rows["customer_key"].unique()))
    if len(keys) < FEWEST_CUSTOMERS:
        return {}
    found = _premiums(rows, cohort, collection, spec)
    nothing = (np.zeros(len(keys)), np.zeros(len(keys)))
    low, high = spread.interval(rows["customer_key"], found, keys, nothing, spec.draws, spec.seed)
    came = np.where(recurring_premium(rows) > 0, rows["next_premium"], 0.0) * spec.discounts[0]
    actual = pd.Series(came).groupby(rows["customer_key"].to_numpy()).sum().reindex(keys).to_numpy(dtype="float64")
    drawn = np.vstack(list(spread.totals(rows["customer_key"], found, keys, nothing, spec.draws, spec.seed + 1)))
    within = (drawn >= low[:, None] - _CENT) & (drawn <= high[:, None] + _CENT)
    return {
        "interval_coverage": _share((actual >= low - _CENT) & (actual <= high + _CENT)),
        "expected_coverage": _share(within),
        "below": _share(actual < low - _CENT),
        "above": _share(actual > high + _CENT),
        "customers": len(keys),
    }


def _premiums(rows: pd.DataFrame, cohort: CohortTable, collection: Collection, spec: ValueSpec) -> spread.Exits:
    """Premium of a year, nothing of it claimed: what the labels know."""
    ahead = future.years(rows, cohort, spec)
    outline = spread.exits(ahead, collection.of_leavers(rows), collection.yearly(rows), 1)
    paths = collection.paths(spec.discounts[:1], spec.seed)
    places = paths.places(kinds_of_payment(rows))
    return spread.Exits(*outline, np.ones(len(rows)), ClaimsToCome.none(len(rows)), paths, places)


def _share(said: np.ndarray) -> float:
    return round(float(said.mean()), 6)
