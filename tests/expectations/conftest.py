"""A small insurer in memory whose rows are landed by the real extractor's own code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from customer_knowledge.extract import landing
from customer_knowledge.profile import Profile
from customer_knowledge.settings import PROJECT_DIR
from customer_knowledge.warehouse.connections import Connection, warehouse

SYSTEM = "policy_admin"
FIRST_DAY = date(2026, 6, 30)
SCHEMA = PROJECT_DIR / "dags/customer_knowledge/sample_insurer/schema"
STAMP = {"recorded_on": "2026-01-05", "updated_at": "2026-01-05T08:00:00+08:00"}
# Planted in rows; must never be met in results, messages, logs or pages.
CANARIES = ("甲乙金丝雀", "canary-4711", "987654321.09")
Row = dict[str, Any]


@dataclass
class Insurer:
    """Rows of policy administration, changed at will and landed day by day."""

    profile: Profile
    rows: dict[str, dict[Any, Row]] = field(default_factory=dict)
    day: date = FIRST_DAY

    def put(self, table: str, **row: Any) -> None:
        """Add a row, or change some columns of one that is there."""
        (key,) = self.profile.connector(SYSTEM).table(table).key
        old = self.rows.setdefault(table, {}).get(row[key], STAMP)
        self.rows[table][row[key]] = old | row

    def drop(self, table: str, key: Any) -> None:
        del self.rows[table][key]

    def next_day(self) -> None:
        self.day += timedelta(days=1)

    def connect(self) -> Connection:
        return warehouse(self.profile)

    def land(self) -> dict[str, int]:
        """Land all tables as of the day; gives the batch of each."""
        with self.connect() as conn:
            conn.execute("create schema if not exists shape")
            conn.execute("set local search_path to shape")
            if not landing.columns_of(conn, "shape", "party"):
                conn.execute((SCHEMA / f"{SYSTEM}.sql").read_bytes())
            return {t.name: self._land(conn, t.name) for t in self.profile.connector(SYSTEM).tables}

    def _land(self, conn: Connection, name: str) -> int:
        columns = landing.columns_of(conn, "shape", name)
        rows = list(self.rows.get(name, {}).values())
        landing.create_stage(conn, columns)
        conn.execute(
            "insert into pg_temp.stage select * from jsonb_populate_recordset(null::pg_temp.stage, %s)",
            (json.dumps(rows),),
        )
        reading = landing.Reading(snapshot_at=datetime(2026, 7, 1, tzinfo=UTC), rows_read=len(rows))
        table = self.profile.connector(SYSTEM).table(name)
        return landing.land(conn, SYSTEM, table, self.day, columns, reading).batch_id

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connect() as conn:
            return conn.execute(query, parameters).fetchall()

    def rejected(self) -> set[tuple[str, int, str, bool]]:
        """(table, key, rule, whether still rejected) of all rejections but the superseded."""
        found = set()
        for table in self.profile.connector(SYSTEM).tables:
            (key,) = table.key
            rows = self.ask(
                f"select v.{key}, r.rule_id, r.released_batch_id is null from ops.rejected_version as r"
                f" join landing.{SYSTEM}__{table.name} as v on v._version_id = r.version_id"
                f" where r.source_table = '{table.name}' and r.rule_id <> 'superseded'"
            )
            found |= {(table.name, *row) for row in rows}
        return found

    def accepted(self, table: str) -> dict[Any, int]:
        """Key → batch of the newest accepted version, as an edition of all batches reads it."""
        (key,) = self.profile.connector(SYSTEM).table(table).key
        rows = self.ask(
            f"select distinct on ({key}) {key}, _batch_id, _is_deleted from landing.{SYSTEM}__{table} as v"
            " where not exists (select from ops.rejected_version as r where r.source_table = %s"
            f" and r.version_id = v._version_id and r.released_batch_id is null)"
            f" order by {key}, _batch_id desc",
            table,
        )
        return {row[0]: row[1] for row in rows if not row[2]}

    def conserved(self) -> bool:
        """Whether every batch that a gate was held over balances."""
        rows = self.ask("select rows_new + rows_changed = rows_accepted + rows_rejected from ops.batch")
        return bool(rows) and all(row[0] for row in rows)


def _small(profile: Profile) -> Profile:
    """The profile with policy administration only, and tables of which a few rows are enough."""
    connector = profile.connector(SYSTEM)
    names = ("product", "party", "policy", "policy_party", "premium_due", "premium_payment", "claim")
    names += ("policy_value", "commission", "policy_change")
    tables = [connector.table(name).model_copy(update={"minimum_rows": 1}) for name in names]
    tables += [
        connector.table(name).model_copy(update={"minimum_rows": 0}) for name in ("policy_event", "claim_payment")
    ]
    return profile.model_copy(update={"connectors": (connector.model_copy(update={"tables": tuple(tables)}),)})


def policies(insurer: Insurer, numbers: range) -> None:
    """Clean policies with a policyholder, a premium due, a payment and a claim each."""
    for n in numbers:
        insurer.put(
            "party",
            party_id=n,
            party_type="person",
            name=f"{CANARIES[0]}{n}",
            birth_date="1980-02-29",
            address=CANARIES[1],
        )
        insurer.put(
            "policy",
            policy_id=n,
            policy_no=f"P{n}",
            product_code="L1",
            effective_on="2024-01-01",
            expires_on="2044-01-01",
            annual_premium=1200,
            currency="CNY",
            status="active",
        )
        insurer.put("policy_party", policy_party_id=n, policy_id=n, party_id=n, role="policyholder")
        insurer.put("premium_due", due_id=n, policy_id=n, due_on="2024-01-01", amount=1200, policy_year=1)
        insurer.put("premium_payment", payment_id=n, due_id=n, policy_id=n, paid_on="2024-01-02", amount=1200)
        insurer.put("claim", claim_id=n, policy_id=n, incurred_on="2025-01-01", reported_on="2025-01-02")
    one = {"policy_id": numbers[-1]}
    insurer.put("commission", commission_id=1, **one, commission_type="renewal", amount=9, paid_on="2025-01-01")
    days = {"requested_on": "2025-01-01", "effective_on": "2025-01-01"}
    insurer.put("policy_change", policy_change_id=1, **one, change_type="address_change", **days)
    # One is enough to have something to judge; the tests count the others' rows.
    insurer.put("policy_value", policy_value_id=1, policy_id=numbers[-1], valued_on="2025-01-01", cash_value=300)


@pytest.fixture
def insurer(sample: Profile) -> Insurer:
    """Thirty clean policies, not landed yet."""
    made = Insurer(_small(sample))
    made.put(
        "product",
        product_code="L1",
        product_name="定期寿险",
        product_name_en="Term life",
        line_of_business="life",
        is_long_term=True,
        first_year_commission_rate=0.4,
        renewal_commission_rate=0.05,
        on_sale_from="2019-01-01",
    )
    policies(made, range(1, 31))
    return made
