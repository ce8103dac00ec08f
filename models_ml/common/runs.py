"""Model runs: what was trained, how good it was, and artefacts whose bytes are checked before they are opened."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from customer_knowledge.errors import ModelRefused
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.versions import code_version

# The only types beside skops' own defaults that our artefacts hold; anything else is refused.
TRUSTED = (
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "numpy.dtype",
)


@dataclass(frozen=True)
class Trained:
    """A trained model on its way into the store."""

    model_name: str
    content: dict[str, Any]
    metrics: dict[str, Any]
    baseline: dict[str, Any]
    rows: int
    data_from: date | None = None
    data_to: date | None = None


@dataclass(frozen=True)
class Champion:
    """The model that scores, opened."""

    model_run_id: int
    content: dict[str, Any]


def _folder() -> Path:
    folder = settings().runs_dir / "models"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def store(connection: Connection, trained: Trained, as_of_date: date) -> int:
    """Write the artefact and its run, and make it the champion; all in the caller's transaction.

    The file is named by its digest and written whole before the row points to it.
    """
    import skops.io

    content = skops.io.dumps(trained.content)
    digest = hashlib.sha256(content).hexdigest()
    path = _folder() / f"{trained.model_name}-{digest[:16]}.skops"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    path.chmod(0o600)
    connection.execute("update ml.model_run set is_champion = false where model_name = %s", (trained.model_name,))
    row = connection.execute(
        "insert into ml.model_run (model_name, as_of_date, code_version, data_from, data_to, trained_rows, metrics,"
        " baseline, artefact_path, artefact_sha256, is_champion)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true) returning model_run_id",
        (
            *(trained.model_name, as_of_date, code_version(), trained.data_from, trained.data_to),
            *(trained.rows, json.dumps(trained.metrics), json.dumps(trained.baseline), path.name, digest),
        ),
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    return int(row[0])


def champion(connection: Connection, model_name: str) -> Champion | None:
    """The champion of a model, opened after its bytes were checked; None where there is none.

    Raises:
        ModelRefused: the artefact is gone, was altered, or holds a type that is not ours.
    """
    row = connection.execute(
        "select model_run_id, artefact_path, artefact_sha256 from ml.model_run"
        " where model_name = %s and is_champion order by model_run_id desc limit 1",
        (model_name,),
    ).fetchone()
    if row is None:
        return None
    path = _folder() / Path(str(row[1])).name
    if not path.is_file():
        raise ModelRefused(f"the artefact of {model_name} run {row[0]} is gone", hint="run the DAG train_models")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != row[2]:
        raise ModelRefused(f"the artefact of {model_name} run {row[0]} was altered", hint="run the DAG train_models")
    return Champion(int(row[0]), _open(content, model_name))


def _open(content: bytes, model_name: str) -> dict[str, Any]:
    import skops.io

    strangers = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
    if strangers:
        raise ModelRefused(f"the artefact of {model_name} holds unknown types: {', '.join(sorted(strangers))}")
    loaded: dict[str, Any] = skops.io.loads(content, trusted=list(TRUSTED))
    return loaded
