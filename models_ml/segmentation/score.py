"""Each customer's segment, and how clearly they belong to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from customer_knowledge.warehouse.connections import Connection
from models_ml.common.runs import Champion
from models_ml.segmentation.features import prepared, rule_segment
from models_ml.segmentation.spec import FIRST_CLUSTER
from models_ml.segmentation.train import differentiators

if TYPE_CHECKING:
    import pandas as pd


def score(champion: Champion, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of `ml.customer_segment` without as_of_date.

    Membership: 1 for rule segments; else 1 - (distance to the own centre / distance to the next), so that 0 means
    on the border (as in the simplified silhouette, Vendramin et al. 2010).
    """
    import numpy as np

    content = champion.content
    segments, membership = rule_segment(frame).astype(int), np.ones(len(frame))
    open_ = segments == 0
    if open_.any():
        rows = (prepared(frame[open_], content["names"]) - np.array(content["mean"])) / np.array(content["scale"])
        distances = np.linalg.norm(rows[:, None, :] - np.array(content["centres"])[None, :, :], axis=2)
        nearest = np.sort(distances, axis=1)
        segments[open_] = FIRST_CLUSTER + distances.argmin(axis=1)
        membership[open_] = 1 - nearest[:, 0] / np.maximum(nearest[:, 1], 1e-12)
    return frame[["customer_key"]].assign(
        segment_id=segments, membership=membership.clip(0, 1), model_run_id=champion.model_run_id
    )


def write_segments(connection: Connection, champion: Champion, scored: pd.DataFrame) -> None:
    """Write the segments that occur, with their names, sizes and differentiators; in the caller's transaction."""
    shares = scored["segment_id"].value_counts(normalize=True)
    rows: list[tuple[Any, ...]] = []
    for segment_id, share in shares.sort_index().items():
        label_en, label_zh = champion.content["labels"][str(segment_id)]
        traits = json.dumps(differentiators(champion.content, int(str(segment_id))))
        rows.append((champion.model_run_id, int(str(segment_id)), label_en, label_zh, float(share), traits))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ml.segment (model_run_id, segment_id, label_en, label_zh, size_share, differentiators)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (model_run_id, segment_id)"
            " do update set size_share = excluded.size_share",
            rows,
        )
