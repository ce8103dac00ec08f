"""The leak test: everything after the as-of date is altered; no feature and no score may move.

The whole way from landing to scores is run twice in one warehouse, the second time after the future was rewritten:
rows recorded after the date are changed beyond recognition or removed, and what the source overwrites (status,
dates of expiry, decisions, who lives where) says something else on every row.
"""

from __future__ import annotations

from datetime import date

import pytest

from customer_knowledge.extract.landing import business_columns
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse import dbt, editions
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.content_hash import table_hash
from expectations.gate import landing_gate
from models_ml import lifecycle

pytestmark = pytest.mark.postgres
LANDED, AS_OF = date(2026, 6, 30), date(2025, 6, 30)
CUSTOMERS, SEED = 700, 11
LAYERS = "resource_type:seed staging input_layer intermediate core features"
FEATURES = ("features__policy_as_of", "features__customer_as_of", "features__policy_label", "features__exposure_spell")
SCORES = ("policy_lapse", "customer_churn", "customer_value", "customer_segment", "next_best_product")

# What each table says of the future once it is rewritten. Columns that the source overwrites are altered on all rows.
REWRITTEN = {
    "premium_payment": "amount = amount * 7 + 1, paid_on = paid_on + 3",
    "premium_due": "amount = amount * 5 + 1",
    "claim_payment": "amount = amount * 9 + 1",
    "claim": "claimed_amount = claimed_amount * 9",
    "policy_event": "event_type = 'loan_taken', amount = 1",
    "interaction": "channel = 'app', topic = 'another'",
    "complaint": "category = 'another'",
    "satisfaction_survey": "score = 10 - score",
    "consent": "state = 'withdrawn'",
}
OVERWRITTEN = {
    "policy": "status = 'suspended'",
    "claim": "decided_on = date '2026-06-01', decision = 'denied', reserve_amount = 12345",
    "complaint": "closed_on = date '2026-06-01'",
    "party": "annual_income = 1, occupation = 'another'",
    "agent": "left_on = date '2026-06-01'",
}


def build_and_score(profile: Profile, edition_id: int) -> dict[str, str]:
    """Run dbt to features, train and score as of the date; a digest of each table's rows."""
    day = {"edition_id": edition_id, "as_of_date": AS_OF}
    dbt.run("build", profile, **day, select=LAYERS, target_name="leak", full_refresh=True)
    lifecycle.train_all(profile, AS_OF)
    lifecycle.score_all(profile, AS_OF)
    with warehouse(profile) as connection:
        found = {table: table_hash(connection, "features", table) for table in FEATURES}
        return found | {table: table_hash(connection, "ml", table) for table in SCORES}


def rewrite_the_future(connection: Connection, profile: Profile) -> int:
    """Alter what was recorded after the date, drop every third such row; rows touched."""
    touched = 0
    for connector in profile.connectors:
        for table in connector.tables:
            landed = f"landing.{connector.system}__{table.name}"
            if "recorded_on" not in business_columns(connection, connector.system, table.name):
                continue
            if table.name in REWRITTEN:
                statement = f"update {landed} set {REWRITTEN[table.name]} where recorded_on > %s"
                touched += connection.execute(statement.encode(), (AS_OF,)).rowcount
            if table.name in OVERWRITTEN:
                touched += connection.execute(f"update {landed} set {OVERWRITTEN[table.name]}".encode()).rowcount
            removed = f"delete from {landed} where recorded_on > %s and _version_id %% 3 = 0"
            touched += connection.execute(removed.encode(), (AS_OF,)).rowcount
    connection.commit()
    return touched


def test_altering_the_future_moves_no_feature_and_no_score(sample: Profile) -> None:
    profile = sample.model_copy(update={"train_until": date(2023, 2, 28), "test_until": date(2024, 4, 30)})
    simulate.create(CUSTOMERS, SEED, LANDED)
    for system in profile.systems:
        extract_system(profile, system, LANDED)
        landing_gate(profile, system, LANDED)
    with warehouse(profile) as connection:
        edition = editions.open_edition(connection, profile, LANDED)
        assert edition is not None
    before = build_and_score(profile, edition.edition_id)
    with warehouse(profile) as connection:
        scored = connection.execute("select count(*) from ml.policy_lapse where as_of_date = %s", (AS_OF,)).fetchone()
        assert scored is not None
        assert scored[0] > 300
        assert rewrite_the_future(connection, profile) > 10_000
    after = build_and_score(profile, edition.edition_id)
    moved = {table for table in before if before[table] != after[table]}
    # Marketing consent is what is known today, on purpose: it is respected, not learnt from.
    assert moved == set()
