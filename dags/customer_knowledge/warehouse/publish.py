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
from customer_knowledge.warehouse import editions, manifest, partitions, pointer, views
from customer_knowledge.warehouse.catalogue import Shape, shape, tables
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.content_hash import edition_hash
from customer_knowledge.warehouse.manifest import BUILD_SCHEMA, Mart
from customer_knowledge.warehouse.partitions import partition_name
from customer_knowledge.warehouse.views import POINTER, STORE

log = logging.getLogger(__name__)
# How long a change of shape waits for the mart's readers. It asks briefly and often: whoever waits for a lock
# holds up all who come after.
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Published:
    """What a publish did; `seconds_locked` is the length of the transaction that readers could notice."""

    edition_id: int
    content_hash: str
    pointer_moved: bool
    rows: dict[str, int]
    seconds_locked: float
    dropped: tuple[int, ...]


def publish(profile: Profile, edition_id: int, manifest_path: Path) -> Published:
    """Publish the edition that stands in `marts_build`.

    Raises:
        PublishRefused: a mart is missing, of another edition, or changed shape in a way readers would notice;
            or a reader held a mart whose shape was to change. Readers see what they saw before.
    """
    return publish_marts(profile, edition_id, manifest.marts(manifest_path))


def publish_marts(profile: Profile, edition_id: int, marts: tuple[Mart, ...]) -> Published:
    """As `publish`, for marts already read from a manifest. Safe to repeat after a crash at any point."""
    with warehouse(profile) as connection:
        edition = editions.show(connection, edition_id)
        if edition.state == "published":
            log.info("edition %s is published already", edition_id)
            return _as_published(connection, edition, marts)
        if edition.state != "building":
            raise PublishRefused(
                f"edition {edition_id} is {edition.state}, not being built", hint="`ck run` opens another one"
            )
        _check(connection, marts, edition_id)
        partitions.clear_leftovers(connection, marts, edition_id)
        for mart in marts:
            partitions.make_ready(connection, mart, edition_id)
        names = [partition_name(mart, edition_id) for mart in marts]
        # The digest names tables without their edition, so that equal editions have equal digests.
        digest = edition_hash(connection, BUILD_SCHEMA, names, strip=f"__e{edition_id}")
        rows = {mart.name: _count(connection, BUILD_SCHEMA, mart, edition_id) for mart in marts}
        connection.commit()
        began = time.monotonic()
        moved = _attach_patiently(connection, marts, edition_id, digest)
        locked = time.monotonic() - began
        dropped = editions.retain(connection, [mart.name for mart in marts])
    log.info("edition %s published in a transaction of %.0f ms", edition_id, locked * 1000)
    return Published(edition_id, digest, moved, rows, locked, tuple(dropped))


def _as_published(connection: Connection, edition: editions.Edition, marts: tuple[Mart, ...]) -> Published:
    shown = editions.published(connection)
    rows = {mart.name: _count(connection, STORE, mart, edition.edition_id) for mart in marts}
    is_shown = shown is not None and shown.edition_id == edition.edition_id
    return Published(edition.edition_id, edition.content_hash or "", is_shown, rows, 0.0, ())


def _count(connection: Connection, schema: str, mart: Mart, edition_id: int) -> int:
    table = sql.Identifier(schema, partition_name(mart, edition_id))
    row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    return int(row[0]) if row else 0


def _check(connection: Connection, marts: tuple[Mart, ...], edition_id: int) -> None:
    """Refuse, before any change, what readers would notice or what was not built for this edition."""
    faults = [] if marts else ["the manifest has no marts"]
    gone = sorted(set(tables(connection, STORE, "p")) - {POINTER, *(mart.name for mart in marts)})
    faults += [f"mart {name} was removed: migration `drop-mart {name}`" for name in gone]
    for mart in marts:
        faults += _faults(connection, mart, edition_id)
    if faults:
        raise PublishRefused(
            "publishing refused, nothing was changed: " + "; ".join(faults),
            hint="docs/runbooks/change-a-mart.md shows the migration; adding a column needs none",
        )


def _faults(connection: Connection, mart: Mart, edition_id: int) -> list[str]:
    built = partitions.built_name(connection, mart, edition_id)
    if built is None:
        return [f"{mart.name} was not built"]
    now = shape(connection, BUILD_SCHEMA, built)
    if "edition_id" not in now:
        return [f"{mart.name} has no column edition_id"]
    faults = _differences(mart.name, shape(connection, STORE, mart.name), now)
    if {column.name for column in mart.columns} != set(now):
        faults.append(f"{mart.name} was built from another manifest: its columns are not those declared")
    statement = sql.SQL("select count(*) from {} where edition_id is distinct from %s").format(
        sql.Identifier(BUILD_SCHEMA, built)
    )
    row = connection.execute(statement, (edition_id,)).fetchone()
    if row and row[0]:
        faults.append(f"{mart.name} holds {row[0]} rows of another edition")
    return faults


def _differences(name: str, before: Shape, now: Shape) -> list[str]:
    """What readers would notice: columns removed (or renamed) and retyped."""
    faults = []
    for column, kind in before.items():
        if column not in now:
            faults.append(f"{name}.{column} was removed or renamed: migration `drop-column {name}.{column}`")
        elif now[column] != kind:
            faults.append(
                f"{name}.{column} was retyped from {kind} to {now[column]}: migration `retype-column {name}.{column}`"
            )
    return faults


def _attach_patiently(connection: Connection, marts: tuple[Mart, ...], edition_id: int, digest: str) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _attach_all(connection, marts, edition_id, digest)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise PublishRefused(
                    "a reader holds a mart whose shape is to change; nothing was changed",
                    hint="run the publish task again when the reader is done",
                ) from None
            time.sleep(0.2)


def _attach_all(connection: Connection, marts: tuple[Mart, ...], edition_id: int, digest: str) -> bool:
    """The transaction: all marts, the edition's state and the pointer, or nothing. Gives whether it moved."""
    with connection.transaction():
        pointer.lock(connection)
        connection.execute(f"set local lock_timeout = '{pointer.READERS_FIRST}'")
        if editions.show(connection, edition_id).state != "building":
            raise PublishRefused(f"edition {edition_id} was finished by somebody else; nothing was changed")
        for mart in marts:
            partitions.shape_parent(connection, mart, edition_id)
            partitions.attach(connection, mart, edition_id)
            views.show(connection, mart)
        return editions.mark_published(connection, edition_id, digest)
