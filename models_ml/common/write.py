"""Writing scores: all rows of a date at once, replacing what an earlier attempt left."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from psycopg import sql

from customer_knowledge.warehouse.connections import Connection

if TYPE_CHECKING:
    import pandas as pd


def replace(connection: Connection, table: str, as_of_date: date, frame: pd.DataFrame) -> int:
    """Replace the rows of `ml.<table>` for a date; in the caller's transaction.

    Args:
        frame: columns named as in the table, without as_of_date; NaN and NaT become NULL.

    Returns:
        Number of rows written.
    """
    target = sql.Identifier("ml", table)
    connection.execute(sql.SQL("delete from {} where as_of_date = %s").format(target), (as_of_date,))
    names = sql.SQL(", ").join(map(sql.Identifier, ("as_of_date", *frame.columns)))
    clean = frame.astype(object).where(frame.notna(), None)
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("copy {} ({}) from stdin").format(target, names)) as copy,
    ):
        for row in clean.itertuples(index=False, name=None):
            copy.write_row((as_of_date, *row))
    return len(frame)
