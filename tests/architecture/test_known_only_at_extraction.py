"""Columns that a source stamps at extraction become labels at most, never features."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from customer_knowledge.profile import available, load

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
# Where such a column may be named, and what for: the end of a contract is a label.
ALLOWED = {"stg_motor_portfolio__policy_years.sql", "stg_motor_portfolio__policy_events.sql"}
LABELS = {"lapsed_on"}
ABOVE_STAGING = ("input_layer", "intermediate", "core", "features", "marts")


def stamped() -> list[tuple[str, str]]:
    """(system, column) of every column declared `known_only_at_extraction`."""
    found = [
        (connector.system, column.as_)
        for insurer in available()
        for connector in load(insurer).connectors
        for table in connector.tables
        for column in (table.file.columns if table.file else ())
        if column.known_only_at_extraction
    ]
    assert len(found) >= 9, "the motor portfolio declares nine such columns"
    return found


def code(path: Path) -> str:
    """A model's SQL without comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize(("system", "column"), stamped(), ids=[c for _, c in stamped()])
def test_a_stamped_column_reaches_no_feature(system: str, column: str) -> None:
    word = re.compile(rf"\b{column}\b")
    folder = DBT / "models" / "staging" / system
    staging = {path.name for path in folder.glob("*.sql") if word.search(code(path))}
    assert staging <= (ALLOWED if column in LABELS else set())
    models = [path for layer in ABOVE_STAGING for path in (DBT / "models" / layer).rglob("*.sql")]
    assert models
    assert [path.name for path in models if word.search(code(path))] == []


def test_no_registered_feature_is_stamped() -> None:
    with (DBT / "seeds" / "feature_registry.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 40
    late = {column for _, column in stamped()}
    assert [
        row["feature"] for row in rows if row["known_only_at_extraction"] != "false" or row["feature"] in late
    ] == []
