"""Scores customers, builds the marts, asks the last gates and publishes the edition.

Starts when the features of a business date are there. `ensure_champions` trains a model only where no valid one
stands; `track` tells MLflow, and nothing waits for it. The ml and marts gates block the edition when scores or marts
are wrong. `describe` keeps dbt's documents. `publish` moves one pointer in one transaction and may be run again.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, ExceptionRetryPolicy, PartitionedAssetTimetable, dag, task

from customer_knowledge.dag_defaults import (
    EDITION,
    FEATURES,
    Tag,
    as_of_date,
    asset,
    dag_arguments,
    profile_in_force,
)

SCHEDULE = PartitionedAssetTimetable(assets=Asset(**asset(FEATURES)))


@dag(schedule=SCHEDULE, doc_md=__doc__, **dag_arguments(ExceptionRetryPolicy, Tag.PREDICT, Tag.PUBLISH))
def score_customers() -> None:
    """From features to a published edition, for one business date."""

    @task
    def ensure_champions(dag_run: Any = None) -> None:
        import models_ml.lifecycle as lifecycle

        lifecycle.ensure_champions(profile_in_force(), as_of_date(dag_run))

    @task
    def score(dag_run: Any = None) -> None:
        import models_ml.lifecycle as lifecycle

        lifecycle.score_all(profile_in_force(), as_of_date(dag_run))

    @task
    def track() -> int:
        import models_ml.lifecycle as lifecycle

        return lifecycle.track(profile_in_force())

    @task
    def gate(name: str, dag_run: Any = None) -> None:
        from customer_knowledge.pipeline import building
        from expectations import gate as gates

        day = as_of_date(dag_run)
        run = {"ml": gates.ml_gate, "marts": gates.marts_gate}[name]
        run(profile_in_force(), building(profile_in_force(), day), day)

    @task
    def step(name: str, dag_run: Any = None) -> dict[str, int]:
        import customer_knowledge.pipeline as pipeline

        run = {"build_marts_tables": pipeline.build_marts, "describe": pipeline.describe}[name]
        return run(profile_in_force(), as_of_date(dag_run))

    @task(outlets=[Asset(**asset(EDITION))])
    def publish(dag_run: Any = None) -> dict[str, int]:
        from customer_knowledge.pipeline import publish as run

        return run(profile_in_force(), as_of_date(dag_run))

    ml_gate = gate.override(task_id="ml_gate")("ml")
    marts_gate = gate.override(task_id="marts_gate")("marts")
    build, describe = (step.override(task_id=name)(name) for name in ("build_marts_tables", "describe"))
    champions = ensure_champions()
    champions >> track()
    champions >> score() >> ml_gate >> build >> [marts_gate, describe] >> publish()


score_customers()
