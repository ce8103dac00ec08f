"""Churn: a planted hazard is found and calibrated; roll-up, reasons, grade."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import load
from models_ml.churn import fitting, score, train
from models_ml.churn.cohort import CohortTable
from models_ml.churn.hazard import by_choice
from models_ml.churn.spec import BENCHMARKS, Benchmark, ChurnSpec, of
from models_ml.common import classifier
from models_ml.common.runs import Trained
from tests.models_ml import made

PROFILE = load("sample")
SPEC = of(PROFILE)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made.units()


@pytest.fixture(scope="module")
def trained(frame: pd.DataFrame) -> Trained:
    return train.fit(frame, SPEC, PROFILE, made.DAY)


def test_the_planted_hazard_is_found_and_calibrated(trained: Trained) -> None:
    found = trained.metrics
    assert found["auc"] > 0.70
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert 0.85 <= found["expected_over_actual"] <= 1.15
    assert found["auc"] > trained.baseline["cohort_table"]["auc"] + 0.1
    assert found["log_loss"] < trained.baseline["cohort_table"]["log_loss"]
    assert found["grade"] in "AB"
    assert found["captured_premium_10"] > 0
    assert found["train_rows"] < trained.trained_rows


def test_the_backtest_never_saw_what_it_is_judged_by(frame: pd.DataFrame, trained: Trained) -> None:
    """Outcomes of the test window turned round change the measures, and no fitted score."""
    other = frame.copy()
    later = other["as_of_date"] > pd.Timestamp(PROFILE.train_until)
    other.loc[later, "exit_within_horizon"] = ~other.loc[later, "exit_within_horizon"]
    before = train.backtest(frame, SPEC, PROFILE, made.DAY)
    after = train.backtest(other, SPEC, PROFILE, made.DAY)
    for name, scores in before.scores.items():
        assert np.array_equal(scores, after.scores[name])


def test_the_same_rows_give_the_same_model(frame: pd.DataFrame, trained: Trained) -> None:
    again = train.fit(frame, SPEC, PROFILE, made.DAY)
    assert again.metrics == trained.metrics
    assert again.baseline == trained.baseline
    current = frame[frame["is_current"]]
    assert score.policies(current, again.payload).equals(score.policies(current, trained.payload))


def test_the_blend_of_the_ladder_is_the_blend_fitted_alone(frame: pd.DataFrame) -> None:
    told = frame[frame["exit_cause"].notna() | frame["label_known_on"].notna()]
    ladder = fitting.fit_ladder(told, SPEC.features, seed=1, periods=12)
    assert list(ladder) == [*classifier.PLAIN, classifier.BLEND]
    alone = fitting.fit(classifier.BLEND, told, SPEC.features, seed=1, periods=12)
    assert ladder[classifier.BLEND].unseen_log_loss == pytest.approx(alone.unseen_log_loss)
    chances = [by_choice(fitted.hazard.incidence(told), 12) for fitted in (ladder[classifier.BLEND], alone)]
    assert chances[0] == pytest.approx(chances[1])


def test_scores_are_probabilities_with_reasons(frame: pd.DataFrame, trained: Trained) -> None:
    both = score.policies(frame[frame["is_current"]], trained.payload)
    assert both["reason_1_code"].notna().all()
    scored = both[both["horizon_months"] == 12]
    assert scored["p_churn"].between(0, 1).all()
    assert scored["risk_decile"].value_counts().to_dict() == dict.fromkeys(range(1, 11), 25)
    assert scored.groupby("risk_decile")["p_churn"].mean().is_monotonic_increasing
    late = scored[(scored["payments_missed_12m"] >= 2) & (scored["complaints_12m"] == 0)]
    assert len(late) > 3
    assert (late["reason_1_code"] == "payments_missed_12m").all()
    assert (late["reason_1_effect"] > 0).all()
    single = scored[scored["premium_mode"] == "single"]
    assert (single["premium_at_risk"] == 0).all()


def test_a_word_never_seen_is_scored(frame: pd.DataFrame, trained: Trained) -> None:
    current = frame[frame["is_current"]].assign(channel="metaverse", line_of_business="pet")
    scored = score.policies(current, trained.payload)
    assert scored["p_churn"].between(0, 1).all()
    assert scored.groupby("horizon_months")["baseline_p_churn"].nunique().tolist() == [1, 1]


@pytest.mark.parametrize("outcome", [True, False])
def test_a_single_class_is_refused(frame: pd.DataFrame, outcome: bool) -> None:
    with pytest.raises(ModelRefused, match="exits and"):
        train.fit(frame.assign(exit_within_horizon=outcome), SPEC, PROFILE, made.DAY)


def test_too_little_history_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ModelRefused, match="at least 200 are needed"):
        train.fit(frame.iloc[:100], SPEC, PROFILE, made.DAY)


def test_a_leak_is_suspected(frame: pd.DataFrame) -> None:
    told = frame.assign(last_survey_score=frame["exit_within_horizon"].astype(float))
    with pytest.raises(ModelRefused, match="too good to be true"):
        train.fit(told, SPEC, PROFILE, made.DAY)


def test_a_declared_benchmark_is_measured_beside_and_never_stored(frame: pd.DataFrame) -> None:
    assert BENCHMARKS["motor_portfolio"] == Benchmark(0.69, 0.153, 0.75)
    assert of(load("motor_portfolio")).benchmark is not None
    easy = dataclasses.replace(SPEC, benchmark=Benchmark(least_auc=0.5, most_brier=0.5, leak_auc=0.95))
    aged = frame.assign(licence_years=frame["age_years"] - 18, area_code="urban")
    done = train.fit(aged, easy, PROFILE, made.DAY)
    assert {"gradient_boosting_with_age_and_area", "logistic_regression_with_age_and_area"} <= set(done.baseline)
    assert "age_years" not in done.payload["model"]["encoder"]["numbers"]
    with pytest.raises(ModelRefused, match=r"above 0\.6"):
        train.fit(aged, dataclasses.replace(easy, benchmark=Benchmark(0.5, 0.5, leak_auc=0.6)), PROFILE, made.DAY)


def units(*rows: tuple[str, str, float, float, str]) -> pd.DataFrame:
    names = ["customer_key", "unit_key", "p_churn", "annual_premium", "premium_mode"]
    return pd.DataFrame(list(rows), columns=names).assign(horizon_months=12, premium_years_left=np.nan)


def test_the_roll_up_by_hand() -> None:
    rolled = score.roll_up(
        units(("a", "1", 0.5, 100, "annual"), ("a", "2", 0.2, 50, "single"), ("b", "3", 0.1, 80, "monthly"))
    ).set_index("customer_key")
    assert rolled.loc["a", "p_lose_any"] == pytest.approx(1 - 0.5 * 0.8)
    assert rolled.loc["a", "p_lose_all"] == pytest.approx(0.5 * 0.2)
    assert rolled.loc["a", "expected_policies_lost"] == pytest.approx(0.7)
    assert rolled.loc["a", "premium_still_due"] == 100
    assert rolled.loc["a", "premium_at_risk"] == pytest.approx(50)
    assert rolled.loc["b", "p_lose_any"] == pytest.approx(rolled.loc["b", "p_lose_all"])


def test_a_premium_that_is_paid_up_cannot_be_lost() -> None:
    rows = units(("a", "1", 0.5, 100, "annual"), ("a", "2", 0.2, 50, "annual")).assign(premium_years_left=[0.0, 0.5])
    rolled = score.roll_up(rows).set_index("customer_key")
    assert rolled.loc["a", "premium_still_due"] == 50
    assert rolled.loc["a", "premium_at_risk"] == pytest.approx(10)


def test_everybody_has_a_row_and_the_riskiest_policy_speaks() -> None:
    scored = units(("a", "1", 0.5, 100, "annual"), ("a", "2", 0.2, 50, "annual"))
    reasons = pd.DataFrame([["late", 0.4], ["premium", 0.2]], columns=["reason_1_code", "reason_1_effect"])
    whole = scored.join(reasons.reindex(columns=score.REASON_COLUMNS))
    soon = whole.assign(horizon_months=3, p_churn=[0.2, 0.1])
    table = score.by_customer(pd.concat([whole, soon]), pd.Series(["a", "z"]), bands=[0.55, 0.3])
    table = table.set_index("customer_key")
    assert table.loc["a", "reason_1_code"] == "late"
    assert table.loc["a", "risk_band"] == "high"
    assert table.loc["a", "p_lose_any_3m"] == pytest.approx(1 - 0.8 * 0.9)
    assert table.loc["z", ["policies_at_risk", "p_lose_any", "premium_at_risk"]].tolist() == [0, 0, 0]
    assert table.loc["z", "risk_band"] == "low"


def test_the_cohort_table_by_hand() -> None:
    rows = pd.DataFrame({"line_of_business": ["life"] * 150, "policy_duration_months": [1] * 50 + [40] * 100})
    labels = np.array([True] * 25 + [False] * 125)
    rates = CohortTable.fit(rows, labels).rates
    overall = 25 / 150
    assert rates["life|0"] == pytest.approx((25 + 50 * overall) / 100)
    # Nobody of the two bands between: they are as the first.
    assert rates["life|1"] == rates["life|2"] == pytest.approx(rates["life|0"])
    assert rates["life|3"] == pytest.approx((0 + 50 * rates["life|0"]) / 150)
    assert rates["life|5"] == pytest.approx(rates["life|3"])


GOOD: dict[str, Any] = {"expected_over_actual": 1.0, "lift_10": 3.2, "log_loss": 0.4}


@pytest.mark.parametrize(
    ("change", "worst", "gain", "expected"),
    [
        ({}, (0.9, 1.1), 1.2, "A"),
        ({}, (0.7, 1.1), 1.2, "B"),
        ({"lift_10": 2.1}, (0.9, 1.1), 1.2, "B"),
        ({"expected_over_actual": 1.2}, (0.9, 1.1), 1.2, "C"),
        ({"lift_10": 1.5}, None, 0.9, "C"),
        ({"lift_10": 1.5, "log_loss": 0.6}, None, 0.9, "D"),
    ],
)
def test_grades_of_the_model(
    change: dict[str, Any], worst: tuple[float, float] | None, gain: float, expected: str
) -> None:
    assert train.grade(GOOD | change, worst, gain, cohort_log_loss=0.5) == expected


def test_nothing_later_than_the_date_is_learnt_from(frame: pd.DataFrame) -> None:
    seen = date(2026, 1, 31)
    known = train.fit(frame, SPEC, PROFILE, seen)
    future = frame.copy()
    unknown = future["label_known_on"] > pd.Timestamp(seen)
    future.loc[unknown, "exit_within_horizon"] = True
    assert train.fit(future, SPEC, PROFILE, seen).metrics == known.metrics
    assert isinstance(SPEC, ChurnSpec)


def test_reasons_that_raise_come_first_and_every_score_has_one() -> None:
    effects = pd.DataFrame(
        {"late": [0.3, -0.2, 0.01], "channel": [0.6, -0.4, -0.02], "sold": [9.0, 9.0, 9.0], "calls": [-0.5, 0.0, 0.0]}
    )
    found = score.reasons(effects, ("late", "channel", "calls"))
    assert found[score.CODES].to_numpy().tolist() == [
        ["channel", "late", "calls"],
        ["channel", "late", None],
        ["late", None, None],
    ]
    assert found["reason_1_effect"].tolist() == [0.6, -0.4, 0.01]


def test_the_horizons_agree(frame: pd.DataFrame, trained: Trained) -> None:
    scored = score.policies(frame[frame["is_current"]], trained.payload).set_index(["unit_key", "horizon_months"])
    year, soon = scored.xs(12, level=1), scored.xs(3, level=1)
    assert (soon["p_churn"] <= year["p_churn"]).all()
    assert np.allclose(year["p_churn"], year["p_lapse"] + year["p_surrender"], atol=2e-6)
    assert soon["expected_months"].between(2, 3).all()
    assert year["expected_months"].between(1, 12).all()
    assert (year.loc[year["p_churn"] > 0.5, "expected_months"] < 11).all()
