"""Encoding, guards, measures, windows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import load
from models_ml.common import guards, metrics, split
from models_ml.common.contract import categories, numbers
from models_ml.common.encoding import Encoder

COLUMNS = (*numbers("premium", "same"), *categories("channel"))


def frame(channels: list[str | None]) -> pd.DataFrame:
    count = len(channels)
    return pd.DataFrame({"premium": np.arange(count) * 1.0, "same": 3.0, "channel": pd.Series(channels, dtype=object)})


def test_what_does_not_vary_is_left_out_and_words_become_columns() -> None:
    encoder = Encoder.fit(frame(["agency", "online", "agency"]), COLUMNS)
    assert encoder.used == ("premium", "channel")
    matrix = encoder.transform(frame(["online", "agency", None]))
    assert matrix.tolist() == [[0, 0, 1], [1, 1, 0], [2, 0, 0]]
    assert encoder.positions("channel") == [1, 2]


def test_an_unseen_word_gives_zeros_and_is_counted() -> None:
    encoder = Encoder.fit(frame(["agency", "online"]), COLUMNS)
    new = frame(["metaverse", "agency"])
    assert encoder.transform(new)[:, 1:].tolist() == [[0, 0], [1, 0]]
    assert encoder.unseen(new) == {"channel": 0.5}
    assert Encoder.from_artefact(encoder.to_artefact()) == encoder


def test_infinite_numbers_are_unknown() -> None:
    seen = frame(["agency", "online"])
    encoder = Encoder.fit(seen, COLUMNS)
    seen["premium"] = [np.inf, 2.0]
    assert np.isnan(encoder.transform(seen)[0, 0])


def test_one_class_and_too_few_rows_are_refused() -> None:
    with pytest.raises(ModelRefused, match="0 exits and 300 stays"):
        guards.enough(np.zeros(300, dtype=bool), rows=200, events=20, what="churn")
    with pytest.raises(ModelRefused, match="100 rows"):
        guards.enough(np.arange(100) % 2 == 0, rows=200, events=20, what="churn")
    guards.enough(np.arange(200) % 2 == 0, rows=200, events=20, what="churn")


def test_measures_agree_with_scikit_learn_and_with_hand_counts() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.02, 0.6, 4000).round(3)
    labels = rng.random(4000) < p
    found = metrics.evaluate(labels, p)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, p), abs=1e-6)
    assert found["brier"] == pytest.approx(np.mean((p - labels) ** 2), abs=1e-6)
    assert found["expected_over_actual"] == pytest.approx(p.sum() / labels.sum(), abs=1e-6)
    assert sum(d["actual"] for d in found["deciles"]) == labels.sum()
    top = labels[np.argsort(-p, kind="stable")[:400]]
    assert found["lift_10"] == pytest.approx(top.mean() / labels.mean(), abs=1e-6)
    low, high = metrics.auc_interval(labels, p, seed=3) or (0, 0)
    assert low < found["auc"] < high
    assert metrics.auc_interval(labels, p, seed=3) == (low, high)


def test_the_ratio_of_a_decile_has_wilsons_interval() -> None:
    """20 exits of 100 rows: the share of exits lies between 0.13337 and 0.28883."""
    low, high = metrics.ratio_interval(25, 20, 100)
    assert low == pytest.approx(25 / 28.883, abs=1e-4)
    assert high == pytest.approx(25 / 13.337, abs=1e-4)
    low, high = metrics.ratio_interval(2, 0, 50)
    assert low == pytest.approx(2 / (50 * 0.07135), abs=1e-4)
    assert high is None
    assert metrics.ratio_interval(0, 0, 0) == (None, None)
    found = metrics.evaluate(np.arange(1000) % 4 == 0, np.full(1000, 0.3))["deciles"][0]
    assert found["expected_over_actual_low"] < found["expected_over_actual"] == 1.2 < found["expected_over_actual_high"]


def test_intervals_of_ratios_cover_the_truth_as_often_as_they_say() -> None:
    chance, rows, draws = 0.04, 800, 4_000
    actual = np.random.default_rng(7).binomial(rows, chance, draws)
    limits = [metrics.ratio_interval(rows * chance, float(exits), rows) for exits in actual]
    covered = np.mean([low is not None and high is not None and low <= 1 <= high for low, high in limits])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_a_single_class_has_no_auc_and_no_ratio() -> None:
    found = metrics.evaluate(np.zeros(50, dtype=bool), np.full(50, 0.1))
    assert found["auc"] is None
    assert found["expected_over_actual"] is None


def test_windows_of_a_grid_leave_an_embargo() -> None:
    profile = load("sample")
    moments = pd.date_range("2020-06-30", "2025-12-31", freq="6ME")
    rows = pd.DataFrame({"as_of_date": moments, "label_known_on": moments + pd.DateOffset(months=14)})
    train, test = split.windows(rows, profile, date(2026, 6, 30))
    assert rows[train]["label_known_on"].max() <= pd.Timestamp(profile.train_until)
    assert rows[test]["as_of_date"].min() > pd.Timestamp(profile.train_until)
    assert [d.date().isoformat() for d in rows[test]["as_of_date"]] == ["2024-06-30", "2024-12-31"]
    # Seen from an earlier day, the later outcomes are not known yet.
    assert split.windows(rows, profile, date(2025, 9, 1))[1].sum() == 1


@pytest.mark.parametrize("horizon", [3, 12])
@pytest.mark.parametrize("seed", range(5))
def test_no_outcome_of_training_is_younger_than_any_observation_of_the_test(horizon: int, seed: int) -> None:
    """Whatever the dates of observation: month by month, by hazard or by chance; embargo is horizon and grace."""
    profile, rng = load("sample"), np.random.default_rng(seed)
    moments = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 3000, 400), unit="D")
    known = moments + pd.DateOffset(months=horizon) + pd.Timedelta(days=profile.grace_days)
    rows = pd.DataFrame({"as_of_date": moments, "label_known_on": known})
    train, test = split.windows(rows, profile, date(2026, 6, 30))
    assert train.sum() > 20
    assert test.sum() > 20
    assert rows[test]["as_of_date"].min() > rows[train]["label_known_on"].max()
    assert (rows[train | test]["label_known_on"] <= pd.Timestamp(2026, 6, 30)).all()
    gap = rows[test]["as_of_date"].min() - rows[train]["as_of_date"].max()
    assert gap.days >= 28 * horizon + profile.grace_days


def test_windows_of_policy_terms_go_by_their_end() -> None:
    profile = load("motor_portfolio")
    ends = pd.to_datetime(["2017-11-30", "2017-12-01", "2018-11-30", "2018-12-01"])
    rows = pd.DataFrame({"as_of_date": ends - pd.DateOffset(years=1), "label_known_on": ends})
    train, test = split.windows(rows, profile, date(2018, 11, 30))
    assert train.tolist() == [True, False, False, False]
    assert test.tolist() == [False, True, True, False]


def test_the_later_slice_never_cuts_a_date_and_folds_keep_customers_together() -> None:
    known = pd.Series(pd.to_datetime(["2020-01-01"] * 50 + ["2021-01-01"] * 30 + ["2022-01-01"] * 25))
    assert split.late_slice(known).sum() == 25
    customers = pd.Series([f"c{i % 40}" for i in range(400)], dtype=object)
    folds = split.folds(customers)
    assert set(folds) == set(range(split.FOLDS))
    assert pd.Series(folds).groupby(customers).nunique().max() == 1
