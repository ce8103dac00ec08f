"""From a table that dbt built to a partition that readers see.

`make_ready` does, where nobody looks, all that is slow or would collide; `attach` is what remains for the
publishing transaction and takes milliseconds, whatever the size of the table.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from customer_knowledge.errors import PublishRefused
from customer_knowledge.warehouse.catalogue import Index, constraints, indexes, shape, tables
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.manifest import BUILD_SCHEMA, Mart
from customer_knowledge.warehouse.views import READER, STORE

_LONGEST_NAME = 63


def partition_name(mart: Mart, edition_id: int) -> str:
    """Name of a mart's partition for an edition."""
    return f"{mart.name}__e{edition_id}"


def built_name(connection: Connection, mart: Mart, edition_id: int) -> str | None:
    """The built table: fresh from dbt, or already renamed by a publish that was cut short."""
    for name in (mart.name, partition_name(mart, edition_id)):
        if shape(connection, BUILD_SCHEMA, name):
            return name
    return None


def make_ready(connection: Connection, mart: Mart, edition_id: int) -> None:
    """Rename a built table and all that is named after it, and prepare it to be attached without a scan.

    Raises:
        PublishRefused: the mart's key is not unique in it.
    """
    target = partition_name(mart, edition_id)
    table = sql.Identifier(BUILD_SCHEMA, target)
    if shape(connection, BUILD_SCHEMA, mart.name):
        connection.execute(sql.SQL("drop table if exists {}").format(table))
        built = sql.Identifier(BUILD_SCHEMA, mart.name)
        connection.execute(sql.SQL("alter table {} rename to {}").format(built, sql.Identifier(target)))
    _rename_belongings(connection, target, edition_id)
    _promise_edition(connection, target, edition_id)
    try:
        _build_indexes(connection, mart, target)
    except psycopg.errors.UniqueViolation:
        # PostgreSQL's own message quotes the key of a row.
        raise PublishRefused(
            f"{mart.name} is not unique by {', '.join(mart.key)}; nothing was published",
            hint="a dbt test of its grain should have said so: see the model's yml",
        ) from None
    connection.execute(sql.SQL("analyze {}").format(table))


def _rename_belongings(connection: Connection, table: str, edition_id: int) -> None:
    """Indexes and constraints keep the names of dbt's temporary table, which a later publish finds taken."""
    suffix = f"__e{edition_id}"
    for name in constraints(connection, BUILD_SCHEMA, table):
        if suffix not in name:
            connection.execute(
                sql.SQL("alter table {} rename constraint {} to {}").format(
                    sql.Identifier(BUILD_SCHEMA, table), sql.Identifier(name), _suffixed(name, suffix)
                )
            )
    for name in indexes(connection, BUILD_SCHEMA, table):
        if suffix not in name:
            connection.execute(
                sql.SQL("alter index {} rename to {}").format(
                    sql.Identifier(BUILD_SCHEMA, name), _suffixed(name, suffix)
                )
            )


def _suffixed(name: str, suffix: str) -> sql.Identifier:
    return sql.Identifier(name[: _LONGEST_NAME - len(suffix)] + suffix)


def _promise_edition(connection: Connection, target: str, edition_id: int) -> None:
    """NOT NULL and CHECK on `edition_id`: with them ATTACH believes instead of scanning."""
    table, check = sql.Identifier(BUILD_SCHEMA, target), sql.Identifier(f"{target}__edition")
    connection.execute(sql.SQL("alter table {} alter column edition_id set not null").format(table))
    connection.execute(sql.SQL("alter table {} drop constraint if exists {}").format(table, check))
    connection.execute(
        sql.SQL("alter table {} add constraint {} check (edition_id = {})").format(
            table, check, sql.Literal(edition_id)
        )
    )


def _key_name(mart: Mart) -> str:
    return f"{mart.name}__key"


def _key_index(mart: Mart) -> dict[str, Index]:
    """The index every parent has, on its key: the key of a mart is unique within an edition."""
    if not mart.key:
        return {}
    return {_key_name(mart): Index(True, f"btree ({', '.join(('edition_id', *mart.key))})")}


def _build_indexes(connection: Connection, mart: Mart, target: str) -> None:
    """Build what the parent has, an index somebody added to it included; else ATTACH would, inside."""
    added = {n: index for n, index in indexes(connection, STORE, mart.name).items() if n != _key_name(mart)}
    wanted = _key_index(mart) | added
    standing = set(indexes(connection, BUILD_SCHEMA, target).values())
    for number, index in enumerate(wanted.values(), start=1):
        if index not in standing:
            connection.execute(_create(index, f"{target}__i{number}", BUILD_SCHEMA, target))


def _create(index: Index, name: str, schema: str, table: str) -> sql.Composed:
    return sql.SQL("create {} {} on {} using {}").format(
        sql.SQL("unique index" if index.is_unique else "index"),
        sql.Identifier(name),
        sql.Identifier(schema, table),
        # PostgreSQL's own words, or column names that the manifest was checked for.
        sql.SQL(index.definition),
    )


def shape_parent(connection: Connection, mart: Mart, edition_id: int) -> None:
    """Make a mart's parent table, or give it the columns that are new. Nothing to do on most days."""
    now = shape(connection, BUILD_SCHEMA, partition_name(mart, edition_id))
    before = shape(connection, STORE, mart.name)
    parent = sql.Identifier(STORE, mart.name)
    if not before:
        columns = sql.SQL(", ").join(_declared(name, kind) for name, kind in now.items())
        connection.execute(sql.SQL("create table {} ({}) partition by list (edition_id)").format(parent, columns))
        connection.execute(sql.SQL("alter table {} alter column edition_id set not null").format(parent))
        for name, index in _key_index(mart).items():
            connection.execute(_create(index, name, STORE, mart.name))
        connection.execute(sql.SQL("grant select on {} to {}").format(parent, sql.Identifier(READER)))
        return
    for name, kind in now.items():
        if name not in before:
            connection.execute(sql.SQL("alter table {} add column {}").format(parent, _declared(name, kind)))
    _follow_key(connection, mart)


def _follow_key(connection: Connection, mart: Mart) -> None:
    """Where a mart's key has changed (a finer grain), make the parent's index on it anew, older editions included."""
    name = _key_name(mart)
    standing, wanted = indexes(connection, STORE, mart.name).get(name), _key_index(mart).get(name)
    if standing == wanted:
        return
    if standing:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(STORE, name)))
    if wanted:
        connection.execute(_create(wanted, name, STORE, mart.name))


def _declared(name: str, kind: str) -> sql.Composed:
    # `kind` is format_type()'s own word, not anybody's input.
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))


def attach(connection: Connection, mart: Mart, edition_id: int) -> None:
    """Move a ready table to the store and attach it to its parent."""
    name = partition_name(mart, edition_id)
    connection.execute(
        sql.SQL("alter table {} set schema {}").format(sql.Identifier(BUILD_SCHEMA, name), sql.Identifier(STORE))
    )
    connection.execute(
        sql.SQL("alter table {} attach partition {} for values in ({})").format(
            sql.Identifier(STORE, mart.name), sql.Identifier(STORE, name), sql.Literal(edition_id)
        )
    )


def clear_leftovers(connection: Connection, marts: tuple[Mart, ...], edition_id: int) -> None:
    """Drop tables that a publish of another edition made ready and never attached."""
    names = {mart.name for mart in marts}
    for table in tables(connection, BUILD_SCHEMA):
        mart, _, number = table.rpartition("__e")
        if mart in names and number.isdigit() and int(number) != edition_id:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(BUILD_SCHEMA, table)))
