"""Value: each customer's past and expected margin, and the grade by the cut points fixed at training."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features as units
from models_ml.churn import spec as churn_spec
from models_ml.common.metrics import Floats
from models_ml.common.writing import replace
from models_ml.value import features
from models_ml.value.rates import Collection, margin_rate
from models_ml.value.spec import ValueSpec, of

COLUMNS = [
    *("customer_key", "value_past", "value_inforce", "value_growth", "cost_to_serve", "expected_premium_12m"),
    *("naive_premium_12m", "clv", "value_grade", "model_run_id"),
]
GRADES = ("A", "B", "C", "D")


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Write `ml.customer_value` of the date, on the churn scores and recommendations of the same date.

    Raises:
        ModelRefused: a unit at risk has no churn score.
    """
    spec = of(profile)
    at_risk = units.current(connection, churn_spec.of(profile), as_of_date)
    scored = at_risk.merge(features.scores(connection, as_of_date), on="unit_key", how="left", validate="one_to_one")
    if scored["p_churn"].isna().any():
        raise ModelRefused("units at risk without a churn score", hint="score churn before value")
    customers = features.customers_of(connection, spec, as_of_date)
    worth = values(customers, scored, features.offers(connection, as_of_date), payload, spec)
    worth["value_grade"] = grades(worth["clv"].to_numpy(dtype="float64"), payload["cuts"])
    table = worth.assign(model_run_id=model_run_id)[COLUMNS]
    return {"customer_value": replace(connection, "customer_value", as_of_date, table)}


def values(
    customers: pd.DataFrame,
    scored: pd.DataFrame,
    offers: pd.DataFrame,
    payload: dict[str, Any],
    spec: ValueSpec,
) -> pd.DataFrame:
    """The parts of each customer's value, in money; negative stays negative.

    value_inforce = Σ expected premium × margin rate; value_growth = chance to buy the first recommendation × its line's
    average premium × margin rate; clv = value_past + value_inforce + value_growth − cost_to_serve (twelve months).

    Args:
        customers: everyone of the date.
        scored: their units at risk with `p_churn`.
        offers: customer_key, line_of_business, score; at most one row a customer.
        payload: what training learnt.
        spec: unit costs and declared margins.
    """
    collection = Collection(payload["stay"], payload["leave"], payload["renewal_rate"])
    expected = collection.expected(scored, scored["p_churn"].to_numpy(dtype="float64"))
    parts = pd.DataFrame(
        {
            "customer_key": scored["customer_key"],
            "expected_premium_12m": expected,
            "naive_premium_12m": collection.naive(scored),
            "value_inforce": expected * margin_rate(scored, payload, spec),
        }
    )
    summed = parts.groupby("customer_key", sort=True).sum().reset_index()
    grown = offers[["customer_key"]].assign(value_growth=_growth(offers, payload, spec))
    table = customers[["customer_key"]].merge(summed, on="customer_key", how="left")
    table = table.merge(grown, on="customer_key", how="left", validate="one_to_one").fillna(0.0)
    table["value_past"] = features.past_margin(customers, spec)
    table["cost_to_serve"] = features.cost_to_serve(customers, spec)
    money = [c for c in table.columns if c != "customer_key"]
    table[money] = table[money].round(2)
    table["clv"] = (table[["value_past", "value_inforce", "value_growth"]].sum(axis=1) - table["cost_to_serve"]).round(
        2
    )
    return table


def _growth(offers: pd.DataFrame, payload: dict[str, Any], spec: ValueSpec) -> Floats:
    premium = offers["line_of_business"].map(payload["premiums"]).fillna(0.0).to_numpy(dtype="float64")
    score = offers["score"].to_numpy(dtype="float64")
    return np.asarray(score * premium * margin_rate(offers, payload, spec), dtype="float64")


def grades(worth: Floats, cuts: list[float]) -> np.ndarray:
    """A to D by falling cut points in money: (rows,) letters. Nobody's grade depends on the others'."""
    place = (worth[:, None] < np.asarray(cuts)).sum(axis=1)
    letters: np.ndarray = np.array(GRADES, dtype=object)[place]
    return letters
