"""Latent classes of habits: found, chosen, stable, numbered as before, and named by what sets them apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from models_ml.segmentation import choice, classes, score, train
from models_ml.segmentation.habits import Vocabulary, shares
from models_ml.segmentation.numbering import aligned
from models_ml.segmentation.spec import ASPECTS, ENTERPRISE, FIRST_ENTERPRISE, FORMER, SegmentationSpec
from tests.models_ml import made

WAYS = (("app", "wechat", "phone"), ("branch", "phone", "app"), ("agent_visit", "wechat", "phone"))
HELD = (("A", "H", "M"), ("L", "P", "A"), ("H", "L", "M"))
SOLD = (("online", "agency", "broker"), ("bank", "agency", "online"), ("agency", "broker", "bank"))
LEANING = np.array([0.8, 0.15, 0.05])


def people(count: int = 900, seed: int = 5) -> pd.DataFrame:
    """Customers of three planted kinds who differ in what they do, with amounts that say nothing."""
    rng = np.random.default_rng(seed)
    frame = made.customers(count=count)
    frame["kind"] = rng.permutation(np.arange(count) % 3)
    for name in ("annual_premium_in_force", "sum_assured_in_force", "tenure_months", "interactions_12m"):
        frame[name] = rng.gamma(2.0, 500.0, count)
    frame["contact_preferences"] = None
    for aspect, words in zip(ASPECTS[:3], (WAYS, HELD, SOLD), strict=True):
        said = [rng.multinomial(4, LEANING) for _ in range(count)]
        frame[aspect] = [
            {word: int(times) for word, times in zip(words[kind], row, strict=True) if times}
            for kind, row in zip(frame["kind"], said, strict=True)
        ]
    return frame


def persons(frame: pd.DataFrame) -> np.ndarray:
    return np.asarray((frame["customer_type"] == "person") & (frame["policies_in_force"] > 0))


def test_planted_habits_are_found_chosen_and_named() -> None:
    frame = people()
    trained = train.fit(frame, SegmentationSpec(), made.DAY)
    members = score.assign(frame, trained.payload)
    own = persons(frame)
    assert trained.payload["method"] == "latent_classes"
    assert trained.metrics["groups"] == 3
    assert trained.metrics["stability"] > 0.9
    assert trained.metrics["bic"] < trained.baseline["one_class"]["bic"]
    assert adjusted_rand_score(frame["kind"][own], members["segment_id"][own]) > 0.9
    labels = {row["segment_id"]: row["label_en"] for row in trained.payload["segments"]}
    for kind, word in ((0, "app"), (1, "branch"), (2, "agents")):
        of_kind = members.loc[own & (frame["kind"] == kind), "segment_id"].mode()[0]
        assert word in labels[of_kind].lower()
    assert sum(row["size_share"] for row in trained.payload["segments"]) == pytest.approx(1, abs=1e-4)
    assert train.fit(frame, SegmentationSpec(), made.DAY).payload == trained.payload


def test_words_never_learnt_and_silent_customers_are_scored_all_the_same() -> None:
    frame = people()
    trained = train.fit(frame, SegmentationSpec(), made.DAY)
    odd = frame[persons(frame)].head(2).copy()
    odd["contact_channels"] = pd.Series([{"carrier_pigeon": 9}, None], index=odd.index)
    odd["product_codes"] = pd.Series([None, None], index=odd.index)
    odd["sales_channels"] = pd.Series([None, None], index=odd.index)
    members = score.assign(odd, trained.payload)
    biggest = max(trained.payload["persons"]["classes"]["shares"])
    assert members["membership"].to_numpy() == pytest.approx([biggest] * 2, abs=1e-6)


def test_habits_without_kinds_make_no_classes() -> None:
    rng = np.random.default_rng(1)
    blocks = [rng.multinomial(3, [0.4, 0.3, 0.3], size=600).astype("float64") for _ in range(2)]
    assert choice.choose(blocks, SegmentationSpec()) is None


def test_one_class_is_the_shares_of_all_words() -> None:
    block = np.array([[2.0, 0.0], [1.0, 1.0]])
    found = classes.fit([block], 1, seed=1, starts=1)
    assert np.exp(found.log_words[0]) == pytest.approx(np.array([[3.5, 1.5]]) / 5)
    expected = -2 * (3 * np.log(0.7) + np.log(0.3)) + np.log(2)
    assert found.bic([block]) == pytest.approx(expected)


def test_membership_is_bayes_by_hand() -> None:
    two = classes.LatentClasses(np.array([0.25, 0.75]), [np.log(np.array([[0.9, 0.1], [0.5, 0.5]]))])
    groups, membership = two.members([np.array([[2.0, 0.0], [0.0, 0.0]])])
    assert groups.tolist() == [0, 1]
    likely = 0.25 * 0.81
    assert membership == pytest.approx([likely / (likely + 0.75 * 0.25), 0.75])


def test_vocabulary_leaves_out_rare_words_and_poor_aspects() -> None:
    frame = people(300)
    frame["sales_channels"] = pd.Series([{"online": 1}] * 300)
    frame.at[0, "contact_channels"] = {"telegraph": 5}
    learnt = Vocabulary.fit(frame)
    assert set(learnt.words) == {"contact_channels", "product_codes"}
    assert "telegraph" not in learnt.words["contact_channels"]
    assert Vocabulary.from_artefact(learnt.to_artefact()) == learnt
    assert np.isnan(shares(pd.Series([None]), ("a",))).all()


def test_numbers_follow_the_members() -> None:
    keys = pd.Series(list("abcdef"))
    groups = np.array([0, 0, 1, 1, 2, 2])
    assert aligned(keys, groups, {}, 1, 3) == [1, 2, 3]
    before = {"a": 2, "b": 2, "c": 1, "d": 4, "e": 1, "z": 3}
    # The third group takes 1 or the second does; one of both keeps 4, and nobody gets a number used before.
    assert aligned(keys, groups, before, 1, 3) == [2, 4, 1]
    assert aligned(keys, groups, {"a": 2, "b": 2}, 1, 3) == [2, 1, 3]


def test_a_new_run_keeps_the_numbers_of_the_one_before() -> None:
    frame = people()
    first = train.fit(frame, SegmentationSpec(), made.DAY)
    members = score.assign(frame, first.payload)
    swapped = {1: 3, 2: 1, 3: 2}
    prior = {
        key: swapped.get(number, number)
        for key, number in zip(members["customer_key"], members["segment_id"], strict=True)
    }
    again = score.assign(frame, train.fit(frame, SegmentationSpec(), made.DAY, prior).payload)
    assert again["segment_id"].tolist() == [prior[key] for key in again["customer_key"]]


def test_enterprises_have_segments_of_their_own() -> None:
    frame = people(600)
    firms = np.arange(600) % 6 == 0
    frame["customer_type"] = np.where(firms, "enterprise", "person")
    frame.loc[firms, "annual_premium_in_force"] = np.where(np.arange(firms.sum()) % 2, 90_000.0, 900.0)
    frame.loc[firms, "policies_in_force"] = np.where(np.arange(firms.sum()) % 2, 9, 1)
    trained = train.fit(frame, SegmentationSpec(), made.DAY)
    numbers = score.assign(frame, trained.payload)["segment_id"]
    of_firms = set(numbers[firms & (frame["policies_in_force"] > 0)])
    assert len(of_firms) >= 2
    assert all(FIRST_ENTERPRISE <= number < ENTERPRISE.segment_id for number in of_firms)
    assert all(number < FIRST_ENTERPRISE or number == FORMER.segment_id for number in set(numbers[~firms]))
    assert set(numbers[frame["policies_in_force"] == 0]) <= {FORMER.segment_id}
    labels = [row["label_en"] for row in trained.payload["segments"] if row["segment_id"] in of_firms]
    assert all(label.startswith("Enterprises: ") for label in labels)
