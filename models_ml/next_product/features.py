"""Next product: who held which line on which date, and who bought one within the year after."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers, reading
from models_ml.common.guards import Labels
from models_ml.next_product.spec import BOUGHT, HELD, HOLDINGS, LINES, NextProductSpec


def customers_of(
    connection: Connection, spec: NextProductSpec, as_of_date: date, *, share: float = 1.0
) -> pd.DataFrame:
    """Customers of the date: features and consent. Raises ModelRefused as `customers.read` does."""
    return customers.read(connection, as_of_date, spec.contract, share=share)


def learnt_share(connection: Connection, spec: NextProductSpec, as_of_date: date) -> float:
    """Share of the customers that are learnt from: all, where there are no more than `learnt_from` rows of them."""
    return reading.share_within(connection, spec.moments.table, spec.learnt_from, until=a_year_before(as_of_date))


def moments(connection: Connection, spec: NextProductSpec, as_of_date: date, share: float = 1.0) -> pd.DataFrame:
    """Customers, or a share of them, of every date that is a year back or more; none where history is shorter."""
    return reading.read(connection, spec.moments, until=a_year_before(as_of_date), share=share)


def held(connection: Connection, as_of_date: date, share: float = 1.0) -> pd.DataFrame:
    """Policies in force on the as-of date, of a share of the customers."""
    return reading.read(connection, HELD, until=as_of_date, current_only=True, share=share)


def bought(connection: Connection, as_of_date: date, share: float = 1.0) -> pd.DataFrame:
    """Lines that customers, or a share of them, bought in the twelve months after each earlier date."""
    return reading.read(connection, BOUGHT, until=a_year_before(as_of_date), share=share)


def a_year_before(day: date) -> date:
    """The same day of the year before."""
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()


def purchases(frame: pd.DataFrame, sales: pd.DataFrame) -> Labels:
    """(rows, lines) whether who did not hold a line bought it within the year.

    Args:
        frame: customers of dates.
        sales: customer_key, as_of_date, line_of_business.
    """
    found = np.zeros((len(frame), len(LINES)), dtype=bool)
    rows = frame[["customer_key", "as_of_date"]].assign(row=np.arange(len(frame)))
    joined = rows.merge(sales, on=["customer_key", "as_of_date"], how="inner")
    place = joined["line_of_business"].map({line: at for at, line in enumerate(LINES)})
    known = place.notna().to_numpy()
    found[joined["row"].to_numpy()[known], place[known].astype("int64").to_numpy()] = True
    return found & eligible(frame)


def eligible(frame: pd.DataFrame) -> Labels:
    """(rows, lines) whether a line is not held yet; unknown counts as held."""
    return np.column_stack([frame[column].fillna(1.0).to_numpy() == 0.0 for column in HOLDINGS.values()])
