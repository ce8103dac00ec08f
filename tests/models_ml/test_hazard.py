"""Competing exits by hand and by simulation; Shapley values against their definition."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.errors import ModelRefused
from models_ml.churn import calendar, hazard, monthly, newton
from models_ml.churn.calendar import DAYS_A_MONTH
from models_ml.common import classifier
from models_ml.common.encoding import Encoder
from models_ml.common.shapley import explain


def contracts(*rows: tuple[str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["premium_mode", "days_to_next_due", "days_to_maturity"])
    return frame.assign(is_long_term=1.0, status="active")


def test_two_causes_by_hand() -> None:
    found = hazard.incidence({"lapse": np.array([[0.1, 0.2]]), "surrender": np.array([[0.3, 0.4]])})
    assert found["lapse"][0] == pytest.approx([0.1, 0.1 + 0.6 * 0.2])
    assert found["surrender"][0] == pytest.approx([0.3, 0.3 + 0.6 * 0.4])


def test_chances_never_add_up_to_more_than_one() -> None:
    sure = np.full((3, 12), 0.9)
    found = hazard.incidence({"lapse": sure, "surrender": sure, "claim": sure, "other": sure})
    total = np.sum(list(found.values()), axis=0)
    assert (total <= 1).all()
    assert (np.diff(total, axis=1) >= 0).all()


def test_months_follow_the_contracts_calendar() -> None:
    at = calendar.cells(contracts(("annual", 3 * DAYS_A_MONTH, np.nan), ("quarterly", 10, np.nan)), 12)
    yearly, quarterly = at % calendar.WIDTH
    assert yearly.tolist() == [10, 11, *range(10)]
    assert quarterly.tolist() == [0, 1, 2] * 4
    none = calendar.cells(contracts(("single", np.nan, np.nan)), 12)
    assert len(np.unique(none)) == 1
    assert not set(none.ravel()) & set(at.ravel())
    assert calendar.cells(contracts(("annual", 10, np.nan)), 1).tolist() == [[0]]


def test_a_term_agreed_ends_when_it_was_agreed() -> None:
    frame = contracts(("single", np.nan, 45), ("single", np.nan, 400), ("single", np.nan, np.nan))
    assert calendar.matures(frame, 12).sum(axis=1).tolist() == [1, 0, 0]
    assert calendar.matures(frame, 12)[0].tolist().index(True) == 1


def test_the_hazard_of_each_month_is_found() -> None:
    """Exits drawn month by month from a known hazard: its seasons and its slopes come back, steeper in grace."""
    rng = np.random.default_rng(3)
    rows = 20_000
    frame = contracts(*[("semiannual", 1.0, np.nan)] * rows)
    frame["status"] = np.where(np.arange(rows) % 4 == 0, "grace", "active")
    at, raw = calendar.cells(frame, 12), rng.normal(size=rows)
    slope = np.where(calendar.under_way(frame, 12), 1.6, 0.8)
    true = np.where(at % calendar.WIDTH == 2, -2.0, -5.0) + slope * raw[:, None]
    happens = rng.random((rows, 12)) < 1 / (1 + np.exp(-true))
    month = np.where(happens.any(axis=1), happens.argmax(axis=1) + 1.0, np.nan)
    near = calendar.under_way(frame, 12)
    fitted = hazard.fit_months(raw, at, near, month, np.isfinite(month))
    assert fitted.near[1] == pytest.approx(1.6, abs=0.15)
    assert fitted.far[1] == pytest.approx(0.8, abs=0.08)
    log_odds = fitted.log_odds(np.zeros(1), at[:1], np.zeros((1, 12), dtype=bool))[0]
    assert log_odds[[2, 8]] == pytest.approx([-2.0, -2.0], abs=0.12)
    assert np.delete(log_odds, [2, 8]) == pytest.approx(np.full(10, -5.0), abs=0.4)


def test_an_open_due_is_decided_within_a_quarter() -> None:
    frame = contracts(("annual", 300, np.nan), ("annual", 300, np.nan)).assign(status=["grace", "active"])
    assert calendar.under_way(frame, 12).sum(axis=1).tolist() == [3, 0]
    assert calendar.under_way(frame, 1).all()


def test_rare_calendars_are_where_they_belong() -> None:
    """Two units of a hundred pay half-yearly and leave by much less: as many of them are expected to as did."""
    rng = np.random.default_rng(8)
    rows = 40_000
    rare = np.arange(rows) % 50 == 0
    frame = contracts(*[("semiannual", 1.0, np.nan) if r else ("annual", 30.0, np.nan) for r in rare])
    at, raw = calendar.cells(frame, 12), rng.normal(size=rows)
    true = np.where(at % calendar.WIDTH == 2, np.where(rare, -4.0, -1.0)[:, None], -7.0) + 0.5 * raw[:, None]
    happens = rng.random((rows, 12)) < 1 / (1 + np.exp(-true))
    month = np.where(happens.any(axis=1), happens.argmax(axis=1) + 1.0, np.nan)
    near = np.zeros((rows, 12), dtype=bool)
    fitted = hazard.fit_months(raw, at, near, month, np.isfinite(month))
    chances = 1 / (1 + np.exp(-fitted.log_odds(raw, at, near)))
    gone = 1 - np.prod(1 - chances, axis=1)
    for whose in (rare, ~rare):
        assert gone[whose].sum() == pytest.approx(np.isfinite(month[whose]).sum(), rel=0.02)


def test_nobody_gone_is_an_error() -> None:
    units = newton.History.of(np.zeros((50, 12), dtype="int64"), np.full(50, np.nan))
    with pytest.raises(ModelRefused, match="nothing to tell apart"):
        newton.fit(np.zeros((50, 1)), np.zeros((0, 50, 12)), units, np.zeros(50, dtype=bool), (1.0, 1.0, 1.0))


def test_slopes_are_told_apart_from_the_calendar() -> None:
    """A feature that goes with the calendar and says nothing is found to say nothing; the other's slope comes back."""
    rng = np.random.default_rng(5)
    rows = 20_000
    falls = rng.random(rows) < 0.5
    frame = contracts(*[("annual", 30.0, np.nan) if f else ("single", np.nan, np.nan) for f in falls])
    at, trait = calendar.cells(frame, 12), rng.normal(size=rows)
    true = np.where(at % calendar.WIDTH == 2, -1.5, -7.0) + 0.8 * trait[:, None]
    happens = rng.random((rows, 12)) < 1 / (1 + np.exp(-true))
    month = np.where(happens.any(axis=1), happens.argmax(axis=1) + 1.0, np.nan)
    exits = np.isfinite(month)
    matrix = np.column_stack([trait, falls])
    units = newton.History.of(at, month)
    log_odds = [monthly.fit(matrix, exits, units).log_odds(row[None]) for row in np.array([[1.0, 0], [0, 0], [0, 1]])]
    assert log_odds[0] - log_odds[1] == pytest.approx(0.8, abs=0.06)
    assert abs(log_odds[2] - log_odds[1]) < 1
    by_the_year = classifier.fit("logistic_regression", matrix, exits, seed=1)
    assert np.ptp(by_the_year.log_odds(np.array([[0.0, 0], [0, 1]]))) > 2


def test_a_value_far_off_turns_no_slope() -> None:
    rng = np.random.default_rng(7)
    trait = rng.normal(size=4_000)
    exits = rng.random(4_000) < 1 / (1 + np.exp(1.5 - trait))
    units = newton.History.of(np.zeros((4_000, 12), dtype="int64"), np.where(exits, 6.0, np.nan))
    plain = monthly.fit(trait[:, None], exits, units)
    trait[0] = 1e6
    far = monthly.fit(trait[:, None], exits, units)
    one, nought = np.ones((1, 1)), np.zeros((1, 1))
    slopes = [float(ranker.log_odds(one)[0] - ranker.log_odds(nought)[0]) for ranker in (plain, far)]
    assert slopes[1] == pytest.approx(slopes[0], abs=0.05)
    rest = far.log_odds(trait[:, None]) - far.effects(trait[:, None], Encoder(("a",), {})).sum(axis=1)
    assert np.ptp(rest) < 1e-9


def _expected(nodes: Any, at: int, row: Any, told: tuple[int, ...]) -> float:
    """A tree's value where only the columns `told` are known (path-dependent average over the others)."""
    node = nodes[at]
    if node["is_leaf"]:
        return float(node["value"])
    left, right = int(node["left"]), int(node["right"])
    if node["feature_idx"] in told:
        value = row[node["feature_idx"]]
        goes_left = node["missing_go_to_left"] if np.isnan(value) else value <= node["num_threshold"]
        return _expected(nodes, left if goes_left else right, row, told)
    parts = (nodes[child]["count"] * _expected(nodes, child, row, told) for child in (left, right))
    return float(sum(parts) / node["count"])


def _shapley(estimator: Any, row: Any) -> list[float]:
    """Effects of each column by the definition: over all subsets of the others."""
    columns = range(len(row))
    subsets = [s for size in range(len(row) + 1) for s in combinations(columns, size)]
    worth = {s: sum(_expected(p.nodes, 0, row, s) for (p,) in estimator._predictors) for s in subsets}
    found = []
    for j in columns:
        total = 0.0
        for s in (s for s in subsets if j not in s):
            weight = factorial(len(s)) * factorial(len(row) - len(s) - 1) / factorial(len(row))
            total += weight * (worth[tuple(sorted((*s, j)))] - worth[s])
        found.append(total)
    return found


@pytest.fixture(scope="module")
def told() -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(1500, 4))
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    known = np.nan_to_num(matrix)
    return matrix, known[:, 0] + known[:, 1] * known[:, 2] + rng.normal(size=1500) > 0


def test_effects_of_trees_are_shapley_values(told: tuple[Any, Any]) -> None:
    matrix, labels = told
    ranker = classifier.fit("gradient_boosting", matrix, labels, seed=1)
    rows = matrix[np.isnan(matrix).any(axis=1)][:4]
    (booster,) = ranker.estimators
    assert explain(booster, rows) == pytest.approx(np.array([_shapley(booster, row) for row in rows]), abs=1e-9)


@pytest.mark.parametrize("kind", (*classifier.PLAIN, classifier.BLEND))
def test_effects_add_up_to_the_score(kind: classifier.Kind, told: tuple[Any, Any]) -> None:
    matrix, labels = told
    encoder = Encoder(("a", "b", "c", "d"), {})
    ranker = classifier.fit(kind, matrix, labels, seed=1)
    rest = ranker.log_odds(matrix) - ranker.effects(matrix, encoder).sum(axis=1)
    assert np.ptp(rest) < 1e-9


def test_a_blend_says_the_mean_of_its_rankers(told: tuple[Any, Any]) -> None:
    matrix, labels = told
    plain = [classifier.fit(kind, matrix, labels, seed=1) for kind in classifier.PLAIN]
    both = classifier.fit(classifier.BLEND, matrix, labels, seed=1)
    expected = (plain[0].log_odds(matrix) + plain[1].log_odds(matrix)) / 2
    assert both.log_odds(matrix) == pytest.approx(expected)
    assert classifier.blended(plain).log_odds(matrix) == pytest.approx(expected)


def test_words_of_a_feature_are_one_effect(told: tuple[Any, Any]) -> None:
    matrix, labels = told
    frame = pd.DataFrame({"n": matrix[:, 0], "word": np.where(matrix[:, 1] > 0, "up", "down")})
    from models_ml.common.contract import categories, numbers

    encoder = Encoder.fit(frame, (*numbers("n"), *categories("word")))
    ranker = classifier.fit("logistic_regression", encoder.transform(frame), labels, seed=1)
    effects = ranker.effects(encoder.transform(frame), encoder)
    assert list(effects.columns) == ["n", "word"]
    rest = ranker.log_odds(encoder.transform(frame)) - effects.sum(axis=1)
    assert np.ptp(rest) < 1e-9
