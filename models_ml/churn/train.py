"""Churn: backtest the ladder in time, grade it, then fit the champion on every outcome that is known."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features
from models_ml.churn.cohort import CohortTable
from models_ml.churn.score import roll_up
from models_ml.churn.spec import BENCHMARK_FEATURES, ChurnSpec, of
from models_ml.common import classifier, guards, metrics, split
from models_ml.common.classifier import KINDS, Classifier, Fitted
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.common.runs import Trained

log = logging.getLogger(__name__)
COHORT = "cohort_table"
WITH_PROTECTED = "{}_with_age_and_area"


@dataclass(frozen=True)
class Backtest:
    """The ladder on the same out-of-time rows.

    Args:
        test: the rows (frame), and `labels` their outcomes.
        scores: rung → probabilities (rows,).
        champion: the rung chosen by its out-of-fold log loss on the *training* rows.
        model: that rung, fitted on the training window.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    scores: dict[str, Floats]
    champion: str
    model: Classifier


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read, backtest, refit.

    Raises:
        ModelRefused: too few outcomes, one class, a refused column, or a result that is too good to be true.
    """
    spec = of(profile)
    return fit(features.training(connection, spec, as_of_date), spec, profile, as_of_date)


def fit(frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date) -> Trained:
    """All of training but the reading. See `train`."""
    tested = backtest(frame, spec, profile, as_of_date)
    labels = outcomes(tested.test)
    evaluated = {name: metrics.evaluate(labels, p) for name, p in tested.scores.items()}
    variants = _benchmark(frame, spec, profile, as_of_date)
    own = evaluated.pop(tested.champion)
    _suspect_leaks(spec, {"the model": own, **variants})
    known = frame[split.mature(frame, as_of_date)]
    own |= _details(tested, labels, spec, own, evaluated[COHORT]) | _reached(spec, variants)
    return Trained(
        payload=_refit(known, spec, tested.champion),
        metrics={**own, "champion": tested.champion, "train_rows": len(tested.train)},
        baseline={**evaluated, **variants},
        trained_rows=len(known),
        data_from=known["as_of_date"].min().date(),
        data_to=known["as_of_date"].max().date(),
    )


def outcomes(frame: pd.DataFrame) -> Labels:
    """Whether each unit was given up: (rows,)."""
    return frame["exit_within_horizon"].to_numpy(dtype=bool)


def backtest(frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date) -> Backtest:
    """Fit every rung on what was known by `train_until` and score the time after.

    Raises:
        ModelRefused: too few rows or outcomes on either side.
    """
    early, late = split.windows(frame, profile, as_of_date)
    train_rows, test_rows = frame[early], frame[late]
    guards.enough(outcomes(train_rows), rows=spec.least_rows, events=spec.least_events, what="churn, training")
    guards.enough(outcomes(test_rows), rows=spec.least_test_rows, events=spec.least_test_events, what="churn, backtest")
    rungs = _ladder(train_rows, spec)
    champion = min(KINDS, key=lambda kind: rungs[kind].unseen_log_loss)
    scores = {name: rung.classifier.predict(test_rows) for name, rung in rungs.items()}
    scores[COHORT] = CohortTable.fit(train_rows, outcomes(train_rows)).predict(test_rows)
    return Backtest(train_rows, test_rows, scores, champion, rungs[champion].classifier)


def _ladder(rows: pd.DataFrame, spec: ChurnSpec, extra: tuple[Any, ...] = ()) -> dict[str, Fitted]:
    columns = (*spec.features, *extra)
    return {kind: classifier.fit(kind, rows, outcomes(rows), columns, spec.seed) for kind in KINDS}


def _benchmark(frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date) -> dict[str, dict[str, Any]]:
    """The declared variant with protected columns: measured beside, never stored, never scored with."""
    if spec.benchmark is None:
        return {}
    early, late = split.windows(frame, profile, as_of_date)
    rungs = _ladder(frame[early], spec, BENCHMARK_FEATURES)
    labels = outcomes(frame[late])
    return {
        WITH_PROTECTED.format(name): metrics.evaluate(labels, rung.classifier.predict(frame[late]))
        for name, rung in rungs.items()
    }


def _suspect_leaks(spec: ChurnSpec, evaluated: dict[str, dict[str, Any]]) -> None:
    for name, measures in evaluated.items():
        if measures["auc"] is not None and measures["auc"] > spec.leak_auc:
            raise ModelRefused(
                f"churn: AUC {measures['auc']:.3f} of {name} is above {spec.leak_auc}: too good to be true",
                hint="look for a leak first: a column that is written, or overwritten, after the as-of date",
            )


def _reached(spec: ChurnSpec, variants: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Whether the declared benchmark was reached, as 0 or 1 beside its bar."""
    if spec.benchmark is None:
        return {}
    own, plain = (variants[WITH_PROTECTED.format(k)] for k in ("gradient_boosting", "logistic_regression"))
    bar = spec.benchmark
    reached = (
        own["auc"] >= bar.least_auc
        and own["brier"] <= bar.most_brier
        and own["auc"] > plain["auc"]
        and own["brier"] < plain["brier"]
    )
    if not reached:
        log.warning("churn: the declared benchmark was not reached (AUC %s, Brier %s)", own["auc"], own["brier"])
    return {"benchmark_reached": int(reached)}


def _details(
    tested: Backtest, labels: Labels, spec: ChurnSpec, own: dict[str, Any], cohort: dict[str, Any]
) -> dict[str, Any]:
    """Interval, captured premium, worst deciles, grade and unseen words of the champion."""
    p = tested.scores[tested.champion]
    interval = metrics.auc_interval(labels, p, seed=spec.seed)
    captured = captured_premium(tested.test, labels, p, spec.budget)
    by_cohort = captured_premium(tested.test, labels, tested.scores[COHORT], spec.budget)
    ratios = [d["expected_over_actual"] for d in own["deciles"] if d["expected_over_actual"] is not None]
    gain = round(captured / by_cohort, 6) if by_cohort else None
    worst = (min(ratios), max(ratios)) if len(ratios) == len(own["deciles"]) else None
    return {
        "auc_low": round(interval[0], 6) if interval else None,
        "auc_high": round(interval[1], 6) if interval else None,
        "captured_premium_10": round(captured, 2),
        "gain_over_cohort": gain,
        "decile_ratio_low": worst[0] if worst else None,
        "decile_ratio_high": worst[1] if worst else None,
        "grade": grade(own, worst, gain, cohort["log_loss"]),
        "unseen": tested.model.encoder.unseen(tested.test),
        "used_features": list(tested.model.encoder.used),
    }


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


def _refit(known: pd.DataFrame, spec: ChurnSpec, champion: str) -> dict[str, Any]:
    """The payload: champion and cohort table on all rows with a known outcome, and the cuts of the risk bands."""
    labels = outcomes(known)
    kind = next(k for k in KINDS if k == champion)
    model = classifier.fit(kind, known, labels, spec.features, spec.seed).classifier
    last = known[known["as_of_date"] >= known["as_of_date"].max() - np.timedelta64(365, "D")]
    customers = roll_up(last.assign(p_lapse=model.predict(last)).drop_duplicates("policy_key", keep="last"))
    average = float(customers["p_lose_any"].mean())
    return {
        "model": model.to_artefact(),
        "cohort": CohortTable.fit(known, labels).to_artefact(),
        "bands": [min(0.99, multiple * average) for multiple in spec.bands],
    }
