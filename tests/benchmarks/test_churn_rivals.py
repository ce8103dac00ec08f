"""Churn beside LightGBM, logistic regression and the cohort table: the same rows, the same split, the same columns.

Run by `make bench`. LightGBM is a rival of benchmarks only. It gets what ours gets: the same encoded columns; trees and
leaves chosen by folds of customers within the training rows; its level by isotonic regression out of fold (and shown
as it is, too). The aim of calibration, expected over actual exits of each decile within 0.8 to 1.25, is shown with
intervals and not asserted: ADR 18 says why the motor portfolio's lowest decile lies outside.
"""

from __future__ import annotations

import shutil
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_knowledge import pipeline
from customer_knowledge.extract.files import extract_declared
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.settings import PROJECT_DIR, settings
from customer_knowledge.warehouse.connections import warehouse
from expectations.gate import landing_gate
from models_ml.churn import features, spec, train
from models_ml.churn.calendar import MONTHS
from models_ml.churn.fitting import outcomes
from models_ml.churn.grade import captured_premium
from models_ml.common import metrics
from models_ml.common.encoding import Encoder
from models_ml.common.split import folds
from tests.harness.day import build_to_features, land

lightgbm = pytest.importorskip("lightgbm", reason="a rival of benchmarks only: `make bench` installs it")
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(0)]
ACTUAL = PROJECT_DIR.parent / "shared/data/spanish_motor/motor_vehicle_insurance_data.csv"
DAY, SEED, CUSTOMERS = date(2026, 6, 30), 3, 5_000
SHOWN = ("auc", "pr_auc", "brier", "log_loss", "expected_over_actual", "lift_10")
RATIO = "expected_over_actual"
MARGIN = 0.01


def built(profile: Profile, day: date) -> pd.DataFrame:
    """Everything up to features; units with their labels."""
    pipeline.open_edition(profile, day)
    build_to_features(profile, day)
    with warehouse(profile) as connection:
        return features.training(connection, spec.of(profile), day)


@pytest.fixture
def sample_units(sample: Profile) -> tuple[Profile, date, pd.DataFrame]:
    simulate.create(CUSTOMERS, SEED, DAY)
    land(sample, DAY)
    return sample, DAY, built(sample, DAY)


@pytest.fixture
def motor_units(motor: Profile) -> tuple[Profile, date, pd.DataFrame]:
    if not ACTUAL.exists():
        pytest.skip("the actual portfolio is not in ../shared/data")
    folder = settings().drops_dir
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ACTUAL, folder / ACTUAL.name)
    day = motor.first_as_of_date
    extract_declared(motor, day)
    landing_gate(motor, "motor_portfolio", day)
    return motor, day, built(motor, day)


def rivals(rows: pd.DataFrame, test: pd.DataFrame, profile: Profile) -> dict[str, np.ndarray]:
    """LightGBM's chances for the test rows, calibrated and as they are."""
    from sklearn.isotonic import IsotonicRegression

    encoder = Encoder.fit(rows, spec.of(profile).features)
    matrix, labels, fold = encoder.transform(rows), outcomes(rows), folds(rows["customer_key"])
    best: tuple[float, dict[str, Any], np.ndarray] | None = None
    for leaves, trees, rate in product((7, 15, 31), (150, 400), (0.03, 0.06)):
        chosen = {"num_leaves": leaves, "n_estimators": trees, "learning_rate": rate}
        unseen = np.empty(len(labels))
        for number in np.unique(fold):
            own = fold == number
            unseen[own] = fitted(matrix[~own], labels[~own], chosen).predict_proba(matrix[own])[:, 1]
        loss = metrics.log_loss(labels, unseen)
        if best is None or loss < best[0]:
            best = (loss, chosen, unseen)
    assert best is not None
    level = IsotonicRegression(y_min=1e-6, y_max=1 - 1e-6, out_of_bounds="clip").fit(best[2], labels)
    print(f"\nLightGBM chose {best[1]}")
    found = fitted(matrix, labels, best[1]).predict_proba(encoder.transform(test))[:, 1]
    return {"lightgbm": np.asarray(level.predict(found)), "lightgbm_not_calibrated": found}


def fitted(matrix: np.ndarray, labels: np.ndarray, chosen: dict[str, Any]) -> Any:
    model = lightgbm.LGBMClassifier(
        min_child_samples=50, reg_lambda=5.0, colsample_bytree=0.5, random_state=SEED, verbose=-1, n_jobs=2, **chosen
    )
    return model.fit(matrix, labels)


def ratio(decile: dict[str, Any]) -> str:
    """Expected over actual exits with the interval; `–` where there was no exit."""
    told = [decile[RATIO + end] for end in ("", "_low", "_high")]
    value, low, high = ("–" if number is None else f"{number:.2f}" for number in told)
    return f"{value} [{low}, {high}]"


@pytest.mark.parametrize("insurer", ["sample_units", "motor_units"])
def test_nothing_is_clearly_better(insurer: str, request: pytest.FixtureRequest) -> None:
    profile, day, units = request.getfixturevalue(insurer)
    tested = train.backtest(units, spec.of(profile), profile, day)
    chances = {name: np.asarray(p) for name, p in tested.scores.items()}
    chances |= rivals(tested.train, tested.test, profile)
    labels, budget = outcomes(tested.test), spec.of(profile).budget
    found = {name: metrics.evaluate(labels, p) for name, p in chances.items()}
    captured = {name: captured_premium(tested.test, labels, p, budget) for name, p in chances.items()}
    print(f"{insurer}: {len(tested.train):,} rows learnt from, {len(tested.test):,} tested, {MONTHS} months")
    for name, measured in found.items():
        champion = " (champion)" if name == tested.champion else ""
        print(
            f"  {name + champion:<34}"
            + " ".join(f"{m} {measured[m]:.4f}" for m in SHOWN)
            + f" gain over cohort {captured[name] / captured[train.COHORT]:.3f}"
        )
        print("    E/O by decile " + ", ".join(ratio(decile) for decile in measured["deciles"]))
    assert found[tested.champion]["auc"] > found["lightgbm"]["auc"] - MARGIN
    assert found[tested.champion]["auc"] > found[train.COHORT]["auc"]
