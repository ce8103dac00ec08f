"""k-means on a handful of features; the number of clusters by silhouette, names by what distinguishes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer_knowledge.errors import ModelRefused
from models_ml.common.guards import informative
from models_ml.common.runs import Trained
from models_ml.segmentation.features import prepared, rule_segment
from models_ml.segmentation.spec import FIRST_CLUSTER, MODEL_NAME, PHRASES, RULE_LABELS, SPEC

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def train(frame: pd.DataFrame, as_of_date: date, seed: int) -> Trained:
    """Learn clusters of persons with something in force.

    Raises:
        ModelRefused: too few of them, or nothing that tells them apart.
    """
    from sklearn.preprocessing import StandardScaler

    rules = rule_segment(frame)
    persons = frame[rules == 0]
    names = list(informative(persons, SPEC.columns.features))
    if len(persons) < SPEC.minimum_rows or not names:
        raise ModelRefused(f"segmentation: {len(persons)} customers, {len(names)} features that differ")
    scaler = StandardScaler().fit(prepared(persons, names))
    rows = scaler.transform(prepared(persons, names))
    tried = {k: _fit(rows, k, seed) for k in SPEC.clusters}
    best = max(tried, key=lambda k: tried[k][1])
    centres = _ordered(tried[best][0])
    labels = _labels(centres, names)
    content: dict[str, Any] = {
        "names": names,
        "mean": scaler.mean_.tolist(),
        "scale": scaler.scale_.tolist(),
        "centres": centres.tolist(),
        "labels": {str(FIRST_CLUSTER + i): list(label) for i, label in enumerate(labels)}
        | {str(segment): list(label) for segment, label in RULE_LABELS.items()},
    }
    figures = {"silhouette": tried[best][1], "clusters": best}
    baseline = {f"{k} clusters": {"silhouette": score} for k, (_, score) in tried.items()}
    return Trained(MODEL_NAME, content, figures, baseline, len(persons), as_of_date, as_of_date)


def _fit(rows: Array, k: int, seed: int) -> tuple[Array, float]:
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    model = KMeans(k, n_init=5, random_state=seed).fit(rows)
    chosen = np.random.default_rng(seed).permutation(len(rows))[: SPEC.silhouette_rows]
    labels = model.labels_[chosen]
    score = silhouette_score(rows[chosen], labels) if len(set(labels)) > 1 else -1.0
    return model.cluster_centers_, float(score)


def _ordered(centres: Array) -> Array:
    """Clusters in an order that does not hang on chance: by their centres."""
    import numpy as np

    return centres[np.lexsort(np.round(centres, 6).T[::-1])]


def _labels(centres: Array, names: list[str]) -> list[tuple[str, str]]:
    """A name for each cluster from what distinguishes it most; one more trait where two would be alike."""
    import numpy as np

    order = np.argsort(-np.abs(centres), axis=1, kind="stable")
    for count in range(2, len(names) + 1):
        found = []
        for centre, traits in zip(centres, order, strict=True):
            words = [PHRASES[names[i], bool(centre[i] > 0)] for i in traits[:count]]
            found.append((", ".join(en for en, _ in words).capitalize(), "·".join(zh for _, zh in words)))
        if len(set(found)) == len(found):
            return found
    return [(f"{en} ({i})", f"{zh}({i})") for i, (en, zh) in enumerate(found, 1)]


def differentiators(content: dict[str, Any], segment_id: int) -> dict[str, float]:
    """Standardised differences of a cluster from the average of all clustered customers."""
    if segment_id < FIRST_CLUSTER:
        return {}
    centre = content["centres"][segment_id - FIRST_CLUSTER]
    return {name: round(value, 3) for name, value in zip(content["names"], centre, strict=True)}
