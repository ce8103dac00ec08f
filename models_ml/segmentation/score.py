"""Segmentation: each customer's group and how clearly they belong to it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common.encoding import Matrix
from models_ml.common.metrics import Floats
from models_ml.common.writing import copy_rows, replace
from models_ml.segmentation import features
from models_ml.segmentation.classes import LatentClasses
from models_ml.segmentation.features import Scale
from models_ml.segmentation.habits import Vocabulary
from models_ml.segmentation.spec import of

SEGMENT_COLUMNS = ("segment_id", "label_en", "label_zh", "size_share", "differentiators")


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Write `ml.customer_segment` of the date, and the run's `ml.segment`. Returns rows written, by table."""
    _write_segments(connection, payload, model_run_id)
    chunks = features.stream(connection, of(profile), as_of_date)
    members = pd.concat([assign(chunk, payload) for chunk in chunks], ignore_index=True)
    members["model_run_id"] = model_run_id
    return {"customer_segment": replace(connection, "customer_segment", as_of_date, members)}


def _write_segments(connection: Connection, payload: dict[str, Any], model_run_id: int) -> None:
    connection.execute("delete from ml.segment where model_run_id = %s", (model_run_id,))
    rows = [
        (
            model_run_id,
            *(json.dumps(row[c], sort_keys=True) if c == "differentiators" else row[c] for c in SEGMENT_COLUMNS),
        )
        for row in payload["segments"]
    ]
    copy_rows(connection, "segment", ["model_run_id", *SEGMENT_COLUMNS], rows)


def assign(frame: pd.DataFrame, payload: dict[str, Any]) -> pd.DataFrame:
    """Group and membership of every customer: customer_key, segment_id, membership (0-1; 1 where a rule says it)."""
    ids, membership = _members(frame, payload["persons"])
    firms = features.is_enterprise(frame)
    if firms.any():
        ids[firms], membership[firms] = _members(frame[firms], payload["enterprises"])
    for rule, those in features.by_rule(frame).items():
        ids[those], membership[those] = rule.segment_id, 1.0
    return pd.DataFrame(
        {
            "customer_key": frame["customer_key"].to_numpy(),
            "segment_id": ids,
            "membership": membership.round(6),
        }
    )


def _members(frame: pd.DataFrame, stored: dict[str, Any]) -> tuple[NDArray[np.int64], Floats]:
    """Number of the segment and membership of customers of one family: (rows,) each."""
    numbers = np.asarray(stored["numbers"], dtype="int64")
    if len(numbers) == 1:
        return np.full(len(frame), numbers[0]), np.ones(len(frame))
    if "classes" in stored:
        blocks = Vocabulary.from_artefact(stored["vocabulary"]).blocks(frame)
        groups, membership = LatentClasses.from_artefact(stored["classes"]).members(blocks)
    else:
        matrix = Scale.from_artefact(stored["scale"]).transform(frame)
        groups, membership = nearest(matrix, np.asarray(stored["centres"], dtype="float64"))
    return numbers[groups], membership


def nearest(matrix: Matrix, centres: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Nearest centre of each row and the membership in it.

    Membership = exp(−d²/2) ÷ Σ exp(−d²/2) over all centres: the chance of the group when each is a round normal cloud
    of unit variance and equal weight, of which k-means is the hard limit.

    Args:
        matrix: (rows, features).
        centres: (groups, features).

    Returns:
        (rows,) number of the centre from 0, and (rows,) membership in it.
    """
    squares = np.stack([((matrix - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
    near = squares.argmin(axis=1)
    weights = np.exp(-0.5 * (squares - squares.min(axis=1, keepdims=True)))
    return near.astype("int64"), 1.0 / weights.sum(axis=1)
