"""Publishing an edition: built tables become partitions, one pointer moves, readers see all of it or nothing.

Before the transaction everything slow is done where nobody looks: renames, NOT NULL, the CHECK that spares
ATTACH its scan, the indexes that ATTACH would otherwise build. In it: set schema, attach, state, pointer.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from customer_knowledge.errors import PublishRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import editions, manifest
from customer_knowledge.warehouse.connections import BI, Connection, warehouse
from customer_knowledge.warehouse.content_hash import edition_hash
from customer_knowledge.warehouse.manifest import BUILD_SCHEMA, Mart

log = logging.getLogger(__name__)
STORE, SHOW, READER = "marts_store", "marts", "ck_marts_reader"
SHAPE_LOCK_TIMEOUT = "10s"
Shape = dict[str, str]


@dataclass(frozen=True)
class Published:
    """What a publish did; `seconds_locked` is the length of the transaction that readers could notice."""

    edition_id: int
    content_hash: str
    pointer_moved: bool
    rows: dict[str, int]
    seconds_locked: float
    dropped: tuple[int, ...]


def shape(connection: Connection, schema: str, table: str) -> Shape:
    """Columns of a table and their types, in order; empty where there is no such table."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (f'"{schema}"."{table}"',),
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def partition_name(mart: Mart, edition_id: int) -> str:
    """Name of a mart's partition for an edition."""
    return f"{mart.name}__e{edition_id}"


def publish(profile: Profile, edition_id: int, manifest_path: Path) -> Published:
    """Publish the edition that stands in `marts_build`.

    Raises:
        PublishRefused: a mart is missing or changed shape in a way readers would notice, or a reader held a
            view whose shape was to change; nothing was changed.
    """
    return publish_marts(profile, edition_id, manifest.marts(manifest_path))


def publish_marts(profile: Profile, edition_id: int, marts: tuple[Mart, ...]) -> Published:
    """As `publish`, for marts already read from a manifest."""
    with warehouse(profile) as connection:
        _check_shapes(connection, marts, edition_id)
        for mart in marts:
            _make_ready(connection, mart, edition_id)
        connection.commit()
        tables = [partition_name(mart, edition_id) for mart in marts]
        digest = _hash_of(connection, marts, edition_id)
        rows = dict(zip((m.name for m in marts), _counts(connection, tables), strict=True))
        connection.commit()
        began = time.perf_counter()
        moved = _attach_all(connection, marts, edition_id, digest)
        locked = time.perf_counter() - began
        with connection.transaction():
            for mart in marts:
                _describe(connection, mart)
        dropped = editions.retain(connection, [mart.name for mart in marts])
    return Published(edition_id, digest, moved, rows, locked, tuple(dropped))


def _hash_of(connection: Connection, marts: tuple[Mart, ...], edition_id: int) -> str:
    names = [partition_name(mart, edition_id) for mart in marts]
    # The digest names tables without their edition, so that equal editions have equal digests.
    suffix = f"__e{edition_id}"
    return edition_hash(connection, BUILD_SCHEMA, names, strip=suffix)


def _counts(connection: Connection, tables: list[str]) -> list[int]:
    counts = []
    for table in tables:
        statement = sql.SQL("select count(*) from {}").format(sql.Identifier(BUILD_SCHEMA, table))
        row = connection.execute(statement).fetchone()
        counts.append(int(row[0]) if row else 0)
    return counts


def _built_name(connection: Connection, mart: Mart, edition_id: int) -> str | None:
    """The built table: fresh from dbt, or already renamed by a publish that was cut short."""
    for name in (mart.name, partition_name(mart, edition_id)):
        if shape(connection, BUILD_SCHEMA, name):
            return name
    return None


def _check_shapes(connection: Connection, marts: tuple[Mart, ...], edition_id: int) -> None:
    faults = []
    if not marts:
        faults.append("the manifest has no marts")
    gone = _parents(connection) - {mart.name for mart in marts}
    faults += [f"mart {name} was removed: drop {STORE}.{name} and its view by a migration" for name in gone]
    for mart in marts:
        built = _built_name(connection, mart, edition_id)
        if built is None:
            faults.append(f"{mart.name} was not built")
            continue
        now = shape(connection, BUILD_SCHEMA, built)
        if "edition_id" not in now:
            faults.append(f"{mart.name} has no column edition_id")
        faults += _differences(mart.name, shape(connection, STORE, mart.name), now)
    if faults:
        raise PublishRefused(
            "publishing refused, nothing was changed: " + "; ".join(faults),
            hint="docs/runbooks/change-a-mart.md shows the migration; adding a column needs none",
        )


def _differences(name: str, before: Shape, now: Shape) -> list[str]:
    """What readers would notice: columns removed (or renamed) and retyped."""
    faults = []
    for column, kind in before.items():
        if column not in now:
            faults.append(f"{name}.{column} was removed or renamed: migration `drop-column {name}.{column}`")
        elif now[column] != kind:
            faults.append(
                f"{name}.{column} was retyped from {kind} to {now[column]}: "
                f"migration `retype-column {name}.{column}`"
            )
    return faults


def _parents(connection: Connection) -> set[str]:
    rows = connection.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind = 'p'", (STORE,)
    ).fetchall()
    return {str(row[0]) for row in rows}


def _make_ready(connection: Connection, mart: Mart, edition_id: int) -> None:
    """Rename the table and all that is named after it, and prepare it to be attached without a scan."""
    target = partition_name(mart, edition_id)
    if shape(connection, BUILD_SCHEMA, mart.name):
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(BUILD_SCHEMA, target)))
        connection.execute(
            sql.SQL("alter table {} rename to {}").format(
                sql.Identifier(BUILD_SCHEMA, mart.name), sql.Identifier(target)
            )
        )
    table = sql.Identifier(BUILD_SCHEMA, target)
    _rename_belongings(connection, target, edition_id)
    constraint = f"{target}__edition"
    statements = (
        sql.SQL("alter table {} alter column edition_id set not null").format(table),
        sql.SQL("alter table {} drop constraint if exists {}").format(table, sql.Identifier(constraint)),
        sql.SQL("alter table {} add constraint {} check (edition_id = {})").format(
            table, sql.Identifier(constraint), sql.Literal(edition_id)
        ),
    )
    for statement in statements:
        connection.execute(statement)
    if mart.key:
        connection.execute(_index(mart, target, BUILD_SCHEMA))
    connection.execute(sql.SQL("analyze {}").format(table))


def _rename_belongings(connection: Connection, table: str, edition_id: int) -> None:
    """Indexes and constraints keep dbt's names, which the third publish would find taken."""
    names = connection.execute(
        "select 'index', c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
        " where i.indrelid = to_regclass(%(t)s) and not exists"
        " (select from pg_constraint k where k.conindid = i.indexrelid)"
        " union all select 'constraint', conname from pg_constraint"
        " where conrelid = to_regclass(%(t)s) and contype <> 'n'",
        {"t": f'"{BUILD_SCHEMA}"."{table}"'},
    ).fetchall()
    suffix = f"__e{edition_id}"
    for kind, name in names:
        if suffix in name:
            continue
        new = f"{name[: 63 - len(suffix)]}{suffix}"
        if kind == "index":
            statement = sql.SQL("alter index {} rename to {}").format(
                sql.Identifier(BUILD_SCHEMA, name), sql.Identifier(new)
            )
        else:
            statement = sql.SQL("alter table {} rename constraint {} to {}").format(
                sql.Identifier(BUILD_SCHEMA, table), sql.Identifier(name), sql.Identifier(new)
            )
        connection.execute(statement)


def _index(mart: Mart, table: str, schema: str) -> sql.Composed:
    """The parent's index: unique, because the key of a mart is unique within an edition."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ("edition_id", *mart.key)))
    return sql.SQL("create unique index if not exists {} on {} ({})").format(
        sql.Identifier(f"{table}__key"), sql.Identifier(schema, table), columns
    )


def _attach_all(connection: Connection, marts: tuple[Mart, ...], edition_id: int, digest: str) -> bool:
    try:
        with connection.transaction():
            connection.execute(editions.LOCK)
            connection.execute(f"set local lock_timeout = '{SHAPE_LOCK_TIMEOUT}'")
            for mart in marts:
                _shape_parent(connection, mart, edition_id)
                _attach(connection, mart, edition_id)
            return editions.mark_published(connection, edition_id, digest)
    except psycopg.errors.LockNotAvailable:
        raise PublishRefused(
            "a reader holds a mart whose shape is to change; nothing was changed",
            hint="run the publish task again when the reader is done",
        ) from None


def _attach(connection: Connection, mart: Mart, edition_id: int) -> None:
    name = partition_name(mart, edition_id)
    if not shape(connection, STORE, name):
        connection.execute(
            sql.SQL("alter table {} set schema {}").format(
                sql.Identifier(BUILD_SCHEMA, name), sql.Identifier(STORE)
            )
        )
        connection.execute(
            sql.SQL("alter table {} attach partition {} for values in ({})").format(
                sql.Identifier(STORE, mart.name), sql.Identifier(STORE, name), sql.Literal(edition_id)
            )
        )


def _shape_parent(connection: Connection, mart: Mart, edition_id: int) -> None:
    """Make the parent and its view, or give both the columns that are new. Does nothing on most days."""
    now = shape(connection, BUILD_SCHEMA, partition_name(mart, edition_id))
    before = shape(connection, STORE, mart.name)
    parent = sql.Identifier(STORE, mart.name)
    if not now or list(before) == list(now):
        return
    if not before:
        columns = sql.SQL(", ").join(_declared(name, kind) for name, kind in now.items())
        connection.execute(
            sql.SQL("create table {} ({}) partition by list (edition_id)").format(parent, columns)
        )
        connection.execute(sql.SQL("alter table {} alter column edition_id set not null").format(parent))
        if mart.key:
            connection.execute(_index(mart, mart.name, STORE))
        connection.execute(sql.SQL("grant select on {} to {}").format(parent, sql.Identifier(READER)))
    else:
        added = [(name, kind) for name, kind in now.items() if name not in before]
        if not added:
            return  # the same columns in another order: attaching goes by name
        for name, kind in added:
            connection.execute(sql.SQL("alter table {} add column {}").format(parent, _declared(name, kind)))
    _show(connection, mart)


def _declared(name: str, kind: str) -> sql.Composed:
    # `kind` is format_type()'s own word, not anybody's input.
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))


def _show(connection: Connection, mart: Mart) -> None:
    """The view BI reads: listed columns, the pointer's edition."""
    columns = list(shape(connection, STORE, mart.name))
    view = sql.Identifier(SHOW, mart.name)
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(READER)))
    connection.execute(
        sql.SQL(
            "create or replace view {} as select {} from {} where edition_id ="
            " (select edition_id from marts_store.pointer)"
        ).format(view, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(STORE, mart.name))
    )
    connection.execute(sql.SQL("grant select on {} to {}").format(view, sql.Identifier(BI)))
    connection.execute("reset role")


def _describe(connection: Connection, mart: Mart) -> None:
    """Carry the manifest's bilingual descriptions to what BI tools show; readers are not held up by it."""
    view = sql.Identifier(SHOW, mart.name)
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(READER)))
    connection.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(mart.description)))
    described = {column.name: column.description for column in mart.columns}
    for name in shape(connection, SHOW, mart.name):
        connection.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                view, sql.Identifier(name), sql.Literal(described.get(name, ""))
            )
        )
    connection.execute("reset role")
