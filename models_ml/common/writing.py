"""Scores into `ml`: what stood for the date goes, what was just scored comes, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.frames import csv_texts

CHUNK = 20_000  # rows made into text at a time, while the server stores those before


def replace(connection: Connection, table: str, as_of_date: date, frame: pd.DataFrame) -> int:
    """Put a frame in the place of a date's rows of an `ml` table.

    Args:
        connection: with a transaction open; nothing is committed here.
        table: in schema `ml`, with a column `as_of_date`.
        as_of_date: the date whose rows are replaced; written into every row.
        frame: columns named as in the table, without `as_of_date`; NaN and None become null.

    Returns:
        How many rows were written.

    Raises:
        ModelRefused: the rows name a model run that is not recorded.
    """
    _check_runs(connection, frame)
    name = sql.Identifier("ml", table)
    connection.execute(sql.SQL("delete from {} where as_of_date = %s").format(name), (as_of_date,))
    statement = _into(table, ["as_of_date", *frame.columns], sql.SQL("(format csv)"))
    with connection.cursor() as cursor, cursor.copy(statement, writer=QueuedLibpqWriter(cursor)) as copy:
        for text in csv_texts(frame, CHUNK, [as_of_date]):
            copy.write(text)
    return len(frame)


def _check_runs(connection: Connection, frame: pd.DataFrame) -> None:
    """What a foreign key would ask of every row is asked once."""
    named = [int(run) for run in frame["model_run_id"].unique()]
    known = connection.execute("select count(*) from ml.model_run where model_run_id = any(%s)", (named,)).fetchone()
    if known is None or known[0] != len(named):
        raise ModelRefused("scores name a model run that is not recorded", hint="train first: `ck run`")


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into an `ml` table."""
    with connection.cursor() as cursor, cursor.copy(_into(table, columns, sql.SQL(""))) as copy:
        for row in rows:
            copy.write_row(row)


def _into(table: str, columns: Sequence[str], options: sql.SQL) -> sql.Composed:
    return sql.SQL("copy {} ({}) from stdin {}").format(
        sql.Identifier("ml", table), sql.SQL(", ").join(map(sql.Identifier, columns)), options
    )
