"""A real insurer's file through the same DAGs, gates, dbt project and models; a made one where it is absent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from customer_knowledge.settings import PROJECT_DIR, Settings
from tests.end_to_end.conftest import World, world
from tests.end_to_end.test_sample_days import ck
from tests.harness.motor_file import columns, write_motor_file

pytestmark = [pytest.mark.postgres, pytest.mark.airflow, pytest.mark.timeout(1800)]

ACTUAL = PROJECT_DIR.parent / "shared/data/spanish_motor/motor_vehicle_insurance_data.csv"
MEASURES = {"contracts", "policy_years", "premium", "claim_cost"}


@pytest.fixture
def motor_world(own_settings: Settings) -> Iterator[World]:
    """A world of its own, for no two files are one insurer's."""
    with world("motor_portfolio") as made:
        yield made


def spoil_a_copy(path: Path) -> None:
    """One more row at the end, of a contract of its own, whose premium cannot be read."""
    row = path.read_text(encoding="utf-8").splitlines()[11].split(";")
    row[columns().index("ID")], row[columns().index("Premium")] = "900001", "not a premium"
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(";".join(row) + "\r\n")


def reconciled(motor: World) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Source, published and quarantined by measure, all years; every year must agree for itself."""
    assert motor.read("select measure, year from marts.reconciliation where difference <> 0") == []
    rows = motor.read(
        "select measure, sum(source_value), sum(published), sum(quarantined) from marts.reconciliation group by 1"
    )
    return {measure: (source, published, quarantined) for measure, source, published, quarantined in rows}


def test_a_made_file_is_published_and_its_bad_row_is_told(motor_world: World, tmp_path: Path) -> None:
    years = write_motor_file(tmp_path / "portfolio.csv", contracts=1500).rows
    spoil_a_copy(tmp_path / "portfolio.csv")
    said = ck("demo", "--source", "motor_portfolio", "--data", str(tmp_path / "portfolio.csv"))
    assert "edition 1 of business date 2018-11-30 published" in " ".join(said.split())
    totals = reconciled(motor_world)
    assert totals.keys() >= MEASURES
    assert totals["policy_years"] == (years + 1, years, 1)
    told = motor_world.ask("select line_number, column_name, reason from quarantine.unreadable_row")
    assert [(line, column) for line, column, _ in told] == [(years + 2, "Premium")]
    again = ck("demo", "--source", "motor_portfolio", "--data", str(tmp_path / "portfolio.csv"))
    assert "was published already" in " ".join(again.split())


@pytest.mark.skipif(not ACTUAL.exists(), reason="the actual portfolio is not in ../shared/data")
def test_the_actual_portfolio_is_published_to_the_cent(motor_world: World) -> None:
    ck("demo", "--source", "motor_portfolio", "--data", str(ACTUAL))
    totals = reconciled(motor_world)
    assert totals["contracts"][0] == 53_502
    assert totals["policy_years"][0] == 105_555
    assert totals["premium"][0] == Decimal("33344038.88")
    metrics = motor_world.ask("select metrics, baseline from ml.model_run where model_name = 'churn' and is_champion")
    assert len(metrics) == 1
    assert metrics[0][0]["auc"] < 0.75, "look for a leak first"
