"""What is learnt: the portfolio's margin rate, the overall retention rate, and the grades' cut points."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from models_ml.common.metrics import amounts
from models_ml.common.runs import Trained
from models_ml.value.score import clv_parts
from models_ml.value.spec import MODEL_NAME, SPEC

if TYPE_CHECKING:
    import pandas as pd

    from models_ml.churn.train import Backtest


def margin_rate(customers: pd.DataFrame) -> float:
    """Share of premium left after claims and commission, over all premium received so far (0 without premium)."""
    premium = customers["premium_received_to_date"].sum()
    spent = customers["claims_paid_to_date"].sum() + customers["commission_to_date"].sum()
    return float((premium - spent) / premium) if premium > 0 else 0.0


def premium_backtest(tested: Backtest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Next premium on the churn model's test rows: chance to stay times premium, beside the naive rate.

    Returns:
        Metrics of ours and of the naive rate (overall retention times premium), in the insurer's currency.
    """
    rows = tested.rows.dropna(subset=["next_premium", "annual_premium"])
    actual = rows["next_premium"].to_numpy()
    ours = amounts(actual, ((1 - rows["p_lapse"]) * rows["annual_premium"]).to_numpy())
    naive = amounts(actual, ((1 - rows["overall"]) * rows["annual_premium"]).to_numpy())
    return ours | {"rows": len(rows)}, naive


def train(customers: pd.DataFrame, scores: pd.DataFrame, tested: Backtest, as_of_date: date) -> Trained:
    """Fix rates and cut points on the customers of a date.

    Args:
        customers: `features.customers`; scores: `features.lapse_scores` of the same date.
    """
    content: dict[str, Any] = {
        "margin_rate": margin_rate(customers),
        "retention_rate": float(1 - tested.rows["overall"].iloc[0]),
        "yearly_purchase_rate": _purchase_rate(customers),
    }
    clv = clv_parts(content, customers, scores)["clv"]
    content["cuts"] = {name: float(clv.quantile(1 - share)) for name, share in SPEC.grade_shares}
    ours, naive = premium_backtest(tested)
    figures = ours | {"margin_rate": content["margin_rate"], "retention_rate": content["retention_rate"]}
    return Trained(MODEL_NAME, content, figures, {"naive_rate": naive}, len(customers), as_of_date, as_of_date)


def _purchase_rate(customers: pd.DataFrame) -> float:
    """Policies bought a year of being a customer, over all customers; a first estimate of growth."""
    years = (customers["tenure_months"] / 12).clip(lower=1)
    return float((customers["policies_in_force"] / years).mean() / 10)
