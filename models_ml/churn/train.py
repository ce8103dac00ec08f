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
from models_ml.churn import features, fitting
from models_ml.churn.calendar import MONTHS
from models_ml.churn.cohort import CohortTable
from models_ml.churn.fitting import Fitted, gone, outcomes
from models_ml.churn.grade import captured_premium, grade
from models_ml.churn.hazard import Hazard, by_choice
from models_ml.churn.score import roll_up
from models_ml.churn.spec import BENCHMARK_FEATURES, HORIZONS, SOON, ChurnSpec, of
from models_ml.common import fairness, guards, metrics, split
from models_ml.common.classifier import Kind
from models_ml.common.contract import Column, numbers
from models_ml.common.drift import Reference
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.common.runs import Trained

log = logging.getLogger(__name__)
COHORT = "cohort_table"
MOST_TOLD = 12
WITH_PROTECTED = "{}_with_age_and_area"


@dataclass(frozen=True)
class Backtest:
    """The ladder on the same out-of-time rows.

    Args:
        train, test: the rows.
        scores: rung → chance to leave by choice within twelve months (rows,).
        soon: the same for the short horizon, where there is one.
        champion: the rung chosen by its out-of-fold log loss on the *training* rows.
        model: that rung, fitted on the training window.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    scores: dict[str, Floats]
    soon: dict[str, Floats]
    champion: Kind
    model: Hazard


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read, backtest, refit.

    Raises:
        ModelRefused: too few outcomes, one class, a refused column, or a result that is too good to be true.
    """
    spec = of(profile)
    share = features.learnt_share(connection, spec, as_of_date)
    groups = features.audited(connection, as_of_date, share=share)
    trained = fit(features.training(connection, spec, as_of_date, share=share), spec, profile, as_of_date, groups)
    trained.metrics["share_of_customers"] = round(share, 6)
    return trained


def fit(
    frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date, groups: pd.DataFrame | None = None
) -> Trained:
    """All of training but the reading. See `train`.

    Args:
        frame: units with features and labels.
        spec, profile, as_of_date: see `train`.
        groups: of `features.audited`; without it there is no report on fairness.
    """
    tested = backtest(frame, spec, profile, as_of_date)
    labels = outcomes(tested.test)
    soon = _soon(tested)
    evaluated = {name: metrics.evaluate(labels, p) | soon.get(name, {}) for name, p in tested.scores.items()}
    variants = _benchmark(frame, spec, profile, as_of_date)
    own = evaluated.pop(tested.champion)
    _suspect_leaks(spec, {"the model": own, **variants})
    known = frame[split.mature(frame, as_of_date)]
    own |= _details(tested, labels, spec, own, evaluated[COHORT]) | _reached(spec, variants)
    own["fairness"] = _fairness(tested, groups)
    for group, ratio in fairness.uneven(own["fairness"]).items():
        log.warning("churn: expected over actual exits of group %s is %.2f", group, ratio)
    earlier = walk_forward(frame, spec, profile, as_of_date, tested.champion)
    return Trained(
        payload=_refit(known, spec, profile, tested.champion),
        metrics={**own, "champion": tested.champion, "train_rows": len(tested.train), "walk_forward": earlier},
        baseline={**evaluated, **variants},
        trained_rows=len(known),
        data_from=known["as_of_date"].min().date(),
        data_to=known["as_of_date"].max().date(),
    )


def periods(profile: Profile) -> int:
    """Months of the horizon; 1 where the unit is a policy term, whose horizon is its renewal."""
    return MONTHS if profile.unit_at_risk == "policy" else 1


def horizons(profile: Profile) -> tuple[int, ...]:
    """Horizons in months that can be told apart."""
    return HORIZONS if periods(profile) == MONTHS else (MONTHS,)


def backtest(frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date) -> Backtest:
    """Fit every rung on what was known by `train_until` and score the time after.

    Raises:
        ModelRefused: too few rows or outcomes on either side.
    """
    early, late = split.windows(frame, profile, as_of_date)
    train_rows, test_rows = frame[early], frame[late]
    guards.enough(outcomes(train_rows), rows=spec.least_rows, events=spec.least_events, what="churn, training")
    guards.enough(outcomes(test_rows), rows=spec.least_test_rows, events=spec.least_test_events, what="churn, backtest")
    rungs = _ladder(train_rows, spec, profile)
    champion = min(rungs, key=lambda kind: rungs[kind].unseen_log_loss)
    chances = {name: rung.hazard.incidence(test_rows) for name, rung in rungs.items()}
    by_horizon = {
        horizon: {name: by_choice(found, horizon) for name, found in chances.items()}
        | {COHORT: CohortTable.fit(train_rows, gone(train_rows, horizon)).predict(test_rows)}
        for horizon in horizons(profile)
    }
    soon = by_horizon.get(HORIZONS[0], {})
    return Backtest(train_rows, test_rows, by_horizon[MONTHS], soon, champion, rungs[champion].hazard)


def _ladder(
    rows: pd.DataFrame, spec: ChurnSpec, profile: Profile, extra: tuple[Column, ...] = ()
) -> dict[Kind, Fitted]:
    return fitting.fit_ladder(rows, (*spec.features, *extra), seed=spec.seed, periods=periods(profile))


def walk_forward(
    frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date, kind: Kind
) -> list[dict[str, Any]]:
    """The champion's rung in earlier years: trained on what was known then, judged by the year after.

    Returns:
        A row an origin that has enough outcomes on both sides, latest first: train_until, rows, auc, brier,
        expected_over_actual.
    """
    found = []
    for years in range(1, spec.origins + 1):
        ends = {name: _years_before(getattr(profile, name), years) for name in ("train_until", "test_until")}
        moved = profile.model_copy(update=ends)
        early, late = split.windows(frame, moved, as_of_date)
        train_rows, test_rows = frame[early], frame[late]
        if not _enough(train_rows, spec.least_rows, spec.least_events) or not _enough(
            test_rows, spec.least_test_rows, spec.least_test_events
        ):
            break
        fitted = fitting.fit(kind, train_rows, spec.features, seed=spec.seed, periods=periods(profile))
        measured = metrics.evaluate(outcomes(test_rows), by_choice(fitted.hazard.incidence(test_rows), MONTHS))
        kept = {name: measured[name] for name in ("rows", "auc", "brier", "expected_over_actual")}
        found.append({"train_until": moved.train_until.isoformat(), **kept})
    return found


def _years_before(day: date, years: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=years)).date()


def _enough(rows: pd.DataFrame, least: int, events: int) -> bool:
    labels = outcomes(rows)
    return len(rows) >= least and min(int(labels.sum()), int((~labels).sum())) >= events


def _benchmark(frame: pd.DataFrame, spec: ChurnSpec, profile: Profile, as_of_date: date) -> dict[str, dict[str, Any]]:
    """The declared variant with protected columns: measured beside, never stored, never scored with."""
    if spec.benchmark is None:
        return {}
    early, late = split.windows(frame, profile, as_of_date)
    rungs = _ladder(frame[early], spec, profile, BENCHMARK_FEATURES)
    labels = outcomes(frame[late])
    return {
        WITH_PROTECTED.format(name): metrics.evaluate(labels, by_choice(rung.hazard.incidence(frame[late]), MONTHS))
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
    """Interval, captured premium, worst deciles, level of each cause, grade and unseen words of the champion."""
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
        "causes": _by_cause(tested),
        "importance": _importance(tested, spec),
        "grade": grade(own, worst, gain, cohort["log_loss"]),
        "unseen": tested.model.encoder.unseen(tested.test),
        "used_features": list(tested.model.encoder.used),
    }


def _soon(tested: Backtest) -> dict[str, dict[str, Any]]:
    """Rung → measures of the short horizon under names that say so; the lists of deciles are left out."""
    left = gone(tested.test, HORIZONS[0])
    return {
        name: {f"{k}{SOON}": v for k, v in metrics.evaluate(left, p).items() if not isinstance(v, list)}
        for name, p in tested.soon.items()
    }


def _fairness(tested: Backtest, groups: pd.DataFrame | None) -> dict[str, Any]:
    """The champion on the test rows by each attribute of `groups`; empty where nobody's groups are known."""
    if groups is None:
        return {}
    joined = tested.test[["unit_key"]].merge(groups, on="unit_key", how="left", validate="one_to_one")
    labels, p = outcomes(tested.test), tested.scores[tested.champion]
    return {name: fairness.by_group(joined[name], labels, p) for name in groups.columns if name != "unit_key"}


def _importance(tested: Backtest, spec: ChurnSpec) -> dict[str, float]:
    """The features that weigh most: mean absolute effect on the log of the chance, over a sample of the test rows."""
    rows = tested.test.sample(min(spec.explained, len(tested.test)), random_state=spec.seed)
    weights = tested.model.effects(rows, tested.model.incidence(rows)).abs().mean().sort_values(ascending=False)
    return {str(name): round(float(weight), 6) for name, weight in weights.head(MOST_TOLD).items()}


def _by_cause(tested: Backtest) -> dict[str, dict[str, float]]:
    """Exits expected within the horizon and those that happened: cause → {expected, actual}."""
    chances = tested.model.incidence(tested.test)
    return {
        cause: {
            "expected": round(float(p[:, -1].sum()), 2),
            "actual": float((tested.test["exit_cause"] == cause).sum()),
        }
        for cause, p in chances.items()
    }


def _refit(known: pd.DataFrame, spec: ChurnSpec, profile: Profile, champion: Kind) -> dict[str, Any]:
    """The payload: champion and cohort tables on all rows with a known outcome, and the cuts of the risk bands."""
    hazard = fitting.fit(champion, known, spec.features, seed=spec.seed, periods=periods(profile)).hazard
    last = known[known["as_of_date"] >= known["as_of_date"].max() - np.timedelta64(365, "D")]
    scored = last.assign(p_churn=by_choice(hazard.incidence(last), MONTHS))
    average = float(roll_up(scored.drop_duplicates("policy_key", keep="last"))["p_lose_any"].mean())
    return {
        "model": hazard.to_artefact(),
        "cohorts": {str(h): CohortTable.fit(known, gone(known, h)).to_artefact() for h in horizons(profile)},
        "reference": Reference.fit(scored, (*spec.features, *numbers("p_churn"))).to_artefact(),
        "bands": [min(0.99, multiple * average) for multiple in spec.bands],
    }
