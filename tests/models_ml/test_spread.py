"""Intervals of a customer's value: drawn exits by hand, and whether the intervals hold what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.churn.cohort import CohortTable
from models_ml.value import future, spread
from models_ml.value.spec import ValueSpec

SPEC = ValueSpec()
COHORT = CohortTable.from_artefact({"overall": 0.2, "rates": {}})


def _units(count: int, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_key": [f"c{number % (count // 2)}" for number in range(count)],
            "p_churn": rng.uniform(0.05, 0.5, count),
            "line_of_business": "life",
            "policy_duration_months": rng.uniform(0, 60, count),
            "days_to_maturity": np.where(rng.random(count) < 0.3, rng.uniform(100, 3_000, count), np.nan),
            "premium_years_left": np.where(rng.random(count) < 0.4, rng.integers(0, 120, count) / 12, np.nan),
        }
    )


def test_endless_draws_would_give_the_expected_margin() -> None:
    units = _units(40)
    yearly = np.linspace(-200, 900, 40)
    leaving = yearly * 0.4
    ahead = future.years(units, COHORT, SPEC)
    found = spread.exits(ahead, leaving, yearly, yearly, 10)
    p = units["p_churn"].to_numpy()
    assert found.chance.sum(axis=1) == pytest.approx(np.ones(40))
    assert (found.chance >= 0).all()
    assert found.expected() == pytest.approx(future.margins(ahead, (1 - p) * yearly + p * leaving, yearly, 10))


def test_interval_of_one_policy_by_hand() -> None:
    found = spread.Exits(np.array([[0.0, 100.0, 300.0]]), np.array([[0.3, 0.4, 0.3]]))
    keys, none = pd.Series(["a", "b"]), (np.zeros(2), np.zeros(2))
    low, high = spread.interval(pd.Series(["a"]), found, keys, none, 400, 1)
    assert (low.tolist(), high.tolist()) == ([0.0, 0.0], [300.0, 0.0])
    taken = (np.array([0.0, 0.5]), np.array([0.0, 70.0]))
    low, high = spread.interval(pd.Series(["a"]), found, keys, taken, 400, 1)
    assert (low[1], high[1]) == (0.0, 70.0)


def test_intervals_hold_eight_tenths_of_new_draws_and_repeat() -> None:
    units = _units(2_000)
    yearly = np.random.default_rng(5).uniform(100, 1_000, len(units))
    found = spread.exits(future.years(units, COHORT, SPEC), yearly * 0.4, yearly, yearly, 10)
    keys = pd.Series(sorted(units["customer_key"].unique()))
    none = (np.zeros(len(keys)), np.zeros(len(keys)))
    low, high = spread.interval(units["customer_key"], found, keys, none, 100, 1)
    drawn = np.vstack(list(spread.totals(units["customer_key"], found, keys, none, 100, 2)))
    held = float(((drawn >= low[:, None]) & (drawn <= high[:, None])).mean())
    assert 0.75 <= held <= 0.88
    again = spread.interval(units["customer_key"], found, keys, none, 100, 1)
    assert (again[0] == low).all()
    assert (again[1] == high).all()


def test_customers_are_drawn_for_whatever_the_order_of_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "CHUNK", 3)
    worth, chance = np.diag(np.arange(1.0, 9.0)), np.eye(8)
    found = spread.Exits(worth, chance)
    owners = pd.Series(list("hgfedcba"))
    keys = pd.Series(list("abcdefgh"))
    low, high = spread.interval(owners, found, keys, (np.zeros(8), np.zeros(8)), 5, 1)
    assert low.tolist() == high.tolist() == [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
