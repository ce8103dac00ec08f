"""Two parties become one customer by a decision and two again by another: keys stay, no premium is counted twice."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from customer_knowledge.cli import identity as command
from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.identity import decisions
from customer_knowledge.identity.run import resolve_edition
from customer_knowledge.profile import Profile, load
from tests.conftest import clone
from tests.dbt import rows as make
from tests.dbt.landing import Landing
from tests.identity.conftest import build_parties, build_whole, open_landing

PA, CRM = "policy_admin", "crm"
DAYS = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2)]
CORE = "+fct_premium_payment +customer_crosswalk +policy_customer"
pytestmark = pytest.mark.postgres


class Day(NamedTuple):
    """What core and the resolver say after a day."""

    customers: dict[str, str]
    premium: list[tuple[object, ...]]
    premium_by_customer: dict[str, int]
    changes: list[tuple[object, ...]]
    review: list[tuple[object, ...]]


def fill(landing: Landing) -> None:
    """The same woman under two party ids, one without number; her contact; a stranger of her name."""
    day = DAYS[0]
    her = {"name": "欧阳思涵", "phone": "16012345678", "birth_date": "1980-02-01"}
    parties = [
        make.party(1, id_number="110199198002010022", **her),
        make.party(2, **(her | {"phone": "16099999999", "birth_date": None}), recorded_on="2021-01-01"),
        make.party(3, id_number="110199197503030029", name="欧阳思涵", birth_date="1975-03-03"),
    ]
    landing.land(PA, "product", day, [make.product("LIFE", "life")])
    landing.land(PA, "party", day, parties)
    landing.land(PA, "policy", day, [make.policy(n, "LIFE") for n in (1, 2, 3)])
    roles = [make.policy_party(n, n, n, "policyholder") for n in (1, 2, 3)]
    landing.land(PA, "policy_party", day, roles)
    landing.land(PA, "premium_due", day, [make.due(n, n, "2025-01-01", 6, 100 * n) for n in (1, 2, 3)])
    landing.land(PA, "premium_payment", day, [make.payment(n, n, n, "2025-01-05", 100 * n) for n in (1, 2, 3)])
    contact = make.contact("C1", name="欧阳思涵", mobile="16012345678", birth_date="1980-02-01")
    landing.land(CRM, "contact", day, [contact])


def through(landing: Landing, day: date) -> Day:
    """Build a day to core, look at it and publish it."""
    edition_id = build_parties(landing, day)
    resolve_edition(landing.profile, edition_id, day)
    build_whole(landing, edition_id, day, CORE)

    def ask(query: str) -> list[tuple[object, ...]]:
        found = landing.connection.execute(query.encode(), {"edition": edition_id}).fetchall()
        landing.connection.commit()
        return found

    seen = Day(
        dict(ask("select source_system || ':' || party_id, customer_key from core.customer_crosswalk")),  # type: ignore[arg-type]
        ask("select sum(amount), count(*), count(customer_key) from core.fct_premium_payment"),
        dict(ask("select customer_key, sum(amount)::integer from core.fct_premium_payment group by 1")),  # type: ignore[arg-type]
        ask(
            "select change, customer_key, other_customer_key from identity.customer_change"
            " where edition_id = %(edition)s"
        ),
        ask("select reason, party_key_a, party_key_b from identity.review where edition_id = %(edition)s"),
    )
    landing.connection.execute("update ops.edition set state = 'published' where edition_id = %s", (edition_id,))
    landing.connection.commit()
    return seen


@pytest.fixture(scope="module")
def days(template: Profile) -> list[Day]:
    found = []
    for landing in open_landing(clone(template, load("sample"))):
        fill(landing)
        found.append(through(landing, DAYS[0]))
        keys = [decisions.party_key(landing.connection, name) for name in ("policy_admin:1", "policy_admin:2")]
        decisions.record(landing.connection, "must_link", keys, "an adviser", "she called")
        landing.batch(PA, "party", DAYS[1])
        found.append(through(landing, DAYS[1]))
        decisions.record(landing.connection, "cannot_link", keys, "a supervisor", "it was her sister")
        landing.batch(PA, "party", DAYS[2])
        found.append(through(landing, DAYS[2]))
        with pytest.raises(CustomerKnowledgeError, match="no such party"):
            decisions.party_key(landing.connection, "crm:nobody")
        with pytest.raises(CustomerKnowledgeError, match="two different parties"):
            decisions.record(landing.connection, "must_link", [keys[0], keys[0]], "me", "because")
    return found


def test_on_the_first_day_rules_decide(days: list[Day]) -> None:
    who = days[0].customers
    assert who["policy_admin:1"] == who["crm:C1"]
    assert len(set(who.values())) == 3
    assert days[0].changes == []


def test_a_decision_merges_and_the_oldest_key_stays(days: list[Day]) -> None:
    before, after = days[0].customers, days[1].customers
    assert after["policy_admin:1"] == after["policy_admin:2"] == before["policy_admin:1"]
    assert days[1].changes == [("merged_into", before["policy_admin:2"], before["policy_admin:1"])]
    assert after["policy_admin:3"] == before["policy_admin:3"]


def test_another_decision_splits_and_gives_the_key_back(days: list[Day]) -> None:
    assert days[2].customers == days[0].customers
    assert days[2].changes == [("split_from", days[0].customers["policy_admin:2"], days[0].customers["policy_admin:1"])]


def test_no_premium_is_counted_twice(days: list[Day]) -> None:
    assert [day.premium for day in days] == [[(600, 3, 3)]] * 3
    first, second = (days[0].customers[f"policy_admin:{n}"] for n in (1, 2))
    assert (days[0].premium_by_customer[first], days[0].premium_by_customer[second]) == (100, 200)
    assert days[1].premium_by_customer[first] == 300
    assert second not in days[1].premium_by_customer
    assert days[2].premium_by_customer == days[0].premium_by_customer


@pytest.mark.parametrize("name", ["review", "show", "decide"])
def test_commands_tell_how_they_are_used(name: str) -> None:
    said = CliRunner().invoke(command.app, [name, "--help"])
    assert said.exit_code == 0
    assert "Usage" in said.output
