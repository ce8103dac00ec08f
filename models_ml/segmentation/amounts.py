"""Clusters by amounts: k-means on standardised features, the number of groups by silhouette."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models_ml.common.encoding import Matrix
from models_ml.common.guards import single_threaded
from models_ml.common.metrics import Floats
from models_ml.segmentation.features import Scale
from models_ml.segmentation.score import nearest
from models_ml.segmentation.spec import SegmentationSpec

Groups = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Centres (groups, features), ordered by annual premium or, without it, by size; and how clear they are."""

    centres: Floats
    silhouettes: dict[int, float]


def find(matrix: Matrix, scale: Scale, spec: SegmentationSpec, groups: tuple[int, ...]) -> Clusters:
    """The clearest of several numbers of groups, the smaller at a tie; one where rows are few or crumbs split off."""
    tried: dict[int, tuple[float, Floats]] = {}
    distinct = len(np.unique(matrix, axis=0)) if matrix.size else 0
    for count in groups:
        if len(matrix) >= count * spec.least_rows_a_group and distinct > count:
            centres = k_means(matrix, count, spec.seed)
            own = nearest(matrix, centres)[0]
            if np.bincount(own, minlength=count).min() >= spec.least_share * len(matrix):
                tried[count] = (silhouette(matrix, own, spec), centres)
    if not tried:
        return Clusters(np.zeros((1, matrix.shape[1])), {})
    best = max(tried, key=lambda count: (round(tried[count][0], 6), -count))
    silhouettes = {count: round(value, 6) for count, (value, _) in tried.items()}
    return Clusters(_ordered(tried[best][1], matrix, scale), silhouettes)


def k_means(matrix: Matrix, count: int, seed: int) -> Floats:
    """Centres of so many groups: (groups, features)."""
    from sklearn.cluster import KMeans

    with single_threaded():
        fitted = KMeans(n_clusters=count, n_init=10, random_state=seed).fit(matrix)
    return np.asarray(fitted.cluster_centers_, dtype="float64")


def silhouette(matrix: Matrix, groups: Groups, spec: SegmentationSpec) -> float:
    """How much nearer rows are to their own group than to the next (−1 to 1), on a sample."""
    from sklearn.metrics import silhouette_score

    at = np.random.default_rng(spec.seed).permutation(len(matrix))[: spec.sample]
    if np.unique(groups[at]).size < 2:
        return -1.0
    with single_threaded():
        return float(silhouette_score(matrix[at], groups[at]))


def stability(matrix: Matrix, centres: Floats, spec: SegmentationSpec) -> float:
    """Mean adjusted Rand index between the groups and those found in bootstrap samples (aim: 0.8)."""
    from sklearn.metrics import adjusted_rand_score

    own = nearest(matrix, centres)[0]
    agreement = []
    for number in range(spec.resamples):
        at = np.random.default_rng([spec.seed, number]).integers(0, len(matrix), min(len(matrix), 4 * spec.sample))
        again = (
            k_means(matrix[at], len(centres), spec.seed)
            if len(np.unique(matrix[at], axis=0)) > len(centres)
            else centres
        )
        agreement.append(float(adjusted_rand_score(own, nearest(matrix, again)[0])))
    return float(np.mean(agreement))


def _ordered(centres: Floats, matrix: Matrix, scale: Scale) -> Floats:
    """Highest premium first, so that a group keeps its number when it is found again."""
    if "annual_premium_in_force" in scale.names:
        weight = centres[:, scale.names.index("annual_premium_in_force")]
    else:
        weight = np.bincount(nearest(matrix, centres)[0], minlength=len(centres)).astype("float64")
    return centres[np.lexsort((*centres.T, -weight.round(9)))]
