"""How good a lapse model is for those who act on it: retention gain and the glossary's grade."""

from __future__ import annotations

from typing import Any

import pandas as pd

from models_ml.churn import features
from models_ml.common import metrics
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats


def captured_premium(frame: pd.DataFrame, labels: Labels, p: Floats, budget: float) -> float:
    """Premium of the exits among the units with the most premium expected to be lost (money).

    With one acceptance rate and one contact cost for all, this is the retention gain up to the same constants for
    every score, so scores can be compared without assuming either.
    """
    premium = features.recurring_premium(frame)
    chosen = metrics.top_rows(p * premium, budget)
    return float((premium[chosen] * labels[chosen]).sum())


def grade(own: dict[str, Any], worst: tuple[float, float] | None, gain: float | None, cohort_log_loss: float) -> str:
    """The glossary's grade of a lapse model: A, B, C or D."""
    ratio, lift = own["expected_over_actual"] or 0.0, own["lift_10"] or 0.0
    more = gain or 0.0
    steady = worst is not None and worst[0] >= 0.8 and worst[1] <= 1.25
    if lift >= 3 and 0.95 <= ratio <= 1.05 and steady and more >= 1.1:
        return "A"
    if lift >= 2 and 0.9 <= ratio <= 1.1 and more > 1:
        return "B"
    return "C" if own["log_loss"] < cohort_log_loss else "D"
