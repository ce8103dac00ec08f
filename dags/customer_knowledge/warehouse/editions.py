"""Editions: which batches each is made of, how it ended, and which one readers see."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from customer_knowledge.errors import CustomerKnowledgeError, GateClosed
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import pointer
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.edition_events import happen
from customer_knowledge.warehouse.versions import code_version

log = logging.getLogger(__name__)
KEEP = 7
_COLUMNS = (
    "edition_id, as_of_date, attempt, state, code_version, input_hash, content_hash, blocked_by, message, "
    "started_at, finished_at, is_kept"
)


@dataclass(frozen=True)
class Edition:
    """A row of `ops.edition`."""

    edition_id: int
    as_of_date: date
    attempt: int
    state: str
    code_version: str
    input_hash: str | None
    content_hash: str | None
    blocked_by: str | None
    message: str | None
    started_at: datetime
    finished_at: datetime | None
    is_kept: bool


def _select(connection: Connection, condition: str, *parameters: Any) -> list[Edition]:
    with connection.cursor(row_factory=class_row(Edition)) as cursor:
        cursor.execute(f"select {_COLUMNS} from ops.edition where {condition}", parameters)  # noqa: S608
        return cursor.fetchall()


def list_editions(connection: Connection) -> list[Edition]:
    """All editions, newest first."""
    return _select(connection, "true order by edition_id desc")


def show(connection: Connection, edition_id: int) -> Edition:
    """One edition.

    Raises:
        CustomerKnowledgeError: there is no such edition.
    """
    found = _select(connection, "edition_id = %s", edition_id)
    if not found:
        raise CustomerKnowledgeError(f"there is no edition {edition_id}", hint="`ck edition list` shows them")
    return found[0]


def published(connection: Connection) -> Edition | None:
    """The edition that readers see."""
    shown = pointer.shown(connection)
    return None if shown is None else show(connection, shown)


def current_build(connection: Connection, as_of_date: date) -> Edition:
    """The edition of a date that is being built.

    Raises:
        CustomerKnowledgeError: none is.
    """
    found = _select(connection, "as_of_date = %s and state = 'building' order by attempt desc", as_of_date)
    if not found:
        raise CustomerKnowledgeError(
            f"no edition of {as_of_date} is being built", hint="`ck run` starts one; `ck edition list`"
        )
    return found[0]


def latest(connection: Connection, as_of_date: date, state: str | None = None) -> Edition | None:
    """The newest edition of a date, whatever its state or in the one given."""
    condition = "as_of_date = %s and coalesce(state = %s, true) order by attempt desc"
    found = _select(connection, condition, as_of_date, state)
    return found[0] if found else None


def closed_after_landing(connection: Connection, as_of_date: date) -> datetime | None:
    """When a gate after landing blocked the newest edition that was opened of a date; None where none did.

    What landed before that moment led to a closed gate: it is to be read again.
    """
    opened = "as_of_date = %s and coalesce(left(blocked_by, 8), '') <> 'landing_' order by attempt desc"
    found = _select(connection, opened, as_of_date)
    return found[0].finished_at if found and found[0].state == "blocked" else None


def _required_batches(connection: Connection, profile: Profile, as_of_date: date) -> list[int]:
    """All batches known by the date; the newest of each required table must be that day's, and passed."""
    missing = []
    for connector in profile.connectors:
        for table in connector.tables:
            row = connection.execute(
                "select as_of_date, state from ops.batch where source_system = %s and source_table = %s"
                " and as_of_date <= %s order by as_of_date desc, attempt desc limit 1",
                (connector.system, table.name, as_of_date),
            ).fetchone()
            if row is None or row[0] != as_of_date or row[1] != "passed":
                state = "has not landed" if row is None or row[0] != as_of_date else f"is {row[1]}"
                missing.append(f"{connector.system}.{table.name} {state}")
    if missing:
        raise GateClosed(
            f"edition {as_of_date} cannot be opened: {'; '.join(missing)}",
            hint="run the extract DAGs for that date, or see `ck gate show`",
        )
    rows = connection.execute(
        "select batch_id from ops.batch where as_of_date <= %s and source_system = any(%s) order by batch_id",
        (as_of_date, list(profile.systems)),
    ).fetchall()
    return [int(row[0]) for row in rows]


def _hash(batches: list[int], champions: list[int], decision: int) -> str:
    words = f"{code_version()}|{batches}|{champions}|{decision}"
    return hashlib.sha256(words.encode()).hexdigest()


def _champions(connection: Connection) -> list[int]:
    rows = connection.execute("select model_run_id from ml.model_run where is_champion order by 1").fetchall()
    return [int(row[0]) for row in rows]


def _last_decision(connection: Connection, edition_id: int | None = None) -> int:
    """The newest decision on who is who, or the newest that an edition knows: those made before it was opened."""
    row = connection.execute(
        "select coalesce(max(decision_id), 0) from identity.decision where %(edition)s::bigint is null"
        " or decided_at <= (select started_at from ops.edition where edition_id = %(edition)s)",
        {"edition": edition_id},
    ).fetchone()
    return int(row[0]) if row else 0


def open_edition(connection: Connection, profile: Profile, as_of_date: date, *, force: bool = False) -> Edition | None:
    """Open the edition of a date, or resume it; None when the same one is published already.

    The same means: same date, batches, code and champion models.

    Raises:
        GateClosed: a required batch is missing or did not pass.
    """
    with connection.transaction():
        pointer.lock(connection)
        batches = _required_batches(connection, profile, as_of_date)
        inputs = _hash(batches, _champions(connection), _last_decision(connection))
        newest = _select(
            connection,
            "as_of_date = %s and state = 'published' and is_kept order by attempt desc limit 1",
            as_of_date,
        )
        if newest and newest[0].input_hash == inputs and not force:
            log.info("edition %s of %s is published already", newest[0].edition_id, as_of_date)
            return None
        building = _select(connection, "as_of_date = %s and state = 'building'", as_of_date)
        for edition in building:
            if edition.code_version == code_version() and _batches(connection, edition.edition_id) == batches:
                return edition
            happen(connection, edition.edition_id, "withdrawn", "inputs or code changed while it was built")
        return _insert(connection, as_of_date, batches)


def _batches(connection: Connection, edition_id: int) -> list[int]:
    rows = connection.execute("select batch_id from ops.edition_batch where edition_id = %s order by 1", (edition_id,))
    return [int(row[0]) for row in rows.fetchall()]


def _insert(connection: Connection, as_of_date: date, batches: list[int], state: str = "building") -> Edition:
    row = connection.execute(
        "insert into ops.edition (as_of_date, attempt, state, code_version) select %s, "
        "coalesce(max(attempt), 0) + 1, %s, %s from ops.edition where as_of_date = %s returning edition_id",
        (as_of_date, state, code_version(), as_of_date),
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.edition_batch (edition_id, batch_id) values (%s, %s)",
            [(row[0], batch) for batch in batches],
        )
    # To a planner that has never heard of the edition it has no batches: landing is then read once a changed row.
    connection.execute("analyze ops.edition_batch")
    if state == "building":
        happen(connection, row[0], "opened", f"{len(batches)} batches")
    return show(connection, row[0])


def block(connection: Connection, as_of_date: date, gate: str, message: str) -> int:
    """Mark the edition being built as blocked by a gate, or record one that could not even be opened."""
    with connection.transaction():
        pointer.lock(connection)
        building = _select(connection, "as_of_date = %s and state = 'building'", as_of_date)
        edition = building[0] if building else _insert(connection, as_of_date, [], state="blocked")
        happen(connection, edition.edition_id, "blocked", message)
        connection.execute("update ops.edition set blocked_by = %s where edition_id = %s", (gate, edition.edition_id))
    return edition.edition_id


def mark_published(connection: Connection, edition_id: int, content_hash: str) -> bool:
    """Stamp an edition as published and move the pointer to it, unless a later date is shown already.

    Runs inside the publisher's transaction. Gives whether the pointer moved.
    """
    edition = show(connection, edition_id)
    decision = _last_decision(connection, edition_id)
    inputs = _hash(_batches(connection, edition_id), _champions(connection), decision)
    connection.execute(
        "update ops.edition set content_hash = %s, input_hash = %s where edition_id = %s",
        (content_hash, inputs, edition_id),
    )
    shown = published(connection)
    is_older = shown is not None and shown.as_of_date > edition.as_of_date
    happen(connection, edition_id, "published", "readers see a later date" if is_older else "readers see it")
    if is_older:
        return False
    pointer.move(connection, edition_id)
    return True


def way_back(connection: Connection, edition_id: int | None = None) -> tuple[Edition, Edition]:
    """The edition that readers see, and the one that a rollback would show.

    Args:
        edition_id: the edition to show; None = the published one before the present.

    Raises:
        CustomerKnowledgeError: there is none to go back to, or its rows are no longer kept.
    """
    now = published(connection)
    if now is None:
        raise CustomerKnowledgeError("nothing is published yet", hint="`ck run` makes an edition")
    condition = "state = 'published' and is_kept and edition_id <> %s"
    if edition_id is None:
        older = _select(
            connection,
            f"{condition} and (as_of_date, attempt) < (%s, %s) order by as_of_date desc, attempt desc",
            *(now.edition_id, now.as_of_date, now.attempt),
        )
    else:
        older = _select(connection, f"{condition} and edition_id = %s", now.edition_id, edition_id)
    if not older:
        raise CustomerKnowledgeError(
            "there is no such published edition to go back to",
            hint="`ck edition list` shows what is kept",
        )
    return now, older[0]


def rollback(
    connection: Connection,
    edition_id: int | None = None,
    *,
    instead_of: int | None = None,
    reason: str | None = None,
    by: str | None = None,
) -> Edition:
    """Show an earlier edition again; the one shown now is withdrawn.

    Args:
        edition_id: the edition to show; None = the published one before the present.
        instead_of: the edition that readers are believed to see; None = whichever it is.
        reason: why, in words.
        by: who goes back; None = the user of the machine.

    Raises:
        CustomerKnowledgeError: there is none to go back to, its rows are no longer kept, or readers see another
            edition by now than was believed.
    """
    with connection.transaction():
        pointer.lock(connection)
        now, older = way_back(connection, edition_id)
        if instead_of not in (None, now.edition_id):
            raise CustomerKnowledgeError(
                f"readers see edition {now.edition_id} by now; nothing was changed", hint="look again and decide anew"
            )
        why = f": {reason}" if reason else ""
        happen(connection, now.edition_id, "withdrawn", f"rolled back to edition {older.edition_id}{why}", by)
        happen(connection, older.edition_id, "rolled_back_to", f"instead of edition {now.edition_id}{why}", by)
        pointer.move(connection, older.edition_id)
    return older


def retain(connection: Connection, tables: list[str], keep: int = KEEP) -> list[int]:
    """Drop the rows of editions beyond the newest `keep`; one that is still read waits for the next time."""
    # Only what was published once has rows: a build given up on takes nobody's place.
    kept = _select(connection, "is_kept and content_hash is not null order by edition_id desc")
    shown = published(connection)
    dropped = []
    for edition in kept[keep:]:
        if shown is not None and edition.edition_id == shown.edition_id:
            continue
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{pointer.READERS_FIRST}'")
                for table in tables:
                    partition = sql.Identifier("marts_store", f"{table}__e{edition.edition_id}")
                    connection.execute(sql.SQL("drop table if exists {}").format(partition))
                happen(connection, edition.edition_id, "pruned", f"the newest {keep} are kept")
            dropped.append(edition.edition_id)
        except psycopg.errors.LockNotAvailable:
            log.info("edition %s is still being read; it stays until the next time", edition.edition_id)
    pointer.forget_moves(connection)
    return dropped
