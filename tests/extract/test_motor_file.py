"""The motor portfolio as it is declared: the actual file to the cent, and a made one of the same shape."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.extract.files import extract_declared
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import warehouse
from tests.harness.motor_file import columns, write_motor_file

ACTUAL = Path(__file__).resolve().parents[2].parent / "shared/data/spanish_motor/motor_vehicle_insurance_data.csv"
LANDED = "landing.motor_portfolio__policy_year"


def ask(profile: Profile, query: str) -> list[tuple[Any, ...]]:
    with warehouse(profile) as connection:
        return connection.execute(query.encode()).fetchall()


def read_from(monkeypatch: pytest.MonkeyPatch, folder: Path, profile: Profile, name: str = "*.csv") -> Profile:
    """The profile with the folder as its drops, and one name in it (the actual one has more files beside it)."""
    monkeypatch.setattr(type(settings()), "drops_dir", property(lambda _: folder))
    raw = profile.model_dump(by_alias=True)
    raw["connectors"][0]["tables"][0]["file"]["pattern"] = name
    return Profile.model_validate(raw)


def day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date()


def control(profile: Profile, measure: str) -> tuple[Any, ...]:
    return ask(
        profile,
        f"select sum(value), sum(unreadable) from ops.control_total where measure = '{measure}'",
    )[0]


def test_the_actual_file_and_its_own_totals(motor: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    if not ACTUAL.is_file():
        pytest.skip(f"the actual motor portfolio is not at {ACTUAL}")
    profile = read_from(monkeypatch, ACTUAL.parent, motor, ACTUAL.name)
    batch = extract_declared(profile, profile.first_as_of_date)[0]
    assert (batch.rows_read, batch.rows_new, batch.rows_duplicate, batch.rows_unreadable) == (105_555, 105_555, 0, 0)
    assert control(profile, "premium") == (Decimal("33344038.88"), Decimal(0))
    assert control(profile, "policy_years") == (Decimal(105_555), Decimal(0))
    assert control(profile, "contracts") == (Decimal(53_502), Decimal(0))
    by_year = ask(
        profile,
        "select t.year, t.value - r.value from ops.control_total t"
        " join (select extract(year from last_renewal_on)::int as year, sum(claim_cost) as value"
        f" from {LANDED} group by 1) r using (year) where measure = 'claim_cost' order by 1",
    )
    assert by_year == [(year, Decimal(0)) for year in (2015, 2016, 2017, 2018)]
    again = extract_declared(profile, profile.first_as_of_date)[0]
    assert (again.batch_id, again.landed_now) == (batch.batch_id, False)


def test_a_made_file_lands_as_written(motor: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_motor_file(tmp_path / "portfolio.csv", contracts=400)
    profile = read_from(monkeypatch, tmp_path, motor)
    batch = extract_declared(profile, profile.first_as_of_date)[0]
    assert (batch.rows_read, batch.rows_new, batch.rows_unreadable) == (made.rows, made.rows, 0)
    assert control(profile, "premium") == (made.premium, Decimal(0))
    assert control(profile, "contracts") == (Decimal(400), Decimal(0))
    found = ask(profile, f"select count(distinct contract_id) filter (where lapsed_on is not null) from {LANDED}")
    assert found == [(made.ended,)]


def test_the_made_file_has_the_actual_ones_shape(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.csv"
    made = write_motor_file(path, contracts=3000)
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == made.rows + 1
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert list(rows[0]) == columns()
    assert len(columns()) == 30
    by_contract: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_contract[row["ID"]].append(row)
    assert {len(years) for years in by_contract.values()} == {1, 2, 3, 4}
    assert all(len({row["Date_lapse"] for row in years}) == 1 for years in by_contract.values())
    begun = [day(row["Date_last_renewal"]) for row in rows]
    assert min(begun) >= date(2015, 11, 2)
    assert date(2018, 11, 1) <= max(begun) <= date(2018, 11, 30)
    assert 0.15 < made.ended / made.rows < 0.25
    assert 0.05 < sum(row["Length"] == "NA" for row in rows) / len(rows) < 0.15
    assert 0.005 < sum(row["Type_fuel"] == "NA" for row in rows) / len(rows) < 0.04
    early = sum(bool(row["Date_lapse"]) and day(row["Date_lapse"]) < day(row["Date_last_renewal"]) for row in rows)
    assert 0 < early < 0.02 * len(rows)


def test_ends_depend_on_what_is_known_before_them(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.csv"
    write_motor_file(path, contracts=3000)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    last = {row["ID"]: row for row in rows}

    def rate(chosen: list[dict[str, str]]) -> float:
        """Of policy-years, the part that was a contract's last and ended."""
        return sum(bool(row["Date_lapse"]) and last[row["ID"]] is row for row in chosen) / len(chosen)

    assert rate([r for r in rows if float(r["Premium"]) > 350]) > 1.5 * rate(
        [r for r in rows if float(r["Premium"]) <= 350]
    )
    assert rate([r for r in rows if r["Type_fuel"] == "P"]) > 1.15 * rate([r for r in rows if r["Type_fuel"] == "D"])
    assert rate([r for r in rows if r["N_claims_year"] != "0"]) > 1.2 * rate(
        [r for r in rows if r["N_claims_year"] == "0"]
    )
    first = [r for r in rows if r["Date_start_contract"] == r["Date_last_renewal"]]
    assert rate(first) > 1.2 * rate([r for r in rows if r["Date_start_contract"] != r["Date_last_renewal"]])


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_motor_file(tmp_path / name, contracts=50, seed=seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
