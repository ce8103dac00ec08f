"""Where the segments lie: their centres and spread on the two principal components of the portrait."""

from __future__ import annotations

from typing import Any

import numpy as np

from models_ml.common.encoding import Matrix
from models_ml.segmentation.numbering import Groups

TOLD = 2  # features that name an axis


def draw(matrix: Matrix, groups: Groups, names: tuple[str, ...], described: list[dict[str, Any]]) -> dict[str, Any]:
    """The map of a family of segments; empty where there are fewer than two features or segments.

    Axes are the first two principal components (Jolliffe 2002) of the standardised portrait, turned so that the
    heaviest feature of each points up. Only means and deviations are kept: nobody's own place.

    Args:
        matrix: (rows, features) standardised portrait.
        groups: (rows,) group of each row.
        names: of the features.
        described: a row of `ml.segment` for each group, in order of the groups.

    Returns:
        axes: for x and y the heaviest features with their weights, and the share of variance told;
        segments: label, share, mean and standard deviation on both axes.
    """
    if matrix.shape[1] < 2 or len(described) < 2:
        return {}
    middle = matrix.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(matrix - middle, rowvar=False))
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    told = values[::-1][:2] / values.sum()
    places = (matrix - middle) @ axes
    return {
        "axes": [
            {
                "weights": {
                    names[at]: round(float(axes[at, axis]), 3) for at in np.argsort(-np.abs(axes[:, axis]))[:TOLD]
                },
                "variance_told": round(float(told[axis]), 4),
            }
            for axis in (0, 1)
        ],
        "segments": [
            {
                "label": f"{row['label_en']} {row['label_zh']}",
                "share": row["size_share"],
                "mean": [round(float(x), 3) for x in places[groups == group].mean(axis=0)],
                "deviation": [round(float(x), 3) for x in places[groups == group].std(axis=0)],
            }
            for group, row in enumerate(described)
        ],
    }
