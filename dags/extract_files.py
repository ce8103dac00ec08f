"""Reads the file drop of each file source into landing and asks the landing gate.

One run is one business date: the partition key (YYYY-MM-DD). The file must lie in the drop folder, alone, as the
insurer's profile declares it. The same bytes again do nothing. A file that is not as declared is refused whole, and
the message says where; a row that cannot be typed goes to `quarantine.unreadable_row` with its line. An insurer
without file sources has nothing to run here.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, PartitionedAtRuntime, dag, task

from customer_knowledge.dag_defaults import (
    ANNOUNCEMENTS,
    Tag,
    as_of_date,
    dag_arguments,
    file_systems,
    landing_asset,
    profile_in_force,
)


@dag(schedule=PartitionedAtRuntime(), doc_md=__doc__, **dag_arguments(ExceptionRetryPolicy, Tag.EXTRACT))
def extract_files() -> None:
    """Land one business date of the file sources."""

    @task
    def extract(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.extract.files import extract_declared

        batches = extract_declared(profile_in_force(), as_of_date(dag_run))
        return {batch.table: batch.rows_read for batch in batches}

    @task
    def landing_gate(dag_run: Any = None) -> None:
        from expectations.gate import landing_gate as gate

        for system in file_systems():
            gate(profile_in_force(), system, as_of_date(dag_run))

    @task(outlets=[Asset(**landing_asset(system)) for system in file_systems()], pool=ANNOUNCEMENTS)
    def announce() -> None:
        """Tell whoever waits that the date has landed and passed its gate."""

    extract() >> landing_gate() >> announce()


extract_files()
