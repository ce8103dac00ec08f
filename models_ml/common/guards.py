"""What keeps a model from learning nonsense without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_knowledge.errors import ModelRefused

if TYPE_CHECKING:
    import pandas as pd

MINIMUM_ROWS = 200
MINIMUM_EVENTS = 20


def check_target(target: pd.Series, what: str) -> None:
    """Refuse to learn from too few rows or from one class.

    Raises:
        ModelRefused: says how many there are and how many are needed.
    """
    events = int(target.sum())
    if len(target) < MINIMUM_ROWS:
        raise ModelRefused(f"{what}: {len(target)} rows, at least {MINIMUM_ROWS} are needed", hint="wait for history")
    if events < MINIMUM_EVENTS or len(target) - events < MINIMUM_EVENTS:
        raise ModelRefused(
            f"{what}: {events} of {len(target)} rows have the event; {MINIMUM_EVENTS} of each kind are needed",
            hint="check the label: a single class teaches nothing",
        )


def informative(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that say something: not empty and not constant."""
    return tuple(name for name in names if frame[name].nunique(dropna=False) > 1)
