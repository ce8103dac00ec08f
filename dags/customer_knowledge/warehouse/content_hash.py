"""One digest for all rows of an edition, so that 'the same edition' can be said exactly."""

from __future__ import annotations

import hashlib

from psycopg import sql

from customer_knowledge.warehouse.connections import Connection

# Numbers given out by the database or read off the clock say nothing about the content.
_IDENTITY_COLUMNS = ("edition_id", "model_run_id")


def _columns(connection: Connection, schema: str, table: str) -> list[str]:
    rows = connection.execute(
        "select column_name from information_schema.columns where table_schema = %s and table_name = %s"
        " and column_name <> all(%s) and data_type not like 'timestamp%%' order by column_name",
        (schema, table, list(_IDENTITY_COLUMNS)),
    ).fetchall()
    return [str(row[0]) for row in rows]


def table_hash(connection: Connection, schema: str, table: str) -> str:
    """Digest of a table's rows: equal for equal rows in any order, of any edition."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(connection, schema, table)))
    statement = sql.SQL(
        "select md5(coalesce(string_agg(h, '' order by h collate \"C\"), '')) from "
        "(select md5(row({columns})::text) as h from {table}) as rows"
    ).format(columns=columns, table=sql.Identifier(schema, table))
    row = connection.execute(statement).fetchone()
    assert row is not None  # noqa: S101 — an aggregate always gives a row
    return str(row[0])


def edition_hash(connection: Connection, schema: str, tables: list[str], *, strip: str = "") -> str:
    """Digest of all tables of an edition, by name; `strip` is an ending that is not part of a name."""
    digest = hashlib.sha256()
    for table in sorted(tables):
        digest.update(f"{table.removesuffix(strip)}={table_hash(connection, schema, table)};".encode())
    return digest.hexdigest()
