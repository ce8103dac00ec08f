"""The landing gates find what was planted, its orphans, and nothing else: day after day, on the real parts."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg import sql

from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate, truth
from customer_knowledge.warehouse.connections import warehouse
from expectations.gate import landing_gate
from tests.sample_insurer.conftest import CUSTOMERS, FIRST_DAY, SEED

pytestmark = pytest.mark.postgres

# Newest version of each key that is in quarantine and was not released.
QUARANTINED = """
with head as (
    select distinct on ({key}) {key}::text as row_key, _version_id, _is_deleted
    from landing.{landed} order by {key}, _version_id desc
)
select row_key, rule_id from head
join ops.rejected_version r on r.source_system = {system} and r.source_table = {table}
    and r.version_id = head._version_id and r.released_batch_id is null
where not _is_deleted
"""


def quarantined(profile: Profile) -> set[truth.Rejection]:
    found: set[truth.Rejection] = set()
    with warehouse(profile) as connection:
        for connector in profile.connectors:
            for table in connector.tables:
                query = sql.SQL(QUARANTINED).format(
                    key=sql.Identifier(table.key[0]),
                    landed=sql.Identifier(f"{connector.system}__{table.name}"),
                    system=sql.Literal(connector.system),
                    table=sql.Literal(table.name),
                )
                rejected = connection.execute(query).fetchall()
                found |= {(connector.system, table.name, key, rule) for key, rule in rejected}
    return found


def land(profile: Profile, day: date) -> set[truth.Rejection]:
    for system in profile.systems:
        extract_system(profile, system, day)
        landing_gate(profile, system, day)
    return quarantined(profile)


def test_exactly_the_planted_dirt_is_quarantined(sample: Profile) -> None:
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    day, before = FIRST_DAY, set[truth.Rejection]()
    for _ in range(3):
        found = land(sample, day)
        assert found == truth.expected_rejections(sample, day), day
        assert found != before
        assert len(found) > 10
        before, day = found, advance.advance_day(SEED)
