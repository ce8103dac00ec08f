"""How much of a policy's distance from its cohort lasts: planted in second years, found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.sample_insurer.columns import Array
from models_ml.churn.cohort import CohortTable
from models_ml.churn.train import Backtest
from models_ml.common.classifier import logit, sigmoid
from models_ml.value import future, persistence
from models_ml.value.spec import ValueSpec

ROWS, FIRST = 6_000, pd.Timestamp("2024-06-30")
COHORT = CohortTable.from_artefact({"overall": 0.2, "rates": {}})


def made(lasts: float) -> tuple[pd.DataFrame, Backtest]:
    """Policies of one cohort with chances of their own, and who of them is there after one year and after two."""
    rng = np.random.default_rng(4)
    apart = rng.normal(0, 1, ROWS)
    p: Array = sigmoid(logit(np.full(ROWS, 0.2)) + apart)
    units = pd.DataFrame(
        {
            "as_of_date": FIRST,
            "policy_key": [f"p{number}" for number in range(ROWS)],
            "customer_key": [f"c{number}" for number in range(ROWS)],
            "line_of_business": "life",
            "policy_duration_months": rng.uniform(0, 60, ROWS),
            "days_to_maturity": np.where(np.arange(ROWS) % 10 == 0, 400.0, np.nan),
            "exit_within_horizon": rng.random(ROWS) < 0.2,
        }
    )
    one = rng.random(ROWS) >= p
    two = one & (rng.random(ROWS) >= sigmoid(logit(np.full(ROWS, 0.2)) + lasts * apart))
    # Whoever matures is gone as agreed, which is no leaving.
    two &= units["days_to_maturity"].isna().to_numpy()
    later = [units[there].assign(as_of_date=FIRST + pd.DateOffset(years=year)) for year, there in ((1, one), (2, two))]
    tested = Backtest(units, units, {"logistic_regression": p}, {}, "logistic_regression", None)  # type: ignore[arg-type]
    return pd.concat([units, *later], ignore_index=True), tested


@pytest.mark.parametrize("lasts", [0.0, 0.5, 0.9])
def test_what_lasts_is_found(lasts: float) -> None:
    found = persistence.measure(*made(lasts), COHORT)
    assert found["lasts"] == pytest.approx(lasts, abs=0.12)
    gained = found["second_year_log_loss_of_cohort"] - found["second_year_log_loss"]
    assert gained > 0.01 if lasts else abs(gained) < 0.002


def test_nothing_is_said_where_nobody_is_seen_again() -> None:
    history, tested = made(0.5)
    assert persistence.measure(history[history["as_of_date"] < FIRST + pd.DateOffset(years=2)], tested, COHORT) == {}


def test_few_that_are_seen_again_say_nothing() -> None:
    history, tested = made(0.5)
    few = Backtest(
        tested.train,
        tested.test.head(900),
        {"logistic_regression": tested.scores[tested.champion][:900]},
        {},
        tested.champion,
        tested.model,
    )
    assert persistence.measure(history, few, COHORT) == {}


def test_all_leave_as_often_as_the_cohort_says() -> None:
    """Levels: units apart by much, all of which lasts; of those still there the cohort's share leaves, year by year."""
    rng = np.random.default_rng(6)
    units = pd.DataFrame(
        {
            "p_churn": sigmoid(logit(np.full(4_000, 0.2)) + rng.normal(0, 1, 4_000)),
            "line_of_business": "life",
            "policy_duration_months": 12.0,
            "days_to_maturity": np.nan,
            "premium_years_left": np.nan,
        }
    )
    lasts = future.levelled(units, COHORT, 1.0, 10)
    assert lasts.levels[0] == 0
    # The steady are left: what is added to all grows, once it is told.
    assert all(np.diff(lasts.levels[1:]) > 0)
    ahead = future.years(units, COHORT, ValueSpec(), lasts)
    there = ahead.stays
    for year in range(1, 10):
        assert (there * (1 - ahead.renews[:, year])).sum() / there.sum() == pytest.approx(0.2)
        there = there * ahead.renews[:, year]
    assert future.levelled(units, COHORT, 0.0, 10).levels == (0.0,) * 10


def test_years_ahead_keep_what_lasts() -> None:
    """Twice the cohort's odds now: half of it in log-odds in later years, none where nothing lasts."""
    units = pd.DataFrame(
        {
            "p_churn": [1 / 3],
            "line_of_business": ["life"],
            "policy_duration_months": [12.0],
            "days_to_maturity": [np.nan],
            "premium_years_left": [np.nan],
        }
    )
    spec = ValueSpec()
    assert future.set_apart(units, COHORT) == pytest.approx(np.log([2.0]))
    for lasts, odds in ((0.0, 0.25), (0.5, 0.25 * 2**0.5), (1.0, 0.5)):
        ahead = future.years(units, COHORT, spec, future.Lasting(lasts, (0.0,) * 10))
        assert ahead.renews[0, 0] == 1
        assert ahead.renews[0, 1:] == pytest.approx(np.full(9, 1 / (1 + odds)))
        assert ahead.stays == pytest.approx([2 / 3])
