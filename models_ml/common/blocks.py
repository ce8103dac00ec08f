"""What is said of each row by itself, block by block on all cores: whichever comes first, the result is the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models_ml.common.encoding import Matrix
from models_ml.common.guards import single_threaded
from models_ml.common.metrics import Floats


def by_blocks(tell: Callable[[Matrix], Floats], matrix: Matrix, rows: int) -> Floats:
    """What a function says of every row, in the order of the rows.

    Args:
        tell: says of each row of a matrix what depends on that row alone; lets other threads run while it computes.
        matrix: (rows, columns), one row at least.
        rows: of a block; few enough that what is looked at again and again stays in the processor's cache.
    """
    blocks = [matrix[at : at + rows] for at in range(0, len(matrix), rows)]
    # Libraries would have each thread start more of its own.
    one_each = partial(threadpool_limits, limits=1)
    with single_threaded(), ThreadPoolExecutor(os.cpu_count(), initializer=one_each) as threads:
        return np.concatenate(list(threads.map(tell, blocks)), dtype="float64")
