"""Landing by comparison: every change is found, every batch balances, nothing lands twice or by half."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from customer_knowledge.errors import SourceError
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import schemas
from customer_knowledge.warehouse.connections import READER, SIMULATOR, connect, dsn, warehouse

DAY = date(2026, 6, 30)
TABLE = "landing.crm__item"


@pytest.fixture
def shop(sample: Profile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
    """A profile that reads one small table of a source database of its own."""
    database = f"source_{sample.insurer}"
    schemas.prepare_sources(database)
    monkeypatch.setenv("CK_CRM_DSN", dsn(settings(), database, READER))
    settings.cache_clear()
    source(database, "create table item (item_id int primary key, price numeric(10, 2), updated_at timestamptz)")
    source(database, "insert into item select i, i * 10, timestamptz '2026-06-01' from generate_series(1, 5) i")
    total = {"measure": "price", "sql": "select 2026 as year, sum(price) as value from item"}
    table = {"name": "item", "key": ["item_id"], "control_totals": [total]}
    connector = {"system": "crm", "kind": "postgres", "tables": [table]}
    yield Profile.model_validate(sample.model_dump(by_alias=True) | {"connectors": [connector]})
    monkeypatch.undo()
    settings.cache_clear()


def source(database: str, statement: str) -> None:
    with connect(database, SIMULATOR) as connection:
        connection.execute(statement.encode())


def change(shop: Profile, statement: str) -> None:
    source(f"source_{shop.insurer}", statement)


def ask(shop: Profile, query: str) -> list[tuple[Any, ...]]:
    with warehouse(shop) as connection:
        return connection.execute(query.encode()).fetchall()


def extract(shop: Profile, days: int = 0) -> Any:
    return extract_system(shop, "crm", DAY + timedelta(days))[0]


def counts(batch: Any) -> tuple[int, ...]:
    return batch.rows_read, batch.rows_new, batch.rows_changed, batch.rows_unchanged, batch.rows_deleted


def test_every_kind_of_change_is_found(shop: Profile) -> None:
    assert counts(extract(shop)) == (5, 5, 0, 0, 0)
    change(shop, "update item set price = 99 where item_id = 1")  # updated_at is left alone
    change(shop, "delete from item where item_id = 2")
    change(shop, "insert into item values (6, 60, now())")
    assert counts(extract(shop, 1)) == (5, 1, 1, 3, 1)
    change(shop, "insert into item values (2, 20, timestamptz '2026-06-01')")
    assert counts(extract(shop, 2)) == (6, 1, 0, 5, 0)
    history = ask(shop, f"select _is_deleted, price from {TABLE} where item_id = 2 order by _version_id")
    assert history == [(False, Decimal(20)), (True, Decimal(20)), (False, Decimal(20))]


def test_a_day_lands_once_and_a_blocked_one_again(shop: Profile) -> None:
    first = extract(shop)
    change(shop, "update item set price = 1")
    again = extract(shop)
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)
    with warehouse(shop) as connection:
        connection.execute("update ops.batch set state = 'blocked'")
    assert counts(extract(shop)) == (5, 0, 5, 0, 0)
    assert ask(shop, "select attempt from ops.batch order by 1") == [(1,), (2,)]


def test_the_source_is_asked_for_its_own_totals(shop: Profile) -> None:
    extract(shop)
    assert ask(shop, "select measure, year, value from ops.control_total") == [("price", 2026, Decimal("150.00"))]


def test_a_column_more_is_noted_and_ignored(shop: Profile) -> None:
    extract(shop)
    change(shop, "alter table item add column colour text")
    assert counts(extract(shop, 1)) == (5, 0, 0, 5, 0)
    assert ask(shop, "select change, column_name from ops.schema_event") == [("added", "colour")]


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("alter table item drop column price", "removed"),
        ("alter table item rename column price to cost", "removed"),
        ("alter table item alter column price type text", "retyped"),
        ("alter table item drop column item_id", "key_lost"),
        ("alter table item rename to thing", "table_missing"),
    ],
)
def test_drift_stops_the_day_before_any_write(shop: Profile, statement: str, event: str) -> None:
    extract(shop)
    change(shop, statement)
    with pytest.raises(SourceError, match="changed shape"):
        extract(shop, 1)
    assert ask(shop, "select count(*) from ops.batch") == [(1,)]
    assert (event,) in ask(shop, "select change from ops.schema_event")


KILLED = """
import os, sys
from datetime import date
from customer_knowledge.extract import landing, postgres
from customer_knowledge.profile import Profile
profile = Profile.model_validate_json(sys.stdin.read())
when, record = sys.argv[1], landing._record
def hit(*arguments):
    record(*arguments)
    if when == "before":
        os._exit(137)
landing._record = hit
postgres.extract_system(profile, "crm", date(2026, 6, 30))
os._exit(137)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_or_after_the_commit_a_retry_puts_it_right(shop: Profile, when: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, when], input=shop.model_dump_json(by_alias=True), text=True, check=False
    )
    assert done.returncode == 137
    landed = [(0,)] if when == "before" else [(1,)]
    assert ask(shop, "select count(*) from ops.batch") == landed
    batch = extract(shop)
    assert batch.landed_now == (when == "before")
    assert ask(shop, f"select count(*) from {TABLE}") == [(5,)]


def test_the_law_of_conservation_is_the_ledgers_own(shop: Profile) -> None:
    batch = extract(shop)
    with warehouse(shop) as connection, pytest.raises(Exception, match="conservation_of_rows"):
        connection.execute("update ops.batch set rows_new = 4 where batch_id = %s", (batch.batch_id,))


def owned(shop: Profile, owner: str = "owner_id") -> Profile:
    """The shop when each item is a policy's: ten items each, one after the other."""
    table = {"name": "item", "key": ["item_id"], "roots": [{"kind": "policy", "column": owner}]}
    connector = {"system": "crm", "kind": "postgres", "tables": [table]}
    return Profile.model_validate(shop.model_dump(by_alias=True) | {"connectors": [connector]})


def stock(shop: Profile, items: int) -> None:
    change(shop, "truncate item")
    change(shop, "alter table item add owner_id int not null, add buyer_id int")
    change(shop, f"insert into item select i, 1, now(), i / 10, i / 10 from generate_series(10, {items - 1}) i")


def test_the_planner_knows_how_many_owners_there_are(shop: Profile) -> None:
    """Some of the pages say so, some owners on two of them; and again when a fifth more versions have come."""
    stock(shop, 120_000)
    shop = owned(shop)
    extract(shop)
    asked = f"select n_distinct, pg_relation_size('{TABLE}') / 8192 > 1000 from pg_stats where attname = 'owner_id'"
    [(first, is_sampled)] = ask(shop, asked)
    assert is_sampled
    assert 0.1 <= -first <= 0.13
    change(shop, "update item set price = 2 where item_id < 20000")
    extract(shop, 1)
    assert ask(shop, asked)[0][0] == first
    change(shop, "update item set price = 3, owner_id = 7 where item_id < 20000")
    extract(shop, 2)
    assert ask(shop, asked)[0][0] != first


def test_a_row_that_goes_to_another_owner_is_noted(shop: Profile) -> None:
    """Also when it was gone in between; as long as none does, a build of changes need not look for one."""
    stock(shop, 3_000)
    shop = owned(shop)
    staying = "select source_table, root_column from ops.rows_stay"
    extract(shop)
    change(shop, "update item set price = 2, buyer_id = 5 where item_id < 500")
    change(shop, "delete from item where item_id = 2000")
    extract(shop, 1)
    assert ask(shop, staying) == [("item", "owner_id")]
    change(shop, "insert into item values (2000, 1, now(), 7)")
    extract(shop, 2)
    assert ask(shop, staying) == []


def test_what_is_known_of_an_owner_says_nothing_of_another(shop: Profile) -> None:
    """A profile that names another column was not watched for it, and when it is changed back not for the first."""
    stock(shop, 3_000)
    extract(owned(shop))
    extract(owned(shop, "buyer_id"), 1)
    change(shop, "update item set owner_id = 7 where item_id = 2000")
    extract(owned(shop, "buyer_id"), 2)
    extract(owned(shop), 3)
    assert ask(shop, "select source_table from ops.rows_stay") == []
