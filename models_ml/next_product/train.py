"""Next product: test a year's purchases in time, then learn from every year that is over."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import fairness, metrics
from models_ml.common.customers import audited
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.common.runs import Trained
from models_ml.next_product import features, propensity
from models_ml.next_product.score import rank
from models_ml.next_product.spec import HOLDINGS, LINES, NextProductSpec, of


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read, test in time, fit. Raises ModelRefused when the features are not as declared."""
    spec = of(profile)
    share = features.learnt_share(connection, spec, as_of_date)
    frame = features.moments(connection, spec, as_of_date, share)
    sales = features.bought(connection, as_of_date, share)
    groups = audited(connection, as_of_date, share=share)
    trained = fit(frame, sales, features.held(connection, as_of_date, share), spec, as_of_date, groups)
    trained.metrics["share_of_customers"] = round(share, 6)
    return trained


def fit(
    frame: pd.DataFrame,
    sales: pd.DataFrame,
    held: pd.DataFrame,
    spec: NextProductSpec,
    as_of_date: date,
    groups: pd.DataFrame | None = None,
) -> Trained:
    """All of training but the reading.

    Args:
        frame: customers of dates a year back or more.
        sales: lines they bought within a year of each date.
        held: policies in force on the as-of date.
        spec: columns and guards.
        as_of_date: nothing later is in any frame.
        groups: of `customers.audited`; without it there is no report on fairness.
    """
    bought = features.purchases(frame, sales)
    measured, baseline = _tested(frame, bought, spec, groups)
    champion = measured.get("champion") or propensity.choose(frame, bought, spec)
    model = propensity.fit(champion, frame, bought, spec)
    days = frame["as_of_date"] if len(frame) else pd.Series([pd.Timestamp(as_of_date)])
    return Trained(
        payload={"propensity": model.to_artefact(), "premiums": _premiums(held)},
        metrics=measured
        | {"champion": champion, "lines_learnt": len(model.rankers), "used_features": list(model.encoder.used)},
        baseline=baseline,
        trained_rows=len(frame),
        data_from=days.min().date(),
        data_to=days.max().date(),
    )


def _premiums(held: pd.DataFrame) -> dict[str, float]:
    """Mean annual premium of the policies in force, by line (money)."""
    means = held[held["premium_mode"] != "single"].groupby("line_of_business")["annual_premium"].mean()
    return {str(line): round(float(mean), 2) for line, mean in means.items() if np.isfinite(mean)}


def _tested(
    frame: pd.DataFrame, bought: Labels, spec: NextProductSpec, groups: pd.DataFrame | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The latest date's purchases by what was known before it, beside the other rungs and popularity.

    Dates whose year was over by then are learnt from. Where there is one line only, or nobody bought, there is
    nothing to test.
    """
    if frame.empty:
        return {"buyers_tested": 0}, {}
    moment = frame["as_of_date"].max()
    late = (frame["as_of_date"] == moment).to_numpy()
    early = (frame["as_of_date"] <= moment - pd.DateOffset(years=1)).to_numpy()
    now, truth = frame[late].reset_index(drop=True), bought[late]
    held = np.array([float((now[column] == 1.0).sum()) for column in HOLDINGS.values()])
    if not early.any() or not truth.any() or (held > 0).sum() < 2:
        return {"buyers_tested": 0}, {}
    past, taken = frame[early], bought[early]
    by_rung = {rung: propensity.fit(rung, past, taken, spec).chances(now) for rung in propensity.RUNGS}
    can = features.eligible(now)
    popular = np.where(can, held / len(now), 0.0)
    judged = {name: _judged(p, truth, can) for name, p in by_rung.items()}
    judged["overall_popularity"] = _success(popular, truth)
    champion = propensity.choose(past, taken, spec)
    found = {"champion": champion, "buyers_tested": int(truth.any(axis=1).sum())}
    if groups is not None:
        found["fairness"] = _by_group(now["customer_key"], by_rung[champion], truth, groups)
    return judged.pop(champion) | found, judged


def _by_group(keys: pd.Series, chances: Floats, truth: Labels, groups: pd.DataFrame) -> dict[str, Any]:
    """Buyers of each group and success among them: attribute → group → rows, success_1, success_3."""
    buyers = np.flatnonzero(truth.any(axis=1))
    whose = keys.iloc[buyers].to_frame().merge(groups, on="customer_key", how="left", validate="one_to_one")
    chances, truth = chances[buyers], truth[buyers]
    report: dict[str, Any] = {}
    for name in fairness.GROUPS:
        merged = fairness.merge_small(whose[name])
        report[name] = {
            str(group): {
                "rows": int((merged == group).sum()),
                **_success(chances[merged == group], truth[merged == group]),
            }
            for group in np.unique(merged)
        }
    return report


def _judged(chances: Floats, truth: Labels, can: Labels) -> dict[str, Any]:
    """Success among buyers, log loss, and of each line how well its buyers are told from others, and its level."""
    found: dict[str, Any] = {
        **_success(chances, truth),
        "log_loss": round(metrics.log_loss(truth[can], chances[can]), 6),
    }
    for at, line in enumerate(LINES):
        p, labels = chances[can[:, at], at], truth[can[:, at], at]
        area = metrics.auc(labels, p)
        if area is not None:
            found |= {f"auc_{line}": round(area, 6), f"expected_over_actual_{line}": round(p.sum() / labels.sum(), 6)}
    return found


def _success(chances: Floats, truth: Labels) -> dict[str, float]:
    """Share of buyers of whose bought lines one is among the first k recommended."""
    buyers = truth.any(axis=1)
    order = rank(chances[buyers])
    hits = np.where(order >= 0, np.take_along_axis(truth[buyers], np.maximum(order, 0), axis=1), False)
    return {f"success_{k}": round(float(hits[:, :k].any(axis=1).mean()), 6) for k in (1, 3)}
