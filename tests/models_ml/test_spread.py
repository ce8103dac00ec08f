"""Intervals of a customer's value: drawn exits by hand, and whether the intervals hold what they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models_ml.churn.cohort import CohortTable
from models_ml.value import future, spread
from models_ml.value.luck import ClaimsToCome, Premiums
from models_ml.value.spec import ValueSpec
from models_ml.value.spread import Exits

SPEC = ValueSpec()
AS_EXPECTED = Premiums((), np.ones((1, 1, 11)))
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


def exits_of(units: pd.DataFrame, leaving: np.ndarray, yearly: np.ndarray, luck: Premiums = AS_EXPECTED) -> Exits:
    """Units whose premium is all margin and that claim nothing."""
    outline = spread.exits(future.years(units, COHORT, SPEC), leaving, yearly, 10)
    rows = len(units)
    return Exits(*outline, np.ones(rows), ClaimsToCome.none(rows), luck, luck.places(pd.Series(["annual"] * rows)))


def of_rows(premium: list[list[float]], chance: list[list[float]]) -> Exits:
    """Worth and chance by the year of leaving, nothing else left to luck."""
    rows = len(premium)
    paths = Premiums((), np.ones((1, 1, len(premium[0]))))
    years = np.full(rows, len(premium[0]) - 1)
    certain = np.ones(rows), ClaimsToCome.none(rows), paths, np.zeros(rows, dtype=int)
    return Exits(np.array(premium), np.array(chance), years, *certain)


def test_endless_draws_would_give_the_expected_margin() -> None:
    units = _units(40)
    yearly = np.linspace(-200, 900, 40)
    leaving = yearly * 0.4
    found = exits_of(units, leaving, yearly)
    p = units["p_churn"].to_numpy()
    assert found.chance.sum(axis=1) == pytest.approx(np.ones(40))
    assert (found.chance >= 0).all()
    ahead = future.years(units, COHORT, SPEC)
    assert found.expected() == pytest.approx(future.margins(ahead, (1 - p) * yearly + p * leaving, yearly, 10))


def test_what_is_drawn_has_the_mean_that_is_expected() -> None:
    """With luck in premiums and claims too: a third of the premium is claimed, nine tenths are kept of it before."""
    units, rows = _units(30), 30
    yearly = np.full(rows, 100.0)
    seen = [0.0, 0.5, 1.0, 1.0, 1.5, 2.0]
    luck = Premiums.of({"annual": seen}, {"annual": seen}, {"annual": True}, SPEC.discounts, 1)
    claims = ClaimsToCome(np.full(rows, 1 / 3), np.full(rows, 0.8), np.full(rows, 1.5), 1.0)
    found = replace(exits_of(units, yearly * 0.4, yearly, luck), kept=np.full(rows, 0.9), claims=claims)
    drawn = found.drawn(np.arange(rows), 40_000, 1, np.random.default_rng(2))
    assert drawn.mean(axis=1) == pytest.approx(found.expected(), rel=0.03)


def test_prices_that_change_last_and_single_lapses_of_payment_do_not() -> None:
    """Ten years of ratios 0 or 2: a fixed price averages them, a price that goes on doubles or is nought for good."""
    seen = {"fixed": [0.0, 2.0], "renewed": [0.0, 2.0]}
    luck = Premiums.of(seen, {}, {"fixed": True, "renewed": False}, [1.0] * 10, 1)
    fixed, renewed, unknown = luck.paths[luck.places(pd.Series(["fixed", "renewed", "nobody's"]))]
    assert (fixed[:, 0] == 1).all()
    assert set(np.unique(fixed[:, 10] * 10)) <= set(range(0, 21, 2))
    assert fixed[:, 10].mean() == pytest.approx(1, abs=0.05)
    assert (renewed[:, 10] == 0).mean() == pytest.approx(0.5, abs=0.05)
    # Who came to nought in the first year stays there; who has doubled three times has had 2, 4 and 8.
    assert (renewed[renewed[:, 1] == 0] == [1.0] + [0.0] * 10).all()
    assert renewed[:, 3].max() == pytest.approx((2 + 4 + 8) / 3, rel=0.1)
    assert (unknown == 1).all()


@pytest.mark.parametrize("number", [0.03, 0.4, 3.0, 40.0])
def test_claims_are_those_of_a_gamma_of_poisson_numbers(number: float) -> None:
    """Mean, share of years without any, and the ninth tenth, against draws made one by one."""
    shape, spread_of_size, rows = 1.5, 0.8, 20_000
    claims = ClaimsToCome(np.ones(rows), np.full(rows, number), np.full(rows, shape), spread_of_size)
    drawn = claims.drawn(np.ones((rows, 4), dtype=int), 7, np.random.default_rng(1)).ravel()
    rng = np.random.default_rng(2)
    counts = rng.poisson(number * rng.gamma(shape, 1 / shape, rows * 4))
    sizes = rng.gamma(1 / spread_of_size, spread_of_size, counts.sum())
    one_by_one = np.bincount(np.repeat(np.arange(counts.size), counts), sizes, counts.size) / number
    assert drawn.mean() == pytest.approx(1, abs=0.1)
    assert (drawn == 0).mean() == pytest.approx((one_by_one == 0).mean(), abs=0.03)
    assert np.quantile(drawn, 0.9) == pytest.approx(np.quantile(one_by_one, 0.9), rel=0.15, abs=0.05)


def test_claims_of_unknown_number_are_as_expected() -> None:
    claims = ClaimsToCome(np.array([0.3]), np.array([np.inf]), np.array([2.0]), 1.0)
    assert (claims.drawn(np.array([[0, 1, 9]]), 1, np.random.default_rng(1)) == 0.3).all()


def test_interval_of_one_policy_by_hand() -> None:
    found = of_rows([[0.0, 100.0, 300.0]], [[0.3, 0.4, 0.3]])
    keys, none = pd.Series(["a", "b"]), (np.zeros(2), np.zeros(2))
    low, high = spread.interval(pd.Series(["a"]), found, keys, none, 400, 1)
    assert (low.tolist(), high.tolist()) == ([0.0, 0.0], [300.0, 0.0])
    taken = (np.array([0.0, 0.5]), np.array([0.0, 70.0]))
    low, high = spread.interval(pd.Series(["a"]), found, keys, taken, 400, 1)
    assert (low[1], high[1]) == (0.0, 70.0)


def test_intervals_hold_eight_tenths_of_new_draws_and_repeat() -> None:
    units = _units(2_000)
    yearly = np.random.default_rng(5).uniform(100, 1_000, len(units))
    found = exits_of(units, yearly * 0.4, yearly)
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
    found = of_rows(np.diag(np.arange(1.0, 9.0)).tolist(), np.eye(8).tolist())
    owners = pd.Series(list("hgfedcba"))
    keys = pd.Series(list("abcdefgh"))
    low, high = spread.interval(owners, found, keys, (np.zeros(8), np.zeros(8)), 5, 1)
    assert low.tolist() == high.tolist() == [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
