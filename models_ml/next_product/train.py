"""Next product: how often a line not held was bought within a year, by type of customer."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common.runs import Trained
from models_ml.next_product import features
from models_ml.next_product.score import EVERYBODY, rank
from models_ml.next_product.spec import LINES, NextProductSpec, of


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read, test in time, fit. Raises ModelRefused when the features are not as declared."""
    spec = of(profile)
    held = features.held(connection, as_of_date)
    now = features.customers_of(connection, spec, as_of_date)
    before = features.everyone_before(connection, spec, as_of_date)
    return fit(held, now, before, features.bought(connection, as_of_date), spec, as_of_date)


def fit(
    held: pd.DataFrame,
    now: pd.DataFrame,
    before: pd.DataFrame,
    bought: pd.DataFrame,
    spec: NextProductSpec,
    as_of_date: date,
) -> Trained:
    """All of training but the reading.

    Args:
        held: policies in force at each observation date.
        now: customers of the as-of date.
        before: customers of an earlier date, twelve months back.
        bought: lines they bought since.
        spec: shrinkage.
        as_of_date: nothing later is in any frame.
    """
    metrics, baseline = _tested(held, before, bought, spec)
    latest, sales = _latest(held, now, as_of_date)
    return Trained(
        payload={"rates": rates(sales, spec), "premiums": _premiums(latest)},
        metrics=metrics,
        baseline=baseline,
        trained_rows=len(sales),
        data_from=as_of_date,
        data_to=as_of_date,
    )


def _latest(held: pd.DataFrame, types: pd.DataFrame, until: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Policies seen last by a date (each once), and the cross-sales among them."""
    seen = held[held["as_of_date"] <= pd.Timestamp(until)]
    latest = seen[seen["as_of_date"] == seen["as_of_date"].max()]
    return latest, features.cross_sales(latest, types)


def rates(sales: pd.DataFrame, spec: NextProductSpec) -> dict[str, dict[str, float]]:
    """Customer type → line → share of the eligible who bought; small types lean on everybody's share."""
    overall = {line: _share(sales[sales["line_of_business"] == line]["bought"]) for line in LINES}
    table = {EVERYBODY: overall}
    for kind, of_kind in sales.groupby("customer_type"):
        table[str(kind)] = {
            line: _shrunk(of_kind[of_kind["line_of_business"] == line]["bought"], overall[line], spec.weight)
            for line in LINES
        }
    return table


def _share(bought: pd.Series) -> float:
    return round(float(bought.mean()), 9) if len(bought) else 0.0


def _shrunk(bought: pd.Series, overall: float, weight: float) -> float:
    total = len(bought) + weight
    return round((float(bought.sum()) + weight * overall) / total, 9) if total else overall


def _premiums(latest: pd.DataFrame) -> dict[str, float]:
    """Mean annual premium of the policies in force, by line (money)."""
    means = latest[latest["premium_mode"] != "single"].groupby("line_of_business")["annual_premium"].mean()
    return {str(line): round(float(mean), 2) for line, mean in means.items() if np.isfinite(mean)}


def _tested(
    held: pd.DataFrame, before: pd.DataFrame, bought: pd.DataFrame, spec: NextProductSpec
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Success@k a year ago: rates known then, against what was bought since; beside overall popularity.

    Only customers who bought a line they did not hold are counted, and only where there is more than one line to
    choose from.
    """
    if before.empty or bought.empty:
        return {"buyers_tested": 0}, {}
    moment = before["as_of_date"].max()
    before = before[before["as_of_date"] == moment].reset_index(drop=True)
    truth = _bought_matrix(before, bought[bought["as_of_date"] == moment]) & features.eligible(before)
    buyers = truth.any(axis=1)
    if not buyers.any():
        return {"buyers_tested": 0}, {}
    latest, sales = _latest(held, before, moment.date())
    if latest["line_of_business"].nunique() < 2:
        return {"buyers_tested": 0}, {}
    ours = rank(before, rates(sales, spec))
    popular = _popular(latest)
    same_for_all = np.tile(popular, (len(before), 1))
    return (
        {"buyers_tested": int(buyers.sum()), **_success(truth[buyers], ours[buyers])},
        {"overall_popularity": _success(truth[buyers], same_for_all[buyers])},
    )


def _bought_matrix(before: pd.DataFrame, bought: pd.DataFrame) -> np.ndarray:
    pairs = set(zip(bought["customer_key"], bought["line_of_business"], strict=True))
    return np.array([[(key, line) in pairs for line in LINES] for key in before["customer_key"]], dtype=bool)


def _popular(latest: pd.DataFrame) -> np.ndarray:
    """Lines from most to least held, as numbers."""
    counts = latest["line_of_business"].value_counts()
    return np.array(sorted(range(len(LINES)), key=lambda i: (-int(counts.get(LINES[i], 0)), LINES[i])))


def _success(truth: np.ndarray, order: np.ndarray) -> dict[str, float]:
    """Share of buyers of whose bought lines one is among the first k recommended; -1 recommends nothing."""
    hits = np.where(order >= 0, np.take_along_axis(truth, np.maximum(order, 0), axis=1), False)
    return {f"success_{k}": round(float(hits[:, :k].any(axis=1).mean()), 6) for k in (1, 3)}
