"""What has to hold before anything is learnt: a booster trains on one class without a word, so we ask first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from customer_knowledge.errors import ModelRefused

Labels = NDArray[np.bool_]


def enough(labels: Labels, *, rows: int, events: int, what: str) -> None:
    """Refuse to learn from, or to judge by, too little.

    Args:
        labels: (rows,) outcomes.
        rows: the least number of rows.
        events: the least number of each outcome.
        what: the rows' name, for the message.

    Raises:
        ModelRefused: too few rows, or (nearly) one class.
    """
    positive = int(labels.sum())
    negative = int(labels.size) - positive
    if labels.size < rows:
        raise ModelRefused(
            f"{what}: {labels.size} rows with a known outcome, at least {rows} are needed",
            hint="more history, or a larger sample insurer (CUSTOMERS=…)",
        )
    if min(positive, negative) < events:
        raise ModelRefused(
            f"{what}: {positive} exits and {negative} stays; at least {events} of each are needed",
            hint="one class teaches nothing; look at features__policy_label",
        )


@contextmanager
def single_threaded() -> Iterator[None]:
    """Learn and score on one thread: sums of floats over threads come out in no fixed order."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield
