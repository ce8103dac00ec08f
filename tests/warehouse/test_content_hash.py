"""The same content has the same digest, and other content another."""

from __future__ import annotations

from typing import LiteralString

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.content_hash import edition_hash, table_hash

ROWS: LiteralString = (
    "(1, date '2026-06-30', 'c1', 10.50, 0.1::float8, null, timestamptz '2026-06-30 10:00Z'),"
    "(1, date '2026-06-30', 'c2', 20.00, 0.2::float8, '张三', timestamptz '2026-06-30 10:00Z')"
)
NAMES: LiteralString = "edition_id, as_of_date, customer_key, premium, p, name, built_at"


@pytest.fixture
def connection(sample: Profile) -> Connection:
    return warehouse(sample)


def digest(connection: Connection, change: LiteralString = "true", names: LiteralString = "*") -> str:
    """Digest of the two rows after a change, the columns in a given order."""
    connection.execute("drop table if exists marts_build.t")
    connection.execute(f"create table marts_build.t as select {names} from (values {ROWS}) as t ({NAMES})")
    if change != "true":
        connection.execute(change)
    return table_hash(connection, "marts_build", "t")


SAME: list[LiteralString] = [
    "update marts_build.t set premium = premium where customer_key = 'c1'",
    "update marts_build.t set edition_id = 2",
    "update marts_build.t set built_at = '2030-01-01'",
]
OTHER: list[LiteralString] = [
    "update marts_build.t set premium = 10.51 where customer_key = 'c1'",
    "update marts_build.t set p = 0.1 + 1e-16 where customer_key = 'c1'",
    "update marts_build.t set name = '' where name is null",
    "update marts_build.t set as_of_date = '2026-07-01'",
    "update marts_build.t set customer_key = case customer_key when 'c1' then 'c2' else 'c1' end",
    "insert into marts_build.t select * from marts_build.t where customer_key = 'c1'",
    "delete from marts_build.t where customer_key = 'c1'",
]


@pytest.mark.parametrize("change", SAME)
def test_order_edition_and_clock_do_not_count(connection: Connection, change: LiteralString) -> None:
    assert digest(connection, change) == digest(connection)


def test_the_order_of_columns_does_not_count(connection: Connection) -> None:
    turned: LiteralString = "built_at, name, p, premium, customer_key, as_of_date, edition_id"
    assert digest(connection, names=turned) == digest(connection)


@pytest.mark.parametrize("change", OTHER)
def test_one_change_shows(connection: Connection, change: LiteralString) -> None:
    assert digest(connection, change) != digest(connection)


def test_sessions_of_another_kind_find_the_same(connection: Connection) -> None:
    here = digest(connection)
    connection.execute("set local work_mem = '64kB'")
    connection.execute("set local max_parallel_workers_per_gather = 0")
    assert table_hash(connection, "marts_build", "t") == here


def test_a_table_under_another_name_is_another_edition(connection: Connection) -> None:
    digest(connection)
    one = edition_hash(connection, "marts_build", ["t"])
    connection.execute("alter table marts_build.t rename to u")
    assert edition_hash(connection, "marts_build", ["u"]) != one
