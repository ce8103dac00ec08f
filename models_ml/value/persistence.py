"""How much of what sets a policy apart from its cohort lasts: learnt from the second year of policies scored before it.

Nobody who stays is the average of the cohort: who was likelier to leave a year ago is likelier still, if less so. A
value of ten years that sends everybody back to the cohort's rates after one year loses too many of the steady.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.cohort import CohortTable
from models_ml.churn.train import Backtest
from models_ml.common.classifier import by_others, logit, sigmoid
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats, log_loss
from models_ml.common.split import folds
from models_ml.value import future

FEWEST_ROWS, FEWEST_EVENTS = 1_000, 100  # with fewer, a share would be luck and move ten years of every value


def measure(history: pd.DataFrame, tested: Backtest, cohort: CohortTable) -> dict[str, Any]:
    """What is known of the first test date whose policies were seen again a year later, and the year after that.

    Policies that mature meanwhile are left out; leaving is not to be in force any more.

    Returns:
        lasts: share of the distance from the cohort (in log-odds) that is still there in the second year, 0 to 1;
        second_year_rows; second_year_log_loss, out of fold, and the same of the cohort's rates, both at levels of
        their own; second_year_expected_over_actual as values reckon it. Empty where observation dates do not repeat,
        or too few were seen again to say.
    """
    first = tested.test["as_of_date"].min()
    seen = [set(history.loc[history["as_of_date"] == first + pd.DateOffset(years=n), "policy_key"]) for n in (1, 2)]
    scored = tested.test.assign(p_churn=tested.scores[tested.champion])
    goes_on = ~(scored["days_to_maturity"] <= 2 * future.DAYS_A_YEAR) & (scored["as_of_date"] == first)
    rows = scored[goes_on & scored["policy_key"].isin(seen[0])]
    left = ~rows["policy_key"].isin(seen[1]).to_numpy()
    if not seen[1] or len(rows) < FEWEST_ROWS or min(left.sum(), (~left).sum()) < FEWEST_EVENTS:
        return {}
    own = np.column_stack([logit(cohort.predict(future.later(rows, 1))), future.set_apart(rows, cohort)])
    fold = folds(rows["customer_key"])
    lasts = round(float(np.clip(_fitted(own, left).coef_[0, 1], 0.0, 1.0)), 6)
    level = future.levelled(scored[goes_on], cohort, lasts, 2).levels[1]
    expected = sigmoid(own[:, 0] + lasts * own[:, 1] + level)
    return {
        "lasts": lasts,
        "second_year_rows": len(rows),
        "second_year_expected_over_actual": round(float(expected.sum() / left.sum()), 6),
        "second_year_log_loss": _unseen_log_loss(own, left, fold),
        "second_year_log_loss_of_cohort": _unseen_log_loss(own[:, :1], left, fold),
    }


def _fitted(columns: Floats, left: Labels) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1e6).fit(columns, left)


def _unseen_log_loss(columns: Floats, left: Labels, fold: np.ndarray) -> float:
    def of_others(asked: np.ndarray) -> Floats:
        return np.asarray(_fitted(columns[~asked], left[~asked]).decision_function(columns[asked]))

    said = by_others(left, fold, of_others)
    known = np.isfinite(said)
    return round(log_loss(left[known], sigmoid(said[known])), 6)
