"""The feature registry: it names every column a model may read, says what it is, and models keep to it."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from customer_knowledge.cli import features
from models_ml.churn import spec as churn
from models_ml.common.contract import Contract
from models_ml.next_product import spec as next_product
from models_ml.segmentation import spec as segmentation
from models_ml.value import spec as value

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
# Which unit is looked at and when: nothing to learn from.
NOT_FEATURES = {"unit_key", "policy_key", "customer_key", "as_of_date", "is_current", "horizon_ends_on"}
# Sex, age, region, and what tells an age by another name.
PROTECTED = {"sex", "age_years", "licence_years", "province", "area_code"}
MODELS = {
    "churn": churn.ChurnSpec().contract,
    "churn_benchmark": churn.ChurnSpec().benchmark_contract,
    "value": value.ValueSpec().contract,
    "segmentation": segmentation.SegmentationSpec().contract,
    "next_product": next_product.NextProductSpec().contract,
}
WINDOW = re.compile(r"_(\d+)(m|y)$")


@cache
def registry() -> tuple[dict[str, str], ...]:
    """The rows of the seed."""
    with (DBT / "seeds" / "feature_registry.csv").open(encoding="utf-8") as file:
        rows = tuple(csv.DictReader(file))
    assert len(rows) > 100
    return rows


def columns(table: str) -> dict[str, str]:
    """Column → description of a features table, by its contract."""
    document = yaml.safe_load((DBT / "models" / "features" / f"{table}.yml").read_text(encoding="utf-8"))
    return {column["name"]: column["description"] for column in document["models"][0]["columns"]}


def allowed(row: dict[str, str]) -> set[str]:
    """Models that may learn from a feature."""
    return {name for name in row["models"].split(";") if name}


TABLES = {
    "features__policy_as_of": "policy",
    "features__customer_as_of": "customer",
    "features__customer_habit": "customer",
}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_registered_and_every_registered_feature_is_a_column(table: str) -> None:
    registered = [row["feature"] for row in registry() if row["table_name"] == table]
    assert len(registered) == len(set(registered))
    assert set(registered) == set(columns(table)) - NOT_FEATURES


def test_every_entry_is_complete_and_says_what_the_table_says() -> None:
    broken = []
    for row in registry():
        described = columns(row["table_name"])[row["feature"]]
        window = WINDOW.search(row["feature"])
        months = int(window[1]) * (12 if window[2] == "y" else 1) if window else None
        if not (
            row["meaning_en"].isascii()
            and row["meaning_en"]
            and re.search("[\u4e00-\u9fff]", row["meaning_zh"])
            and row["owner"]
            and TABLES[row["table_name"]] == row["unit"]
            and row["is_protected"] in ("true", "false")
            and allowed(row) <= set(MODELS)
            and (months is None or row["window_months"] == str(months))
            and row["meaning_zh"].split("。")[0] in described
        ):
            broken.append((row["unit"], row["feature"]))
    assert broken == []


def test_what_is_protected_is_registered_so_and_only_the_declared_benchmark_may_read_it() -> None:
    assert {row["feature"] for row in registry() if row["is_protected"] == "true"} == PROTECTED
    readers = [allowed(row) for row in registry() if row["feature"] in PROTECTED]
    assert all(names <= {"churn_benchmark"} for names in readers)


@pytest.mark.parametrize(("name", "contract"), MODELS.items(), ids=MODELS)
def test_models_learn_from_what_the_registry_allows_them(name: str, contract: Contract) -> None:
    may = {"churn", "churn_benchmark"} if name == "churn_benchmark" else {name}
    entries = {row["feature"]: row for row in registry() if row["unit"] == contract.unit}
    assert contract.features
    assert [c.name for c in contract.features if not may & allowed(entries[c.name])] == []
    if name != "churn_benchmark":
        assert {c.name for c in contract.features} & PROTECTED == set()
        assert {c.name for c in contract.others} & PROTECTED == set()


def test_the_page_of_features_is_made_of_the_registry() -> None:
    page = (DBT.parent / "docs" / "features.md").read_text(encoding="utf-8")
    assert page == features.markdown(registry()), "make it anew: ck features > docs/features.md"
    shown = CliRunner().invoke(features.app, ["--model", "value"]).stdout
    assert "| `cash_value` |" in shown
    assert "| `age_years` |" not in shown
    assert CliRunner().invoke(features.app, ["--model", "fortune"]).exit_code != 0
