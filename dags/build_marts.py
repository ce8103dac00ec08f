"""Builds core and features from the day's landed batches.

Starts when every landing asset that the insurer's profile requires has the same partition (business date).
`open_edition` fixes the batches; where the same edition is published already, the rest is skipped (force it with
`ck run --force`). `resolve_identities` finds which parties are one customer (`ck identity review`). A failed dbt task
names the models; clearing it goes on with the edition. A closed core gate blocks it; what BI reads stays.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, PartitionedAssetTimetable, dag, task

from customer_knowledge.dag_defaults import (
    FEATURES,
    Tag,
    as_of_date,
    asset,
    dag_arguments,
    landing_asset,
    profile_in_force,
)

REQUIRED = reduce(and_, [Asset(**landing_asset(system)) for system in profile_in_force().systems])


@dag(
    schedule=PartitionedAssetTimetable(assets=REQUIRED),
    doc_md=__doc__,
    **dag_arguments(ExceptionRetryPolicy, Tag.TRANSFORM),
)
def build_marts() -> None:
    """From landing to features, for one business date."""

    @task.short_circuit
    def open_edition(dag_run: Any = None) -> bool:
        from customer_knowledge.pipeline import open_edition as run

        return run(profile_in_force(), as_of_date(dag_run), force=bool((dag_run.conf or {}).get("force")))

    @task
    def build_input_layer(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.pipeline import build_input_layer as run

        return run(profile_in_force(), as_of_date(dag_run))

    @task
    def resolve_identities(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.pipeline import resolve_identities as run

        return run(profile_in_force(), as_of_date(dag_run))

    @task
    def build_core(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.pipeline import build_core as run

        return run(profile_in_force(), as_of_date(dag_run))

    @task
    def core_gate(dag_run: Any = None) -> None:
        from customer_knowledge.pipeline import building
        from expectations.gate import core_gate as gate

        day = as_of_date(dag_run)
        gate(profile_in_force(), building(profile_in_force(), day), day)

    @task(outlets=[Asset(**asset(FEATURES))])
    def build_features(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.pipeline import build_features as run

        return run(profile_in_force(), as_of_date(dag_run))

    open_edition() >> build_input_layer() >> resolve_identities() >> build_core() >> core_gate() >> build_features()


build_marts()
