"""Trains all models anew on the published edition's features, weekly and on demand.

Each model is backtested in time beside its baselines; metrics and the artefact's digest go to `ml.model_run`. The new
models score from the next edition on. Nothing that is published changes. `track` tells MLflow; run again, it tells what
is missing there. Trigger it without a partition key.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, ExceptionRetryPolicy, dag, task

from customer_knowledge.dag_defaults import Tag, dag_arguments, profile_in_force

WEEKLY = CronTriggerTimetable("0 3 * * 0", timezone="UTC")


@dag(schedule=WEEKLY, doc_md=__doc__, **dag_arguments(ExceptionRetryPolicy, Tag.TRAIN))
def train_models() -> None:
    """Backtest and train every model."""

    @task
    def train() -> None:
        import models_ml.lifecycle as lifecycle
        from customer_knowledge.pipeline import published_date

        lifecycle.train_all(profile_in_force(), published_date(profile_in_force()))

    @task
    def track() -> int:
        import models_ml.lifecycle as lifecycle

        return lifecycle.track(profile_in_force())

    train() >> track()


train_models()
