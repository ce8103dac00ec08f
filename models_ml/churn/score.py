"""Scores for what is in force, with reasons, and what they mean for each customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models_ml.churn import ladder
from models_ml.churn.spec import SPEC
from models_ml.common.runs import Champion

if TYPE_CHECKING:
    import pandas as pd

REASONS = ("reason_1_code", "reason_2_code", "reason_3_code")
CHUNK = 50_000


def score_policies(champion: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Score units.

    Args:
        frame: rows of `features.current`.

    Returns:
        Columns of `ml.policy_lapse` without as_of_date. `premium_at_risk` = chance times annual premium.
    """
    import numpy as np
    import pandas as pd

    boosted = champion.content["boosting"]
    parts: list[Any] = []
    codes: list[list[str]] = []
    for start in range(0, len(frame), CHUNK):
        rows = ladder.matrix(boosted, frame.iloc[start : start + CHUNK])
        parts.append(ladder.probability(boosted, rows))
        codes += ladder.reasons(boosted, rows)
    chance = np.concatenate(parts) if parts else np.empty(0)
    keys = frame[["unit_key", "policy_key", "customer_key", "horizon_ends_on"]].reset_index(drop=True)
    ranks = pd.Series(chance).rank(method="first", pct=True)
    scored = keys.assign(
        p_lapse=chance,
        baseline_p_lapse=ladder.cohort_rates(champion.content["cohorts"], frame),
        risk_decile=np.ceil(ranks * 10).clip(1, 10).astype(int) if len(ranks) else [],
        premium_at_risk=np.round(chance * frame["annual_premium"].fillna(0).to_numpy(), 2),
        model_run_id=champion.model_run_id,
    )
    padded = [(row + [None] * 3)[:3] for row in codes]
    scored[list(REASONS)] = pd.DataFrame(padded, columns=list(REASONS), dtype=object) if padded else None
    return scored.assign(annual_premium=frame["annual_premium"].fillna(0).to_numpy())


def roll_up(scored: pd.DataFrame, customers: pd.Series, model_run_id: int) -> pd.DataFrame:
    """What the policies' chances mean for each customer.

    Given their features, policies of one customer are taken as independent: chance to lose all is the product
    of the chances, chance to lose any is one less the product of the chances to stay. Who holds nothing gets zeros.

    Args:
        scored: result of `score_policies`.
        customers: keys of all customers of the edition.

    Returns:
        Columns of `ml.customer_churn` without as_of_date, one row a customer.
    """
    import numpy as np
    import pandas as pd

    rows = scored.assign(stay=1 - scored["p_lapse"]).sort_values(["customer_key", "p_lapse", "unit_key"])
    grouped = rows.groupby("customer_key", sort=True)
    summed = pd.DataFrame(
        {
            "policies_at_risk": grouped.size(),
            "p_lose_any": 1 - grouped["stay"].prod(),
            "p_lose_all": grouped["p_lapse"].prod(),
            "expected_policies_lost": grouped["p_lapse"].sum(),
            "premium_in_force": grouped["annual_premium"].sum().round(2),
            "premium_at_risk": grouped["premium_at_risk"].sum().round(2),
        }
    )
    riskiest = grouped[list(REASONS)].nth(-1).assign(customer_key=rows["customer_key"]).set_index("customer_key")
    found = summed.join(riskiest).reindex(customers.sort_values()).rename_axis("customer_key").reset_index()
    counted = list(summed.columns)
    found[counted] = found[counted].fillna(0)
    found["policies_at_risk"] = found["policies_at_risk"].astype(int)
    bands = np.select(
        [found["p_lose_any"] >= SPEC.high_risk, found["p_lose_any"] >= SPEC.medium_risk], ["high", "medium"], "low"
    )
    return found.assign(risk_band=bands, model_run_id=model_run_id)
