"""A made file of the motor portfolio's shape through staging, input layer and core."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.dbt.conftest import build, rows
from tests.dbt.landing import Landing, Row

SYSTEM, TABLE, AS_OF = "motor_portfolio", "policy_year", date(2018, 11, 30)
pytestmark = pytest.mark.postgres


def policy_year(contract_id: int, starts: str, ends: str, **changes: Any) -> Row:
    row = {
        "contract_id": contract_id,
        "contract_started_on": "2010-03-01",
        "last_renewal_on": starts,
        "next_renewal_on": ends,
        "birth_date": "1956-04-15",
        "licence_date": "1976-03-20",
        "distribution_channel": "1",
        "seniority": 9,
        "lapsed_on": None,
        "premium": 200,
        "claim_cost": 0,
        "claim_count": 0,
        "risk_type": 3,
        "area": 1,
        "second_driver": 0,
        "registration_year": 2004,
        "power_hp": 80,
        "cylinder_capacity": 599,
        "vehicle_value": 7068,
        "doors": 5,
        "fuel": "P",
        "length_m": None,
        "weight_kg": 190,
    }
    return row | changes


YEARS = [
    # ended in the middle of its second year, which is over: the end is known
    policy_year(1, "2016-03-01", "2017-03-01", lapsed_on="2017-09-01", claim_cost=150, claim_count=2),
    policy_year(1, "2017-03-01", "2018-03-01", lapsed_on="2017-09-01", premium=210),
    # the same driver's second contract, not renewed, but its year still runs: the end is not known yet
    policy_year(2, "2018-05-01", "2019-05-01", contract_started_on="2018-05-01", lapsed_on="2018-05-01", claim_cost=70),
    # another driver; a lapse before the year began, and a start of the contract after it
    policy_year(3, "2017-10-01", "2018-10-01", birth_date="1990-01-01", lapsed_on="2017-09-20", fuel=None),
    policy_year(4, "2018-02-01", "2019-02-01", birth_date="1991-01-01", contract_started_on="2018-02-15", risk_type=1),
    # turned away by a gate
    policy_year(5, "2018-01-01", "2019-01-01", birth_date="1992-01-01", premium=-400, claim_cost=30),
]


@pytest.fixture(scope="module")
def portfolio(motor_landing: Landing) -> Landing:
    versions = motor_landing.land(SYSTEM, TABLE, AS_OF, YEARS)
    motor_landing.reject(SYSTEM, TABLE, versions[-1:], rule="premium_not_negative")
    motor_landing.total(SYSTEM, TABLE, "contracts", None, 5)
    for year, count, premium, cost in ((2016, 1, 200, 150), (2017, 2, 410, 0), (2018, 3, 0, 100)):
        motor_landing.total(SYSTEM, TABLE, "policy_years", year, count)
        motor_landing.total(SYSTEM, TABLE, "premium", year, premium)
        motor_landing.total(SYSTEM, TABLE, "claim_cost", year, cost)
    build(motor_landing, AS_OF)
    return motor_landing


def test_the_same_birth_and_licence_date_make_one_customer(portfolio: Landing) -> None:
    assert rows(
        portfolio,
        "select party_id, count(policy_key), min(identity_rule), bool_or(is_prospect), min(first_known_on)"
        " from core.customer_crosswalk join core.dim_customer using (customer_key, identity_rule)"
        " join core.policy_customer using (customer_key) where role = 'insured' group by 1 order by 1",
    ) == [
        ("1956-04-15|1976-03-20", 2, "proxy", False, date(2010, 3, 1)),
        ("1990-01-01|1976-03-20", 1, "proxy", False, date(2010, 3, 1)),
        ("1991-01-01|1976-03-20", 1, "proxy", False, date(2018, 2, 1)),
    ]


def test_a_contracts_end_counts_only_once_its_last_year_is_over(portfolio: Landing) -> None:
    assert rows(
        portfolio,
        "select policy_number, status, exit_cause, ended_on, channel from core.dim_policy order by 1",
    ) == [
        ("1", "surrendered", "surrendered", date(2017, 9, 1), "broker"),
        ("2", "active", None, None, "broker"),
        ("3", "expired", "expired", date(2017, 10, 1), "broker"),
        ("4", "active", None, None, "broker"),
    ]
    assert rows(
        portfolio,
        "select min(known_on - occurred_on) from core.fct_policy_event where event_type = 'expired'",
    ) == [(365,)]


def test_no_end_is_known_before_its_policy_year_is_over(portfolio: Landing) -> None:
    early = rows(
        portfolio,
        "select e.policy_key from core.fct_policy_event e join core.fct_policy_term t using (policy_key)"
        " where e.event_type in ('expired', 'surrendered') and e.known_on < t.term_ends_on",
    )
    assert early == []
    ends = rows(portfolio, "select count(*) from core.fct_policy_event where event_type in ('expired', 'surrendered')")
    assert ends == [(3,)]


def test_terms_are_numbered_from_the_contracts_beginning(portfolio: Landing) -> None:
    assert rows(
        portfolio,
        "select policy_number, term_number, premium from core.fct_policy_term join core.dim_policy using (policy_key)"
        " order by 1, 2",
    ) == [("1", 7, 200), ("1", 8, 210), ("2", 1, 200), ("3", 9, 200), ("4", 1, 200)]


def test_a_years_claims_are_known_at_its_end(portfolio: Landing) -> None:
    assert rows(
        portfolio,
        "select claim_count, incurred_amount, incurred_on, known_on from core.fct_claim order by incurred_on",
    ) == [(2, 150, date(2016, 3, 1), date(2017, 3, 1)), (0, 70, date(2018, 5, 1), date(2019, 5, 1))]


def test_the_vehicle_is_typed_and_what_was_stamped_at_extraction_stays_out(portfolio: Landing) -> None:
    assert rows(
        portfolio,
        "select risk_type, area_code, fuel, doors, cylinder_capacity_cc, second_driver, length_m, insured_value"
        " from core.dim_insured_object join core.dim_policy using (policy_key) order by policy_number desc limit 2",
    ) == [
        ("motorbike", "urban", "petrol", 5, 599, False, None, None),
        ("passenger_car", "urban", None, 5, 599, False, None, None),
    ]
    stamped = (
        "seniority",
        "max_policies",
        "max_products",
        "payment_method",
        "vehicle_value",
        "policies_in_force_stamped",
    )
    found = rows(
        portfolio,
        "select table_name, column_name from information_schema.columns where column_name = any(%s)"
        " and table_schema in ('staging', 'input_layer', 'intermediate', 'core')",
        list(stamped),
    )
    assert [tuple(row) for row in found] == []


def test_source_is_published_plus_quarantined(portfolio: Landing) -> None:
    found = rows(
        portfolio,
        "select i.measure, i.year, i.quarantined from core.reconciliation_input i"
        " left join core.reconciliation_record r on r.measure = i.measure and r.year is not distinct from i.year"
        " group by i.measure, i.year, i.source_value, i.quarantined"
        " having i.source_value = i.quarantined + coalesce(sum(r.value), 0) order by 1, 2",
    )
    assert len(found) == 10
    assert [row for row in found if row[2]] == [
        ("claim_cost", 2018, 30),
        ("contracts", None, 1),
        ("policy_years", 2018, 1),
        ("premium", 2018, -400),
    ]


def test_an_absent_connector_is_a_typed_empty_input(portfolio: Landing) -> None:
    assert rows(portfolio, "select count(*) from input_layer.input__consents") == [(0,)]
    assert rows(
        portfolio,
        "select data_type from information_schema.columns where table_schema = 'input_layer'"
        " and table_name = 'input__complaints' and column_name = 'is_regulator_forwarded'",
    ) == [("boolean",)]
    assert rows(portfolio, "select bool_or(marketing_consent) from core.dim_customer") == [(False,)]
