"""How many latent classes: few enough to be used, found again when others had been asked, none too small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models_ml.common.encoding import Matrix
from models_ml.segmentation.classes import LatentClasses, fit
from models_ml.segmentation.spec import SegmentationSpec

STARTS = 8
STARTS_AGAIN = 4


@dataclass(frozen=True)
class Chosen:
    """Classes, how stable they are, and the criterion of every number tried."""

    classes: LatentClasses
    stability: float
    bic: dict[int, float]


def choose(blocks: list[Matrix], spec: SegmentationSpec) -> Chosen | None:
    """The smallest number of classes that reaches most of what any number explains and is stable.

    Of the numbers whose smallest class has `least_share` of the rows, the smallest that brings `enough_explained` of
    the largest fall in BIC from one class; where bootstrap samples do not find it again (adjusted Rand index below
    `least_stability`), it is dropped and the next is asked. None: no number will do.
    """
    rows = len(blocks[0])
    tried = {
        count: fit(blocks, count, spec.seed, STARTS)
        for count in spec.classes
        if rows >= count * spec.least_rows_a_group
    }
    bic = {count: classes.bic(blocks) for count, classes in tried.items()}
    bic[1] = fit(blocks, 1, spec.seed, 1).bic(blocks)
    left = [count for count, classes in sorted(tried.items()) if _smallest(classes, blocks) >= spec.least_share]
    while left:
        best_fall = max(bic[1] - bic[count] for count in left)
        if best_fall <= 0:
            return None
        count = next(c for c in left if bic[1] - bic[c] >= spec.enough_explained * best_fall)
        stability = _stability(blocks, tried[count], spec)
        if stability >= spec.least_stability:
            return Chosen(tried[count], stability, bic)
        left.remove(count)
    return None


def _smallest(classes: LatentClasses, blocks: list[Matrix]) -> float:
    sizes = np.bincount(classes.members(blocks)[0], minlength=len(classes.shares))
    return float(sizes.min()) / len(blocks[0])


def _stability(blocks: list[Matrix], classes: LatentClasses, spec: SegmentationSpec) -> float:
    """Mean adjusted Rand index between the classes and those of bootstrap samples."""
    from sklearn.metrics import adjusted_rand_score

    own = classes.members(blocks)[0]
    rows, agreement = len(own), []
    for number in range(spec.resamples):
        at = np.random.default_rng([spec.seed, number]).integers(0, rows, rows)
        again = fit([block[at] for block in blocks], len(classes.shares), spec.seed + number, STARTS_AGAIN)
        agreement.append(float(adjusted_rand_score(own, again.members(blocks)[0])))
    return float(np.mean(agreement))
