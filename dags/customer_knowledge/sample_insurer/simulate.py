"""Making the sample insurer: simulate once, put the past into the sources and the future where no one looks."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
from psycopg import sql

from customer_knowledge.sample_insurer import changes, insurer, load
from customer_knowledge.sample_insurer.changes import Tables
from customer_knowledge.sample_insurer.columns import Columns, rows, take
from customer_knowledge.sample_insurer.insurer import Insurer
from customer_knowledge.warehouse import schemas
from customer_knowledge.warehouse.connections import READER, SIMULATOR, connect

logger = logging.getLogger(__name__)
SOURCES = ("policy_admin", "crm")
TRUTH = "ck_truth"


def create(customers: int, seed: int, as_of_date: date) -> dict[str, int]:
    """Make both source databases and the truth anew; what was there is dropped.

    Args:
        customers: policyholders at the first day, about 2 policies each in the end.
        seed: same seed and size, same rows.
        as_of_date: first business day; the history before it begins on 2019-01-01.

    Returns:
        Rows in each source table, as `<system>.<table>`.

    Raises:
        ServerError: the databases cannot be reached.
    """
    schemas.prepare_sources(*SOURCES, TRUTH)
    _lock_truth()
    made = insurer.build(customers, seed, as_of_date)
    # Changes replace columns, they do not write into them: the truth keeps the rows as first written.
    past = {place: dict(table) for place, table in made.tables.items()}
    with ThreadPoolExecutor(max_workers=1) as beside:
        truth = beside.submit(_load_truth, made, customers, seed)
        changes.apply(past, made.log, made.first_day)
        counts = _load_source(past, "crm", as_of_date)
        # The business day is written last of all, so that a half-made insurer is not taken for one.
        truth.result()
    counts |= _load_source(past, "policy_admin", as_of_date)
    logger.info("made a sample insurer of %s customers: %s rows", customers, sum(counts.values()))
    return counts


def _lock_truth() -> None:
    """Nobody but the simulator comes near the truth."""
    with connect(TRUTH, SIMULATOR) as connection:
        reader = sql.Identifier(READER)
        connection.execute(sql.SQL("revoke connect on database {} from {}").format(sql.Identifier(TRUTH), reader))
        connection.execute(sql.SQL("revoke usage on schema public from {}").format(reader))
        connection.execute(sql.SQL("alter default privileges revoke select on tables from {}").format(reader))


def _load_source(tables: Tables, system: str, as_of_date: date) -> dict[str, int]:
    """Drop and fill one source database in one transaction."""
    counts = {}
    with connect(system, SIMULATOR) as connection:
        load.run_schema(connection, "public", f"{system}.sql")
        connection.execute(sql.SQL("grant usage on schema public to {}").format(sql.Identifier(READER)))
        for (owner, table), columns in tables.items():
            if owner == system:
                past = take(columns, columns["recorded_on"] <= np.datetime64(as_of_date))
                counts[f"{system}.{table}"] = load.copy_rows(connection, "public", table, past)
        if system == "policy_admin":
            connection.execute("insert into business_day (as_of_date) values (%s)", (as_of_date,))
        grant = sql.SQL("grant select on all tables in schema public to {}")
        connection.execute(grant.format(sql.Identifier(READER)))
    with connect(system, SIMULATOR, autocommit=True) as connection:
        connection.execute("analyze")
    return counts


def _load_truth(made: Insurer, customers: int, seed: int) -> None:
    """Drop and fill the database of truth: what is so, and what is to come."""
    with connect(TRUTH, SIMULATOR) as connection:
        for system in SOURCES:
            load.run_schema(connection, system, f"{system}.sql")
        connection.execute("drop schema if exists truth cascade")
        connection.execute((load.SCHEMA_DIR / "ck_truth.sql").read_bytes())
        for name, columns in (made.truth | _to_come(made)).items():
            load.copy_rows(connection, "truth", name, columns)
        for (system, table), columns in made.tables.items():
            future = take(columns, columns["recorded_on"] > made.first_day)
            load.copy_rows(connection, system, table, future)
        setting = "insert into truth.setting (customers, seed, first_day, last_day) values (%s, %s, %s, %s)"
        connection.execute(setting, (customers, seed, made.first_day.item(), made.last_day.item()))
        connection.execute("create index on truth.change (changed_on)")
        connection.execute("create index on truth.deletion (deleted_on)")
    with connect(TRUTH, SIMULATOR, autocommit=True) as connection:
        connection.execute("analyze")


def _to_come(made: Insurer) -> dict[str, Columns]:
    log = made.log
    future = np.flatnonzero(log["changed_on"] > made.first_day)
    return {"change": take(log, future), "deletion": made.deletions if rows(made.deletions) else {}}
