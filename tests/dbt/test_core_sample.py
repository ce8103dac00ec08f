"""Two days of a made insurer through staging, input layer and core on a real PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest

from customer_knowledge.cli import persistency
from tests.dbt import rows as make
from tests.dbt.conftest import build, rows
from tests.dbt.landing import Landing

PA, CRM = "policy_admin", "crm"
DAY_1, DAY_2 = date(2026, 6, 30), date(2026, 7, 1)
pytestmark = pytest.mark.postgres

IN_FORCE = "select policy_number, status, in_force_flag, exit_cause, is_stale from core.dim_policy order by 1"
CUSTOMERS = (
    "select p.source_system || p.party_id, c.is_prospect, c.identity_rule, c.customer_type, c.marketing_consent"
    " from core.customer_crosswalk p join core.dim_customer c using (customer_key) order by 1"
)
PERIODS = (
    "select p.policy_number, f.status, f.valid_from, f.valid_to, f.in_view_from, f.exit_cause_group"
    " from core.fct_policy_period f join core.dim_policy p using (policy_key) order by 1, f.period_number"
)
DIFFERENCES = (
    "select i.measure, i.year, i.source_value - i.quarantined - coalesce(sum(r.value), 0), i.quarantined"
    " from core.reconciliation_input i left join core.reconciliation_record r"
    " on r.measure = i.measure and r.year is not distinct from i.year"
    " group by i.measure, i.year, i.source_value, i.quarantined order by 1, 2"
)


def land_day_1(landing: Landing) -> dict[str, list[int]]:
    """The first day; returns version ids of what the gate turned away."""
    land = landing.land
    land(PA, "product", DAY_1, [make.product("LIFE", "life"), make.product("CAR", "motor")])
    land(PA, "agent", DAY_1, [make.agent(1)])
    enterprise = make.party(2, party_type="enterprise", credit_code="91330000X", recorded_on="2019-01-01")
    parties = [
        make.party(1, id_number="11010119800101001x"),
        enterprise,
        make.party(3),
        make.party(4, name=None),
    ]
    rejected_party = land(PA, "party", DAY_1, parties)[3:]
    policies = [
        make.policy(10, "LIFE"),
        make.policy(20, "CAR", issued_on="2024-03-01", effective_on="2024-03-01", recorded_on="2024-03-01"),
        make.policy(30, "LIFE", annual_premium=-1),
        make.policy(40, "LIFE"),
    ]
    rejected_policy = land(PA, "policy", DAY_1, policies)[2:3]
    roles = [(10, 1, "policyholder"), (10, 3, "beneficiary"), (20, 2, "policyholder"), (20, 1, "insured")]
    roles += [(30, 1, "policyholder"), (40, 4, "policyholder")]
    orphan_roles = land(
        PA, "policy_party", DAY_1, [make.policy_party(n, *role) for n, role in enumerate(roles, start=1)]
    )[4:]
    events = [
        make.event(1, 10, "issued", "2020-01-01", amount=None),
        make.event(2, 20, "issued", "2024-03-01"),
        make.event(3, 20, "renewed", "2025-03-01", amount=800),
        make.event(4, 20, "renewed", "2026-03-01"),
        make.event(5, 20, "surrendered", "2026-06-29", recorded_on="2026-07-01"),
        make.event(6, 40, "issued", "2020-01-01"),
        make.event(7, 30, "issued", "2020-01-01"),
    ]
    orphan_event = land(PA, "policy_event", DAY_1, events)[6:]
    dues = [
        make.due(1, 10, "2025-01-01", 6),
        make.due(2, 20, "2025-03-01", 2, 800),
        make.due(3, 30, "2026-01-01", 7),
    ]
    orphan_due = land(PA, "premium_due", DAY_1, dues)[2:]
    payments = [
        make.payment(1, 1, 10, "2025-01-05", 1000),
        make.payment(2, 2, 20, "2025-03-01", 800),
        make.payment(3, 3, 30, "2026-01-01", 700),
    ]
    orphan_payment = land(PA, "premium_payment", DAY_1, payments)[2:]
    land(PA, "claim", DAY_1, [make.claim(1, 20), make.claim(2, 20, reserve_amount=None)])
    land(
        PA,
        "claim_payment",
        DAY_1,
        [make.claim_payment(1, 1, "2025-02-01", 300), make.claim_payment(2, 1, "2025-03-01", 50)],
    )
    land_crm(landing)
    landing.total(PA, "policy", "policies_in_force", None, 4)
    landing.total(PA, "premium_payment", "premium_received", 2025, 1800)
    landing.total(PA, "premium_payment", "premium_received", 2026, 700)
    landing.total(PA, "claim_payment", "claims_paid", 2025, 350)
    rejected = {
        "party": rejected_party,
        "policy": rejected_policy,
        "policy_party": orphan_roles,
        "policy_event": orphan_event,
        "premium_due": orphan_due,
        "premium_payment": orphan_payment,
    }
    for table, versions in rejected.items():
        landing.reject(PA, table, versions)
    return rejected


def land_crm(landing: Landing) -> None:
    contacts = [
        make.contact("C1", id_number=" 11010119800101001X "),
        make.contact("C2"),
        make.contact("C3", contact_type="enterprise", credit_code="91330000x"),
    ]
    landing.land(CRM, "contact", DAY_1, contacts)
    landing.land(CRM, "interaction", DAY_1, [make.interaction(1, "C1", "2026-05-31T18:00:00+00:00")])
    landing.land(CRM, "complaint", DAY_1, [make.complaint(1, "C2"), make.complaint(2, "C1", policy_no="P10")])
    consents = [make.consent(1, "C1", "granted", "2026-01-01"), make.consent(2, "C2", None, "2026-01-01")]
    landing.land(CRM, "consent", DAY_1, consents)
    # Two windows are over on the first day, and the year's is not.
    drawn = [("C1", "treated", "2025-12-01"), ("C1", "holdout", "2026-01-02")]
    drawn += [("C3", "holdout", "2025-12-01"), ("C2", "treated", "2025-12-01")]
    tasks = [make.retention_task(n, *task, policy_no=None if n else "P10") for n, task in enumerate(drawn)]
    landing.land(CRM, "retention_task", DAY_1, tasks)


class Day(NamedTuple):
    """What core says after a day."""

    policies: list[tuple[object, ...]]
    customers: list[tuple[object, ...]]
    differences: list[tuple[object, ...]]
    premium_received: list[tuple[object, ...]]
    periods: list[tuple[object, ...]]


def look(landing: Landing) -> Day:
    received = "select sum(amount), count(*), count(customer_key) from core.fct_premium_payment"
    return Day(*(rows(landing, query) for query in (IN_FORCE, CUSTOMERS, DIFFERENCES, received, PERIODS)))


@pytest.fixture(scope="module")
def day_1_rejections(sample_landing: Landing) -> dict[str, list[int]]:
    return land_day_1(sample_landing)


@pytest.fixture(scope="module")
def day_1(sample_landing: Landing, day_1_rejections: dict[str, list[int]]) -> Day:
    build(sample_landing, DAY_1)
    return look(sample_landing)


def land_day_2(landing: Landing, waiting: dict[str, list[int]]) -> None:
    """A rejected update, a corrected parent whose children come back, a deletion."""
    update = landing.land(PA, "policy", DAY_2, [make.policy(10, "LIFE", annual_premium=-5, status="surrendered")])
    landing.land(PA, "policy", DAY_2, [make.policy(30, "LIFE", annual_premium=700)])
    landing.reject(PA, "policy", update)
    late = make.event(9, 10, "grace_entered", "2025-01-02", recorded_on="2026-07-01")
    landing.land(PA, "policy_event", DAY_2, [make.event(8, 10, "surrendered", "2026-07-01"), late])
    landing.total(PA, "policy", "policies_in_force", None, 2)
    for table in ("policy_event", "premium_due", "premium_payment", "policy_party"):
        arrival = landing.batch(PA, table, DAY_2)
        # The role of the party that is still refused stays where it is.
        back = waiting[table][:1] if table == "policy_party" else waiting[table]
        landing.release(PA, table, back, arrival)
    # A payment that was accepted yesterday is changed to a year it cannot be in: its update is turned away.
    moved = landing.land(PA, "premium_payment", DAY_2, [make.payment(1, 1, 10, "2026-01-05", -900)])
    landing.reject(PA, "premium_payment", moved)
    landing.total(PA, "premium_payment", "premium_received", 2025, 800)
    landing.total(PA, "premium_payment", "premium_received", 2026, 700 - 900)
    landing.land(CRM, "contact", DAY_2, [make.contact("C2")], deleted=True)
    landing.land(CRM, "consent", DAY_2, [make.consent(3, "C3", "granted", "2026-06-01")])


@pytest.fixture(scope="module")
def day_2(sample_landing: Landing, day_1: Day, day_1_rejections: dict[str, list[int]]) -> Day:
    land_day_2(sample_landing, day_1_rejections)
    build(sample_landing, DAY_2)
    return look(sample_landing)


def test_status_is_replayed_from_what_was_known(day_1: Day) -> None:
    assert day_1.policies == [
        ("P10", "active", True, None, False),
        ("P20", "active", True, None, False),  # surrendered yesterday, recorded tomorrow
        ("P40", "active", True, None, False),  # its policyholder is in quarantine; the policy is not
    ]


def test_parties_of_two_systems_become_customers_and_prospects(day_1: Day) -> None:
    assert day_1.customers == [
        ("crmC1", False, "id_number", "person", True),
        ("crmC2", True, "stand_alone", "person", False),
        ("crmC3", False, "credit_code", "enterprise", False),
        ("policy_admin1", False, "id_number", "person", True),
        ("policy_admin2", False, "credit_code", "enterprise", False),
    ]  # party 3 is only a beneficiary, party 4 in quarantine


def test_a_rejected_parents_children_are_absent(day_1: Day) -> None:
    assert day_1.premium_received == [(1800, 2, 2)]


def test_source_is_published_plus_quarantined(day_1: Day) -> None:
    assert day_1.differences == [
        ("claims_paid", 2025, 0, 0),
        ("policies_in_force", None, 0, 1),
        ("premium_received", 2025, 0, 0),
        ("premium_received", 2026, 0, 700),
    ]


def test_yearly_policies_have_terms_and_life_has_none(sample_landing: Landing, day_1: Day) -> None:
    terms = rows(
        sample_landing,
        "select term_number, term_starts_on, premium from core.fct_policy_term order by term_starts_on",
    )
    assert terms == [
        (1, date(2024, 3, 1), 1000),
        (2, date(2025, 3, 1), 800),  # what was charged for that year
        (3, date(2026, 3, 1), 1000),
    ]


def test_incurred_is_paid_plus_reserve(sample_landing: Landing, day_1: Day) -> None:
    claims = rows(
        sample_landing,
        "select paid_amount, reserve_amount, incurred_amount from core.fct_claim order by paid_amount",
    )
    assert claims == [(0, 0, 0), (350, 100, 450)]


def test_contacts_reach_their_customer_on_the_insurers_day(sample_landing: Landing, day_1: Day) -> None:
    found = rows(
        sample_landing,
        "select i.occurred_on, c.identity_rule from core.fct_interaction i"
        " join core.dim_customer c using (customer_key)",
    )
    assert found == [(date(2026, 6, 1), "id_number")]  # 18:00 UTC is 02:00 of the next day in Shanghai
    complaints = rows(
        sample_landing,
        "select c.complaint_key is not null, p.policy_number from core.fct_complaint c"
        " left join core.dim_policy p using (policy_key) order by 2",
    )
    assert complaints == [(True, "P10"), (True, None)]


def test_retention_is_followed_by_customer_as_drawn(sample_landing: Landing, day_1: Day) -> None:
    tasks = (
        "select f.arm, p.policy_number, count(f.customer_key) from core.fct_retention_task f"
        " left join core.dim_policy p using (policy_key) group by 1, 2 order by 1, 2"
    )
    assert rows(sample_landing, tasks) == [("holdout", None, 2), ("treated", "P10", 1), ("treated", None, 1)]
    # C1 is party 1 with P10, C3 the enterprise with the car; C2 is a prospect and holds nothing.
    enrolled = (
        "select arm, horizon_months, policies_held, is_kept, premium_kept, is_final"
        " from core.retention_enrolment order by arm, horizon_months"
    )
    kept = [(3, 1, True, 1000, True), (6, 1, True, 1000, False)]
    assert rows(sample_landing, enrolled) == [(arm, *row) for arm in ("holdout", "treated") for row in kept]


def test_connectors_that_are_not_enabled_leave_nothing(sample_landing: Landing, day_1: Day) -> None:
    found = rows(sample_landing, "select viewname::text from pg_views where viewname like '%motor_portfolio%'")
    assert found == []


def test_a_rejected_update_leaves_the_stale_version_and_the_next_day_brings_the_rest(day_2: Day) -> None:
    assert day_2.policies == [
        ("P10", "surrendered", False, "surrendered", True),
        ("P20", "surrendered", False, "surrendered", False),
        ("P30", "active", True, None, False),
        ("P40", "active", True, None, False),
    ]


def test_released_children_return_and_a_rejected_change_keeps_the_old_amount(day_2: Day) -> None:
    assert day_2.premium_received == [(2500, 3, 3)]


def test_a_deleted_prospect_is_gone_and_a_late_consent_counts(day_2: Day) -> None:
    assert [(row[0], row[4]) for row in day_2.customers] == [
        ("crmC1", True),
        ("crmC3", True),
        ("policy_admin1", True),
        ("policy_admin2", True),
    ]


def test_a_rejected_update_reconciles_in_both_years(day_2: Day) -> None:
    assert day_2.differences == [
        ("claims_paid", 2025, 0, 0),
        ("policies_in_force", None, 0, 0),
        ("premium_received", 2025, 0, -1000),
        ("premium_received", 2026, 0, -900),
    ]


def test_a_late_event_repairs_its_policy_and_no_other(day_1: Day, day_2: Day) -> None:
    def of(day: Day, *numbers: str) -> list[tuple[object, ...]]:
        return [row[1:] for row in day.periods if row[0] in numbers]

    assert of(day_2, "P20", "P40") == of(day_1, "P20", "P40")
    assert of(day_1, "P10") == [("active", date(2020, 1, 1), None, date(2020, 1, 1), None)]
    assert of(day_2, "P10") == [
        ("active", date(2020, 1, 1), date(2025, 1, 2), date(2020, 1, 1), None),
        ("grace", date(2025, 1, 2), DAY_2, DAY_2, None),
        ("surrendered", DAY_2, None, DAY_2, "surrender"),
    ]


def test_a_renewal_opens_no_period(day_1: Day) -> None:
    assert [row[1:4] for row in day_1.periods if row[0] == "P20"] == [
        ("active", date(2024, 3, 1), date(2026, 6, 29)),
        ("surrendered", date(2026, 6, 29), None),
    ]


def test_two_definitions_are_explained_policy_by_policy(sample_landing: Landing, day_2: Day) -> None:
    asked = {"a": "COUNT-13M", "b": "CN-CO-13M-PREMIUM", "product": "LIFE", "month": None, "limit": 9, "as_of": DAY_2}
    connection = sample_landing.connection
    sums = connection.execute(persistency.SUMS.encode(), asked).fetchall()
    listed = connection.execute(persistency.POLICIES.encode(), asked).fetchall()
    connection.commit()
    # All are in force at 13 months; no premium of the second year was ever due in these books.
    assert sums == [("kept_a_only", 3, 3, 3, 0, 1000 + 700 + 1000)]
    assert [row[0] for row in listed] == ["P10", "P30", "P40"]
    none = connection.execute(persistency.SUMS.encode(), asked | {"month": date(2021, 1, 1)}).fetchall()
    assert none == []


def test_versions_come_from_accepted_ones_only(sample_landing: Landing, day_2: Day) -> None:
    found = rows(
        sample_landing,
        "select p.policy_number, v.valid_from, v.valid_to, v.annual_premium from core.dim_policy_version v"
        " join core.dim_policy p using (policy_key) order by 1, 2",
    )
    # P10's update was turned away; P30's first version too, so its second stands from its recording on.
    assert found == [
        ("P10", date(2020, 1, 1), None, 1000),
        ("P20", date(2024, 3, 1), None, 1000),
        ("P30", date(2020, 1, 1), None, 700),
        ("P40", date(2020, 1, 1), None, 1000),
    ]


def test_unit_tests_above_core_pass(sample_landing: Landing, day_2: Day) -> None:
    """A day builds without unit tests; those of features and marts run here, those of core with every build above."""
    done = build(sample_landing, DAY_2, "features marts", exclude="resource_type:test")
    passed = [node for node in done.nodes if node.status == "pass"]
    assert len(passed) > 10
