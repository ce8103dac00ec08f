"""Next product: who held which line, and who bought one besides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers, reading
from models_ml.next_product.spec import BOUGHT, HELD, HOLDINGS, LINES, YEAR_MONTHS, NextProductSpec


def customers_of(connection: Connection, spec: NextProductSpec, as_of_date: date) -> pd.DataFrame:
    """Customers of the date: type, lines held, consent. Raises ModelRefused as `customers.read` does."""
    return customers.read(connection, as_of_date, spec.contract)


def everyone_before(connection: Connection, spec: NextProductSpec, as_of_date: date) -> pd.DataFrame:
    """Customers of the earlier dates the features hold, for the test in time (may be empty)."""
    frame = reading.read(connection, spec.contract, until=as_of_date)
    return frame[frame["as_of_date"] < pd.Timestamp(as_of_date)]


def held(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """Policies in force at every observation date until the as-of date."""
    return reading.read(connection, HELD, until=as_of_date)


def bought(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """Lines bought in the twelve months after an earlier date, by who was a customer then."""
    return reading.read(connection, BOUGHT, until=as_of_date)


def cross_sales(policies: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """Who could have bought a line within the last year, and did.

    Only who was a customer a year before counts: a first policy says nothing about a second. Policies given up
    within their first year are not seen.

    Args:
        policies: in force on one date.
        types: customer_key, customer_type.

    Returns:
        A row a customer and line not held a year before: customer_type, line_of_business, bought (bool).
    """
    older = policies[policies["customer_tenure_months"] > YEAR_MONTHS]
    is_recent = older["policy_duration_months"] <= YEAR_MONTHS
    known = types.drop_duplicates("customer_key").set_index("customer_key")["customer_type"]
    keys = pd.Index(sorted(older["customer_key"].unique()), name="customer_key")
    before = _holds(older[~is_recent], keys)
    after = _holds(older[is_recent], keys)
    kinds = keys.map(known)
    rows = [
        pd.DataFrame({"customer_type": kinds, "line_of_business": line, "bought": after[line]})[~before[line]]
        for line in LINES
    ]
    return pd.concat(rows, ignore_index=True)


def _holds(policies: pd.DataFrame, keys: pd.Index) -> dict[str, np.ndarray]:
    lines = policies.groupby("line_of_business")["customer_key"]
    found = {str(line): set(of_line) for line, of_line in lines}
    return {line: keys.isin(sorted(found.get(line, set()))) for line in LINES}


def eligible(frame: pd.DataFrame) -> np.ndarray:
    """(rows, lines) whether a line is not held yet; unknown counts as held."""
    return np.column_stack([frame[column].fillna(1.0).to_numpy() == 0.0 for column in HOLDINGS.values()])
