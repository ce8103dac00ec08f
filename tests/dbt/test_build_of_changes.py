"""Core built from what changed is core built whole: over random days, by way of landing and its gates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customer_knowledge import pipeline
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.warehouse import core_state, editions
from customer_knowledge.warehouse.connections import SIMULATOR, connect, warehouse
from customer_knowledge.warehouse.content_hash import table_hash
from expectations.gate import landing_gate
from tests.harness.upheaval import Upheaval

pytestmark = pytest.mark.postgres
FIRST_DAY, CUSTOMERS, SEED, DAYS = date(2026, 6, 30), 500, 5, 2
# What a build is told, not what it makes.
_MADE = (
    "select schemaname, tablename from pg_tables where schemaname in ('input_layer', 'intermediate', 'core')"
    " and tablename !~ '__(changed|moved)' order by 1, 2"
)


def land(profile: Profile, day: date) -> None:
    for system in profile.systems:
        extract_system(profile, system, day)
        landing_gate(profile, system, day)
    assert pipeline.open_edition(profile, day)


def build(profile: Profile, day: date) -> None:
    pipeline.build_input_layer(profile, day)
    pipeline.resolve_identities(profile, day)
    pipeline.build_core(profile, day)


def digests(profile: Profile) -> dict[str, str]:
    """A digest of each table's rows."""
    with warehouse(profile) as connection:
        tables = connection.execute(_MADE).fetchall()
        return {f"{schema}.{table}": table_hash(connection, schema, table) for schema, table in tables}


def crowd(people: int) -> None:
    """Have so many people live at one address, and who lived there else move out."""
    with connect("policy_admin", SIMULATOR) as source:
        source.execute("update party set address = 'elsewhere ' || party_id where address = 'the crowded house'")
        source.execute(
            "update party set address = 'the crowded house' where party_id in"
            " (select party_id from party where party_type = 'person' order by party_id limit %s)",
            (people,),
        )


def related_by_the_house(profile: Profile) -> int:
    """Pairs of customers, from both sides, who share an address by what the warehouse holds."""
    with warehouse(profile) as connection:
        row = connection.execute(
            "select count(*) from core.customer_relationship as r where relationship = 'shares_address' and exists"
            " (select from input_layer.input__parties join core.customer_crosswalk using (party_key)"
            "  where address = 'the crowded house' and customer_key = r.customer_key)"
        ).fetchone()
    assert row is not None
    return int(row[0])


def state(profile: Profile) -> core_state.State:
    with warehouse(profile) as connection:
        found = core_state.read(connection)
    assert found is not None
    return found


def forget(profile: Profile) -> None:
    with warehouse(profile) as connection:
        core_state.forget(connection)


@pytest.fixture(scope="module")
def built(module_sample: Profile) -> Profile:
    """A small insurer's first day, built whole."""
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    land(module_sample, FIRST_DAY)
    build(module_sample, FIRST_DAY)
    assert state(module_sample).built == "whole"
    return module_sample


def test_changes_make_what_a_whole_build_makes(built: Profile) -> None:
    upheaval, day = Upheaval(built, SEED), FIRST_DAY
    before = digests(built)
    for number in range(DAYS):
        day = advance.advance_day(SEED)
        assert upheaval.day(share=0.001) > 50
        if number == 0:
            upheaval.move_events(day + timedelta(days=1), 5)
        # Nine are an office; when one of them has left, eight are a family again, whose parties did not change.
        crowd(9 - number)
        land(built, day)
        build(built, day)
        assert state(built).built == "changes", state(built).reason
        related = related_by_the_house(built)
        assert related >= 8 * 7 if number else related == 0
    by_changes = digests(built)
    assert sum(before[table] != by_changes[table] for table in before) > 30
    forget(built)
    build(built, day)
    assert state(built).built == "whole"
    whole = digests(built)
    assert {table for table in whole if whole[table] != by_changes[table]} == set()


def test_a_changed_product_rebuilds_everything(built: Profile) -> None:
    day = advance.advance_day(SEED)
    with connect("policy_admin", SIMULATOR) as source:
        source.execute("update product set product_name_en = 'Another name' where product_code = 'L01'")
    land(built, day)
    assert "product changed" in plan(built, day).reason


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("update ops.core_state set state = 'building_core'", "was cut short"),
        ("update ops.core_state set code_version = 'older'", "the code has changed"),
        ("update ops.core_state set as_of_date = as_of_date + 400", "a later day"),
        ("delete from ops.core_state", "nothing is built yet"),
        (
            "insert into ops.edition_batch select edition_id, (select max(batch_id) from ops.batch)"
            " from ops.core_state on conflict do nothing;"
            " delete from ops.edition_batch where edition_id <> (select edition_id from ops.core_state)"
            " and batch_id = (select max(batch_id) from ops.batch)",
            "batches that this edition does not",
        ),
    ],
)
def test_an_older_or_failed_state_leads_to_a_whole_build(built: Profile, damage: str, reason: str) -> None:
    with warehouse(built) as connection:
        day = connection.execute("select max(as_of_date) from ops.batch").fetchone()
    assert day is not None
    assert reason in plan(built, day[0], after=damage).reason


def plan(profile: Profile, day: date, after: str = "") -> core_state.Plan:
    """How the next build would go, after some damage; nothing of it stays."""
    with warehouse(profile) as connection:
        edition = editions.current_build(connection, day)
        connection.execute(after.encode())
        found = core_state.plan(connection, profile, edition)
        connection.rollback()
    return found
