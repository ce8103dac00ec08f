"""PostgreSQL sources: whole tables in one snapshot of the system, streamed by COPY into the warehouse."""

from __future__ import annotations

import logging
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql

from customer_knowledge.errors import SourceError
from customer_knowledge.extract import business_day, drift, landing, repeated
from customer_knowledge.extract.landing import BatchSummary, Columns, Reading, Total
from customer_knowledge.profile import Connector, Profile, Table
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import Connection, source, warehouse

log = logging.getLogger(__name__)


def extract_system(
    profile: Profile, system: str, as_of_date: date, *, reread_since: datetime | None = None
) -> list[BatchSummary]:
    """Land every declared table of a system as of a business date; doing it again does nothing.

    Where a gate after landing blocked the date's newest edition, what had landed is read again as another attempt, as
    long as the source stands at that day; once it has moved on, what has landed is used.

    Args:
        reread_since: read again whatever landed before this moment.

    Raises:
        SourceError: the system has no such connector kind, the source stands at another business day, or a table
            changed shape. Nothing is landed then.
    """
    connector = profile.connector(system)
    if connector.kind != "postgres":
        raise SourceError(f"{system} is not a PostgreSQL source", hint="extract_files reads file drops")
    with warehouse(profile) as target:
        since = _since(target, profile, connector, as_of_date, reread_since)
        done = _landed(target, connector, as_of_date, since)
        if len(done) == len(connector.tables):
            log.info("%s of %s is landed already", system, as_of_date)
            return done
        with source(system) as origin:
            if stands_at := business_day.elsewhere(profile, as_of_date, system, origin):
                done = _landed(target, connector, as_of_date)
                if reread_since or len(done) < len(connector.tables):
                    raise business_day.refusal(connector, as_of_date, stands_at, len(done))
                log.warning("%s stands at %s: what landed for %s is used again", system, stands_at, as_of_date)
                return done
            plans = _plans(target, origin, connector, as_of_date)
            return _land_all(target, origin, connector, as_of_date, plans, since)


def _since(
    target: Connection, profile: Profile, connector: Connector, as_of_date: date, told: datetime | None
) -> datetime | None:
    """Before which moment landed rows are read again; None where they are not: nobody told, or the date is past.

    Where no source tells its day, a date is past when a later one has landed: its rows would be those of today.
    """
    since = told or editions.closed_after_landing(target, as_of_date)
    if since is None or profile.day_teller is not None:
        return since
    later = landing.last_day(target, connector.system)
    if later is None or later <= as_of_date:
        return since
    if told:
        raise business_day.too_late(connector, as_of_date, later)
    log.warning("%s has landed for %s since: what landed for %s is used again", connector.system, later, as_of_date)
    return None


def _landed(
    target: Connection, connector: Connector, as_of_date: date, since: datetime | None = None
) -> list[BatchSummary]:
    """Batches of the date that stand, of as many tables as have one."""
    found = [landing.landed(target, connector.system, table.name, as_of_date, since) for table in connector.tables]
    target.commit()
    return [batch for batch in found if batch]


def _plans(target: Connection, origin: Connection, connector: Connector, as_of_date: date) -> dict[str, Columns]:
    """The columns to read of each table; drift of any table stops all before a row is written."""
    return {
        table.name: drift.check(
            *(target, connector.system, table, as_of_date),
            landing.business_columns(target, connector.system, table.name),
            landing.columns_of(origin, connector.source_schema, table.name),
        )
        for table in connector.tables
    }


def _land_all(
    target: Connection,
    origin: Connection,
    connector: Connector,
    as_of_date: date,
    plans: dict[str, Columns],
    since: datetime | None,
) -> list[BatchSummary]:
    row = origin.execute("select transaction_timestamp()").fetchone()
    assert row is not None  # noqa: S101 — a select without a table gives a row
    batches = []
    for table in connector.tables:
        with target.transaction():
            landing.lock(target, connector.system)
            batch = landing.landed(target, connector.system, table.name, as_of_date, since)
            if batch is None:
                columns = plans[table.name]
                reading = _read(target, origin, connector, table, columns, row[0])
                batch = landing.land(target, connector.system, table, as_of_date, columns, reading)
            batches.append(batch)
    return batches


def _read(
    target: Connection,
    origin: Connection,
    connector: Connector,
    table: Table,
    columns: Columns,
    at: datetime,
) -> Reading:
    """Stream a table into the stage, binary to binary, and ask the source for its own totals."""
    landing.create_stage(target, columns)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    out = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(
        names, sql.Identifier(connector.source_schema, table.name)
    )
    into = sql.SQL("copy stage ({}) from stdin (format binary)").format(names)
    with origin.cursor().copy(out) as reader, target.cursor() as cursor, cursor.copy(into) as writer:
        for block in reader:
            writer.write(block)
    count = target.execute("select count(*) from stage").fetchone()
    once = repeated.cannot_be(origin, connector.source_schema, table)
    duplicate, unreadable = (0, []) if once else repeated.set_apart(target, table, columns)
    return Reading(at, int(count[0]) if count else 0, duplicate, unreadable, _totals(origin, table))


def _totals(origin: Connection, table: Table) -> list[Total]:
    found: list[Total] = []
    for control in table.control_totals:
        rows = origin.execute(control.sql.encode() if control.sql else b"select null, null where false")
        found += [(control.measure, year, value, Decimal(0)) for year, value in rows.fetchall() if value is not None]
    return found
