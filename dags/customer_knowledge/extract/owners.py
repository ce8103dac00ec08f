"""Whose a landed row is: whether rows ever went from one policy or party to another, and of how many there are rows."""

from __future__ import annotations

from psycopg import sql

from customer_knowledge.profile import Table
from customer_knowledge.warehouse.connections import Connection

GREW = 0.2  # of the versions there were; less changes no plan


def owner_of(table: Table) -> str | None:
    """The column that says whose a row is; None where its parent does, or nobody's."""
    return table.roots[0].column if table.roots and table.roots[0].through is None else None


def begin_notes(connection: Connection, system: str, table: Table, *, is_new: bool) -> None:
    """Begin to take note of moves with a table's first batch; what was noted of another key or owner says nothing."""
    known = {"system": system, "table": table.name, "key": list(table.key), "owner": owner_of(table)}
    connection.execute(
        "delete from ops.rows_stay where source_system = %(system)s and source_table = %(table)s"
        " and (%(owner)s::text is null or row_key <> %(key)s::text[] or root_column <> %(owner)s::text)",
        known,
    )
    if is_new and known["owner"]:
        connection.execute(
            "insert into ops.rows_stay values (%(system)s, %(table)s, %(key)s, %(owner)s) on conflict do nothing", known
        )


def has_moved(table: Table) -> sql.Composable:
    """A condition: the row is of another policy or party than its version before; a deleted one may come back so."""
    if (owner := owner_of(table)) is None or owner in table.key:
        return sql.SQL("false")
    return sql.SQL("h._row_hash is not null and s.{0} is distinct from h.{0}").format(sql.Identifier(owner))


def note_moves(connection: Connection, system: str, table: Table) -> None:
    """From now on rows of the table may go to another owner."""
    connection.execute("delete from ops.rows_stay where source_system = %s and source_table = %s", (system, table.name))


def take_statistics(connection: Connection, landed: sql.Identifier, table: Table) -> None:
    """Tell the planner what a landing table holds, also of how many policies or parties it has rows."""
    owner = owner_of(table)
    connection.execute(
        "select ops.analyze_laid_together(%s::regclass, %s::text[])",
        (landed.as_string(connection), [owner] if owner and table.key != (owner,) else []),
    )


def take_statistics_when_grown(connection: Connection, system: str, landed: sql.Identifier, table: Table) -> None:
    """With the first batch, and whenever there are a fifth more versions than there were the last time."""
    grown = connection.execute(
        "insert into ops.statistics_taken as t select source_system, source_table,"
        " sum(rows_new + rows_changed + rows_deleted) from ops.batch where source_system = %s and source_table = %s"
        " group by 1, 2 on conflict (source_system, source_table) do update set versions = excluded.versions"
        " where excluded.versions > %s * t.versions",
        (system, table.name, 1 + GREW),
    )
    if grown.rowcount:
        take_statistics(connection, landed, table)
