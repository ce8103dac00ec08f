"""The leak test: everything after the as-of date is altered; no feature and no score may move.

The whole way from landing to scores is run twice in one warehouse, the second time after the future was rewritten:
rows recorded after the date are changed beyond recognition or removed, what sources overwrite (decisions, what a
contract says, what customers say of themselves) says something else on every row when they are read again, and every
sum assured was reduced in between. What this does not alter is listed in ADR 35.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from customer_knowledge.extract.landing import business_columns
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse import dbt, editions
from customer_knowledge.warehouse.connections import SIMULATOR, Connection, connect, warehouse
from customer_knowledge.warehouse.content_hash import table_hash
from expectations.gate import landing_gate
from models_ml import lifecycle

pytestmark = pytest.mark.postgres
LANDED, AGAIN, AS_OF, EARLIER = date(2026, 6, 30), date(2026, 7, 1), date(2025, 6, 30), date(2024, 6, 30)
CUSTOMERS, SEED = 700, 11
MODELS = Path(lifecycle.__file__).parent
LAYERS = "resource_type:seed staging input_layer intermediate core features"
# Everything of the schema, so that no feature can be added without being looked at.
FEATURES = "select table_name from information_schema.tables where table_schema = 'features' order by 1"
# No model learns from them: the need is by the income declared today, a line of service has who is customer or prospect
# by today's roles, and experience studies weigh exposure by what contracts say today.
KNOWN_TODAY = {"features__customer_need", "features__customer_service", "features__exposure_spell"}
SCORES = ("policy_lapse", "customer_churn", "customer_value", "customer_segment", "next_best_product")

# What each table says of the future once it is rewritten. Columns that the source overwrites are altered on all rows.
REWRITTEN = {
    "premium_payment": "amount = amount * 7 + 1, paid_on = paid_on + 3",
    "premium_due": "amount = amount * 5 + 1",
    "claim_payment": "amount = amount * 9 + 1",
    "claim": "claimed_amount = claimed_amount * 9",
    "policy_event": "event_type = case when _version_id %% 2 = 0 then 'loan_taken' else 'loan_repaid' end, amount = 1",
    "interaction": "channel = 'app', topic = 'another'",
    "complaint": "category = 'another'",
    "satisfaction_survey": "score = 10 - score",
    "consent": "state = 'withdrawn'",
    "policy_value": "cash_value = cash_value * 3 + 1",
    "commission": "amount = amount * 5 + 1",
}
OVERWRITTEN = {
    "claim": "decided_on = date '2026-06-01', decision = 'denied', reserve_amount = 12345",
    "complaint": "closed_on = date '2026-06-01'",
    "party": "annual_income = 1, occupation = 'another'",
    "agent": "left_on = date '2026-06-01'",
}
CONTRACT = ("premium_mode", "payment_term_years", "annual_premium", "sum_assured", "channel", "expires_on")
# What the sources say of everybody when they are read again, a day after the first landing.
READ_AGAIN = {
    "policy_admin": "update policy set premium_mode = case premium_mode when 'annual' then 'monthly' else 'annual' end,"
    " payment_term_years = payment_term_years + 2, annual_premium = annual_premium * 3, sum_assured = sum_assured * 5,"
    " channel = case channel when 'agency' then 'broker' else 'agency' end, expires_on = expires_on + 700"
    # What was turned away the first time stays as it is: let in later, it would count from its recording.
    " where coalesce(expires_on > effective_on, true)",
    "crm": "update contact set is_app_user = is_app_user is not true,"
    " preferred_channel = case preferred_channel when 'phone' then 'app' else 'phone' end",
}


def build_and_score(profile: Profile, edition_id: int) -> dict[str, str]:
    """Run dbt to features, train and score as of the date; a digest of each table's rows."""
    day = {"edition_id": edition_id, "as_of_date": AS_OF}
    dbt.run("build", profile, **day, select=LAYERS, target_name="leak", full_refresh=True)
    lifecycle.train_all(profile, AS_OF)
    lifecycle.score_all(profile, AS_OF)
    with warehouse(profile) as connection:
        tables = [row[0] for row in connection.execute(FEATURES).fetchall() if row[0] not in KNOWN_TODAY]
        assert {"features__policy_as_of", "features__customer_as_of", "features__policy_label"} <= set(tables)
        found = {table: table_hash(connection, "features", table) for table in tables}
        return found | {table: table_hash(connection, "ml", table) for table in SCORES}


def rewrite_the_future(connection: Connection, profile: Profile, after: date = AS_OF) -> int:
    """Alter what was recorded after a date, drop every third such row; rows touched."""
    touched = 0
    for connector in profile.connectors:
        for table in connector.tables:
            landed = f"landing.{connector.system}__{table.name}"
            if "recorded_on" not in business_columns(connection, connector.system, table.name):
                continue
            if table.name in REWRITTEN:
                statement = f"update {landed} set {REWRITTEN[table.name]} where recorded_on > %s"
                touched += connection.execute(statement.encode(), (after,)).rowcount
            if table.name in OVERWRITTEN:
                touched += connection.execute(f"update {landed} set {OVERWRITTEN[table.name]}".encode()).rowcount
            # Without the source's word there is no telling what it overwrote.
            if table.name == "policy_change":
                continue
            removed = f"delete from {landed} where recorded_on > %s and _version_id %% 3 = 0"
            touched += connection.execute(removed.encode(), (after,)).rowcount
    connection.commit()
    return touched


def read_again(profile: Profile) -> int:
    """Let sources overwrite what they say of everybody, and land it a day later; the edition with both landings."""
    for system, statement in READ_AGAIN.items():
        with connect(system, SIMULATOR) as source:
            assert source.execute(statement.encode()).rowcount > CUSTOMERS
            if system == "policy_admin":
                source.execute("update business_day set as_of_date = %s", (AGAIN,))
    for system in profile.systems:
        extract_system(profile, system, AGAIN)
        landing_gate(profile, system, AGAIN)
    with warehouse(profile) as connection:
        edition = editions.open_edition(connection, profile, AGAIN)
        assert edition is not None
    return edition.edition_id


def unaltered(profile: Profile) -> dict[str, int]:
    """Of contracts known on the date, how many say today what they said then, by column: nothing, if all took hold."""
    same = ", ".join(f"count(*) filter (where today.{c} = known.{c})" for c in CONTRACT)
    with warehouse(profile) as connection:
        row = connection.execute(
            (
                f"select count(*), {same} from core.dim_policy as today join core.dim_policy_version as known"
                " using (policy_key) where known.valid_from <= %(on)s"
                " and (known.superseded_on is null or known.superseded_on > %(on)s)"
            ).encode(),
            {"on": AS_OF},
        ).fetchone()
    assert row is not None
    assert row[0] > CUSTOMERS
    return dict(zip(CONTRACT, row[1:], strict=True))


def reduce_everybody(connection: Connection, after: date) -> None:
    """The day after a date every sum assured is reduced to one and the source tells what it was, as sources do."""
    told = connection.execute(
        "insert into landing.policy_admin__policy_change (policy_change_id, policy_id, change_type, requested_on,"
        " effective_on, requested_by, old_value, new_value, recorded_on, updated_at, _batch_id, _row_hash)"
        " select (select max(policy_change_id) from landing.policy_admin__policy_change) + row_number() over (),"
        " p.policy_id, 'sum_assured_reduction', %(on)s, %(on)s, 'app', coalesce((select c.old_value"
        " from landing.policy_admin__policy_change c where c.policy_id = p.policy_id and c.recorded_on >= %(on)s"
        " and c.change_type = 'sum_assured_reduction' order by c.recorded_on limit 1), p.sum_assured::text), '1',"
        " %(on)s, now(), (select min(batch_id) from ops.batch where source_table = 'policy_change'), gen_random_uuid()"
        " from landing.policy_admin__policy p where p._batch_id = (select min(batch_id) from ops.batch"
        " where source_table = 'policy' and source_system = 'policy_admin') and p.sum_assured is not null",
        {"on": after + timedelta(days=1)},
    )
    assert told.rowcount > CUSTOMERS
    connection.execute("update landing.policy_admin__policy set sum_assured = 1 where sum_assured is not null")
    connection.commit()


@dataclass(frozen=True)
class Built:
    """The insurer landed once and built, trained and scored as of the date."""

    profile: Profile
    edition_id: int
    digests: dict[str, str]
    past: Counter[str]


@pytest.fixture(scope="module")
def built(module_sample: Profile) -> Built:
    """Everything from landing to scores, before anything is rewritten."""
    profile = module_sample.model_copy(update={"train_until": date(2023, 2, 28), "test_until": date(2024, 4, 30)})
    simulate.create(CUSTOMERS, SEED, LANDED)
    for system in profile.systems:
        extract_system(profile, system, LANDED)
        landing_gate(profile, system, LANDED)
    with warehouse(profile) as connection:
        edition = editions.open_edition(connection, profile, LANDED)
        assert edition is not None
    digests = build_and_score(profile, edition.edition_id)
    return Built(profile, edition.edition_id, digests, rows_of_the_past(profile))


def rows_of_the_past(profile: Profile) -> Counter[str]:
    """Policies' features, and what propensities are learnt from, on the dates until EARLIER, as text."""
    with warehouse(profile) as connection:
        rows = connection.execute(
            "select to_jsonb(f)::text from features.features__policy_as_of f where as_of_date <= %(until)s"
            " union all select (to_jsonb(m) || jsonb_build_object('unit_key', customer_key || as_of_date))::text"
            " from features.features__customer_moment m where as_of_date <= %(until)s"
            " union all select (to_jsonb(b) || jsonb_build_object('unit_key', b::text))::text"
            " from features.features__customer_purchase b where as_of_date <= %(until)s - interval '12 months'",
            {"until": EARLIER},
        ).fetchall()
    return Counter(row[0] for row in rows)


def differences(one: Counter[str], other: Counter[str]) -> dict[str, int]:
    """Columns that differ between rows of the same unit, and how often; units that only one has count as `unit_key`."""
    only = [{r["unit_key"]: r for r in map(json.loads, (a - b).elements())} for a, b in ((one, other), (other, one))]
    shared = only[0].keys() & only[1].keys()
    found = Counter(c for unit in shared for c, value in only[0][unit].items() if only[1][unit][c] != value)
    missing = len(only[0].keys() ^ only[1].keys())
    return dict(found) | ({"unit_key": missing} if missing else {})


def test_altering_the_future_moves_no_feature_and_no_score(built: Built) -> None:
    profile, before = built.profile, built.digests
    with warehouse(profile) as connection:
        scored = connection.execute("select count(*) from ml.policy_lapse where as_of_date = %s", (AS_OF,)).fetchone()
        assert scored is not None
        assert scored[0] > 300
        assert rewrite_the_future(connection, profile) > 10_000
    edition_id = read_again(profile)
    with warehouse(profile) as connection:
        reduce_everybody(connection, AS_OF)
    after = build_and_score(profile, edition_id)
    moved = {table for table in before if before[table] != after[table]}
    assert moved == set()
    assert unaltered(profile) == dict.fromkeys(CONTRACT, 0)


def test_a_row_of_the_past_knows_nothing_of_what_came_after_it(built: Built) -> None:
    """What is learnt from is what would have been seen on its date, not what the edition knows of that date."""
    with warehouse(built.profile) as connection:
        assert rewrite_the_future(connection, built.profile, EARLIER) > 15_000
        reduce_everybody(connection, EARLIER)
        newest = connection.execute("select max(edition_id) from ops.edition").fetchone()
    assert newest is not None
    day = {"edition_id": newest[0], "as_of_date": AS_OF}
    dbt.run("build", built.profile, **day, select=LAYERS, target_name="leak", full_refresh=True)
    after = rows_of_the_past(built.profile)
    assert after.total() > 1_000
    assert differences(built.past, after) == {}


def test_no_model_reads_what_is_known_only_today() -> None:
    specs = [path.read_text(encoding="utf-8") for path in MODELS.rglob("*.py")]
    assert len(specs) > 20
    assert [table for table in KNOWN_TODAY if any(table in text for text in specs)] == []
