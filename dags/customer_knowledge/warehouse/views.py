"""The views BI reads: listed columns over a parent table, filtered by the pointer, commented, granted.

They belong to a role that cannot log in and owns no table, so row policies on the parents hold for them.
Replacing a view in place keeps its grants and what stands on it, but must wait for who reads it: it is done
only when there are new columns.
"""

from __future__ import annotations

from psycopg import sql

from customer_knowledge.warehouse.catalogue import shape
from customer_knowledge.warehouse.connections import BI, Connection
from customer_knowledge.warehouse.manifest import Mart

STORE, SHOW, POINTER, READER = "marts_store", "marts", "pointer", "ck_marts_reader"


def show(connection: Connection, mart: Mart) -> None:
    """Bring a mart's view up to its parent's columns and the manifest's words. Nothing to do on most days."""
    columns = list(shape(connection, STORE, mart.name))
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(READER)))
    if list(shape(connection, SHOW, mart.name)) != columns:
        connection.execute(_definition(mart, columns))
        # Given with the definition only: a grant that somebody took back is not given again the next day.
        connection.execute(
            sql.SQL("grant select on {} to {}").format(sql.Identifier(SHOW, mart.name), sql.Identifier(BI))
        )
    _describe(connection, mart, columns)
    connection.execute("reset role")


def _definition(mart: Mart, columns: list[str]) -> sql.Composed:
    return sql.SQL(
        "create or replace view {} as select {} from {} where edition_id ="
        " (select edition_id from {} order by move_id desc limit 1)"
    ).format(
        sql.Identifier(SHOW, mart.name),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(STORE, mart.name),
        sql.Identifier(STORE, POINTER),
    )


def _describe(connection: Connection, mart: Mart, columns: list[str]) -> None:
    """Write the manifest's descriptions as comments, where they differ from those that stand."""
    view = sql.Identifier(SHOW, mart.name)
    standing = _comments(connection, mart.name)
    if standing.get("") != mart.description:
        connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(mart.description)))
    for column in mart.columns:
        if column.name in columns and standing.get(column.name) != column.description:
            connection.execute(
                sql.SQL("comment on column {}.{} is {}").format(
                    view, sql.Identifier(column.name), sql.Literal(column.description)
                )
            )


def _comments(connection: Connection, view: str) -> dict[str, str]:
    """Comments of a view by column name; the view's own under the empty name."""
    rows = connection.execute(
        "select coalesce(attname, ''), description from pg_description"
        " left join pg_attribute on attrelid = objoid and attnum = objsubid and attnum > 0"
        " where objoid = to_regclass(%s) and classoid = 'pg_class'::regclass",
        (f'"{SHOW}"."{view}"',),
    ).fetchall()
    return {str(name): str(text) for name, text in rows}
