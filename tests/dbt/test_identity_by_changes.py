"""Whose customer a party is, built from what changed, is what a whole build says: with resolution and without it."""

from __future__ import annotations

from datetime import date

import pytest

from customer_knowledge import pipeline
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.warehouse.connections import SIMULATOR, connect
from tests.harness.core import count, differing, digests, forget, state
from tests.harness.day import land

pytestmark = pytest.mark.postgres
FIRST_DAY, CUSTOMERS, SEED = date(2026, 6, 30), 300, 5


def build(profile: Profile, day: date, *, resolved: bool) -> dict[str, str]:
    """Build to core, with the resolver or by exact numbers alone; digests of what was made."""
    pipeline.build_input_layer(profile, day)
    if resolved:
        pipeline.resolve_identities(profile, day)
    pipeline.build_core(profile, day)
    return digests(profile)


def renumber(day: int) -> None:
    """One party takes another's ID number, one loses its own, and of a pair that shares one the first known goes."""
    with connect("policy_admin", SIMULATOR) as source:
        rows = source.execute(
            "select party_id from party where id_number is not null order by party_id offset %s limit 3", (9 * day,)
        ).fetchall()
        taker, giver, loser = (row[0] for row in rows)
        source.execute(
            "update party set id_number = (select id_number from party where party_id = %s) where party_id = %s",
            (giver, taker),
        )
        source.execute("update party set id_number = null where party_id = %s", (loser,))
        known = dict(source.execute("select id_number, recorded_on from party where id_number is not null").fetchall())
    with connect("crm", SIMULATOR) as source:
        contacts = source.execute(
            "select contact_id, id_number, recorded_on from contact where id_number is not null order by contact_id"
        ).fetchall()
        first = [contact for contact, number, since in contacts if number in known and since < known[number]]
        source.execute("update contact set id_number = null where contact_id = %s", (first[day],))


def moved_unchanged(profile: Profile) -> int:
    """Parties that are recognised as another customer though nothing of them changed."""
    return count(
        profile,
        "select count(*) from intermediate.int_parties__moved where customer_key <> customer_key_before"
        " and party_key not in (select party_key from input_layer.input__changed_parties)",
    )


def told(profile: Profile) -> int:
    """Parties that a build was told to look at, and that it found to be moved."""
    return count(
        profile,
        "select (select count(*) from intermediate.int_identities__changed)"
        " + (select count(*) from intermediate.int_parties__moved)",
    )


def test_days_with_and_without_resolution(module_sample: Profile) -> None:
    """A change of one party's number moves others; the resolver, where it comes or goes, may move everybody."""
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    land(module_sample, FIRST_DAY)
    build(module_sample, FIRST_DAY, resolved=False)
    for number, resolved in enumerate((False, True, False), start=1):
        day = advance.advance_day(SEED)
        renumber(number)
        land(module_sample, day)
        by_changes = build(module_sample, day, resolved=resolved)
        assert state(module_sample).built == "changes", state(module_sample).reason
        assert moved_unchanged(module_sample) > 0
        forget(module_sample)
        whole = build(module_sample, day, resolved=resolved)
        assert state(module_sample).built == "whole"
        assert differing(whole, by_changes) == set()
        assert told(module_sample) == 0
