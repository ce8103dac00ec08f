"""Whether core is built whole or from what changed, and what its tables hold."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import changes
from customer_knowledge.warehouse.changes import NotByKey
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.editions import Edition

log = logging.getLogger(__name__)
MOST_CHANGED = 0.2
"""Share of the policies beyond which a whole build is quicker than replacing rows."""


@dataclass(frozen=True)
class State:
    """The row of `ops.core_state`."""

    edition_id: int
    as_of_date: date
    code_version: str
    state: str
    built: str
    reason: str
    base_as_of_date: date | None


@dataclass(frozen=True)
class Plan:
    """How the next build goes; `reason` says why.

    Attributes:
        changed: how many policies and parties changed; None when everything is built.
    """

    reason: str
    changed: dict[str, int] | None = None
    base_as_of_date: date | None = None

    @property
    def variables(self) -> dict[str, Any]:
        """What dbt is told of it."""
        if self.changed is None:
            return {}
        return {"changed_only": True, "base_as_of_date": str(self.base_as_of_date)}

    @property
    def built(self) -> str:
        """`whole` or `changes`."""
        return "whole" if self.changed is None else "changes"


def read(connection: Connection) -> State | None:
    """What core holds; None before the first build."""
    row = connection.execute(
        "select edition_id, as_of_date, code_version, state, built, reason, base_as_of_date from ops.core_state"
    ).fetchone()
    return None if row is None else State(*row)


def forget(connection: Connection) -> None:
    """Have the next build make everything anew."""
    connection.execute("delete from ops.core_state")


def begin(profile: Profile, edition: Edition) -> Plan:
    """Decide how to build an edition, collect what changed, and note that the build has begun.

    From here until it is complete the tables are nobody's: a build that is cut short is followed by a whole one.
    """
    with warehouse(profile) as connection:
        chosen = plan(connection, profile, edition)
        if chosen.changed is None:
            connection.execute("truncate changed.policy, changed.party")
        connection.execute(
            "insert into ops.core_state (edition_id, as_of_date, code_version, state, built, reason, base_as_of_date)"
            " values (%(e)s, %(d)s, %(c)s, 'building_input', %(b)s, %(r)s, %(base)s) on conflict (is_only) do update"
            " set edition_id = %(e)s, as_of_date = %(d)s, code_version = %(c)s, state = 'building_input',"
            " built = %(b)s, reason = %(r)s, base_as_of_date = %(base)s",
            {
                "e": edition.edition_id,
                "d": edition.as_of_date,
                "c": edition.code_version,
                "b": chosen.built,
                "r": chosen.reason,
                "base": chosen.base_as_of_date,
            },
        )
    log.info("edition %s is built from %s: %s", edition.edition_id, chosen.built, chosen.reason)
    return chosen


def resume(profile: Profile, edition: Edition) -> Plan:
    """How core is built on the input layer that stands: as it was, or whole where core was begun before.

    Raises:
        CustomerKnowledgeError: the input layer of this edition is not there.
    """
    with warehouse(profile) as connection:
        state = read(connection)
        if state is None or state.edition_id != edition.edition_id or state.state == "building_input":
            raise CustomerKnowledgeError(
                f"the input layer of edition {edition.edition_id} is not built",
                hint="run the task build_input_layer first",
            )
        connection.execute("update ops.core_state set state = 'building_core'")
        if state.built == "whole" or state.state != "input_built":
            return Plan(state.reason if state.built == "whole" else "core was begun before")
        return Plan(state.reason, changes.counts(connection), state.base_as_of_date)


def move(profile: Profile, edition: Edition, state: str) -> None:
    """Note how far the build of an edition has come: `input_built` or `complete`."""
    with warehouse(profile) as connection:
        connection.execute("update ops.core_state set state = %s where edition_id = %s", (state, edition.edition_id))


def plan(connection: Connection, profile: Profile, edition: Edition) -> Plan:
    """How to build an edition's core; fills schema `changed` in the caller's transaction where changes are enough."""
    state = read(connection)
    reason = _reason_for_whole(connection, profile, edition, state)
    if reason or state is None:
        return Plan(reason or "nothing is built yet")
    try:
        with connection.transaction():
            found = changes.collect(connection, profile, edition.edition_id, state.edition_id)
    except NotByKey as why:
        return Plan(str(why))
    row = connection.execute("select count(*) from core.dim_policy").fetchone()
    policies = int(row[0]) if row else 0
    if found["policy"] > MOST_CHANGED * policies:
        return Plan(f"{found['policy']} of {policies} policies changed")
    said = f"{found['policy']} policies and {found['party']} parties changed since {state.as_of_date}"
    return Plan(said, found, state.as_of_date)


def _reason_for_whole(connection: Connection, profile: Profile, edition: Edition, state: State | None) -> str | None:
    if state is None:
        return "nothing is built yet"
    if not all(any(table.roots for table in connector.tables) for connector in profile.connectors):
        return "the insurer's profile does not say whose rows they are"
    if state.state != "complete":
        return f"the build of edition {state.edition_id} was cut short"
    if state.code_version != edition.code_version:
        return "the code has changed"
    if state.as_of_date > edition.as_of_date:
        return f"the tables hold a later day, {state.as_of_date}"
    row = connection.execute(
        "select count(*) from ops.edition_batch as o where o.edition_id = %s and not exists"
        " (select from ops.edition_batch as e where e.edition_id = %s and e.batch_id = o.batch_id)",
        (state.edition_id, edition.edition_id),
    ).fetchone()
    return "the tables hold batches that this edition does not" if row and row[0] else None
