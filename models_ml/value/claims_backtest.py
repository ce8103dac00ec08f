"""Are claims to come foreseen? Policies of an earlier day against the claims they had in the year after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.features import recurring_premium
from models_ml.churn.train import Backtest
from models_ml.common.metrics import Floats
from models_ml.value.claims import Claims
from models_ml.value.rates import kinds_of_cover, loss_ratios, years_on_record
from models_ml.value.spec import ValueSpec

FEWEST_ROWS = 100


def measure(history: pd.DataFrame, tested: Backtest, spec: ValueSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """Number of claims of a year by the model fitted on the training rows, and by simpler ways.

    Those are the claims known a year later of policies that were still there.

    Returns:
        The model's claims_rows, claims_expected_over_actual, claims_deviance (mean Poisson deviance) and claims_gini
        (of the order, as a share of the best order's); and the same of three simpler ways: each line's average, its
        claims for a unit of premium (what a loss ratio says of numbers), and the regression without the own record.
        Both empty where the observation dates do not repeat after a year.
    """
    learnt = _latest_of_each(tested.train)
    model = Claims.fit(learnt, loss_ratios(learnt, spec), spec)
    then = tested.test[tested.test["as_of_date"] == tested.test["as_of_date"].min()]
    then = then[kinds_of_cover(then).isin(model.kinds) & (then["is_long_term"] != 1.0)]
    after = history.loc[
        history["as_of_date"] == tested.test["as_of_date"].min() + pd.DateOffset(years=1),
        ["policy_key", "claims_count_12m"],
    ].rename(columns={"claims_count_12m": "came"})
    rows = then.merge(after, on="policy_key", how="inner")
    came = rows["came"].fillna(0.0).to_numpy(dtype="float64")
    if not model.frequency or len(rows) < FEWEST_ROWS or not came.sum():
        return {}, {}
    silent = rows.assign(claims_count_3y=0.0, policy_duration_months=0.0)
    simpler = {
        "average_of_line": _by_line(learnt, rows, spec, np.ones(len(learnt)), np.ones(len(rows))),
        "premium_of_line": _by_line(learnt, rows, spec, recurring_premium(learnt), recurring_premium(rows)),
        "without_own_record": model.frequency_of(silent, spec),
    }
    baselines = {name: _judged(came, expected) for name, expected in simpler.items()}
    return _judged(came, model.frequency_of(rows, spec)), baselines


def _by_line(learnt: pd.DataFrame, rows: pd.DataFrame, spec: ValueSpec, weights: Floats, asked: Floats) -> Floats:
    """Claims a year in proportion to a weight, by line: (rows,)."""
    of_line = pd.DataFrame(
        {
            "line": learnt["line_of_business"].to_numpy(),
            "claims": learnt["claims_count_3y"].fillna(0.0).to_numpy(),
            "weight": weights * years_on_record(learnt, spec),
        }
    )
    sums = of_line[(learnt["is_long_term"] != 1.0).to_numpy()].groupby("line")[["claims", "weight"]].sum()
    rate = rows["line_of_business"].map(sums["claims"] / sums["weight"]).to_numpy(dtype="float64")
    return np.asarray(rate * asked, dtype="float64")


def _latest_of_each(rows: pd.DataFrame) -> pd.DataFrame:
    """The last row of each policy: its record counts once."""
    return rows.sort_values("as_of_date", kind="stable").drop_duplicates("policy_key", keep="last")


def _judged(came: Floats, expected: Floats) -> dict[str, Any]:
    from sklearn.metrics import mean_poisson_deviance

    rate = np.maximum(expected, 1e-9)
    return {
        "claims_rows": len(came),
        "claims_expected_over_actual": round(float(expected.sum() / came.sum()), 6),
        "claims_deviance": round(float(mean_poisson_deviance(came, rate)), 6),
        "claims_gini": round(_gini(came, expected) / _gini(came, came), 6),
    }


def _gini(came: Floats, order: Floats) -> float:
    """Area between the curve of claims found from the highest expectation down and the diagonal; ties share."""
    ranks = pd.Series(-order).rank(method="average").to_numpy() / len(order)
    return float(1 - 2 * (came * ranks).sum() / came.sum() + 1 / len(order))
