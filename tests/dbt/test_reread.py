"""A date that was read again: its edition holds both attempts, built from what changed as if built whole."""

from __future__ import annotations

from datetime import date

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import SIMULATOR, connect, warehouse
from tests.harness.core import count, differing, digests, forget, state
from tests.harness.day import build_to_core, land

pytestmark = pytest.mark.postgres
FIRST_DAY, CUSTOMERS, SEED = date(2026, 6, 30), 300, 5
# Of what landed, each attempt's rows add up; versions of a key that both attempts changed stand in both.
LOST = (
    "select count(*) from ops.batch where rows_read <> rows_new + rows_changed + rows_unchanged + rows_duplicate"
    " + rows_unreadable or rows_new + rows_changed <> rows_accepted + rows_rejected or state <> 'passed'"
)
BOTH = (
    "select count(*) from landing.policy_admin__policy as one join landing.policy_admin__policy as other"
    " using (policy_id) join ops.batch as b on b.batch_id = one._batch_id join ops.batch as a"
    " on a.batch_id = other._batch_id and a.as_of_date = b.as_of_date and a.attempt > b.attempt where b.as_of_date = %s"
)


MENDED = {
    "policy_admin": (
        "update premium_payment set amount = amount + 1 where payment_id in (select payment_id from premium_payment"
        " order by payment_id limit 20)",
        "update party set annual_income = 123456 where mod(party_id, 31) = 0",
        "delete from policy_party where policy_party_id in (select max(policy_party_id) from policy_party"
        " where role = 'beneficiary')",
    ),
    "crm": (
        "update contact set preferred_channel = 'mail' where right(contact_id, 1) = '7'",
        "delete from interaction where mod(interaction_id, 50) = 0",
    ),
}


def overwrite_policies(sum_assured: int) -> None:
    with connect("policy_admin", SIMULATOR) as source:
        source.execute(
            "update policy set sum_assured = %s where policy_id in (select policy_id from policy"
            " where sum_assured is not null order by policy_id limit 20)",
            (sum_assured,),
        )


def mend() -> None:
    """Rows are overwritten and go, those that the first attempt had seen changed among them."""
    for system, statements in MENDED.items():
        with connect(system, SIMULATOR) as source:
            for statement in statements:
                assert source.execute(statement.encode()).rowcount > 0, statement
    overwrite_policies(222_222)


def block(profile: Profile, day: date) -> int:
    with warehouse(profile) as connection:
        return editions.block(connection, day, "marts", "a cent is missing")


def test_a_mended_day_is_built_from_what_changed(module_sample: Profile) -> None:
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    land(module_sample, FIRST_DAY)
    build_to_core(module_sample, FIRST_DAY)
    day = advance.advance_day(SEED)
    overwrite_policies(111_111)
    land(module_sample, day)
    build_to_core(module_sample, day)
    blocked = block(module_sample, day)
    before = digests(module_sample)
    mend()
    land(module_sample, day)
    build_to_core(module_sample, day)
    assert state(module_sample).built == "changes", state(module_sample).reason
    assert state(module_sample).edition_id > blocked
    assert count(module_sample, BOTH, day) >= 20
    assert count(module_sample, LOST) == 0
    members = "select count(*) from ops.edition_batch where edition_id = %s"
    tables = sum(len(connector.tables) for connector in module_sample.connectors)
    assert count(module_sample, members, state(module_sample).edition_id) == 3 * tables
    by_changes = digests(module_sample)
    assert sum(before[table] != by_changes[table] for table in before) > 10
    forget(module_sample)
    build_to_core(module_sample, day)
    assert state(module_sample).built == "whole"
    assert differing(digests(module_sample), by_changes) == set()
