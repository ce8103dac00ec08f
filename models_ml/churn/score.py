"""Churn: chances for the units at risk, reasons, and the roll-up to customers."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features
from models_ml.churn.cohort import CohortTable
from models_ml.churn.spec import LEAST_EFFECT, REASON_CODES, REASONS, of
from models_ml.common import customers
from models_ml.common.classifier import Classifier
from models_ml.common.metrics import Floats
from models_ml.common.writing import replace

REASON_COLUMNS = [f"reason_{n}_code" for n in range(1, REASONS + 1)]
POLICY_COLUMNS = [
    *("unit_key", "policy_key", "customer_key", "horizon_ends_on", "p_lapse", "baseline_p_lapse"),
    *("risk_decile", "premium_at_risk", *REASON_COLUMNS),
]
CUSTOMER_COLUMNS = [
    *(
        "customer_key",
        "policies_at_risk",
        "p_lose_any",
        "p_lose_all",
        "expected_policies_lost",
        "premium_in_force",
    ),
    *("premium_at_risk", "risk_band", *REASON_COLUMNS, "model_run_id"),
]


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Score the edition's units and customers into `ml.policy_lapse` and `ml.customer_churn`.

    Returns:
        Rows written, by table.
    """
    units = policies(features.current(connection, of(profile), as_of_date), payload)
    everyone = customers.keys(connection, as_of_date)
    churn = by_customer(units, everyone, payload["bands"])
    written = units[POLICY_COLUMNS].assign(model_run_id=model_run_id)
    return {
        "policy_lapse": replace(connection, "policy_lapse", as_of_date, written),
        "customer_churn": replace(
            connection,
            "customer_churn",
            as_of_date,
            churn.assign(model_run_id=model_run_id)[CUSTOMER_COLUMNS],
        ),
    }


def policies(units: pd.DataFrame, payload: dict[str, Any]) -> pd.DataFrame:
    """Scores of units at risk: chance, baseline, decile (10 = most at risk), premium at risk, reasons."""
    model = Classifier.from_artefact(payload["model"])
    scored = units.reset_index(drop=True)
    p = model.predict(scored).round(6)
    scored["p_lapse"] = p
    scored["baseline_p_lapse"] = CohortTable.from_artefact(payload["cohort"]).predict(scored).round(6)
    scored["risk_decile"] = decile(p)
    scored["premium_at_risk"] = (p * features.recurring_premium(scored)).round(2)
    scored["horizon_ends_on"] = scored["horizon_ends_on"].dt.date
    scored[REASON_COLUMNS] = reasons(model.effects(scored, REASON_CODES))
    return scored


def decile(p: Floats) -> Floats:
    """1 (least at risk) to 10 by rank; ties in the order of the rows."""
    rank = np.empty(p.size, dtype="int64")
    rank[np.argsort(p, kind="stable")] = np.arange(p.size)
    return np.asarray(1 + rank * 10 // max(1, p.size), dtype="int64")


def reasons(effects: pd.DataFrame) -> pd.DataFrame:
    """The features that raise a unit's log-odds most: their names in order, None where nothing weighs enough."""
    names = np.asarray(effects.columns, dtype=object)
    found = np.full((len(effects), REASONS), None, dtype=object)
    values = effects.to_numpy(dtype="float64").round(9)
    order = np.argsort(-values, axis=1, kind="stable")[:, :REASONS]
    for place in range(order.shape[1]):
        at = order[:, place]
        weighs = np.take_along_axis(values, at[:, None], axis=1)[:, 0] >= LEAST_EFFECT
        found[weighs, place] = names[at[weighs]]
    return pd.DataFrame(found, columns=REASON_COLUMNS, index=effects.index)


def roll_up(units: pd.DataFrame) -> pd.DataFrame:
    """Customers from units, taking exits as independent given the scores.

    p_lose_any = 1 − Π(1 − p); p_lose_all = Π p; expected_policies_lost = Σ p; premium_at_risk = Σ p · premium.

    Args:
        units: customer_key, policy_key, p_lapse, annual_premium, premium_mode; one row a unit.

    Returns:
        A row a customer, sorted by key.
    """
    premium = features.recurring_premium(units)
    p = units["p_lapse"].to_numpy(dtype="float64")
    parts = pd.DataFrame(
        {
            "customer_key": units["customer_key"].to_numpy(),
            "policies_at_risk": 1,
            "p_lose_any": 1 - p,
            "p_lose_all": p,
            "expected_policies_lost": p,
            "premium_in_force": premium,
            "premium_at_risk": p * premium,
        }
    )
    how = {
        "policies_at_risk": "sum",
        "p_lose_any": "prod",
        "p_lose_all": "prod",
        "expected_policies_lost": "sum",
        "premium_in_force": "sum",
        "premium_at_risk": "sum",
    }
    rolled = parts.groupby("customer_key", sort=True).agg(how).reset_index()
    rolled["p_lose_any"] = np.maximum(1 - rolled["p_lose_any"], rolled["p_lose_all"])
    return rolled


def by_customer(units: pd.DataFrame, everyone: pd.Series, bands: list[float]) -> pd.DataFrame:
    """All customers: the roll-up, the reasons of the policy most at risk, and the band.

    Who has nothing at risk has zeros, no reason, and is `low`.
    """
    rolled = roll_up(units)
    first = units.sort_values(["p_lapse", "unit_key"], ascending=[False, True]).drop_duplicates("customer_key")
    rolled = rolled.merge(first[["customer_key", *REASON_COLUMNS]], on="customer_key", how="left")
    table = pd.DataFrame({"customer_key": everyone}).merge(rolled, on="customer_key", how="outer")
    table = table.sort_values("customer_key", ignore_index=True)
    amounts = [c for c in rolled.columns if c not in ("customer_key", *REASON_COLUMNS)]
    table[amounts] = table[amounts].fillna(0).round(6)
    table["policies_at_risk"] = table["policies_at_risk"].astype("int64")
    high, medium = bands
    chance = table["p_lose_any"]
    table["risk_band"] = np.where(chance >= high, "high", np.where(chance >= medium, "medium", "low"))
    return table
