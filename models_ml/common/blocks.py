"""On all cores: jobs that know nothing of each other; whichever is done first, the result is the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models_ml.common.encoding import Matrix
from models_ml.common.guards import single_threaded
from models_ml.common.metrics import Floats

Result = TypeVar("Result")


def at_once(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """What the jobs return, in their order; each runs on one thread, as many at a time as there are cores.

    Args:
        jobs: the longest first, so that none is left alone at the end; they let other threads run while they compute.

    Raises:
        Exception: what the first of them to fail in their order raised; those not begun by then are not.
    """
    # Libraries would have each thread start more of its own.
    one_each = partial(threadpool_limits, limits=1)
    with single_threaded(), ThreadPoolExecutor(os.cpu_count(), initializer=one_each) as threads:
        return list(threads.map(lambda job: job(), jobs))


def by_blocks(tell: Callable[[Matrix], Floats], matrix: Matrix, rows: int) -> Floats:
    """What a function says of every row, in the order of the rows.

    Args:
        tell: says of each row of a matrix what depends on that row alone; lets other threads run while it computes.
        matrix: (rows, columns), one row at least.
        rows: of a block; few enough that what is looked at again and again stays in the processor's cache.
    """
    blocks = [matrix[at : at + rows] for at in range(0, len(matrix), rows)]
    return np.concatenate(at_once([partial(tell, block) for block in blocks]), dtype="float64")
