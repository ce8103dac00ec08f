"""A mirror of `ml.model_run` in MLflow, in the insurer's own database, for people who compare runs there.

`ml.model_run` stays the truth: what scores is read from it, artefacts stand beside it. MLflow holds numbers and names,
no model file and no row of anybody (ADR 22). Each run is told once; what it has missed it is told the next time.
"""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import dsn, warehouse
from models_ml.common import artefacts

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

SCHEMA = "mlflow"
RUN_ID = "model_run_id"
COLUMNS = (
    *(RUN_ID, "model_name", "as_of_date", "code_version", "data_from", "data_to", "trained_rows", "metrics"),
    *("baseline", "artefact_sha256", "is_champion", "is_published", "trained_at"),
)
RUNS = f"select {', '.join(COLUMNS)} from ml.model_run order by model_run_id"  # noqa: S608 — names of ours
STATES = ("is_champion", "is_published")
Specs = dict[str, tuple[str, Any]]
"""Model → digest of the spec and code of today, and the spec."""


def address(profile: Profile) -> str:
    """Where MLflow finds its tables, password included: `mlflow ui --backend-store-uri` takes it."""
    parts = urlsplit(dsn(settings(), profile.database))
    option = f"options={quote(f'-csearch_path={SCHEMA}', safe='')}"
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, option)))))


def client(profile: Profile) -> MlflowClient:
    """MLflow on the insurer's database; its tables are made the first time."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=address(profile))


def mirror(profile: Profile, specs: Specs) -> int:
    """Tell MLflow every run it does not know, and which runs are champion and published now.

    Args:
        profile: the insurer.
        specs: what runs of today's code were trained with; older runs are told without.

    Returns:
        Runs told for the first time.
    """
    with warehouse(profile) as connection:
        # Two DAGs may come at once; the lock ends with the connection.
        connection.execute("select pg_advisory_xact_lock(hashtext('customer_knowledge.mlflow'))")
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(RUNS.encode()).fetchall()]
        tracker = client(profile)
        told = 0
        for name in sorted({row["model_name"] for row in rows}):
            experiment = _experiment(tracker, profile, name)
            known = {run.data.tags[RUN_ID]: run for run in _all(tracker, experiment)}
            for row in (row for row in rows if row["model_name"] == name):
                found = known.get(str(row[RUN_ID]))
                if found is None:
                    _tell(tracker, experiment, row, specs.get(name))
                    told += 1
                else:
                    _update(tracker, found, row)
    return told


def _experiment(tracker: MlflowClient, profile: Profile, name: str) -> str:
    found = tracker.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(tracker.create_experiment(name, artifact_location=artefacts.folder(profile).as_uri()))


def _all(tracker: MlflowClient, experiment: str) -> list[Any]:
    """Runs that were told to the end; one that was cut short is removed, to be told again."""
    runs: list[Any] = []
    token = None
    while True:
        page = tracker.search_runs([experiment], max_results=1000, page_token=token)
        runs += page
        token = page.token
        if not token:
            break
    for run in runs:
        if run.info.status != "FINISHED":
            tracker.delete_run(run.info.run_id)
    return [run for run in runs if run.info.status == "FINISHED"]


def _tell(tracker: MlflowClient, experiment: str, row: dict[str, Any], spec: tuple[str, Any] | None) -> None:
    from mlflow.entities import Metric, Param, RunTag

    moment = int(row["trained_at"].timestamp() * 1000)
    measured = {**numbers(row["metrics"])}
    for baseline, values in row["baseline"].items():
        measured |= numbers(values, f"baseline.{baseline}.") if isinstance(values, dict) else {}
    tags = {RUN_ID: row[RUN_ID], "grade": row["metrics"].get("grade", "-"), "artefact_sha256": row["artefact_sha256"]}
    tags |= {name: row[name] for name in ("as_of_date", "code_version", *STATES)}
    run = tracker.create_run(
        experiment, start_time=moment, run_name=f"{row['model_name']} {row['as_of_date']} {row[RUN_ID]}"
    )
    tracker.log_batch(
        run.info.run_id,
        metrics=[Metric(name, value, moment, 0) for name, value in measured.items()],
        params=[Param(name, value) for name, value in _parameters(row, spec).items()],
        tags=[RunTag(name, str(value)) for name, value in tags.items()],
    )
    tracker.set_terminated(run.info.run_id, end_time=moment)


def _update(tracker: MlflowClient, run: Any, row: dict[str, Any]) -> None:
    for name in STATES:
        if run.data.tags.get(name) != str(row[name]):
            tracker.set_tag(run.info.run_id, name, str(row[name]))


def numbers(metrics: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """The metrics that are numbers, under their names; tables behind them stay in `ml.model_run`."""
    return {
        f"{prefix}{name}": float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _parameters(row: dict[str, Any], spec: tuple[str, Any] | None) -> dict[str, str]:
    found = {name: str(row[name]) for name in ("data_from", "data_to", "trained_rows")}
    found["used_features"] = str(len(row["metrics"].get("used_features", [])))
    if spec is None or row["metrics"].get("spec_digest") != spec[0]:
        return found
    plain = (int, float, str, bool, tuple)
    of_spec = {field.name: getattr(spec[1], field.name) for field in fields(spec[1])}
    # What a run tells itself (the discounts of its date) is not what its spec would say.
    told = {"features", *row["metrics"]}
    return found | {
        f"spec.{name}": str(value) for name, value in of_spec.items() if isinstance(value, plain) and name not in told
    }
