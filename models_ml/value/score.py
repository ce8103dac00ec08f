"""Value of each customer, and its grade by the cut points fixed at training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models_ml.common.runs import Champion
from models_ml.value.spec import SPEC

if TYPE_CHECKING:
    import pandas as pd

MONEY = (
    *("value_past", "value_inforce", "value_growth", "cost_to_serve"),
    *("expected_premium_12m", "naive_premium_12m", "clv"),
)


def clv_parts(content: dict[str, Any], customers: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The parts of value, in the insurer's currency; negative stays negative.

    past = premium - claims - commission; in force = expected premium of twelve months times margin rate; growth =
    purchase rate times mean premium times margin rate, only with consent; clv = past + in force + growth - service.
    """
    rate = content["margin_rate"]
    units = scores.assign(expected=(1 - scores["p_lapse"]) * scores["annual_premium"])
    sums = units.groupby("customer_key")[["expected", "annual_premium"]].sum()
    held = customers[["customer_key"]].join(sums, on="customer_key").fillna({"expected": 0.0, "annual_premium": 0.0})
    insured = held["annual_premium"][held["annual_premium"] > 0]
    typical = float(insured.mean()) if len(insured) else 0.0
    parts = customers[["customer_key"]].assign(
        value_past=customers["premium_received_to_date"]
        - customers["claims_paid_to_date"]
        - customers["commission_to_date"],
        expected_premium_12m=held["expected"],
        naive_premium_12m=held["annual_premium"] * content["retention_rate"],
        value_inforce=held["expected"] * rate,
        value_growth=content["yearly_purchase_rate"] * typical * rate * customers["marketing_consent"].fillna(0),
        cost_to_serve=customers["interactions_12m"].fillna(0) * SPEC.cost_per_interaction,
    )
    parts["clv"] = parts["value_past"] + parts["value_inforce"] + parts["value_growth"] - parts["cost_to_serve"]
    return parts


def grades(content: dict[str, Any], clv: pd.Series) -> pd.Series:
    """A to D by fixed cut points; the same value always gets the same grade."""
    import numpy as np
    import pandas as pd

    cuts = content["cuts"]
    found = np.select([clv >= cuts["A"], clv >= cuts["B"], clv >= cuts["C"]], ["A", "B", "C"], "D")
    return pd.Series(found, index=clv.index)


def score(champion: Champion, customers: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Columns of `ml.customer_value` without as_of_date, one row a customer."""
    parts = clv_parts(champion.content, customers, scores)
    graded = parts.assign(value_grade=grades(champion.content, parts["clv"]))
    graded[list(MONEY)] = graded[list(MONEY)].astype(float).round(2)
    return graded.assign(model_run_id=champion.model_run_id)
