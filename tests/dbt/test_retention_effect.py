"""The interval of the effect of retention: does it hold what it promises, on experiments whose truth is known?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binomtest

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, connect
from tests.dbt import census

pytestmark = pytest.mark.postgres
REPEATS, TREATED, HOLDOUT, SEED = 1000, 900, 100, 20260630
KEEPS_HOLDOUT = 0.8


@pytest.fixture(scope="module")
def connection(template: Profile) -> Iterator[Connection]:
    with connect(template.database) as opened:
        yield opened
        opened.rollback()


def intervals(connection: Connection, kept: np.ndarray, holdout_kept: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """Effect and its limits, shape (experiments, 3), by the macros the mart is written with."""
    module = census.macros("wilson")
    sides = {
        f"{name}{i}": module.wilson(f"k{i}", f"n{i}", sign)
        for i in (1, 2)
        for name, sign in (("low", "-"), ("high", "+"))
    }
    limits = ", ".join(f"{expression} as {name}" for name, expression in sides.items())
    statement = (
        f"select p1 - p2, {module.newcombe_low('p1', 'low1', 'p2', 'high2')},"
        f" {module.newcombe_high('p1', 'high1', 'p2', 'low2')} from (select *, k1::float8 / n1 as p1,"
        f" k2::float8 / n2 as p2, {limits} from (select i, k1, k2, {sizes[0]} as n1, {sizes[1]} as n2"
        " from unnest(%s::int[], %s::int[]) with ordinality as t (k1, k2, i)) as counted) as limited order by i"
    )
    return np.array(
        connection.execute(statement.encode(), (kept.tolist(), holdout_kept.tolist())).fetchall(), dtype=float
    )


@pytest.mark.parametrize(
    ("treated", "holdout"),
    [
        ((56, 70), (48, 80)),
        ((9, 10), (3, 10)),
        ((5, 56), (0, 29)),
        ((10, 10), (0, 10)),
        ((10, 10), (10, 10)),
        ((48, 80), (56, 70)),
    ],
)
def test_limits_combine_those_of_an_independent_package(
    connection: Connection, treated: tuple[int, int], holdout: tuple[int, int]
) -> None:
    """Wilson's limits by SciPy, combined by Newcombe's formula; shares of none and of all among them."""
    [[effect, low, high]] = intervals(
        connection, np.array([treated[0]]), np.array([holdout[0]]), (treated[1], holdout[1])
    )
    ours, theirs = (binomtest(*arm).proportion_ci(0.95, method="wilson") for arm in (treated, holdout))
    share, other = treated[0] / treated[1], holdout[0] / holdout[1]
    assert effect == pytest.approx(share - other)
    assert low == pytest.approx(effect - np.hypot(share - ours.low, theirs.high - other), abs=1e-6)
    assert high == pytest.approx(effect + np.hypot(ours.high - share, other - theirs.low), abs=1e-6)


@pytest.mark.parametrize("uplift", [-0.2, -0.1, 0.0, 0.03, 0.1, 0.15])
def test_the_truth_is_covered_at_the_promised_rate(connection: Connection, uplift: float) -> None:
    """With 900 treated and 100 left alone; 1,000 experiments leave a standard error of 0.7 % to 95 %."""
    rng = np.random.default_rng(SEED)
    kept = rng.binomial(TREATED, KEEPS_HOLDOUT + uplift, size=REPEATS)
    holdout_kept = rng.binomial(HOLDOUT, KEEPS_HOLDOUT, size=REPEATS)
    effect, low, high = intervals(connection, kept, holdout_kept, (TREATED, HOLDOUT)).T
    covered = np.mean((low <= uplift) & (uplift <= high))
    assert covered == pytest.approx(0.95, abs=0.022)
    assert np.mean(effect) == pytest.approx(uplift, abs=0.005)
    # A sign that the interval excludes zero for is hardly ever the wrong one.
    wrong = (low > 0) if uplift <= 0 else (high < 0)
    assert np.mean(wrong) < 0.04
    # The standard error is 4 points with a hundred left alone: 15 points are found, 10 are found half the time.
    if abs(uplift) >= 0.1:
        found = (low > 0) if uplift > 0 else (high < 0)
        assert np.mean(found) > (0.9 if abs(uplift) >= 0.15 else 0.5)
