"""What the retention worklist tells people to do: words for each kind of customer, grade and theme, in two tongues."""

from __future__ import annotations

import csv
from itertools import product

import pytest

from tests.architecture.test_layer_law import ROOT, bilingual

TYPES = ("person", "enterprise")


def seed(name: str) -> list[dict[str, str]]:
    with (ROOT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "by", "known_by", "said"),
    [
        ("retention_strategy", "value_grade", "service_standard", "label"),
        ("retention_talking_point", "theme", "churn_reason", "talking_point"),
    ],
)
def test_persons_and_firms_are_each_spoken_to(name: str, by: str, known_by: str, said: str) -> None:
    rows = seed(name)
    asked = {row[by] for row in seed(known_by)}
    assert sorted((row["customer_type"], row[by]) for row in rows) == sorted(product(TYPES, asked))
    assert all(bilingual(row[f"{said}_en"] + row[f"{said}_zh"]) for row in rows)
    of_firms = [row for row in rows if row["customer_type"] == "enterprise"]
    assert [row for row in of_firms if "family" in row[f"{said}_en"] or "家庭" in row[f"{said}_zh"]] == []
    shared = {row[f"{said}_{language}"] for row in of_firms for language in ("en", "zh")}
    assert not shared & {row[f"{said}_{language}"] for row in rows if row not in of_firms for language in ("en", "zh")}
