"""Rows of a source that repeat the key of another row: landing holds a key once a batch, so they are set apart before.

As in files, a row that says the same once more is a duplicate, and one that says something else cannot be read: nobody
knows which of the two is meant. Which of them is kept depends on what they say alone, so that it is the same every day.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from customer_knowledge.profile import Table
from customer_knowledge.warehouse.connections import Connection

CONFLICT = "conflicting_duplicate"
Unreadable = tuple[int, str | None, str, str]


def _names(columns: Iterable[str], of: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.Identifier(of), sql.Identifier(c)) for c in columns)


def cannot_be(origin: Connection, schema: str, table: Table) -> bool:
    """Whether the source itself lets no key stand twice: an index on nothing but the key, or part of it, is unique."""
    found = origin.execute(
        "select exists (select from pg_index as i join pg_class as c on c.oid = i.indrelid"
        " join pg_namespace as n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s"
        " and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null"
        " and (select array_agg(attname::text) from pg_attribute where attrelid = i.indrelid"
        "  and attnum = any(i.indkey)) <@ %s::text[])",
        (schema, table.name, list(table.key)),
    ).fetchone()
    return bool(found and found[0])


def set_apart(connection: Connection, table: Table, columns: Iterable[str]) -> tuple[int, list[Unreadable]]:
    """Take the rows that repeat a key out of the filled `stage`.

    Returns:
        How many say the same as the row that is kept, and those that do not: (place in the reading, None, reason, row).
    """
    names = {"key": _names(table.key, "s"), "columns": _names(columns, "s")}
    repeats = sql.SQL("select {key} from stage as s where ({key}) is not null group by {key} having count(*) > 1")
    found = connection.execute(sql.SQL("select exists ({})").format(repeats.format(**names))).fetchone()
    if not (found and found[0]):
        return 0, []
    connection.execute("drop table if exists pg_temp.again")
    connection.execute(
        sql.SQL(
            "create temporary table again on commit drop as select place, line, payload,"
            " said = first_value(said) over kept as is_same, row_number() over kept > 1 as is_again from ("
            " select s.ctid as place, row_number() over (order by s.ctid) as line, to_jsonb(s)::text as payload,"
            " md5(row({columns})::text) as said, ({key}) in ({repeats}) as is_of_repeated, {key} from stage as s) as s"
            " where is_of_repeated window kept as (partition by {key} order by said, place)"
        ).format(**names, repeats=repeats.format(**names))
    )
    connection.execute("delete from stage where ctid in (select place from again where is_again)")
    same = connection.execute("select count(*) from again where is_again and is_same").fetchone()
    other = connection.execute(
        "select line, null, %s || ': the key stands in another row', payload from again where is_again and not is_same"
        " order by line",
        (CONFLICT,),
    ).fetchall()
    return int(same[0]) if same else 0, [(int(line), column, reason, text) for line, column, reason, text in other]
