"""Segmentation: k-means on standardised features, the number of groups by silhouette."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common.encoding import Matrix
from models_ml.common.guards import single_threaded
from models_ml.common.metrics import Floats
from models_ml.common.runs import Trained
from models_ml.segmentation import features
from models_ml.segmentation.features import Scale
from models_ml.segmentation.naming import labels
from models_ml.segmentation.score import nearest
from models_ml.segmentation.spec import ENTERPRISE, EVERYONE, FORMER, Rule, SegmentationSpec, of

Groups = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Centres (groups, features), ordered by annual premium or, without it, by size; and how clear they are."""

    centres: Floats
    silhouettes: dict[int, float]


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read and fit. Raises ModelRefused when the features are not as declared."""
    spec = of(profile)
    return fit(features.read(connection, spec, as_of_date), spec, as_of_date)


def fit(frame: pd.DataFrame, spec: SegmentationSpec, as_of_date: date) -> Trained:
    """All of training but the reading: centres, names, shares, and the measures of how real the groups are."""
    grouped = frame[~features.is_enterprise(frame) & ~features.is_former(frame)]
    scale = Scale.fit(grouped, tuple(column.name for column in spec.features)) if len(grouped) else _no_scale()
    matrix = scale.transform(grouped)
    found = _clusters(matrix, scale, spec)
    payload = {"scale": scale.to_artefact(), "centres": found.centres.tolist(), "segments": []}
    payload["segments"] = _segments(frame, grouped, matrix, found, scale, spec)
    measured, baseline = _measures(matrix, found, spec)
    return Trained(payload, measured, baseline, len(frame), as_of_date, as_of_date)


def _no_scale() -> Scale:
    return Scale((), np.zeros(0), np.zeros(0), np.zeros(0))


def _clusters(matrix: Matrix, scale: Scale, spec: SegmentationSpec) -> Clusters:
    tried: dict[int, tuple[float, Floats]] = {}
    distinct = len(np.unique(matrix, axis=0)) if matrix.size else 0
    for count in spec.groups:
        if len(matrix) >= count * spec.least_rows_a_group and distinct > count:
            centres = _k_means(matrix, count, spec.seed)
            tried[count] = (_silhouette(matrix, nearest(matrix, centres)[0], spec), centres)
    if not tried:
        return Clusters(np.zeros((1, matrix.shape[1])), {})
    best = max(tried, key=lambda count: (round(tried[count][0], 6), -count))
    silhouettes = {count: round(value, 6) for count, (value, _) in tried.items()}
    return Clusters(_ordered(tried[best][1], matrix, scale), silhouettes)


def _k_means(matrix: Matrix, count: int, seed: int) -> Floats:
    from sklearn.cluster import KMeans

    with single_threaded():
        fitted = KMeans(n_clusters=count, n_init=10, random_state=seed).fit(matrix)
    return np.asarray(fitted.cluster_centers_, dtype="float64")


def _silhouette(matrix: Matrix, groups: Groups, spec: SegmentationSpec) -> float:
    from sklearn.metrics import silhouette_score

    at = np.random.default_rng(spec.seed).permutation(len(matrix))[: spec.sample]
    if np.unique(groups[at]).size < 2:
        return -1.0
    with single_threaded():
        return float(silhouette_score(matrix[at], groups[at]))


def _ordered(centres: Floats, matrix: Matrix, scale: Scale) -> Floats:
    """Highest premium first, so that a group keeps its number when it is found again."""
    if "annual_premium_in_force" in scale.names:
        weight = centres[:, scale.names.index("annual_premium_in_force")]
    else:
        weight = np.bincount(nearest(matrix, centres)[0], minlength=len(centres)).astype("float64")
    return centres[np.lexsort((*centres.T, -weight.round(9)))]


def _segments(
    frame: pd.DataFrame,
    grouped: pd.DataFrame,
    matrix: Matrix,
    found: Clusters,
    scale: Scale,
    spec: SegmentationSpec,
) -> list[dict[str, Any]]:
    """Rows of `ml.segment`: groups that were found, then those by rule that have members."""
    total = max(1, len(frame))
    if len(found.centres) == 1:
        rows = [_by_rule(EVERYONE, len(grouped) / total)]
    else:
        sizes = np.bincount(nearest(matrix, found.centres)[0], minlength=len(found.centres))
        words = labels(scale.names, found.centres, spec.least_difference)
        rows = [
            {
                "segment_id": number,
                "label_en": words[number - 1][0],
                "label_zh": words[number - 1][1],
                "size_share": round(float(sizes[number - 1]) / total, 6),
                "differentiators": dict(zip(scale.names, map(_short, found.centres[number - 1]), strict=True)),
            }
            for number in range(1, len(found.centres) + 1)
        ]
    rows.append(_by_rule(ENTERPRISE, float(features.is_enterprise(frame).sum()) / total))
    rows.append(_by_rule(FORMER, float(features.is_former(frame).sum()) / total))
    return rows


def _by_rule(rule: Rule, share: float) -> dict[str, Any]:
    return {
        "segment_id": rule.segment_id,
        "label_en": rule.label_en,
        "label_zh": rule.label_zh,
        "size_share": round(share, 6),
        "differentiators": {},
    }


def _short(value: float) -> float:
    return round(float(value), 4)


def _measures(matrix: Matrix, found: Clusters, spec: SegmentationSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """Silhouette and bootstrap stability; the same on columns shuffled apart, where no groups can be."""
    count = len(found.centres)
    if count == 1:
        return {"groups": 1}, {}
    shuffled = np.column_stack([np.random.default_rng([spec.seed, i]).permutation(c) for i, c in enumerate(matrix.T)])
    nothing = _silhouette(shuffled, nearest(shuffled, _k_means(shuffled, count, spec.seed))[0], spec)
    measured = {
        "groups": count,
        "silhouette": found.silhouettes[count],
        "stability": round(_stability(matrix, found.centres, spec), 6),
        "silhouette_by_groups": {str(k): v for k, v in found.silhouettes.items()},
    }
    return measured, {"shuffled_features": {"silhouette": round(nothing, 6)}}


def _stability(matrix: Matrix, centres: Floats, spec: SegmentationSpec) -> float:
    """Mean adjusted Rand index between the groups and those found in bootstrap samples (aim: 0.8)."""
    from sklearn.metrics import adjusted_rand_score

    own = nearest(matrix, centres)[0]
    agreement = []
    for number in range(spec.resamples):
        at = np.random.default_rng([spec.seed, number]).integers(0, len(matrix), min(len(matrix), 4 * spec.sample))
        again = (
            _k_means(matrix[at], len(centres), spec.seed)
            if len(np.unique(matrix[at], axis=0)) > len(centres)
            else centres
        )
        agreement.append(float(adjusted_rand_score(own, nearest(matrix, again)[0])))
    return float(np.mean(agreement))
