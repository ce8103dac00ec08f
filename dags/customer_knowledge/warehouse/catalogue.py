"""Reading PostgreSQL's catalogue: what tables there are, and of what shape."""

from __future__ import annotations

from dataclasses import dataclass

from customer_knowledge.warehouse.connections import Connection

Shape = dict[str, str]


@dataclass(frozen=True)
class Index:
    """An index without its name and table; `definition` is what follows USING in PostgreSQL's own words."""

    is_unique: bool
    definition: str


def _regclass(schema: str, table: str) -> str:
    return f'"{schema}"."{table}"'


def shape(connection: Connection, schema: str, table: str) -> Shape:
    """Columns of a relation and their types, in order; empty where there is no such relation."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (_regclass(schema, table),),
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def tables(connection: Connection, schema: str, kind: str = "r") -> list[str]:
    """Names of a schema's tables; kind `p` for those that are partitioned."""
    rows = connection.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind = %s order by 1",
        (schema, kind),
    ).fetchall()
    return [str(row[0]) for row in rows]


def constraints(connection: Connection, schema: str, table: str) -> list[str]:
    """Names of a table's constraints, NOT NULL ones included (they have names since PostgreSQL 18)."""
    rows = connection.execute(
        "select conname from pg_constraint where conrelid = to_regclass(%s) order by 1",
        (_regclass(schema, table),),
    ).fetchall()
    return [str(row[0]) for row in rows]


def indexes(connection: Connection, schema: str, table: str) -> dict[str, Index]:
    """A table's indexes by name, those that a constraint owns excepted."""
    rows = connection.execute(
        "select relname, indisunique, pg_get_indexdef(indexrelid) from pg_index"
        " join pg_class on pg_class.oid = indexrelid"
        " where indrelid = to_regclass(%s)"
        " and not exists (select from pg_constraint where conindid = indexrelid) order by 1",
        (_regclass(schema, table),),
    ).fetchall()
    return {str(row[0]): Index(bool(row[1]), str(row[2]).partition(" USING ")[2]) for row in rows}
