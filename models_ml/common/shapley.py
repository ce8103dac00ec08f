"""What each column adds to a model's raw score: exact Shapley values of boosted trees and of linear models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.common.blocks import by_blocks
from models_ml.common.encoding import Matrix
from models_ml.common.metrics import Floats

Masks = NDArray[np.bool_]
BLOCK = 16_000  # rows explained at a time, which every leaf looks at


@dataclass(frozen=True)
class Condition:
    """What a path asks of one column: low < x <= high, and whether an unknown value passes; `share` of rows that do."""

    column: int
    low: float
    high: float
    unknown: bool
    share: float


@dataclass(frozen=True)
class Leaf:
    """A leaf with the conditions of its path (one a column), and the effects for each pattern of conditions met.

    Args:
        conditions: (m) conditions.
        effects: (2^m, m): row `b` holds each condition's effect when those whose bit is set in `b` are met.
    """

    conditions: tuple[Condition, ...]
    effects: Floats


def explain(estimator: Any, matrix: Matrix) -> Floats:
    """Shapley values of a fitted estimator's raw score: (rows, columns).

    They add up, with the score of the average training row, to the raw score (log-odds). For boosted trees the average
    is the path-dependent one (Lundberg et al. 2020, "From local explanations to global understanding with explainable
    AI for trees"); for the linear pipeline columns are taken as independent.

    Args:
        estimator: HistGradientBoostingClassifier, or the pipeline impute–scale–logistic regression.
        matrix: (rows, columns) as the estimator was fitted on, one row at least; NaN where unknown.
    """
    if hasattr(estimator, "_predictors"):
        return by_blocks(partial(tree_effects, leaves(estimator)), matrix, BLOCK)
    return linear_effects(estimator, matrix)


def linear_effects(pipeline: Any, matrix: Matrix) -> Floats:
    """Coefficient × (value − mean) of each column; an indicator "unknown" counts towards its column."""
    scaled = pipeline.named_steps["scale"].transform(pipeline.named_steps["impute"].transform(matrix))
    parts = scaled * pipeline.named_steps["fit"].coef_[0]
    imputer = pipeline.named_steps["impute"]
    kept = np.flatnonzero(~np.isnan(imputer.statistics_))
    found = np.zeros(matrix.shape)
    found[:, kept] = parts[:, : kept.size]
    if imputer.indicator_ is not None:
        for place, column in enumerate(imputer.indicator_.features_):
            found[:, column] += parts[:, kept.size + place]
    return found


def leaves(estimator: Any) -> list[Leaf]:
    """All leaves of a booster with their tables of effects. Trees deeper than 16 conditions would make these large."""
    found: list[Leaf] = []
    for (predictor,) in estimator._predictors:
        nodes = predictor.nodes
        stack: list[tuple[int, dict[int, Condition]]] = [(0, {})]
        while stack:
            at, path = stack.pop()
            node = nodes[at]
            if node["is_leaf"]:
                conditions = tuple(path.values())
                if conditions:
                    found.append(Leaf(conditions, pattern_effects(conditions, float(node["value"]))))
                continue
            for side in ("left", "right"):
                stack.append((int(node[side]), path | _narrowed(path, nodes, node, side)))
    return found


def _narrowed(path: dict[int, Condition], nodes: Any, node: Any, side: str) -> dict[int, Condition]:
    """The condition on a node's column after going to one side."""
    column = int(node["feature_idx"])
    before = path.get(column, Condition(column, -np.inf, np.inf, True, 1.0))
    cut, to_left = float(node["num_threshold"]), bool(node["missing_go_to_left"])
    share = before.share * float(nodes[int(node[side])]["count"]) / float(node["count"])
    if side == "left":
        return {column: Condition(column, before.low, min(before.high, cut), before.unknown and to_left, share)}
    return {column: Condition(column, max(before.low, cut), before.high, before.unknown and not to_left, share)}


def pattern_effects(conditions: tuple[Condition, ...], value: float) -> Floats:
    """Effects of a leaf for every pattern of conditions met: (2^m, m).

    With o_j = 1 where condition j is met and z_j its share, the effect of j is
    value · (o_j − z_j) · Σ_S |S|!(m−|S|−1)!/m! · Π_{s∈S} o_s · Π_{s∉S} z_s over the subsets S of the others.
    The sums by |S| are the coefficients of Π (z_s + o_s·t).
    """
    count = len(conditions)
    met = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    shares = np.array([c.share for c in conditions])
    weights = np.array([factorial(d) * factorial(count - d - 1) / factorial(count) for d in range(count)])
    found = np.empty((2**count, count))
    for j in range(count):
        sums = np.zeros((2**count, count))
        sums[:, 0] = 1.0
        for s in (s for s in range(count) if s != j):
            shifted = np.zeros_like(sums)
            shifted[:, 1:] = sums[:, :-1]
            sums = sums * shares[s] + shifted * met[:, s, None]
        found[:, j] = value * (met[:, j] - shares[j]) * (sums @ weights)
    return found


def tree_effects(of: list[Leaf], matrix: Matrix) -> Floats:
    """Effects of each column over all leaves: (rows, columns). Cost: rows × leaves × conditions, no recursion."""
    columns = np.ascontiguousarray(matrix.T)
    unknown = np.isnan(columns)
    found = np.zeros(columns.shape)
    for leaf in of:
        bits = np.zeros(len(matrix), dtype="uint16")
        for place, condition in enumerate(leaf.conditions):
            bits |= _met(condition, columns[condition.column], unknown[condition.column]).astype("uint16") << place
        pattern = bits.astype("intp")
        for place, condition in enumerate(leaf.conditions):
            found[condition.column] += leaf.effects[:, place][pattern]
    return np.ascontiguousarray(found.T)


def _met(condition: Condition, values: Floats, unknown: Masks) -> Masks:
    met = values <= condition.high if condition.high < np.inf else ~unknown
    if condition.low > -np.inf:
        met = met & (values > condition.low)
    return met | unknown if condition.unknown else met
