"""Train where needed, score what is current: the one way into the models. Cheap to import.

Every function takes the business date; nothing later than it is read.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
from datetime import date
from pathlib import Path
from typing import Any

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, warehouse

log = logging.getLogger(__name__)
# In this order: the value model stands on the churn scores and the product recommendations.
LONGEST_TRAINING = "6h"  # of one model, without a word to the server
MODELS = ("segmentation", "churn", "next_product", "value")


def ensure_champions(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Train the models for which no run can score the date; leave the others.

    A run can score when it was trained on nothing later, by the spec of this code, and its artefact's file is there.
    An artefact whose bytes were altered is not replaced in silence: it is refused.

    Returns:
        model → model_run_id that scores the date.

    Raises:
        ModelRefused: an artefact was altered, or there is too little to learn from.
    """
    with warehouse(profile) as connection:
        _lock(connection, LONGEST_TRAINING)
        return {name: _ensure(connection, profile, name, as_of_date) for name in MODELS}


def train_all(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Backtest and train all four models; the new runs are champions and score from the next edition on.

    A run graded below B is kept back while a published one stands that this code can score with.

    Returns:
        model → model_run_id that scores from now on.
    """
    with warehouse(profile) as connection:
        _lock(connection, LONGEST_TRAINING)
        return {name: _train(connection, profile, name, as_of_date) for name in MODELS}


def score_all(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Score every customer and unit at risk; the date's rows are replaced in one transaction.

    Returns:
        table → rows written.

    Raises:
        ModelRefused: no model, or an artefact that is missing or altered; nothing is written then.
    """
    written: dict[str, int] = {}
    with warehouse(profile) as connection:
        _lock(connection)
        for name in MODELS:
            found = _scoring(connection, profile, name, as_of_date)
            if found is None:
                raise ModelRefused(
                    f"no {name} model can score {as_of_date}",
                    hint="ensure_champions trains one; see `ck run`",
                )
            run_id, payload = found
            written |= _room(name, "score").score(connection, profile, as_of_date, payload, run_id)
    log.info("scored %s: %s", as_of_date, ", ".join(f"{table} {rows}" for table, rows in written.items()))
    return written


def track(profile: Profile) -> int:
    """Tell MLflow of the runs it does not know: runs told. Run after training; nothing that scores depends on it."""
    from models_ml.common import tracking

    specs = {name: (_spec_digest(profile, name), _room(name, "spec").of(profile)) for name in MODELS}
    told = tracking.mirror(profile, specs)
    log.info("MLflow: %s runs told, schema %s of %s", told, tracking.SCHEMA, profile.database)
    return told


def _lock(connection: Connection, idle: str | None = None) -> None:
    """One at a time; `idle` is how long the server hears nothing while models are fitted, if longer than it bears."""
    connection.execute("select pg_advisory_xact_lock(hashtext('customer_knowledge.models'))")
    if idle:
        connection.execute("select set_config('idle_in_transaction_session_timeout', %s, true)", (idle,))


def _room(name: str, room: str) -> Any:
    return importlib.import_module(f"models_ml.{name}.{room}")


def _spec_digest(profile: Profile, name: str) -> str:
    """A change of the spec or of the models' code makes older runs unfit: their artefacts hold something else."""
    digest = hashlib.sha256(repr(_room(name, "spec").of(profile)).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _ensure(connection: Connection, profile: Profile, name: str, as_of_date: date) -> int:
    found = _scoring(connection, profile, name, as_of_date, missing_is_none=True)
    return found[0] if found else _train(connection, profile, name, as_of_date)


def _scoring(
    connection: Connection, profile: Profile, name: str, as_of_date: date, *, missing_is_none: bool = False
) -> tuple[int, dict[str, Any]] | None:
    from models_ml.common import artefacts, runs

    run = runs.scoring_run(connection, name, as_of_date)
    if run is None or run.spec_digest != _spec_digest(profile, name):
        return None
    if missing_is_none and not artefacts.exists(profile, run.artefact.path):
        log.warning("%s: the artefact of run %s is gone; training anew", name, run.model_run_id)
        return None
    return run.model_run_id, artefacts.load(profile, run.artefact)


def _train(connection: Connection, profile: Profile, name: str, as_of_date: date) -> int:
    from models_ml.cards import card
    from models_ml.common import artefacts, runs

    trained = _room(name, "train").train(connection, profile, as_of_date)
    digest = _spec_digest(profile, name)
    kept = runs.scoring_run(connection, name, as_of_date)
    stands = kept is not None and kept.spec_digest == digest and artefacts.exists(profile, kept.artefact.path)
    is_published = runs.good_enough(trained.metrics) or not stands
    run = runs.record(
        connection, profile, _room(name, "spec").NAME, as_of_date, trained, digest, is_published=is_published
    )
    if not runs.good_enough(trained.metrics):
        what = "scores because nothing better stands" if is_published else "is kept back; the one before scores on"
        log.warning("%s: run %s is graded %s and %s", name, run.model_run_id, trained.metrics["grade"], what)
    page = card.write(connection, profile, run.model_run_id)
    log.info("%s: trained run %s on %s rows; its card: %s", name, run.model_run_id, trained.trained_rows, page)
    return run.model_run_id if is_published or kept is None else kept.model_run_id
