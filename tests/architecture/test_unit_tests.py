"""Every model that branches has a unit test. The list of exceptions is empty and stays so."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
# A case by case decision, or a count that some rows are left out of.
BRANCH = re.compile(r"\bcase\b|\bfilter\s*\(\s*where\b", re.IGNORECASE)


def code(path: Path) -> str:
    """A model's SQL without comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def with_unit_tests() -> set[str]:
    """Models that a unit test names."""
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in MODELS.rglob("*.yml")]
    return {test["model"] for document in found for test in document.get("unit_tests", ())}


def test_every_model_that_branches_has_a_unit_test() -> None:
    branching = {path.stem for path in MODELS.rglob("*.sql") if BRANCH.search(code(path))}
    assert len(branching) > 20
    assert sorted(branching - with_unit_tests()) == []


def test_unit_tests_name_models_that_exist() -> None:
    assert with_unit_tests() <= {path.stem for path in MODELS.rglob("*.sql")}
