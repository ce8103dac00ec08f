"""Value: learn what premiums become, test it in time beside the naive rate, fix the grades' cut points."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features as units
from models_ml.churn import score as churn_score
from models_ml.churn import spec as churn_spec
from models_ml.churn import train as churn_train
from models_ml.churn.calendar import MONTHS
from models_ml.churn.cohort import CohortTable
from models_ml.churn.fitting import outcomes
from models_ml.common import artefacts, fairness, metrics, runs, split
from models_ml.common.customers import audited
from models_ml.common.runs import Trained
from models_ml.next_product import features as next_product_features
from models_ml.next_product.propensity import Propensity
from models_ml.next_product.score import recommend
from models_ml.next_product.spec import of as next_product_spec
from models_ml.value import claims_backtest, coverage, features, future, persistence
from models_ml.value.claims import Claims
from models_ml.value.rates import Collection, commission_rate, loss_ratios
from models_ml.value.score import GRADES, graded, values
from models_ml.value.spec import WITH_RECORD, ValueSpec, of


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read, test in time, fit; of very many customers, on a share of them.

    Raises:
        ModelRefused: there is no churn or next-product model for the date, or too little to learn from.
    """
    spec, of_churn = features.on_the_curve(connection, of(profile), as_of_date), churn_spec.of(profile)
    share = units.learnt_share(connection, of_churn, as_of_date)
    history = units.training(connection, of_churn, as_of_date, share=share)
    measured, baseline = backtest(history, of_churn, profile, as_of_date, spec)
    known = history[split.mature(history, as_of_date)]
    at_risk = units.current(connection, of_churn, as_of_date, share=share)
    scored = churn_score.policies(at_risk, _payload(connection, profile, "churn", as_of_date))
    current = scored[scored["horizon_months"] == MONTHS]
    customers = features.customers_of(connection, spec, as_of_date, share=share)
    recommender = _payload(connection, profile, "next_product", as_of_date)
    payload = learn(known, current, customers, recommender["premiums"], spec, measured.get("lasts", 0.0))
    people = next_product_features.customers_of(connection, next_product_spec(profile), as_of_date, share=share)
    offers = recommend(people, Propensity.from_artefact(recommender["propensity"])).query("rank == 1")
    valued = values(customers, current, offers, payload, spec)
    worth = valued["clv"].to_numpy(dtype="float64")
    payload["cuts"] = _cuts_of_the_year(connection, profile, as_of_date) or cut_points(worth, spec)
    measured |= {"cuts": payload["cuts"], "money": _money(spec), "by_tenth": by_tenth(valued)}
    measured |= {"discounts": spec.discounts, "share_of_customers": round(share, 6)}
    groups = valued[["customer_key"]].merge(audited(connection, as_of_date, share=share), how="left", on="customer_key")
    letters = graded(worth, payload["cuts"])
    measured["fairness"] = {name: fairness.shares(groups[name], letters, GRADES) for name in fairness.GROUPS}
    measured["used_features"] = [c.name for c in (*spec.features, *WITH_RECORD.others) if c.kind not in ("key", "date")]
    return Trained(payload, measured, baseline, len(known), known["as_of_date"].min().date(), as_of_date)


def _cuts_of_the_year(connection: Connection, profile: Profile, as_of_date: date) -> list[float] | None:
    """Cut points of the first run of the calendar year, so that training anew moves nobody's grade; None before it."""
    row = connection.execute(
        "select metrics -> 'cuts' from ml.model_run where model_name = 'value' and metrics ? 'cuts'"
        " and as_of_date between %s and %s and metrics ->> 'money' = %s order by as_of_date, model_run_id limit 1",
        (date(as_of_date.year, 1, 1), as_of_date, _money(of(profile))),
    ).fetchone()
    return [float(cut) for cut in row[0]] if row else None


def _money(spec: ValueSpec) -> str:
    """What a value is of: cut points of another horizon, other costs of service or other chances to buy do not fit."""
    return "/".join(map(str, spec.horizons)) + " years, service by activity, purchases by customer, exits by what lasts"


def _payload(connection: Connection, profile: Profile, name: str, as_of_date: date) -> dict[str, Any]:
    run = runs.scoring_run(connection, name, as_of_date)
    if run is None:
        raise ModelRefused(f"value needs a {name} model and there is none", hint="ensure_champions trains it first")
    return artefacts.load(profile, run.artefact)


def backtest(
    history: pd.DataFrame, of_churn: churn_spec.ChurnSpec, profile: Profile, as_of_date: date, spec: ValueSpec
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Expected premium against what came in, on the churn model's own test rows; claims and intervals beside it."""
    tested = churn_train.backtest(history, of_churn, profile, as_of_date)
    labels = outcomes(tested.train)
    collection, cohort = Collection.fit(tested.train, labels), CohortTable.fit(tested.train, labels)
    known = tested.test["next_premium"].notna().to_numpy()
    rows = tested.test[known]
    actual = np.where(units.recurring_premium(rows) > 0, rows["next_premium"], 0.0)
    ours = collection.expected(rows, tested.scores[tested.champion][known])
    measured = {"rows": len(rows), **metrics.money_error(actual, ours)}
    measured |= coverage.measure(tested, cohort, collection, spec)
    measured |= persistence.measure(history, tested, cohort)
    claims_measured, simpler = claims_backtest.measure(history, tested, spec)
    baseline = {"naive_rate": metrics.money_error(actual, collection.naive(rows))}
    return measured | claims_measured, baseline | simpler


def learn(
    known: pd.DataFrame,
    current: pd.DataFrame,
    customers: pd.DataFrame,
    premiums: dict[str, float],
    spec: ValueSpec,
    lasts: float,
) -> dict[str, Any]:
    """The payload without the cut points: collection, exits, claims to come, commission rate, premiums of lines."""
    collection, cohort = Collection.fit(known, outcomes(known)), CohortTable.fit(known, outcomes(known))
    return {
        "cohort": cohort.to_artefact(),
        "lasts": asdict(future.levelled(current, cohort, lasts, max(spec.horizons))),
        **collection.to_artefact(),
        "claims": Claims.fit(current, loss_ratios(current, spec), spec).to_artefact(),
        "commission_rate": commission_rate(customers),
        "premiums": premiums,
    }


def cut_points(worth: np.ndarray, spec: ValueSpec) -> list[float]:
    """Least value of grades A, B and C in money, by the shares at training; falling."""
    reached = np.cumsum(spec.shares)
    return [round(float(np.quantile(worth, 1 - share)), 2) for share in reached]


def by_tenth(valued: pd.DataFrame) -> list[dict[str, float]]:
    """Customers by falling value, a tenth of them at a time: mean clv, clv_p10 and clv_p90, share of all value (money).

    Args:
        valued: clv, clv_p10, clv_p90; one row a customer.
    """
    ranked = valued.sort_values("clv", ascending=False, kind="stable")
    total = float(ranked["clv"].sum()) or 1.0
    return [
        {column: round(float(part[column].mean()), 2) for column in ("clv", "clv_p10", "clv_p90")}
        | {"share_of_value": round(float(part["clv"].sum()) / total, 6)}
        for part in (ranked.iloc[at] for at in np.array_split(np.arange(len(ranked)), 10))
        if len(part)
    ]
