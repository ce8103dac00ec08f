"""What a model may read, and what it is refused."""

from __future__ import annotations

import csv

import pytest

from customer_knowledge.errors import ModelRefused
from models_ml.churn import spec as churn
from models_ml.common.contract import Column, Contract, Registered, check_columns, check_registry, numbers
from models_ml.next_product.spec import NextProductSpec
from models_ml.segmentation.spec import PHRASES, SegmentationSpec
from models_ml.value.spec import ValueSpec
from tests.models_ml import made

SPECS = [
    churn.ChurnSpec().contract,
    SegmentationSpec().contract,
    ValueSpec().contract,
    NextProductSpec().contract,
    NextProductSpec().moments,
]
PLAIN = Registered(is_protected=False, known_only_at_extraction=False)


@pytest.mark.parametrize("contract", SPECS, ids=lambda c: f"{c.table}-{len(c.features)}")
def test_every_model_reads_registered_unprotected_features_only(contract: Contract) -> None:
    assert contract.features
    check_registry(contract.features, made.registry(contract.unit))


@pytest.mark.parametrize(
    ("name", "entry", "why"),
    [
        ("age_years", Registered(True, False), "age_years is protected"),
        ("vehicle_value", Registered(False, True), "vehicle_value is known only at extraction"),
        ("seniority", None, "seniority is not registered"),
    ],
)
def test_features_are_refused_by_name(name: str, entry: Registered | None, why: str) -> None:
    registry = {"annual_premium": PLAIN} | ({name: entry} if entry else {})
    with pytest.raises(ModelRefused, match=why):
        check_registry(numbers("annual_premium", name), registry)


def test_the_benchmark_variant_admits_what_it_declares_and_nothing_that_knows_the_future() -> None:
    registry = {
        "age_years": Registered(True, False),
        "sex": Registered(True, False),
        "late": Registered(True, True),
    }
    allowed = frozenset({"age_years", "late"})
    check_registry(numbers("age_years"), registry, benchmark=allowed)
    with pytest.raises(ModelRefused, match="sex is protected"):
        check_registry(numbers("age_years", "sex"), registry, benchmark=allowed)
    with pytest.raises(ModelRefused, match="late is known only at extraction"):
        check_registry(numbers("late"), registry, benchmark=allowed)


def test_the_champion_has_neither_protected_columns_nor_their_proxy() -> None:
    names = {column.name for column in churn.FEATURES}
    protected = {name for name, entry in made.registry("policy").items() if entry.is_protected}
    assert {"age_years", "area_code"} <= protected
    assert not names & (protected | {"licence_years"})


def test_columns_are_held_against_the_table() -> None:
    contract = Contract("t", "policy", (Column("unit_key", "key"),), numbers("annual_premium", "doors"))
    check_columns(contract, {"unit_key": "text", "annual_premium": "numeric", "doors": "integer"})
    with pytest.raises(ModelRefused, match=r"annual_premium is missing; doors is text, not a number"):
        check_columns(contract, {"unit_key": "text", "doors": "text"})


def test_every_reason_has_a_sentence() -> None:
    with (made.SEEDS / "churn_reason.csv").open(encoding="utf-8") as file:
        rows = {row["reason_code"]: row for row in csv.DictReader(file)}
    assert set(churn.REASON_CODES) == set(rows)
    assert all(all(row.values()) for row in rows.values())


def test_every_segment_feature_has_phrases_in_both_languages() -> None:
    for column in SegmentationSpec().features:
        phrase = PHRASES[column.name]
        assert all((phrase.more_en, phrase.more_zh, phrase.less_en, phrase.less_zh))
