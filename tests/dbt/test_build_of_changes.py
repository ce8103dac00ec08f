"""Core built from what changed is core built whole: over random days, by way of landing and its gates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.warehouse import core_state, dbt, editions
from customer_knowledge.warehouse.connections import SIMULATOR, connect, warehouse
from tests.harness.core import count, differing, digests, forget, state
from tests.harness.day import build_to_core, land
from tests.harness.upheaval import Upheaval

pytestmark = pytest.mark.postgres
FIRST_DAY, CUSTOMERS, SEED, DAYS = date(2026, 6, 30), 500, 5, 2

_QUIET = (
    "select p.party_id from party as p join policy_party as r using (party_id) join policy as o using (policy_id)"
    " where p.party_type = 'person' group by p.party_id"
    " having bool_and(o.status in ('lapsed', 'surrendered', 'expired', 'cancelled'))"
    " and bool_or(r.role = 'policyholder')"
    " order by p.party_id limit 9"
)
HOUSE = "the crowded house"


def crowd(people: int) -> None:
    """Have so many of nine who have nothing in force any more live at one address; the last ones have moved out."""
    with connect("policy_admin", SIMULATOR) as source:
        parties = [row[0] for row in source.execute(_QUIET).fetchall()]
        assert len(parties) == 9
        for number, party in enumerate(parties):
            there = HOUSE if number < people else f"elsewhere {party}"
            source.execute("update party set address = %s where party_id = %s", (there, party))


def of_the_house(profile: Profile) -> tuple[int, int]:
    """Pairs of who lives there, from both sides, as the warehouse has them; and how many changed themselves."""
    with warehouse(profile) as connection:
        row = connection.execute(
            "with living as (select distinct customer_key from intermediate.int_parties__ranked where address = %s)"
            " select (select count(*) from core.customer_relationship join living using (customer_key)"
            " where relationship = 'shares_address'),"
            " (select count(*) from intermediate.int_customers__changed join living using (customer_key))",
            (HOUSE,),
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def a_beneficiary() -> int:
    """Somebody named as beneficiary only, by a relative; lives apart from now on, so that no place relates them."""
    with connect("policy_admin", SIMULATOR) as source:
        row = source.execute(
            "update party set address = 'apart', phone = null where party_id = (select party_id from policy_party"
            " group by party_id having bool_and(role = 'beneficiary') and bool_or(relationship <> '本人')"
            " order by party_id limit 1) returning party_id"
        ).fetchone()
    assert row is not None
    return int(row[0])


def insure(party: int) -> None:
    """Somebody is insured by a stranger's policy from now on, instead of who was."""
    with connect("policy_admin", SIMULATOR) as source:
        done = source.execute(
            "update policy_party set party_id = %(party)s where policy_party_id = (select max(policy_party_id)"
            " from policy_party where role = 'insured' and policy_id not in"
            " (select policy_id from policy_party where party_id = %(party)s))",
            {"party": party},
        )
        assert done.rowcount == 1


def leaves_on(day: date) -> str:
    """The agent with most policies, who leaves on a day to come, which the calendar alone brings."""
    with connect("policy_admin", SIMULATOR) as source:
        row = source.execute(
            "update agent set left_on = %s where agent_id = (select agent_id from policy where agent_id is not null"
            " group by agent_id order by count(*) desc, agent_id limit 1) returning agent_id::text",
            (day,),
        ).fetchone()
    assert row is not None
    return str(row[0])


def share_numbers() -> list[str]:
    """Some policies take the numbers of others that complaints name: from now on these numbers name neither."""
    with connect("crm", SIMULATOR) as source:
        named = [
            row[0] for row in source.execute("select policy_no from complaint where policy_no is not null").fetchall()
        ]
    with connect("policy_admin", SIMULATOR) as source:
        rows = source.execute(
            "with given as (select distinct policy_no from policy where policy_no = any(%(named)s)),"
            " numbered as (select policy_no, row_number() over (order by policy_no) as n from given),"
            " takers as (select policy_id, row_number() over (order by policy_id desc) as n from policy"
            " where policy_no <> all(%(named)s) limit 25)"
            " update policy set policy_no = numbered.policy_no from takers join numbered using (n)"
            " where policy.policy_id = takers.policy_id returning policy.policy_no",
            {"named": named},
        ).fetchall()
    return [row[0] for row in rows]


def found_by_number(profile: Profile, numbers: list[str]) -> set[bool]:
    """Whether complaints that name a number, and whose party is as it was, are taken to be of a policy."""
    with warehouse(profile) as connection:
        rows = connection.execute(
            "select policy_key is not null from core.fct_complaint join intermediate.int_complaints__changed"
            " using (complaint_key) where policy_number = any(%s) and party_key not in"
            " (select party_key from intermediate.int_parties__changed)",
            (numbers,),
        ).fetchall()
    return {row[0] for row in rows}


def measured_otherwise(profile: Profile) -> int:
    """Policies whose part in the measures is looked at again though nothing of them changed."""
    return count(
        profile,
        "select count(*) from intermediate.int_measures__changed where policy_key not in"
        " (select policy_key from intermediate.int_policies__changed)",
    )


def served_otherwise(profile: Profile, agent: str) -> int:
    """An agent's customers whose servicing is looked at again though nothing of them changed."""
    return count(
        profile,
        "select count(*) from intermediate.int_servicing__changed where customer_key not in"
        " (select customer_key from intermediate.int_customers__changed) and customer_key in (select customer_key"
        " from core.dim_policy join core.dim_agent using (agent_key) where agent_id = %s)",
        agent,
    )


def tables_of_staying_rows(profile: Profile) -> int:
    """Landing tables whose rows are looked up by whose they are alone; those of a root's own id always are."""
    return count(profile, "select count(*) from ops.rows_stay")


@pytest.fixture(scope="module")
def built(module_sample: Profile) -> Profile:
    """A small insurer's first day, built whole."""
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    land(module_sample, FIRST_DAY)
    build_to_core(module_sample, FIRST_DAY)
    assert state(module_sample).built == "whole"
    return module_sample


def test_rows_of_one_key_lie_together(built: Profile) -> None:
    """The planner's measure of a column's order on disk is 1; landing goes by the source's ids.

    First of all: what days of changes append lies behind.
    """
    with warehouse(built) as connection:
        rows = connection.execute(
            "select schemaname || '.' || tablename, correlation from pg_stats where (tablename, attname) in"
            " (('input__premiums_due', 'policy_key'), ('fct_premium_payment', 'policy_key'),"
            " ('fct_interaction', 'party_key'), ('customer_relationship', 'customer_key'))"
        ).fetchall()
        connection.execute("analyze landing.policy_admin__premium_due")
        landed = connection.execute(
            "select correlation from pg_stats where tablename = 'policy_admin__premium_due' and attname = 'policy_id'"
        ).fetchone()
    assert len(rows) == 4
    assert {table: order for table, order in rows if order < 0.999} == {}
    assert landed is not None
    assert landed[0] > 0.999


# Tables of core by the keys that they may be built by, and where the keys that changed stand.
_OF_A_KEY = (
    "select table_name from information_schema.columns join pg_tables on (schemaname, tablename) = (table_schema,"
    " table_name) where table_schema = 'core' and column_name = %s order by 1"
)
KEYS = {"policy_key": "policies", "party_key": "parties", "customer_key": "customers"}
MADE_WHOLE = {"fct_agent_note"}
Places = dict[tuple[str, str], set[tuple[str, str]]]


def places(profile: Profile, *, of_changed_keys: bool) -> Places:
    """Where rows of core lie, and which statement wrote them: (table, key) → rows, of all keys or of changed ones."""
    found: Places = {}
    with warehouse(profile) as connection:
        for key, units in KEYS.items():
            of_keys = f"where {key} in (select {key} from intermediate.int_{units}__changed)" if of_changed_keys else ""
            for (table,) in connection.execute(_OF_A_KEY, (key,)).fetchall():
                rows = connection.execute(f"select ctid::text, xmin::text from core.{table} {of_keys}".encode())
                found[table, key] = set(rows.fetchall())
    return found


def test_changes_make_what_a_whole_build_makes(built: Profile) -> None:
    upheaval, day = Upheaval(built, SEED), FIRST_DAY
    before, agent, shared = digests(built), "", [""]
    for number in range(DAYS):
        # Two days may lie between two editions.
        for _ in range(1 + 2 * number):
            day = advance.advance_day(SEED)
        # As long as no row goes to another policy or party, a build need not look for one that did.
        assert upheaval.day(share=0.001, moving=number > 0) > 50
        if number == 0:
            upheaval.move_events(day + timedelta(days=1), 5)
            agent, shared = leaves_on(day + timedelta(days=1)), share_numbers()
        # Nine are an office; when one of them has left, eight are a family, though nothing of them changed.
        crowd(9 - number)
        land(built, day)
        assert tables_of_staying_rows(built) < 5 if number else tables_of_staying_rows(built) > 15
        build_to_core(built, day)
        assert state(built).built == "changes", state(built).reason
        assert measured_otherwise(built) > 0
        if number:
            assert served_otherwise(built, agent) > 0
        else:
            assert found_by_number(built, shared) == {False}
        related, changed = of_the_house(built)
        # A simulated day may bring one of them something; the others are found as neighbours only.
        assert changed <= 1 if number else changed == 9
        assert related >= 8 * 7 if number else related == 0
    by_changes = digests(built)
    assert sum(before[table] != by_changes[table] for table in before) > 30
    forget(built)
    build_to_core(built, day)
    assert state(built).built == "whole"
    whole = digests(built)
    assert differing(whole, by_changes) == set()


# By PostgreSQL's own count: rows updated, and those of them that stayed on their page and were written to no index.
_UPDATED = (
    "select sum(n_tup_upd), sum(n_tup_hot_upd) from pg_stat_user_tables"
    " where schemaname in ('input_layer', 'intermediate', 'core')"
)


def updated(profile: Profile) -> tuple[int, int]:
    """Rows of the layers built from changes that were updated so far, and in place."""
    with warehouse(profile) as connection:
        row = connection.execute(_UPDATED).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def test_a_day_leaves_what_it_can_where_it_lies(built: Profile) -> None:
    """Rows that are as they were stay; what a row of the same key replaces is rewritten on its page."""
    before, day, updated_before = places(built, of_changed_keys=False), advance.advance_day(SEED), updated(built)
    land(built, day)
    build_to_core(built, day)
    assert state(built).built == "changes", state(built).reason
    rewritten, in_place = (now - then for now, then in zip(updated(built), updated_before, strict=True))
    assert rewritten > 50
    assert in_place > 0.8 * rewritten
    after = {of: rows for of, rows in places(built, of_changed_keys=True).items() if len(rows) >= 20}
    kept = {of: len(rows & before[of]) / len(rows) for of, rows in after.items() if of[0] not in MADE_WHOLE}
    assert len({table for table, _ in kept}) > 15
    assert {of: share for of, share in kept.items() if share < 0.5} == {}


def test_a_row_that_a_day_has_twice_is_found(built: Profile) -> None:
    """The tests of a build of changes look up the rows of changed keys, and no others."""
    stands = state(built)
    variables, found = {"changed_only": True, "base_as_of_date": str(stands.base_as_of_date)}, set()
    for of_changed in (True, False):
        with warehouse(built) as connection:
            twice = connection.execute(
                "insert into core.fct_premium_due select * from core.fct_premium_due where %s ="
                " (policy_key in (select policy_key from intermediate.int_policies__changed)) limit 1 returning ctid",
                (of_changed,),
            ).fetchone()
        try:
            told = {"edition_id": stands.edition_id, "as_of_date": stands.as_of_date, "more_variables": variables}
            dbt.run("test", built, **told, select="fct_premium_due", target_name="twice")
        except dbt.DbtFailed as failed:
            head = str(failed).splitlines()[0]
            found |= {(of_changed, name) for name in ("as_many_rows_as", "grain") if f"{name}_fct" in head}
        with warehouse(built) as connection:
            connection.execute("delete from core.fct_premium_due where ctid = %s", twice)
    assert found == {(True, "as_many_rows_as"), (True, "grain")}


def test_who_becomes_a_customer_is_related_from_both_sides(built: Profile) -> None:
    """Named long ago as a relative's beneficiary, insured by a stranger today: nothing of the relative changed."""
    party = a_beneficiary()
    for of_the_day in (None, party):
        day = advance.advance_day(SEED)
        if of_the_day:
            insure(of_the_day)
        land(built, day)
        build_to_core(built, day)
        assert state(built).built == "changes", state(built).reason
    with warehouse(built) as connection:
        rows = connection.execute(
            "select relative, count(*) from core.customer_crosswalk as c join core.customer_relationship as r"
            " on c.customer_key in (r.customer_key, r.related_customer_key),"
            " lateral (select case when c.customer_key = r.customer_key then r.related_customer_key"
            " else r.customer_key end as relative) as other"
            " where c.source_system = 'policy_admin' and c.party_id = %s and r.relationship = any(%s)"
            " and relative not in (select customer_key from intermediate.int_customers__changed) group by relative",
            (str(party), ["spouse", "child", "parent"]),
        ).fetchall()
    # Of the relatives of whom nothing changed.
    assert rows
    assert {sides for _, sides in rows} == {2}


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
