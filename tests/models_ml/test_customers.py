"""Segments and value on customers made to have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from models_ml.segmentation import score as segment_score
from models_ml.segmentation import train as segment_train
from models_ml.segmentation.naming import labels
from models_ml.segmentation.spec import ENTERPRISE, EVERYONE, FORMER, INSURED, SegmentationSpec
from models_ml.value import score as value_score
from models_ml.value import train as value_train
from models_ml.value.claims import Claims
from models_ml.value.rates import Collection, loss_ratios
from models_ml.value.spec import ValueSpec
from tests.models_ml import made

SEGMENTS = SegmentationSpec(groups=(3, 4))


def test_planted_groups_are_found_named_and_ordered() -> None:
    people = made.customers()
    trained = segment_train.fit(people, SEGMENTS, made.DAY)
    members = segment_score.assign(people, trained.payload)
    found = members["segment_id"] < 90
    assert adjusted_rand_score(people["group"][found], members["segment_id"][found]) > 0.95
    assert trained.metrics["silhouette"] > trained.baseline["shuffled_features"]["silhouette"] + 0.2
    assert trained.metrics["stability"] > 0.9
    rows = {row["segment_id"]: row for row in trained.payload["segments"]}
    richest = people.loc[members["segment_id"] == 1, "annual_premium_in_force"].mean()
    assert richest == pytest.approx(20_000, rel=0.05)
    names = [(row["label_en"], row["label_zh"]) for row in rows.values()]
    assert len(set(names)) == len(names)
    assert sum(row["size_share"] for row in rows.values()) == pytest.approx(1, abs=1e-4)
    again = segment_train.fit(people, SEGMENTS, made.DAY)
    assert again.payload == trained.payload


def test_enterprises_and_former_customers_go_by_rule() -> None:
    people = made.customers()
    trained = segment_train.fit(people, SEGMENTS, made.DAY)
    members = segment_score.assign(people, trained.payload)
    firms = people["customer_type"] == "enterprise"
    former = people["policies_in_force"] == 0
    assert set(members.loc[firms & ~former, "segment_id"]) == {ENTERPRISE.segment_id}
    assert set(members.loc[former, "segment_id"]) == {FORMER.segment_id}
    assert (members.loc[firms | former, "membership"] == 1).all()
    assert members["membership"].between(0, 1).all()


def test_who_never_took_out_a_policy_is_no_former_customer() -> None:
    people = made.customers()
    trained = segment_train.fit(people, SEGMENTS, made.DAY)
    nothing = people[people["policies_in_force"] == 0].head(4).copy()
    nothing["tenure_months"] = [0.0, 0.0, 0.0, 30.0]
    nothing["product_codes"] = pd.Series([None, {"L": 1}, None, None], index=nothing.index)
    nothing["sales_channels"] = pd.Series([None, None, {"agency": 1}, None], index=nothing.index)
    members = segment_score.assign(nothing, trained.payload)
    assert members["segment_id"].tolist() == [INSURED.segment_id, *[FORMER.segment_id] * 3]
    named = {row["segment_id"]: (row["label_en"], row["label_zh"]) for row in trained.payload["segments"]}
    assert named[INSURED.segment_id] == ("Insured only", "仅为被保险人")
    share = float((people["policies_in_force"] == 0).mean())
    insured = people.assign(tenure_months=np.where(people["policies_in_force"] == 0, 0.0, people["tenure_months"]))
    rows = {row["segment_id"]: row for row in segment_train.fit(insured, SEGMENTS, made.DAY).payload["segments"]}
    assert rows[FORMER.segment_id]["size_share"] == 0
    assert rows[INSURED.segment_id]["size_share"] == pytest.approx(share, abs=1e-6)


def test_few_customers_make_one_group() -> None:
    people = made.customers(count=20)
    trained = segment_train.fit(people, SegmentationSpec(), made.DAY)
    members = segment_score.assign(people, trained.payload)
    assert set(members["segment_id"]) <= {EVERYONE.segment_id, FORMER.segment_id, ENTERPRISE.segment_id}
    assert trained.metrics == {"groups": 1, "enterprise_groups": 1}


def test_membership_by_hand() -> None:
    groups, membership = segment_score.nearest(np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]]))
    assert groups.tolist() == [0, 0]
    assert membership == pytest.approx([1 / (1 + np.exp(-2.0)), 0.5])


def test_names_stay_distinct() -> None:
    found = labels(("tenure_months", "lines_held"), np.array([[1.0, 0.5], [1.2, 0.6], [0.0, 0.1]]), least=0.25)
    assert found[0] == ("Long-standing, several lines", "老客户、险类多")
    assert found[1] == ("Long-standing, several lines 2", "老客户、险类多 2")
    assert found[2] == ("Average", "普通客户")


PAYLOAD = {
    "stay": {"unknown": 1.0},
    "leave": {"unknown": 0.0},
    "renewal_rate": 0.8,
    "staying": {},
    "leaving": {},
    "lasts": {"share": 0.0, "levels": [0.0] * 10},
    "claims": Claims((), 0.0, [], [], 1e6, {}, {"unknown": 0.5, "motor": 0.6}, 0.0).to_artefact(),
    "commission_rate": 0.1,
    "premiums": {"health": 1_000.0},
    "cohort": {"overall": 0.2, "rates": {}},
}


def test_value_by_hand() -> None:
    spec = ValueSpec()
    people = pd.DataFrame(
        {
            "customer_key": ["a", "b"],
            "premium_received_to_date": [5_000.0, 100.0],
            "claims_paid_to_date": [1_000.0, 900.0],
            "commission_to_date": [200.0, 0.0],
            "service_cost_12m": [240.0, np.nan],
        }
    )
    policies = pd.DataFrame(
        {
            "customer_key": ["a", "a", "a"],
            "p_churn": [0.25, 0.5, 0.1],
            "annual_premium": [1_000.0, 400.0, 9_000.0],
            "premium_mode": ["annual", "annual", "single"],
            "line_of_business": ["motor", "life", "life"],
            "is_long_term": [0.0, 1.0, 1.0],
            "policy_duration_months": [12.0, 30.0, 6.0],
            "days_to_maturity": [np.nan, 365.25, np.nan],
            "premium_years_left": [np.nan, 12.0, np.nan],
        }
    )
    offers = pd.DataFrame({"customer_key": ["b"], "line_of_business": ["health"], "score": [0.2]})
    worth = value_score.values(people, policies, offers, PAYLOAD, spec).set_index("customer_key")
    service = 240.0
    v = 1 / 1.035
    motor, life = 300.0, 400 * spec.long_term_margin
    later = [0.8**year * v ** (year + 0.5) for year in range(1, 10)]
    # The life policy matures after a year; 0.75 and 0.5 are the chances to stay through the first.
    for horizon, column in ((1, "value_inforce_1y"), (5, "value_inforce_5y"), (10, "value_inforce")):
        by_hand = 0.75 * motor * (v**0.5 + sum(later[: horizon - 1])) + 0.5 * life * v**0.5
        assert worth.loc["a", column] == pytest.approx(by_hand, abs=0.01)
    at_risk = 0.25 * motor * (v**0.5 + sum(later)) + 0.5 * life * v**0.5
    assert worth.loc["a", "value_at_risk"] == pytest.approx(at_risk, abs=0.01)
    # The single premium policy is the surest to last, and nobody serves who holds nothing.
    assert worth.loc["a", "cost_to_serve"] == pytest.approx(service * (0.95 * v**0.5 + 0.9 * sum(later)), abs=0.01)
    assert worth.loc["b", "cost_to_serve"] == 0
    assert worth.loc["a", "value_past"] == 5_000 - 1_000 - 200 - service
    assert worth.loc["a", "expected_premium_12m"] == 750 + 200
    assert worth.loc["a", "naive_premium_12m"] == pytest.approx(0.8 * 1_400)
    assert worth.loc["b", "value_growth"] == pytest.approx(0.2 * 1_000 * 0.4)
    assert worth.loc["b", "value_past"] == -800
    for key in ("a", "b"):
        parts = worth.loc[key, ["value_past", "value_inforce", "value_growth"]].sum()
        assert worth.loc[key, "clv"] == pytest.approx(parts - worth.loc[key, "cost_to_serve"])


def test_an_interval_is_about_the_value() -> None:
    """One short-term and one long-term policy, with luck in premiums and claims: draws have the mean that is told."""
    owners = [f"c{number}" for number in range(300)]
    policies = pd.DataFrame(
        {
            "customer_key": owners,
            "p_churn": 0.2,
            "annual_premium": 1_000.0,
            "premium_mode": "annual",
            "line_of_business": "motor",
            "product_code": "M01",
            "is_long_term": np.where(np.arange(300) % 2 == 0, 0.0, 1.0),
            "policy_duration_months": 12.0,
            "days_to_maturity": np.nan,
            "premium_years_left": np.nan,
            "claims_count_3y": 0.0,
        }
    )
    seen = [0.5, 1.0, 1.0, 1.0, 1.5]
    levels, ratios = {"M01": 1.0, "unknown": 1.0}, {"unknown": 0.5}
    claims = Claims(("M01",), 0.0, [-1.0, 0.0, 0.0], [6.0, 0.0, 0.0], 2.0, levels, ratios, 1.0)
    payload = PAYLOAD | {
        "staying": {"annual long-term": seen, "annual short-term": seen},
        "leave": {"unknown": 0.4},
        "claims": claims.to_artefact(),
        "lasts": {"share": 0.5, "levels": [0.0] * 10},
        "cohort": {"overall": 0.3, "rates": {}},
    }
    spec = ValueSpec()
    people = pd.DataFrame({"customer_key": owners}).assign(**{c.name: 0.0 for c in ValueSpec().features})
    nobody = pd.DataFrame({"customer_key": [], "line_of_business": [], "score": []})
    told = value_score.values(people, policies, nobody, payload, spec)
    found = value_score.to_come(policies, payload, spec, value_score.years_ahead(policies, payload, spec))
    drawn = found.drawn(np.arange(300), 4_000, spec.seed, np.random.default_rng(1))
    for fixed in (0.0, 1.0):
        of_kind = (policies["is_long_term"] == fixed).to_numpy()
        assert drawn[of_kind].mean() == pytest.approx(told["value_inforce"][of_kind].mean(), rel=0.02)


def test_ratios_of_payment_are_learnt_by_kind() -> None:
    """Long-term all or nothing, short-term up and down; a kind of few units is as its mode, the mode of none as all."""
    rng = np.random.default_rng(2)
    count = 2_000
    frame = pd.DataFrame(
        {
            "premium_mode": np.where(np.arange(count) < 1_990, "annual", "monthly"),
            "is_long_term": (np.arange(count) % 2).astype("float64"),
            "annual_premium": rng.uniform(500, 1_500, count),
            "premium_years_left": np.nan,
        }
    )
    ratio = np.where(frame["is_long_term"] == 1.0, rng.random(count) < 0.95, rng.normal(1.1, 0.1, count))
    frame["next_premium"] = frame["annual_premium"] * ratio
    learnt = Collection.fit(frame, np.zeros(count, dtype=bool))
    assert learnt.stay["annual long-term"] == pytest.approx(0.95, abs=0.02)
    assert learnt.stay["annual short-term"] == pytest.approx(1.1, abs=0.02)
    fixed, renewed = (np.array(learnt.staying[f"annual {kind}"]) for kind in ("long-term", "short-term"))
    assert (fixed.mean(), renewed.mean()) == pytest.approx((1, 1), abs=0.01)
    assert set(np.round(fixed * learnt.stay["annual long-term"], 9)) == {0.0, 1.0}
    few = frame.tail(10)
    assert learnt.yearly(few) == pytest.approx(few["annual_premium"] * learnt.stay["unknown"])
    paths = learnt.paths((1.0,) * 10, 1)
    there = paths.places(pd.Series(["annual long-term", "annual short-term"]))
    grown = paths.paths[there][:, :, 10].std(axis=1)
    assert grown[0] == pytest.approx(fixed.std() / np.sqrt(10), rel=0.15)
    assert grown[1] > 1.5 * renewed.std() / np.sqrt(10)


def graded(worth: np.ndarray, cuts: list[float]) -> np.ndarray:
    """Grades of customers who had none before."""
    nobody = pd.DataFrame(index=range(len(worth)), columns=["value_grade", "clv_p10", "clv_p90"])
    return value_score.settled(worth, worth, worth, cuts, nobody)


def test_grades_are_fixed_at_training() -> None:
    worth = np.arange(1_000, dtype="float64")
    cuts = value_train.cut_points(worth, ValueSpec())
    grades = graded(worth, cuts)
    assert pd.Series(grades).value_counts().to_dict() == {"A": 100, "B": 250, "C": 400, "D": 250}
    # One customer alone, or everybody ten times richer, is graded by the same money.
    assert graded(np.array([950.0]), cuts).tolist() == ["A"]
    assert set(graded(worth * 10 + 1_000, cuts)) == {"A"}


def test_a_grade_is_left_when_two_runs_intervals_clear_the_cut() -> None:
    """Cuts at 100, 50 and -10; value, interval now, grade and interval of the run before."""
    cuts, nan = [100.0, 50.0, -10.0], np.nan
    cases = [
        (150.0, (120.0, 180.0), "B", (101.0, 150.0), "A"),
        (150.0, (120.0, 180.0), "B", (99.0, 150.0), "B"),
        (150.0, (99.0, 180.0), "B", (120.0, 150.0), "B"),
        (150.0, (120.0, 180.0), "D", (60.0, 150.0), "B"),
        (20.0, (0.0, 40.0), "A", (0.0, 49.0), "C"),
        (20.0, (0.0, 40.0), "A", (0.0, 90.0), "B"),
        (20.0, (0.0, 40.0), "A", (0.0, 110.0), "A"),
        (95.0, (40.0, 120.0), "A", (30.0, 130.0), "A"),
        (95.0, (40.0, 120.0), "C", (30.0, 130.0), "C"),
        (150.0, (120.0, 180.0), "B", (nan, nan), "B"),
        (20.0, (0.0, 40.0), "A", (nan, nan), "A"),
        (105.0, (0.0, 200.0), None, (nan, nan), "A"),
        (105.0, (55.0, 60.0), "A", (55.0, 60.0), "A"),
        (95.0, (100.0, 100.0), "B", (100.0, 100.0), "B"),
    ]
    worth, now, grade, before, expected = zip(*cases, strict=True)
    low, high = np.array(now).T
    prior = pd.DataFrame(before, columns=["clv_p10", "clv_p90"]).assign(value_grade=list(grade))
    assert value_score.settled(np.array(worth), low, high, cuts, prior).tolist() == list(expected)


def test_expected_premium_beats_the_naive_rate() -> None:
    from customer_knowledge.profile import load
    from models_ml.churn.spec import of

    profile = load("sample")
    measured, baseline = value_train.backtest(made.units(), of(profile), profile, made.DAY, ValueSpec())
    assert measured["mae"] < baseline["naive_rate"]["mae"]
    assert measured["spearman"] > baseline["naive_rate"]["spearman"]
    assert 0.9 < measured["expected_over_actual"] < 1.1
    assert measured["interval_coverage"] == pytest.approx(measured["expected_coverage"], abs=0.05)


def test_collection_learns_what_leavers_still_pay() -> None:
    frame = made.units()
    ratios = Collection.fit(frame, frame["exit_within_horizon"].to_numpy(dtype=bool))
    assert ratios.stay["annual"] == pytest.approx(1.0, abs=0.01)
    assert ratios.leave["annual"] == pytest.approx(0.3, abs=0.01)
    assert all(0 <= ratio <= 1.5 for ratio in loss_ratios(frame, ValueSpec()).values())


def test_the_last_months_of_premium_are_discounted_once() -> None:
    """Three months left at no exits: a quarter of a year's margin, in the middle of the first year."""
    policies = pd.DataFrame(
        {
            "customer_key": ["a"],
            "p_churn": [0.0],
            "annual_premium": [1_200.0],
            "premium_mode": ["monthly"],
            "line_of_business": ["life"],
            "is_long_term": [1.0],
            "policy_duration_months": [237.0],
            "days_to_maturity": [np.nan],
            "premium_years_left": [0.25],
        }
    )
    people = pd.DataFrame({"customer_key": ["a"]}).assign(**{c.name: 0.0 for c in ValueSpec().features})
    nobody = pd.DataFrame({"customer_key": [], "line_of_business": [], "score": []})
    worth = value_score.values(people, policies, nobody, PAYLOAD, ValueSpec()).set_index("customer_key")
    assert worth.loc["a", "expected_premium_12m"] == pytest.approx(300.0)
    assert worth.loc["a", "value_inforce"] == pytest.approx(300 * ValueSpec().long_term_margin * 1.035**-0.5, abs=0.01)


def test_the_last_months_of_premium_are_no_whole_year() -> None:
    rows = pd.DataFrame(
        {"annual_premium": 1200.0, "premium_mode": "monthly", "premium_years_left": [0.25, 1.0, 7.5, np.nan, 0.0]}
    )
    of_all = Collection(
        stay={"monthly": 1.0, "unknown": 1.0}, leave={"unknown": 0.5}, renewal_rate=0.9, staying={}, leaving={}
    )
    expected = of_all.expected(rows, np.full(5, 0.5))
    assert expected == pytest.approx([225.0, 900.0, 900.0, 900.0, 0.0])
    assert of_all.of_full_year(rows, np.full(5, 0.5))[0] == pytest.approx(900.0)
