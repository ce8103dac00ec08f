"""The step of a day: resolve the parties of an edition and keep the result with it."""

from __future__ import annotations

from datetime import date

from customer_knowledge.identity import store
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.resolve import resolve
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import warehouse


def resolve_edition(profile: Profile, edition_id: int, as_of_date: date) -> dict[str, int]:
    """Resolve who is who in an edition. Doing it again gives the same.

    Returns:
        Counts: parties, customers, pairs to review, customers merged or split since the edition before.
    """
    limits = profile.identity
    with warehouse(profile) as connection:
        parties, decisions = store.parties(connection), store.decisions(connection, edition_id)
        known = store.before(connection, edition_id, as_of_date)
        connection.commit()
        found = resolve(parties, Thresholds(limits.match, limits.review, limits.margin_bits), decisions, known)
        store.save(connection, edition_id, as_of_date, found)
    return {
        "parties": len(found.parties),
        "customers": found.parties["customer_key"].nunique(),
        "review": len(found.review),
        "changes": len(found.changes),
    }
