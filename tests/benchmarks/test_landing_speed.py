"""How fast landing is, beside the obvious way, in one run. Run by `make bench`; asserts results, never seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import schemas
from customer_knowledge.warehouse.connections import READER, SIMULATOR, connect, dsn, warehouse

ROWS, DAY = 500_000, date(2026, 6, 30)
MADE = (
    "create table payment as select i as payment_id, i / 3 as policy_id, date '2020-01-01' + mod(i, 2000) as paid_on,"
    " mod(i, 90000)::numeric / 100 as amount, md5(i::text) as method from generate_series(1, %s) i"
)


@pytest.fixture
def payments(sample: Profile, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
    """A profile that reads one table of half a million payments."""
    database = f"source_{sample.insurer}"
    schemas.prepare_sources(database)
    with connect(database, SIMULATOR) as connection:
        connection.execute(MADE, (ROWS,))
    monkeypatch.setenv("CK_CRM_DSN", dsn(settings(), database, READER))
    settings.cache_clear()
    connector = {"system": "crm", "kind": "postgres", "tables": [{"name": "payment", "key": ["payment_id"]}]}
    yield Profile.model_validate(sample.model_dump(by_alias=True) | {"connectors": [connector]})
    monkeypatch.undo()
    settings.cache_clear()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def row_by_row(profile: Profile) -> None:
    """The rival: fetch all rows and insert them by executemany, with no comparison and no history."""
    with connect(f"source_{profile.insurer}", READER) as origin, warehouse(profile) as target:
        target.execute("create temporary table rival (a bigint, b bigint, c date, d numeric, e text)")
        rows = origin.execute("select * from payment").fetchall()
        with target.cursor() as cursor:
            cursor.executemany("insert into rival values (%s, %s, %s, %s, %s)", rows)


def test_landing_beside_executemany(payments: Profile) -> None:
    first = seconds(lambda: extract_system(payments, "crm", DAY))
    second = seconds(lambda: extract_system(payments, "crm", DAY + timedelta(1)))
    rival = seconds(lambda: row_by_row(payments))
    with warehouse(payments) as connection:
        counted = connection.execute("select count(*) from landing.crm__payment").fetchone()
    assert counted == (ROWS,)
    print(
        f"\n{ROWS:,} rows: first load {first:.1f} s ({ROWS / first:,.0f} rows/s), unchanged day {second:.1f} s,"
        f" executemany {rival:.1f} s; ratio {rival / first:.1f}"
    )
