"""Rows into PostgreSQL by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from psycopg import sql

from customer_knowledge.sample_insurer.columns import Array, Columns, rows, take
from customer_knowledge.warehouse.connections import Connection

SCHEMA_DIR = Path(__file__).parent / "schema"
_INTEGERS = ("smallint", "integer", "bigint")
_CHUNK = 50_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def run_schema(connection: Connection, schema: str, file: str) -> None:
    """Make a schema's tables anew from its file."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    connection.execute(sql.SQL("set local search_path to {}").format(sql.Identifier(schema)))
    connection.execute((SCHEMA_DIR / file).read_bytes())
    connection.execute("reset search_path")


def copy_rows(connection: Connection, schema: str, table: str, columns: Columns) -> int:
    """Append rows to a table; columns that the table does not have are left out, its others stay NULL.

    Returns:
        Rows written.
    """
    types = {name: kind for name, kind in _column_types(connection, schema, table) if name in columns}
    statement = sql.SQL("copy {}.{} ({}) from stdin").format(
        sql.Identifier(schema), sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, types))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in _blocks(columns):
            fields = [_as_text(block[name], kind) for name, kind in types.items()]
            copy.write("".join(f"{line}\n" for line in map("\t".join, zip(*fields, strict=True))))
    return rows(columns)


def _column_types(connection: Connection, schema: str, table: str) -> list[tuple[str, str]]:
    query = """
        select column_name, data_type from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position
    """
    return connection.execute(query, (schema, table)).fetchall()


def _blocks(columns: Columns) -> Iterator[Columns]:
    for start in range(0, rows(columns), _CHUNK):
        yield take(columns, np.arange(start, min(start + _CHUNK, rows(columns))))


def _as_text(values: Array, kind: str) -> list[str]:
    """Values in PostgreSQL's text format."""
    if values.dtype.kind == "M":
        return _moments_as_text(values)
    if values.dtype.kind == "b":
        return ["t" if value else "f" for value in values.tolist()]
    if values.dtype.kind == "f":
        whole = kind in _INTEGERS
        return ["\\N" if value != value else str(int(value)) if whole else repr(value) for value in values.tolist()]
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    return ["\\N" if value is None else str(value).translate(_ESCAPES) for value in values.tolist()]


def _moments_as_text(values: Array) -> list[str]:
    """Each different moment is written once: days repeat a lot."""
    different, position = np.unique(values, return_inverse=True)
    zone = "" if values.dtype == np.dtype("M8[D]") else "+00"
    texts = np.array(["\\N" if t == "NaT" else t + zone for t in np.datetime_as_string(different)], dtype=object)
    return list(texts[position])
