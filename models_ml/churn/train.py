"""Backtest in time beside the ladder's lower rungs, then learn from all mature rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features, ladder
from models_ml.churn.spec import AUC_SUSPECTED_LEAK, MODEL_NAME, SPEC
from models_ml.common.data import Columns
from models_ml.common.guards import check_target
from models_ml.common.metrics import classification, grade
from models_ml.common.runs import Trained

if TYPE_CHECKING:
    import pandas as pd

PROTECTED_VARIANT = "with age and area"


@dataclass(frozen=True)
class Backtest:
    """The test rows with every rung's probability, and the metrics of each rung."""

    rows: pd.DataFrame
    metrics: dict[str, dict[str, Any]]


def run_ladder(train: pd.DataFrame, test: pd.DataFrame, columns: Columns, seed: int) -> Backtest:
    """Fit every rung on `train` and measure it on `test`.

    Raises:
        ModelRefused: too few rows or events in either part.
    """
    check_target(train["left"], "churn training window")
    check_target(test["left"], "churn test window")
    cohorts = ladder.fit_cohorts(train, SPEC)
    boosted = ladder.fit_boosting(train, columns, SPEC, seed)
    scores = {
        "cohort_table": ladder.cohort_rates(cohorts, test),
        "logistic_regression": ladder.logistic_probability(ladder.fit_logistic(train, columns, seed), test),
        "boosting": ladder.probability(boosted, ladder.matrix(boosted, test)),
    }
    actual = test["left"].to_numpy()
    measured = {name: classification(actual, score, seed) for name, score in scores.items()}
    return Backtest(test.assign(p_lapse=scores["boosting"], overall=cohorts["overall"]), measured)


def refuse_leak(metrics: dict[str, Any], horizon: str) -> None:
    """Refuse a model that is too good to be true.

    Raises:
        ModelRefused: the backtest's AUC is above what honest features reach.
    """
    limit = AUC_SUSPECTED_LEAK[horizon]
    if metrics["auc"] > limit:
        raise ModelRefused(
            f"churn: AUC {metrics['auc']:.3f} in the backtest is above {limit}: a leak is suspected",
            hint="look for a feature that knows the future: docs/connect-your-insurer.md",
        )


def backtest(connection: Connection, profile: Profile, as_of_date: date, *, with_protected: bool = False) -> Backtest:
    """The backtest of a profile's window; `with_protected` is a declared benchmark, never what scores."""
    frame = features.labelled(connection, as_of_date, with_protected=with_protected)
    train, test = features.split_in_time(frame, profile)
    extra = SPEC.protected if with_protected else Columns()
    columns = Columns(
        numeric=SPEC.columns.numeric + extra.numeric,
        boolean=SPEC.columns.boolean,
        categorical=SPEC.columns.categorical + extra.categorical,
    )
    done = run_ladder(train, test, columns, profile.random_seed)
    refuse_leak(done.metrics["boosting"], profile.horizon)
    return done


def train(connection: Connection, profile: Profile, as_of_date: date, tested: Backtest) -> Trained:
    """Learn from every row whose outcome is known, and carry the backtest's figures along."""
    frame = features.labelled(connection, as_of_date)
    check_target(frame["left"], "churn")
    content = {
        "boosting": ladder.fit_boosting(frame, SPEC.columns, SPEC, profile.random_seed),
        "cohorts": ladder.fit_cohorts(frame, SPEC),
    }
    figures = tested.metrics["boosting"] | {"grade": grade(tested.metrics["boosting"], tested.metrics["cohort_table"])}
    baseline = {name: m for name, m in tested.metrics.items() if name != "boosting"}
    variant = backtest(connection, profile, as_of_date, with_protected=True).metrics
    baseline |= {f"{name} {PROTECTED_VARIANT}": measured for name, measured in variant.items()}
    return Trained(
        MODEL_NAME, content, figures, baseline, len(frame), frame["as_of_date"].min(), frame["label_known_on"].max()
    )
