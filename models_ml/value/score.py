"""Value: each customer's past and expected margin, and the grade by the cut points fixed at training."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn.cohort import CohortTable
from models_ml.common import reading
from models_ml.common.metrics import Floats
from models_ml.common.writing import replace
from models_ml.value import features, future, spread
from models_ml.value.claims import Claims
from models_ml.value.rates import Collection, kinds_of_payment, margin_rate
from models_ml.value.spec import WITH_RECORD, ValueSpec, of

COLUMNS = [
    *("customer_key", "value_past", "value_inforce", "value_inforce_1y", "value_inforce_5y", "value_growth"),
    *("cost_to_serve", "value_at_risk", "expected_premium_12m", "naive_premium_12m", "clv", "clv_p10", "clv_p90"),
    *("value_grade", "prior_grade", "model_run_id"),
]
GRADES = ("A", "B", "C", "D")


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Write `ml.customer_value` of the date, on the churn scores and recommendations of the same date.

    Raises:
        ModelRefused: a unit at risk has no churn score.
    """
    spec = features.on_the_curve(connection, of(profile), as_of_date)
    at_risk = reading.read(connection, WITH_RECORD, until=as_of_date, current_only=True)
    scored = at_risk.merge(features.scores(connection, as_of_date), on="unit_key", how="left", validate="one_to_one")
    if scored["p_churn"].isna().any():
        raise ModelRefused("units at risk without a churn score", hint="score churn before value")
    customers = features.customers_of(connection, spec, as_of_date)
    worth = values(customers, scored, features.offers(connection, as_of_date), payload, spec)
    prior = features.prior_values(connection, as_of_date).reindex(worth["customer_key"])
    worth["prior_grade"] = prior["value_grade"].where(prior["value_grade"].notna(), None).to_numpy()
    clv, low, high = (worth[column].to_numpy(dtype="float64") for column in ("clv", "clv_p10", "clv_p90"))
    worth["value_grade"] = settled(clv, low, high, payload["cuts"], prior)
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

    value_inforce = Σ discounted margin of ten years (`future`), told for one and five too; value_growth = chance to buy
    the first recommendation × its line's average premium × margin rate; cost_to_serve = a year's service cost × the
    discounted years the longest policy is expected to last; clv = value_past + value_inforce + value_growth −
    cost_to_serve, between clv_p10 and clv_p90 by luck (`spread`). value_at_risk = Σ chance
    to leave × discounted margin if kept.

    Args:
        customers: everyone of the date.
        scored: their units at risk with `p_churn`.
        offers: customer_key, line_of_business, score; at most one row a customer.
        payload: what training learnt.
        spec: declared margins.
    """
    collection = Collection.from_artefact(payload)
    p = scored["p_churn"].to_numpy(dtype="float64")
    first, rate = collection.of_full_year(scored, p), _margin_of_policies(scored, payload, spec)
    ahead = years_ahead(scored, payload, spec)
    yearly = collection.yearly(scored) * rate
    one, five, ten = (future.margins(ahead, first * rate, yearly, horizon) for horizon in spec.horizons)
    parts = pd.DataFrame(
        {
            "customer_key": scored["customer_key"],
            "expected_premium_12m": collection.expected(scored, p),
            "naive_premium_12m": collection.naive(scored),
            "value_inforce": ten,
            "value_inforce_1y": one,
            "value_inforce_5y": five,
            "value_at_risk": p * future.if_kept(ahead, yearly),
        }
    )
    summed = parts.groupby("customer_key", sort=True).sum().reset_index()
    lasting = pd.Series(ahead.annuity(max(spec.horizons))).groupby(scored["customer_key"].to_numpy()).max()
    grown = offers[["customer_key"]].assign(value_growth=_growth(offers, payload, spec))
    table = customers[["customer_key"]].merge(summed, on="customer_key", how="left")
    table = table.merge(grown, on="customer_key", how="left", validate="one_to_one").fillna(0.0)
    table["value_past"] = features.past_margin(customers)
    years = table["customer_key"].map(lasting).fillna(0.0).to_numpy(dtype="float64")
    table["cost_to_serve"] = features.cost_to_serve(customers) * years
    table["clv_p10"], table["clv_p90"] = _interval(table, scored, offers, payload, spec, ahead)
    for bound in ("clv_p10", "clv_p90"):
        table[bound] += table["value_past"] - table["cost_to_serve"]
    money = [c for c in table.columns if c != "customer_key"]
    table[money] = table[money].round(2)
    table["clv"] = (table[["value_past", "value_inforce", "value_growth"]].sum(axis=1) - table["cost_to_serve"]).round(
        2
    )
    return table


def years_ahead(scored: pd.DataFrame, payload: dict[str, Any], spec: ValueSpec) -> future.Years:
    """Survival of units at risk over the longest horizon, by what training learnt."""
    lasts = future.Lasting(payload["lasts"]["share"], tuple(payload["lasts"]["levels"]))
    return future.years(scored, CohortTable.from_artefact(payload["cohort"]), spec, lasts)


def to_come(scored: pd.DataFrame, payload: dict[str, Any], spec: ValueSpec, ahead: future.Years) -> spread.Exits:
    """What units at risk bring by the year they leave in, with the luck of premiums and claims."""
    collection = Collection.from_artefact(payload)
    outline = spread.exits(ahead, collection.of_leavers(scored), collection.yearly(scored), max(spec.horizons))
    kept = margin_rate(scored, np.zeros(len(scored)), payload, spec)
    claims = Claims.from_artefact(payload["claims"]).to_come(scored, spec)
    paths = collection.paths(spec.discounts, spec.seed)
    return spread.Exits(*outline, kept, claims, paths, paths.places(kinds_of_payment(scored)))


def _interval(
    table: pd.DataFrame,
    scored: pd.DataFrame,
    offers: pd.DataFrame,
    payload: dict[str, Any],
    spec: ValueSpec,
    ahead: future.Years,
) -> tuple[Floats, Floats]:
    """10th and 90th of a hundred values to come of each customer of the table: (customers,) each, money."""
    found = to_come(scored, payload, spec, ahead)
    taken = offers.assign(worth=_growth(offers.assign(score=1.0), payload, spec)).set_index("customer_key")
    keys = table["customer_key"]
    growth = tuple(taken[column].reindex(keys).fillna(0.0).to_numpy(dtype="float64") for column in ("score", "worth"))
    return spread.interval(scored["customer_key"], found, keys, (growth[0], growth[1]), spec.draws, spec.seed)


def _growth(offers: pd.DataFrame, payload: dict[str, Any], spec: ValueSpec) -> Floats:
    premium = offers["line_of_business"].map(payload["premiums"]).fillna(0.0).to_numpy(dtype="float64")
    score = offers["score"].to_numpy(dtype="float64")
    losses = Claims.from_artefact(payload["claims"]).ratio_of_kind(offers)
    return np.asarray(score * premium * margin_rate(offers, losses, payload, spec), dtype="float64")


def _margin_of_policies(scored: pd.DataFrame, payload: dict[str, Any], spec: ValueSpec) -> Floats:
    """Margin rate by the claims expected of each policy: (rows,)."""
    return margin_rate(scored, Claims.from_artefact(payload["claims"]).ratio(scored, spec), payload, spec)


def _places(worth: Floats, cuts: list[float]) -> NDArray[np.int64]:
    """0 (A) to 3 (D) by falling cut points in money: (rows,). Nobody's grade depends on the others'."""
    return np.asarray((worth[:, None] < np.asarray(cuts)).sum(axis=1))


def graded(worth: Floats, cuts: list[float]) -> np.ndarray:
    """Letters by value alone, as for who had no grade before: (rows,)."""
    letters: np.ndarray = np.array(GRADES, dtype=object)[_places(worth, cuts)]
    return letters


def settled(worth: Floats, low: Floats, high: Floats, cuts: list[float], prior: pd.DataFrame) -> np.ndarray:
    """Grades that do not flutter: one is left only when the whole interval lies beyond the cut point for two runs.

    Args:
        worth: (rows,) money; grades who had no grade before.
        low, high: (rows,) clv_p10 and clv_p90, money.
        cuts: falling cut points in money.
        prior: (rows,) value_grade, clv_p10 and clv_p90 of the run before; empty for who had none.

    Returns:
        (rows,) letters.
    """
    place = {letter: number for number, letter in enumerate(GRADES)}
    before = prior["value_grade"].map(place).to_numpy(dtype="float64")
    low_before, high_before = (prior[bound].to_numpy(dtype="float64") for bound in ("clv_p10", "clv_p90"))
    least = np.where(np.isfinite(low_before), np.minimum(low, low_before), -np.inf)
    most = np.where(np.isfinite(high_before), np.maximum(high, high_before), np.inf)
    no_worse, no_better = (_places(bound, cuts) for bound in (least, most))
    fresh = _places(worth, cuts)
    # An interval need not hold the mean: nobody moves away from the grade of the value itself.
    kept = np.clip(np.maximum(np.minimum(before, no_worse), no_better), np.fmin(before, fresh), np.fmax(before, fresh))
    letters: np.ndarray = np.array(GRADES, dtype=object)[np.where(np.isfinite(before), kept, fresh).astype("int64")]
    return letters
