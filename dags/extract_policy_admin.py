"""Reads policy administration into landing and asks the landing gate.

One run is one business date: the partition key (YYYY-MM-DD). `extract` copies every declared table in one snapshot
of the source and keeps what changed; running it again for the same date does nothing. `landing_gate` rejects bad
rows into quarantine and closes on a stop rule; its message says which, `ck gate show` shows more. `announce` lets
`build_marts` start once every system of the date has landed. After a repair in the source trigger the extract DAGs
again with the same partition key: a date that a gate, or one after it, has blocked is read again as another attempt.
With the configuration `{"reread": true}` so is one that passed.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, PartitionedAtRuntime, dag, task

from customer_knowledge.dag_defaults import (
    ANNOUNCEMENTS,
    Tag,
    as_of_date,
    dag_arguments,
    landing_asset,
    profile_in_force,
    reread_since,
)

SYSTEM = "policy_admin"


@dag(schedule=PartitionedAtRuntime(), doc_md=__doc__, **dag_arguments(ExceptionRetryPolicy, Tag.EXTRACT))
def extract_policy_admin() -> None:
    """Land one business date of policy administration."""

    @task
    def extract(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.extract.postgres import extract_system

        since = reread_since(dag_run)
        batches = extract_system(profile_in_force(), SYSTEM, as_of_date(dag_run), reread_since=since)
        return {batch.table: batch.rows_read for batch in batches}

    @task
    def landing_gate(dag_run: Any = None) -> None:
        from expectations.gate import landing_gate as gate

        gate(profile_in_force(), SYSTEM, as_of_date(dag_run))

    @task(outlets=[Asset(**landing_asset(SYSTEM))], pool=ANNOUNCEMENTS)
    def announce() -> None:
        """Tell whoever waits that the date has landed and passed its gate."""

    extract() >> landing_gate() >> announce()


extract_policy_admin()
