"""The step of a day: resolve the parties of an edition and keep the result with it."""

from __future__ import annotations

import logging
from datetime import date

from customer_knowledge.identity import by_changes, kept, store
from customer_knowledge.identity.by_changes import Task
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.kept import NotByChanges
from customer_knowledge.identity.method import method
from customer_knowledge.identity.resolve import resolve
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, warehouse

log = logging.getLogger(__name__)


def resolve_edition(profile: Profile, edition_id: int, as_of_date: date) -> dict[str, int]:
    """Resolve who is who in an edition: where that can be relied on, of whom something changed. Again gives the same.

    Returns:
        Counts: parties, customers, pairs to review, customers merged or split since the edition before.
    """
    limits = profile.identity
    thresholds = Thresholds(limits.match, limits.review, limits.margin_bits)
    with warehouse(profile) as connection:
        try:
            with connection.transaction():
                _changes(connection, edition_id, as_of_date, thresholds)
        except NotByChanges as reason:
            log.info("edition %s: everybody is resolved: %s", edition_id, reason)
            _whole(connection, edition_id, as_of_date, thresholds)
        return store.counts(connection, edition_id)


def _changes(connection: Connection, edition_id: int, as_of_date: date, thresholds: Thresholds) -> None:
    """Resolve what changed since the edition that customers keep their keys from.

    Raises:
        NotByChanges: everybody is to be resolved.
    """
    base = store.base(connection, edition_id, as_of_date)
    kept.take_up(connection, base, _state_of(thresholds))
    known = kept.parameters(connection, edition_id, method())
    if base is None or not known:
        raise NotByChanges("the model is to learn")
    task = Task(edition_id, base, thresholds, store.decisions(connection, edition_id), known)
    found = by_changes.resolve_changes(connection, task)
    store.save(connection, edition_id, as_of_date, found, (base, by_changes.AGAIN))
    kept.move(connection, edition_id, base, _state_of(thresholds))


def _whole(connection: Connection, edition_id: int, as_of_date: date, thresholds: Thresholds) -> None:
    """Resolve everybody, by what was learnt before or by what these parties teach."""
    parties, decisions = store.parties(connection), store.decisions(connection, edition_id)
    before = store.customers(connection, store.base(connection, edition_id, as_of_date))
    known = kept.parameters(connection, edition_id, method())
    connection.commit()
    digests = parties[["party_key", "digest"]]
    found = resolve(parties.drop(columns="digest"), thresholds, decisions, before, known)
    with connection.transaction():
        store.save(connection, edition_id, as_of_date, found)
        kept.keep_parameters(connection, edition_id, method(), found, known)
        kept.keep_all(connection, found, digests)
        kept.move(connection, edition_id, None, _state_of(thresholds))


def _state_of(thresholds: Thresholds) -> str:
    """By what parties are resolved, thresholds included."""
    return f"{method()} {thresholds.match} {thresholds.review} {thresholds.margin}"
