"""Which policies and parties changed between two editions, by the ledger: new, gone, other, rejected, released."""

from __future__ import annotations

import logging
from typing import Any

from psycopg import sql

from customer_knowledge.profile import Connector, Profile, Root, Table
from customer_knowledge.warehouse.connections import Connection

log = logging.getLogger(__name__)
KINDS = ("policy", "party")
# A version matters when its batch is new, or when a gate of a new batch turned it away or let it back in.
_TOUCHED = (
    "select _version_id from {landing} where _batch_id = any({batches})"
    " union select version_id from ops.rejected_version where source_system = {system} and source_table = {table}"
    " and (batch_id = any({batches}) or released_batch_id = any({batches}))"
)


class NotByKey(Exception):
    """Something changed that no policy or party answers for; the message says what."""


def collect(connection: Connection, profile: Profile, edition_id: int, base_edition_id: int) -> dict[str, int]:
    """Fill schema `changed` with the policies and parties that differ between two editions.

    Runs in the caller's transaction.

    Args:
        edition_id: the edition to be built; it holds every batch of the other.
        base_edition_id: the edition that the tables hold.

    Raises:
        NotByKey: rows changed that belong to no policy or party; everything has to be built.
    """
    connection.execute("truncate changed.policy, changed.party")
    for connector in profile.connectors:
        _prepare(connection, connector)
        for table in connector.tables:
            batches = _new_batches(connection, connector.system, table, edition_id, base_edition_id)
            if batches:
                _of_table(connection, connector, table, batches)
        _keys(connection, connector)
    for kind in KINDS:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier("changed", kind)))
    return counts(connection)


def counts(connection: Connection) -> dict[str, int]:
    """How many policies and parties changed."""
    found = {}
    for kind in KINDS:
        row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier("changed", kind))).fetchone()
        found[kind] = int(row[0]) if row else 0
    return found


def _new_batches(connection: Connection, system: str, table: Table, edition_id: int, base: int) -> list[int]:
    rows = connection.execute(
        "select b.batch_id from ops.edition_batch as e join ops.batch as b using (batch_id)"
        " where e.edition_id = %s and b.source_system = %s and b.source_table = %s"
        " and not exists (select from ops.edition_batch as o where o.edition_id = %s and o.batch_id = b.batch_id)",
        (edition_id, system, table.name, base),
    )
    return [int(row[0]) for row in rows.fetchall()]


def _roots_of(connector: Connector) -> dict[str, tuple[Table, Root]]:
    """For each kind, the table whose key is the root's own id."""
    return {
        root.kind: (table, root) for table in connector.tables for root in table.roots if table.key == (root.column,)
        and root.through is None
    }  # fmt: skip


def _changed(system: str, kind: str) -> sql.Identifier:
    return sql.Identifier("changed", f"{system}__{kind}")


def _prepare(connection: Connection, connector: Connector) -> None:
    """The tables of changed ids, empty, with the type that the source gives them."""
    for kind, (table, root) in _roots_of(connector).items():
        name = _changed(connector.system, kind)
        landing = sql.Identifier("landing", f"{connector.system}__{table.name}")
        connection.execute(
            sql.SQL("create table if not exists {} as select {} as root_id from {} with no data").format(
                name, sql.Identifier(root.column), landing
            )
        )
        index = sql.Identifier(f"{connector.system}__{kind}__root_id")
        connection.execute(sql.SQL("create unique index if not exists {} on {} (root_id)").format(index, name))
        connection.execute(sql.SQL("truncate {}").format(name))


def _of_table(connection: Connection, connector: Connector, table: Table, batches: list[int]) -> None:
    parts: dict[str, Any] = {
        "landing": sql.Identifier("landing", f"{connector.system}__{table.name}"),
        "system": sql.Literal(connector.system),
        "table": sql.Literal(table.name),
        "batches": sql.SQL("{}::bigint[]").format(sql.Literal(batches)),
        "key": sql.SQL(", ").join(map(sql.Identifier, table.key)),
    }
    touched = sql.SQL(_TOUCHED).format(**parts)
    if not table.roots:
        if not table.stands_alone:
            _refuse_overwritten(connection, connector.system, table, parts, touched)
        return
    versions = sql.SQL("select * from {landing} where _version_id in ({touched})").format(**parts, touched=touched)
    # A row may have belonged to somebody else before: all versions of the same key tell.
    every_version = sql.SQL("select * from {landing} where ({key}) in (select {key} from ({versions}) as v)").format(
        **parts, versions=versions
    )
    stay = _rows_stay(connection, connector.system, table)
    for number, root in enumerate(table.roots):
        ids = _ids(connector, root, versions if stay and number == 0 else every_version)
        connection.execute("drop table if exists pg_temp.touched_root")
        connection.execute(sql.SQL("create temporary table touched_root on commit drop as {}").format(ids))
        if _any(connection, sql.SQL("select from touched_root where root_id is null")):
            raise NotByKey(f"{connector.system}.{table.name} has changed rows that name no {root.kind}")
        connection.execute(
            sql.SQL("insert into {} select root_id from touched_root on conflict do nothing").format(
                _changed(connector.system, root.kind)
            )
        )


def _rows_stay(connection: Connection, system: str, table: Table) -> bool:
    """Whether landing knows that no row of a table ever went from one of its first root to another."""
    return _any(
        connection,
        sql.SQL(
            "select from ops.rows_stay where source_system = {} and source_table = {}"
            " and row_key = {}::text[] and root_column = {}"
        ).format(*map(sql.Literal, (system, table.name, list(table.key), table.roots[0].column))),
    )


def _ids(connector: Connector, root: Root, rows: sql.Composable) -> sql.Composed:
    """A select of the ids of the policies or parties that the rows belong to."""
    column = sql.Identifier(root.column)
    if root.through is None:
        return sql.SQL("select distinct {} as root_id from ({}) as rows").format(column, rows)
    parent = connector.table(root.through)
    return sql.SQL(
        "select distinct parent.{} as root_id from ({}) as rows left join {} as parent on parent.{} = rows.{}"
    ).format(
        sql.Identifier(parent.roots[0].column),
        rows,
        sql.Identifier("landing", f"{connector.system}__{parent.name}"),
        sql.Identifier(parent.key[0]),
        column,
    )


def _any(connection: Connection, query: sql.Composable) -> bool:
    row = connection.execute(sql.SQL("select exists ({})").format(query)).fetchone()
    return bool(row and row[0])


def _refuse_overwritten(
    connection: Connection, system: str, table: Table, parts: dict[str, Any], touched: sql.Composable
) -> None:
    """A new row of a reference table is nobody's yet; one that was there before may stand behind any row."""
    older = sql.SQL(
        "select from {landing} as old where not (old._batch_id = any({batches})) and ({key}) in"
        " (select {key} from {landing} where _version_id in ({touched}))"
    ).format(**parts, touched=touched)
    if _any(connection, older):
        raise NotByKey(f"{system}.{table.name} changed, and other rows are built from it")


def _keys(connection: Connection, connector: Connector) -> None:
    """Our keys of the changed ids, as dbt's macro `entity_key` makes them."""
    for kind in _roots_of(connector):
        name = _changed(connector.system, kind)
        connection.execute(
            sql.SQL(
                "insert into {} select md5({} || '|' || root_id::text) from {} on conflict do nothing"
            ).format(sql.Identifier("changed", kind), sql.Literal(connector.system), name)
        )  # fmt: skip
        connection.execute(sql.SQL("analyze {}").format(name))


def roots(profile: Profile) -> dict[str, dict[str, str | None]]:
    """For dbt: which column of each landing table says whose row it is."""
    found: dict[str, dict[str, str | None]] = {}
    for connector in profile.connectors:
        for table in connector.tables:
            if not table.roots:
                continue
            root = table.roots[0]
            parent = connector.table(root.through) if root.through else None
            found[f"{connector.system}.{table.name}"] = {
                "root": root.kind,
                "column": root.column,
                "through": root.through,
                "parent_key": parent.key[0] if parent else None,
                "parent_column": parent.roots[0].column if parent else None,
            }
    return found
