"""A key that a source has twice is found when it lands, in a database as in a file."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from customer_knowledge.cli import gate as gates
from customer_knowledge.extract import repeated
from customer_knowledge.profile import Profile
from customer_knowledge.runtime import summary
from customer_knowledge.warehouse.connections import warehouse
from expectations.gate import landing_gate
from tests.extract.test_files import GOOD, drop, lines
from tests.extract.test_files import land as land_file
from tests.extract.test_landing import TABLE, ask, change, counts, extract, shop

__all__ = ["drop", "shop"]  # the fixtures
SET_APART = "select line_number, column_name, reason, payload from quarantine.unreadable_row order by batch_id, 1"


@pytest.fixture
def twice(shop: Profile) -> Profile:
    """The shop whose source lets a key stand twice: item 1 says the same three times, item 2 something else."""
    change(shop, "alter table item drop constraint item_pkey")
    change(shop, "insert into item select * from item where item_id = 1")
    change(shop, "insert into item select * from item where item_id = 1 limit 1")
    change(shop, "insert into item select item_id, 999, updated_at from item where item_id = 2")
    return shop


def kept(shop: Profile) -> Any:
    return ask(shop, f"select price from {TABLE} where item_id = 2")[0][0]


def test_a_row_once_more_is_a_duplicate_and_one_that_contradicts_is_set_apart(twice: Profile) -> None:
    batch = extract(twice)
    assert counts(batch) == (8, 5, 0, 0, 0)
    assert (batch.rows_duplicate, batch.rows_unreadable) == (2, 1)
    assert ask(twice, f"select count(*), count(distinct item_id) from {TABLE}") == [(5, 5)]
    [(line, column, reason, payload)] = ask(twice, SET_APART)
    assert (column, reason) == (None, "conflicting_duplicate: the key stands in another row")
    assert 1 <= line <= 8
    assert {Decimal(str(json.loads(payload)["price"])), kept(twice)} == {Decimal(20), Decimal(999)}


def test_the_same_one_is_kept_in_whatever_order_they_are_read(twice: Profile) -> None:
    extract(twice)
    before = kept(twice)
    change(twice, "create table sorted as select * from item order by price desc, item_id desc")
    change(twice, "truncate item")
    change(twice, "insert into item select * from sorted")
    again = extract(twice, 1)
    assert counts(again) == (8, 0, 0, 5, 0)
    assert (again.rows_duplicate, again.rows_unreadable) == (2, 1)
    change(twice, f"delete from item where item_id = 2 and price <> {before}")
    assert counts(extract(twice, 2)) == (7, 0, 0, 5, 0)


@pytest.mark.parametrize(
    ("index", "is_unique"),
    [
        ("unique index on item (item_id)", True),
        ("unique index on item (item_id, price)", False),
        ("unique index on item (item_id) where price > 0", False),
        ("unique index on item (abs(item_id))", False),
        ("index on item (item_id)", False),
    ],
)
def test_where_the_source_lets_no_key_stand_twice_nobody_looks(
    shop: Profile, monkeypatch: pytest.MonkeyPatch, index: str, is_unique: bool
) -> None:
    looked: list[bool] = []
    monkeypatch.setattr(repeated, "set_apart", lambda *_: looked.append(True) or (0, []))
    extract(shop)
    assert looked == []
    change(shop, "alter table item drop constraint item_pkey")
    change(shop, f"create {index}")
    extract(shop, 1)
    assert looked == [True] * (not is_unique)


def test_rows_without_a_key_are_the_gates_to_judge(twice: Profile) -> None:
    change(twice, "alter table item alter item_id drop not null")
    change(twice, "insert into item values (null, 1, now()), (null, 2, now())")
    batch = extract(twice)
    assert (batch.rows_new, batch.rows_duplicate, batch.rows_unreadable) == (7, 2, 1)


def test_database_and_file_name_the_table_and_no_value(
    twice: Profile, drop: tuple[Profile, Path], caplog: pytest.LogCaptureFixture
) -> None:
    extract(twice)
    land_file(drop, lines(GOOD, GOOD, "1;05/11/2015;4711.00;x"))
    said = [record.getMessage() for record in caplog.records if "stand there once more" in record.getMessage()]
    assert [line.split(":")[0] for line in said] == ["crm.item", "motor_portfolio.policy_year"]
    assert "2 rows stand there once more, and 1 say something else under the key (item_id)" in said[0]
    assert "1 rows stand there once more, and 1 say something else under the key (no)" in said[1]
    assert not [line for line in said if "999" in line or "4711" in line]


def test_the_gate_warns_of_the_table_and_the_summary_counts_them(
    drop: tuple[Profile, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = drop[0]
    land_file(drop, lines(GOOD, GOOD, *(f"{i};05/11/2015;1.00;x" for i in range(2, 30))))
    with warehouse(profile) as connection:
        shown = summary._batches(connection, profile.first_as_of_date)
    table = shown.renderables[1]
    cells = {str(column.header): next(iter(column.cells)) for column in table.columns}  # type: ignore[union-attr]
    assert (cells["duplicate 重复"], cells["quarantined 隔离"], cells["new 新增"]) == ("1", "–", "29")
    monkeypatch.setattr(gates, "run_profile", lambda _: profile)
    # The rows are not those that the insurer's rules are about: only the ledger's answer counts here.
    with pytest.raises(Exception, match="is closed"):
        landing_gate(profile, "motor_portfolio", profile.first_as_of_date)
    assert ask(profile, "select severity, failed from quality.check_result where check_id = 'keys_once'") == [
        ("warn", 1)
    ]
    said = " ".join(CliRunner().invoke(gates.app, ["show"]).output.split())
    assert "(policy_year)" in said
