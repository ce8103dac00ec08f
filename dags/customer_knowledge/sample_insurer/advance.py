"""One business day passes in the sources: rows recorded that day appear, others change or disappear."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta

import psycopg
from psycopg import sql

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.sample_insurer import retention
from customer_knowledge.sample_insurer.changes import KEYS
from customer_knowledge.sample_insurer.simulate import SOURCES, TRUTH
from customer_knowledge.warehouse.connections import SIMULATOR, Connection, connect

logger = logging.getLogger(__name__)


def current_day() -> date | None:
    """The sources' business day; None where there is no sample insurer yet.

    Raises:
        ServerError: the database cannot be reached.
    """
    with connect("policy_admin", SIMULATOR) as connection:
        try:
            row = connection.execute("select as_of_date from business_day").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return None if row is None else row[0]


def advance_day(seed: int | None = None, worklist: Sequence[retention.Offer] = ()) -> date:
    """Let one business day pass; what happens follows from the seed the insurer was made with.

    CRM goes first and may be played twice; policy administration and the business day move in one transaction, so
    that a crash in between leaves the day to be played again with the same end.

    Args:
        seed: where given, the insurer must have been made with it.
        worklist: what was published for the day that ends, for the CRM to act on.

    Returns:
        The new business day.

    Raises:
        ConfigurationError: there is no sample insurer, it has another seed, or its simulated days are used up.
        ServerError: a database cannot be reached.
    """
    today = current_day()
    if today is None:
        raise ConfigurationError("the sample insurer is not there yet", hint="`ck simulate create` makes it")
    day = today + timedelta(days=1)
    with connect(TRUTH, SIMULATOR) as truth:
        made_with = _check(truth, seed, day)
        with connect("policy_admin", SIMULATOR) as holders:
            retention.play(truth, holders, worklist, made_with, day)
        for system in reversed(SOURCES):
            with connect(system, SIMULATOR) as source:
                _play(truth, source, system, day)
    logger.info("the sample insurer stands at %s", day)
    return day


def _check(truth: Connection, seed: int | None, day: date) -> int:
    row = truth.execute("select seed, last_day from truth.setting").fetchone()
    if row is None:
        raise ConfigurationError("the sample insurer has no truth", hint="make it anew: `ck simulate create`")
    if seed is not None and seed != row[0]:
        raise ConfigurationError(
            f"the sample insurer was made with seed {row[0]}, not {seed}", hint="set CK_SEED or make it anew"
        )
    if day > row[1]:
        raise ConfigurationError(
            f"the sample insurer is simulated until {row[1]} only", hint="make it anew with a later first day"
        )
    return int(row[0])


def _play(truth: Connection, source: Connection, system: str, day: date) -> None:
    """Everything of one day in one source: new rows, changes in order, deletions, then the day itself."""
    for owner, table in KEYS:
        if owner == system:
            _reveal(truth, source, system, table, day)
    for row in truth.execute(
        "select source_table, column_name, row_key, new_value, moved_at from truth.change"
        " where source_system = %s and changed_on = %s order by change_id",
        (system, day),
    ).fetchall():
        _change(source, system, *row)
    for table, key in truth.execute(
        "select source_table, row_key from truth.deletion where source_system = %s and deleted_on = %s",
        (system, day),
    ).fetchall():
        column = sql.Identifier(KEYS[system, table])
        source.execute(sql.SQL("delete from {} where {}::text = %s").format(sql.Identifier(table), column), (key,))
    if system == "policy_admin":
        source.execute("update business_day set as_of_date = %s", (day,))


def _reveal(truth: Connection, source: Connection, system: str, table: str, day: date) -> None:
    """Copy the day's rows over; rows that are there already stay as they are."""
    name, stage = sql.Identifier(table), sql.Identifier(f"new_{table}")
    source.execute(sql.SQL("create temporary table {} (like {}) on commit drop").format(stage, name))
    query = sql.SQL("copy (select * from {}.{} where recorded_on = {}) to stdout (format binary)")
    into = sql.SQL("copy {} from stdin (format binary)").format(stage)
    with (
        truth.cursor() as reading,
        source.cursor() as writing,
        reading.copy(query.format(sql.Identifier(system), name, sql.Literal(day))) as out,
        writing.copy(into) as back,
    ):
        for block in out:
            back.write(block)
    source.execute(sql.SQL("insert into {} select * from {} on conflict do nothing").format(name, stage))


def _change(
    source: Connection, system: str, table: str, column: str, key: str, value: str | None, moved_at: object
) -> None:
    statement = sql.SQL(
        "update {table} set {column} = {value}, updated_at = coalesce({moved}, updated_at) where {key} = {row}"
    ).format(
        table=sql.Identifier(table),
        column=sql.Identifier(column),
        # Literals without a type take the column's, as in hand-written SQL.
        value=sql.SQL("null") if value is None else sql.Literal(value),
        moved=sql.Literal(moved_at),
        key=sql.Identifier(KEYS[system, table]),
        row=sql.Literal(key),
    )
    source.execute(statement)
