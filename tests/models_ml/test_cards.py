"""Cards, drift and fairness: what a run tells about itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.profile import load
from models_ml.cards import card, plots
from models_ml.churn import score, train
from models_ml.churn.spec import of
from models_ml.common import drift, fairness
from models_ml.common.contract import categories, numbers
from models_ml.common.drift import Reference
from models_ml.common.runs import Trained
from models_ml.segmentation import train as segment_train
from models_ml.segmentation.spec import SegmentationSpec
from models_ml.value import train as value_train
from tests.models_ml import made

PROFILE = load("sample")
RUN = {
    "model_run_id": 7,
    "model_name": "churn",
    "as_of_date": made.DAY,
    "code_version": "abc",
    "data_from": made.YEAR_BEFORE,
    "data_to": made.DAY,
    "trained_rows": 2500,
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made.units()


@pytest.fixture(scope="module")
def trained(frame: pd.DataFrame) -> Trained:
    groups = frame[["unit_key", "sex"]].assign(age_band=fairness.age_bands(frame["age_years"]))
    return train.fit(frame, of(PROFILE), PROFILE, made.DAY, groups)


def test_the_same_spread_is_stable_and_another_is_not() -> None:
    rng = np.random.default_rng(1)
    columns = (*numbers("premium"), *categories("channel"))
    then = pd.DataFrame({"premium": rng.normal(size=5000), "channel": rng.choice(["agency", "online"], 5000)})
    reference = Reference.from_artefact(Reference.fit(then, columns).to_artefact())
    assert reference.psi(reference.tally(then)) == {"premium": 0.0, "channel": 0.0}
    again = then.sample(2000, random_state=2)
    assert all(drift.state(psi) == "stable" for psi in reference.psi(reference.tally(again)).values())
    other = then.assign(premium=then["premium"] + 1, channel="metaverse")
    assert {drift.state(psi) for psi in reference.psi(reference.tally(other)).values()} == {"drifted"}
    unknown = then.assign(premium=np.nan)
    assert drift.state(reference.psi(reference.tally(unknown))["premium"]) == "drifted"


def test_the_index_by_hand() -> None:
    then = pd.DataFrame({"channel": ["a"] * 50 + ["b"] * 50})
    today = pd.DataFrame({"channel": ["a"] * 80 + ["b"] * 20})
    reference = Reference.fit(then, categories("channel"))
    half = Reference.from_artefact(reference.to_artefact()).tally(today.head(50))
    psi = reference.psi(half + reference.tally(today.tail(50)))["channel"]
    assert psi == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5), abs=1e-6)


def test_drift_of_scores_is_told(frame: pd.DataFrame, trained: Trained) -> None:
    current = frame[frame["is_current"]]
    year = score.policies(current, trained.payload).query("horizon_months == 12")
    reference = Reference.from_artefact(trained.payload["reference"])
    found = score.drift_of(reference.tally(year), trained.payload).set_index("feature")
    assert set(found.index) == {c.name for c in of(PROFILE).features} | {"p_churn"}
    worse = score.policies(current.assign(payments_missed_12m=3.0), trained.payload).query("horizon_months == 12")
    moved = score.drift_of(reference.tally(worse), trained.payload).set_index("feature")
    assert moved.loc["payments_missed_12m", "state"] == "drifted"
    assert moved.loc["p_churn", "psi"] > found.loc["p_churn", "psi"]


def test_groups_are_compared_by_hand() -> None:
    groups = pd.Series(["F"] * 100 + ["M"] * 100 + ["X"] * 10 + [None] * 10)
    p = np.r_[np.linspace(0.5, 0.9, 100), np.full(100, 0.1), np.full(20, 0.2)]
    labels = np.zeros(220, dtype=bool)
    labels[90:110] = True
    found = fairness.by_group(groups, labels, p)
    assert set(found) == {"F", "M", "others"}
    assert found["F"]["selected"] == pytest.approx(0.22)
    assert found["F"]["found"] == 1.0
    assert found["M"] == {
        "rows": 100,
        "rate": 0.1,
        "mean_score": 0.1,
        "expected_over_actual": 1.0,
        "selected": 0.0,
        "found": 0.0,
    }
    assert found["others"]["rows"] == 20
    assert found["others"]["expected_over_actual"] is None


def test_what_groups_got_is_told_by_hand() -> None:
    sexes = pd.Series(["F"] * 60 + ["M"] * 40 + [None] * 20)
    letters = np.array(["A"] * 15 + ["D"] * 45 + ["A"] * 60, dtype=object)
    assert fairness.shares(sexes, letters, ("A", "B", "D")) == {
        "F": {"rows": 60, "A": 0.25, "B": 0.0, "D": 0.75},
        "others": {"rows": 60, "A": 1.0, "B": 0.0, "D": 0.0},
    }


def test_an_enterprise_is_a_group_of_its_own() -> None:
    found = pd.DataFrame(
        {"customer_type": ["person", "enterprise", None], "sex": ["F", None, None], "age_years": [30.0, np.nan, np.nan]}
    )
    assert fairness.grouped(found).to_numpy(dtype=object, na_value=None).tolist() == [
        ["person", "F", "30-39"],
        ["enterprise", "enterprise", "enterprise"],
        [None, None, "unknown"],
    ]


def test_a_group_whose_level_is_far_off_is_named() -> None:
    def group(rows: int, ratio: float | None) -> dict[str, Any]:
        return {"rows": rows, "expected_over_actual": ratio}

    sexes = {"F": group(100, 1.51), "M": group(100, 1.5), "others": group(99, 9.0)}
    ages = {"30-39": group(500, 0.66), "40-49": group(500, 0.67), "unknown": group(500, None)}
    assert fairness.uneven({"sex": sexes, "age_band": ages}) == {"sex F": 1.51, "age_band 30-39": 0.66}


def test_the_card_names_a_group_whose_level_is_far_off(trained: Trained) -> None:
    whole = card.page(PROFILE, RUN, trained.metrics, trained.baseline)
    report = {"sex": {"F": {"rows": 400, "expected_over_actual": 2.0, "selected": 0.2}}}
    page = card.page(PROFILE, RUN, trained.metrics | {"fairness": report}, trained.baseline)
    assert "Level far off" not in whole
    assert "do not act on it alone: sex F 2.00." in page


def test_ages_have_bands() -> None:
    bands = fairness.age_bands(pd.Series([18.0, 30.0, 59.9, 60.0, np.nan]))
    assert bands.tolist() == ["under 30", "30-39", "50-59", "60 and over", "unknown"]


def test_fairness_is_reported_for_sex_and_age(trained: Trained) -> None:
    report = trained.metrics["fairness"]
    assert set(report["sex"]) == {"F", "M"}
    assert len(report["age_band"]) == 5
    assert sum(group["rows"] for group in report["sex"].values()) == trained.metrics["rows"]


def test_the_card_tells_what_was_measured_and_loads_nothing(trained: Trained) -> None:
    page = card.page(PROFILE, RUN, trained.metrics, trained.baseline)
    assert "Not for pricing" in page
    assert "不得用于定价" in page
    assert f"{trained.metrics['auc']:.4g}" in page
    assert page.count("<svg") == 4
    assert "Fairness by sex" in page
    soon = page.split("Three months")[1].split("</table>")[0]
    assert f'>This model 本模型</td><td class="n">{trained.metrics["rows"]:,}</td>' in soon
    assert f"{trained.metrics['auc_3m']:.4g}" in soon
    assert "cohort_table" in soon
    assert "auc_3m" not in page
    assert f"tested on 检验行数 <b>{trained.metrics['rows']:,}</b>" in page
    assert "payments_missed_12m" in page.split("Reads")[1]
    assert "Calibration by decile" in page
    lowest = trained.metrics["deciles"][0]
    assert f"{lowest['expected']:.4g}" in page.split("Calibration by decile")[1]
    assert not re.search(r"(?:href|src)=|https?://|<script", page)


def test_a_run_without_deciles_has_a_card_too() -> None:
    page = card.page(
        PROFILE, RUN | {"model_name": "segmentation"}, {"silhouette": 0.4}, {"shuffled": {"silhouette": 0.1}}
    )
    assert "<svg" not in page
    assert "0.4" in page


def test_the_card_of_segments_has_a_map_of_those_found() -> None:
    trained = segment_train.fit(made.customers(), SegmentationSpec(groups=(3, 4)), made.DAY)
    places = trained.metrics["map"]["segments"]
    persons = [row for row in trained.payload["segments"] if row["segment_id"] < 80]
    assert [place["share"] for place in places] == [row["size_share"] for row in persons]
    centres = np.array([place["mean"] for place in places])
    weights = np.array([place["share"] for place in places])
    # Weighted by size, the centres lie around the middle of everybody.
    assert weights @ centres / weights.sum() == pytest.approx(np.zeros(2), abs=0.01)
    page = card.page(PROFILE, RUN | {"model_name": "segmentation"}, trained.metrics, trained.baseline)
    assert page.count("<ellipse") == len(places)
    assert all(row["label_zh"] in page for row in persons)


def test_the_card_of_value_shows_how_it_is_spread() -> None:
    worth = np.arange(-100.0, 900.0)
    valued = pd.DataFrame({"clv": worth, "clv_p10": worth - 50, "clv_p90": worth + 80}).sample(frac=1, random_state=1)
    tenths = value_train.by_tenth(valued)
    assert [t["clv"] for t in tenths] == [849.5, 749.5, 649.5, 549.5, 449.5, 349.5, 249.5, 149.5, 49.5, -50.5]
    assert sum(t["share_of_value"] for t in tenths) == pytest.approx(1, abs=1e-5)
    assert tenths[9] == {"clv": -50.5, "clv_p10": -100.5, "clv_p90": 29.5, "share_of_value": -0.012641}
    page = card.page(PROFILE, RUN | {"model_name": "value"}, {"mae": 1.0, "by_tenth": tenths}, {})
    assert page.count("<circle") == 10
    assert "holds 21%" in page


def test_texts_of_plots_are_escaped() -> None:
    drawn = plots.lines({"<b>": [(0.0, 0.0), (1.0, 2.0)]}, x="<x>", y="y")
    assert "<b>" not in drawn
    assert "&lt;b&gt;" in drawn
    assert "<x>" not in drawn
    assert plots.bars({"a": 1.0, "b": 0.5}, label="bars").count("<rect") == 2
