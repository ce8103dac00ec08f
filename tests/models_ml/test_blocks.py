"""Work on all cores gives what one core gives."""

from __future__ import annotations

import os
import threading
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from models_ml.common import classifier
from models_ml.common.blocks import at_once, by_blocks


def test_blocks_are_put_together_in_the_order_of_the_rows() -> None:
    matrix = np.arange(22.0).reshape(11, 2)
    assert by_blocks(lambda block: block.sum(axis=1), matrix, 4).tolist() == matrix.sum(axis=1).tolist()
    assert by_blocks(lambda block: 2 * block, matrix, 4).tolist() == (2 * matrix).tolist()


def test_jobs_run_at_once_on_one_thread_each_and_answer_in_their_order() -> None:
    together = threading.Barrier(2, timeout=30)

    def job(number: int) -> tuple[int, set[int]]:
        if number < 2 <= (os.cpu_count() or 1):
            together.wait()  # nobody gets here alone
        return number, {library["num_threads"] for library in threadpool_info()}

    before = threadpool_info()
    found = at_once([partial(job, number) for number in range(5)])
    assert [number for number, _ in found] == [0, 1, 2, 3, 4]
    assert set.union(*(threads for _, threads in found)) == {1}
    assert [library["num_threads"] for library in threadpool_info()] == [library["num_threads"] for library in before]


def test_a_job_that_fails_says_so() -> None:
    with pytest.raises(ZeroDivisionError):
        at_once([lambda: 1.0, lambda: 1 / 0])
    assert at_once([]) == []


def test_trees_learnt_at_once_are_those_learnt_one_after_the_other() -> None:
    rng = np.random.default_rng(7)
    matrix, trees = rng.normal(size=(4_000, 8)), partial(classifier.fit, "gradient_boosting", seed=7)
    labels = [matrix[:, at] + rng.normal(size=4_000) > 0 for at in range(4)]
    alone = [trees(matrix, own).log_odds(matrix) for own in labels]
    beside = [ranker.log_odds(matrix) for ranker in at_once([partial(trees, matrix, own) for own in labels])]
    assert np.array_equal(alone, beside)
