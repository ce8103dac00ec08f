"""What happens to an edition: its state changes here and nowhere else; kept are when it did, by whom and why."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from customer_knowledge.warehouse.connections import Connection

Event = Literal["opened", "blocked", "published", "withdrawn", "rolled_back_to", "pruned"]
# The state that an event leads to; the others leave it as it is.
STATES: dict[Event, str] = {"blocked": "blocked", "published": "published", "withdrawn": "withdrawn"}


@dataclass(frozen=True)
class Happened:
    """A row of `ops.edition_event`."""

    edition_id: int
    event: str
    at: datetime
    by: str
    reason: str | None


def happen(connection: Connection, edition_id: int, event: Event, reason: str | None, by: str | None = None) -> None:
    """Let something happen to an edition, and keep that it did. Runs in the caller's transaction.

    What was said of the edition first, and when it was finished first, stays: a withdrawal does not undo it.

    Args:
        by: who has it happen; None = the user of the machine or, without a name there, of the database.
    """
    if event in STATES:
        connection.execute(
            "update ops.edition set state = %s, message = coalesce(message, %s),"
            " finished_at = coalesce(finished_at, clock_timestamp()) where edition_id = %s",
            (STATES[event], reason or event, edition_id),
        )
    elif event == "pruned":
        connection.execute("update ops.edition set is_kept = false where edition_id = %s", (edition_id,))
    connection.execute(
        "insert into ops.edition_event (edition_id, event, by, reason)"
        " values (%s, %s, coalesce(%s::text, session_user), %s)",
        (edition_id, event, by or _user(), reason),
    )


def _user() -> str | None:
    """Who runs this process; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def events(connection: Connection, edition_id: int | None = None) -> list[Happened]:
    """What happened to an edition, or to all of them, oldest first."""
    with connection.cursor(row_factory=class_row(Happened)) as cursor:
        cursor.execute(
            "select edition_id, event, at, by, reason from ops.edition_event"
            " where coalesce(edition_id = %s, true) order by event_id",
            (edition_id,),
        )
        return cursor.fetchall()
