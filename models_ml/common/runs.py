"""`ml.model_run`: what was trained on what, how good it was, and which run scores."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.versions import code_version
from models_ml.common import artefacts
from models_ml.common.artefacts import Artefact

ModelName = Literal["segmentation", "value", "churn", "next_product"]
PUBLISHED = ("A", "B")


@dataclass(frozen=True)
class Trained:
    """What a train room gives back: what to store, and what to say about it.

    Args:
        payload: plain values and estimators, stored as the artefact.
        metrics: measured on rows the backtest's model did not see; numbers become rows of `marts.model_quality`.
        baseline: name → the same metrics of a simpler way.
        trained_rows: rows the stored model learnt from.
        data_from, data_to: first and last as-of date among them.
    """

    payload: dict[str, Any]
    metrics: dict[str, Any]
    baseline: dict[str, Any]
    trained_rows: int
    data_from: date | None = None
    data_to: date | None = None


@dataclass(frozen=True)
class Run:
    """A row of `ml.model_run` that can score."""

    model_run_id: int
    model_name: str
    as_of_date: date
    artefact: Artefact
    metrics: dict[str, Any] = field(hash=False)
    spec_digest: str | None = None


def good_enough(metrics: dict[str, Any]) -> bool:
    """Whether a run may be published: graded A or B, or a model that is not graded."""
    return metrics.get("grade", "B") in PUBLISHED


def record(
    connection: Connection,
    profile: Profile,
    model_name: ModelName,
    as_of_date: date,
    trained: Trained,
    spec_digest: str,
    *,
    is_published: bool = True,
) -> Run:
    """Store the artefact and write the run as champion; the one before steps down, unless it is of a later date.

    A run that is not published is written for the record, and the champion stays.
    """
    stored = artefacts.save(profile, model_name, as_of_date, trained.payload)
    metrics = {**trained.metrics, "spec_digest": spec_digest}
    row = connection.execute(
        "insert into ml.model_run (model_name, as_of_date, code_version, data_from, data_to, trained_rows, metrics,"
        " baseline, artefact_path, artefact_sha256, artefact_signature, is_published, is_champion) values"
        " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false) returning model_run_id",
        (
            *(
                model_name,
                as_of_date,
                code_version(),
                trained.data_from,
                trained.data_to,
                trained.trained_rows,
            ),
            *(_json(metrics), _json(trained.baseline), stored.path, stored.sha256, stored.signature, is_published),
        ),
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    _crown(connection, model_name)
    return Run(int(row[0]), model_name, as_of_date, stored, metrics, spec_digest)


def _crown(connection: Connection, model_name: str) -> None:
    """The champion is the newest published run of the latest date."""
    connection.execute(
        "update ml.model_run set is_champion = (model_run_id = (select model_run_id from ml.model_run"
        " where model_name = %s and is_published order by as_of_date desc, model_run_id desc limit 1))"
        " where model_name = %s",
        (model_name, model_name),
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, sort_keys=True)


def scoring_run(connection: Connection, model_name: str, as_of_date: date) -> Run | None:
    """The run that scores a date: the newest trained on nothing later than it, so that no rebuild knows the future."""
    row = connection.execute(
        "select model_run_id, model_name, as_of_date, artefact_path, artefact_sha256, artefact_signature, metrics"
        " from ml.model_run where model_name = %s and as_of_date <= %s and artefact_signature is not null"
        " and is_published order by as_of_date desc, model_run_id desc limit 1",
        (model_name, as_of_date),
    ).fetchone()
    if row is None:
        return None
    run_id, name, trained_on, path, sha256, signature, metrics = row
    stored = Artefact(str(path), str(sha256), str(signature))
    return Run(int(run_id), str(name), trained_on, stored, metrics, metrics.get("spec_digest"))
