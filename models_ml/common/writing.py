"""Scores into `ml`: what stood for the date goes, what was just scored comes, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd
from psycopg import sql

from customer_knowledge.warehouse.connections import Connection


def replace(connection: Connection, table: str, as_of_date: date, frame: pd.DataFrame) -> int:
    """Put a frame in the place of a date's rows of an `ml` table.

    Args:
        connection: with a transaction open; nothing is committed here.
        table: in schema `ml`, with a column `as_of_date`.
        as_of_date: the date whose rows are replaced; written into every row.
        frame: columns named as in the table, without `as_of_date`; NaN and None become null.

    Returns:
        How many rows were written.
    """
    name = sql.Identifier("ml", table)
    connection.execute(sql.SQL("delete from {} where as_of_date = %s").format(name), (as_of_date,))
    rows = ((as_of_date, *row) for row in _plain(frame))
    copy_rows(connection, table, ["as_of_date", *frame.columns], rows)
    return len(frame)


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into an `ml` table."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("ml", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _plain(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    columns = []
    for name in frame.columns:
        values = frame[name].astype(object).tolist()
        columns.append([None if v is None or v is pd.NaT or v != v else v for v in values])
    return zip(*columns, strict=True)
