"""The experience studies of an insurer that writes motor only, and knows an exit when the policy-year is over."""

from __future__ import annotations

from datetime import date

import pytest

from tests.dbt.conftest import build, rows
from tests.dbt.landing import Landing
from tests.dbt.test_core_motor import policy_year

SYSTEM, TABLE, AS_OF = "motor_portfolio", "policy_year", date(2018, 11, 30)
EXPERIENCE = "lapse_experience surrender_experience mortality_experience claim_experience"
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def studied(motor_landing: Landing) -> Landing:
    years = [
        # begun in 2010, first delivered for 2015, cancelled within its second delivered year
        policy_year(1, "2015-11-01", "2016-11-01", claim_cost=150, claim_count=2, lapsed_on="2017-02-01"),
        policy_year(1, "2016-11-01", "2017-11-01", lapsed_on="2017-02-01"),
        # delivered for a year and not renewed
        policy_year(2, "2015-03-01", "2016-03-01", contract_started_on="2015-03-01", lapsed_on="2016-03-01"),
    ]
    motor_landing.land(SYSTEM, TABLE, AS_OF, years)
    build(motor_landing, AS_OF)
    motor_landing.connection.commit()
    build(motor_landing, AS_OF, f"resource_type:seed features__exposure_spell {EXPERIENCE}")
    return motor_landing


def test_exposure_begins_with_the_first_delivered_year(studied: Landing) -> None:
    found = rows(
        studied,
        "select policy_year, exposure_count::float, actual_count from marts_build.lapse_experience"
        " where method = 'policy_year' order by 1",
    )
    assert found == [
        (1, 1.0, 1),
        (6, pytest.approx(121 / 366, abs=1e-9), 0),
        (7, pytest.approx(338 / 365, abs=1e-9), 0),
    ]


def test_claims_and_cancellation_fall_where_they_happened(studied: Landing) -> None:
    assert rows(
        studied,
        "select interval_number, sum(actual_count), sum(actual_amount) from marts_build.claim_experience"
        " where method = 'calendar_year' group by 1 having sum(actual_count) > 0",
    ) == [(2015, 2, 150)]
    found = rows(
        studied, "select method, sum(actual_count) from marts_build.surrender_experience group by 1 order by 1"
    )
    assert found == [("calendar_year", 1), ("policy_month", 1), ("policy_year", 1)]


def test_an_insurer_without_lives_has_no_mortality(studied: Landing) -> None:
    assert rows(studied, "select count(*) from marts_build.mortality_experience") == [(0,)]
