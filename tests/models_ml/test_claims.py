"""Claims to come: what was planted in frequency, severity and unlikeness is found, and levels hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.value import claims_backtest
from models_ml.value.claims import ALIKE, Claims, credibility_constant
from models_ml.value.rates import loss_ratios, years_on_record
from models_ml.value.spec import ValueSpec

SPEC = ValueSpec()
ALIKENESS = 2.0
RATE = {"motor": 0.25, "health": 0.6}
SIZE = {"motor": 3_000.0, "health": 800.0}


def policies(count: int = 20_000, seed: int = 4) -> pd.DataFrame:
    """Claims a year are RATE × √(premium ÷ 1,000) × a Gamma of mean 1, their sizes a Gamma of SIZE × the same root."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "policy_key": [f"p{i}" for i in range(count)],
            "line_of_business": rng.choice(["motor", "health"], count),
            "annual_premium": rng.gamma(3, 600, count) + 50,
            "premium_mode": "annual",
            "premium_years_left": np.nan,
            "is_long_term": 0.0,
            "policy_duration_months": rng.integers(1, 60, count).astype("float64"),
        }
    )
    power = np.sqrt(frame["annual_premium"] / 1_000)
    frame["trait"] = rng.gamma(ALIKENESS, 1 / ALIKENESS, count)
    frame["true_rate"] = frame["line_of_business"].map(RATE) * power * frame["trait"]
    frame["true_size"] = frame["line_of_business"].map(SIZE) * power
    years = years_on_record(frame, SPEC)
    frame["claims_count_3y"] = rng.poisson(frame["true_rate"] * years).astype("float64")
    size = frame["true_size"] * rng.gamma(2 * np.maximum(frame["claims_count_3y"], 1), 0.5)
    frame["claims_paid_3y"] = np.where(frame["claims_count_3y"] > 0, size, 0.0)
    return frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return policies()


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame) -> Claims:
    return Claims.fit(frame, loss_ratios(frame, SPEC), SPEC)


def test_the_planted_parameters_are_found(fitted: Claims) -> None:
    assert fitted.kinds == ("health", "motor")
    # The last coefficient is the power of the premium; lines differ by the logarithm of their ratio.
    assert fitted.frequency[-1] == pytest.approx(0.5, abs=0.05)
    assert fitted.severity[-1] == pytest.approx(0.5, abs=0.05)
    assert fitted.frequency[1] - fitted.frequency[2] == pytest.approx(np.log(0.6 / 0.25), abs=0.1)
    assert fitted.severity[2] - fitted.severity[1] == pytest.approx(np.log(3_000 / 800), abs=0.1)
    assert fitted.alike == pytest.approx(ALIKENESS, rel=0.15)


def test_sizes_spread_as_planted_and_one_catastrophe_says_nothing_of_others(
    frame: pd.DataFrame, fitted: Claims
) -> None:
    """Sizes are Gamma of shape 2: φ = ½; one claim of three million among sixteen thousand is one claim."""
    assert fitted.spread_of_size == pytest.approx(0.5, abs=0.05)
    at = int(np.flatnonzero(frame["claims_count_3y"] == 1)[0])
    struck = frame.assign(claims_paid_3y=frame["claims_paid_3y"].where(frame.index != at, 3e6))
    assert Claims.fit(struck, loss_ratios(struck, SPEC), SPEC).spread_of_size < 0.8


def test_what_may_come_leans_on_the_own_record(frame: pd.DataFrame, fitted: Claims) -> None:
    """Who has claimed is known better: the Gamma's shape grows with the record, and its mean is what is expected."""
    ahead = fitted.to_come(frame, SPEC)
    assert ahead.shape == pytest.approx(fitted.alike + frame["claims_count_3y"].to_numpy())
    assert ahead.number == pytest.approx(fitted.frequency_of(frame, SPEC))
    assert ahead.share * frame["annual_premium"].to_numpy() == pytest.approx(fitted.yearly(frame, SPEC))
    assert (fitted.to_come(frame.assign(is_long_term=1.0), SPEC).share == 0).all()
    few = frame.head(30)
    unknown = Claims.fit(few, loss_ratios(few, SPEC), SPEC).to_come(few, SPEC)
    assert np.isinf(unknown.number).all()
    assert (unknown.share > 0).all()


def test_the_own_record_tells_who_claims_more(frame: pd.DataFrame, fitted: Claims) -> None:
    told = fitted.frequency_of(frame, SPEC)
    silent = fitted.frequency_of(frame.assign(claims_count_3y=0.0, policy_duration_months=0.0), SPEC)
    true = frame["true_rate"].to_numpy()
    assert np.corrcoef(told, true)[0, 1] > np.corrcoef(silent, true)[0, 1] + 0.1
    assert told.mean() == pytest.approx(true.mean(), rel=0.03)


def test_totals_of_lines_stay_at_their_loss_ratios(frame: pd.DataFrame, fitted: Claims) -> None:
    record = years_on_record(frame, SPEC)
    for line, part in frame.groupby("line_of_business"):
        at = part.index.to_numpy()
        expected = (fitted.yearly(frame, SPEC)[at] * record[at]).sum()
        by_ratio = fitted.loss_ratios[str(line)] * (part["annual_premium"].to_numpy() * record[at]).sum()
        # A few policies meet the bound on what one may cost.
        assert expected == pytest.approx(by_ratio, rel=0.02)


def test_artefact_gives_the_same_and_few_claims_give_the_line(frame: pd.DataFrame, fitted: Claims) -> None:
    again = Claims.from_artefact(fitted.to_artefact())
    assert (again.yearly(frame, SPEC) == fitted.yearly(frame, SPEC)).all()
    few = frame.head(60)
    poor = Claims.fit(few, {"unknown": 0.5, "motor": 0.7}, SPEC)
    assert poor.frequency == []
    motor = (few["line_of_business"] == "motor").to_numpy()
    assert poor.ratio(few, SPEC) == pytest.approx(np.where(motor, 0.7, 0.5))


def test_policies_that_are_alike_need_no_record() -> None:
    rng = np.random.default_rng(2)
    rate, years = np.full(5_000, 0.4), np.full(5_000, 2.0)
    fixed = np.round(rng.binomial(2, 0.4, 5_000)).astype("float64")
    assert credibility_constant(rate, years, fixed) == ALIKE


def test_next_years_claims_are_foreseen_better_than_by_the_line(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(9)
    first, then = pd.Timestamp("2025-06-30"), pd.Timestamp("2026-06-30")
    train = frame.head(12_000).assign(as_of_date=pd.Timestamp("2024-06-30"))
    test = frame.tail(8_000).assign(as_of_date=first)
    train, test = train.assign(claims_count_12m=0.0), test.assign(claims_count_12m=0.0)
    after = test.assign(as_of_date=then, claims_count_12m=rng.poisson(test["true_rate"]).astype("float64"))
    tested = type("Tested", (), {"train": train, "test": test})()
    measured, simpler = claims_backtest.measure(pd.concat([train, test, after]), tested, SPEC)
    assert measured["claims_rows"] == 8_000
    assert measured["claims_expected_over_actual"] == pytest.approx(1, abs=0.05)
    assert set(simpler) == {"average_of_line", "premium_of_line", "without_own_record"}
    for name, values in simpler.items():
        assert measured["claims_deviance"] < values["claims_deviance"] - 0.02, name
        assert measured["claims_gini"] > values["claims_gini"] + 0.05, name


def test_nothing_of_the_year_to_come_is_read(frame: pd.DataFrame) -> None:
    """Other claims in the year after change how the model is judged, and nothing that it expects."""
    first, then = pd.Timestamp("2025-06-30"), pd.Timestamp("2026-06-30")
    train = frame.head(12_000).assign(as_of_date=pd.Timestamp("2024-06-30"), claims_count_12m=0.0)
    test = frame.tail(8_000).assign(as_of_date=first, claims_count_12m=0.0)
    tested = type("Tested", (), {"train": train, "test": test})()
    sums = []
    for came in (test["claims_count_3y"].clip(upper=1.0), 1.0 - test["claims_count_3y"].clip(upper=1.0)):
        after = test.assign(as_of_date=then, claims_count_12m=came)
        measured, _ = claims_backtest.measure(pd.concat([train, test, after]), tested, SPEC)
        sums.append((measured["claims_expected_over_actual"] * came.sum(), measured["claims_gini"]))
    assert sums[0][0] == pytest.approx(sums[1][0], rel=1e-4)
    assert sums[0][1] > 0 > sums[1][1]


def test_what_is_foreseen_needs_the_years_claims_to_be_there(frame: pd.DataFrame) -> None:
    first = pd.Timestamp("2025-06-30")
    train = frame.head(12_000).assign(as_of_date=pd.Timestamp("2024-06-30"), claims_count_12m=0.0)
    test = frame.tail(8_000).assign(as_of_date=first, claims_count_12m=0.0)
    tested = type("Tested", (), {"train": train, "test": test})()
    assert claims_backtest.measure(pd.concat([train, test]), tested, SPEC) == ({}, {})
