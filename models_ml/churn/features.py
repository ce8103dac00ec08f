"""Reading the churn model's rows: those to learn from, with what became of them, and those to score."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn.spec import SPEC
from models_ml.common.data import Columns, check_registry, read

if TYPE_CHECKING:
    import pandas as pd

POLICY_AS_OF = "features.features__policy_as_of as f"
LABELLED = """
(select a.*, l.exit_within_horizon, l.label_known_on, l.next_premium
 from features.features__policy_as_of as a
 join features.features__policy_label as l using (unit_key)
 where l.is_mature and l.label_known_on <= %(day)s and a.as_of_date < %(day)s) as f
"""
CURRENT = "(select * from features.features__policy_as_of where is_current and as_of_date <= %(day)s) as f"
ORDER = "f.as_of_date, f.unit_key"


def labelled(connection: Connection, as_of_date: date, *, with_protected: bool = False) -> pd.DataFrame:
    """Rows whose outcome was known by the date.

    Returns:
        One row a unit: features, `left` (1.0 = exit by choice within the horizon), `label_known_on`,
        `next_premium` (insurer's currency; NaN where not known).
    """
    columns = _columns(with_protected, plain=("label_known_on",), numeric=("next_premium",))
    check_registry(connection, "policy", _columns(with_protected).features, protected_allowed=with_protected)
    labels = Columns(
        plain=columns.plain,
        numeric=columns.numeric,
        boolean=(*columns.boolean, "exit_within_horizon"),
        categorical=columns.categorical,
    )
    frame = read(connection, LABELLED, labels, ORDER, day=as_of_date)
    return with_duration_band(frame).rename(columns={"exit_within_horizon": "left"})


def current(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """Rows to be scored in the edition of a date."""
    check_registry(connection, "policy", SPEC.columns.features, protected_allowed=False)
    return with_duration_band(read(connection, CURRENT, SPEC.columns, ORDER, day=as_of_date))


def _columns(with_protected: bool, plain: tuple[str, ...] = (), numeric: tuple[str, ...] = ()) -> Columns:
    extra = SPEC.protected if with_protected else Columns()
    return Columns(
        plain=SPEC.columns.plain + plain,
        numeric=SPEC.columns.numeric + extra.numeric + numeric,
        boolean=SPEC.columns.boolean,
        categorical=SPEC.columns.categorical + extra.categorical,
    )


def with_duration_band(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the cohort table's band: policy years 1 to 5, then later; the renewal's number where there is one."""
    years = frame["term_number"].fillna(frame["policy_duration_months"] // 12 + 1).clip(1, 6)
    return frame.assign(duration_band=years.fillna(0).astype(int).astype(str))


def split_in_time(frame: pd.DataFrame, profile: Profile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows to test on: what ended by `train_until`, and what ended after it.

    No outcome of the test window is known when training ends: labels count from `label_known_on`. Where the unit
    is a date on a grid, test rows also begin after training ended.
    """
    known, began = frame["label_known_on"], frame["as_of_date"]
    train = frame[known <= profile.train_until]
    later = (known > profile.train_until) & (known <= profile.test_until)
    if profile.unit_at_risk == "policy":
        later = (began >= profile.train_until) & (began <= profile.test_until)
    return train, frame[later]
