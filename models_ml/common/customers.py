"""Who is a customer on a date: the rows of features__customer_as_of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import fairness, reading
from models_ml.common.contract import AUDITED, Column, Contract

TABLE = "features__customer_as_of"
KEYS = (Column("as_of_date", "date"), Column("customer_key", "key"))


def contract(features: tuple[Column, ...], others: tuple[Column, ...] = ()) -> Contract:
    """The contract of a model that learns from these columns of the customers' features."""
    return Contract(TABLE, "customer", KEYS, features, others)


def read(connection: Connection, as_of_date: date, declared: Contract, *, share: float = 1.0) -> pd.DataFrame:
    """Customers of exactly a date, or a share of them, sorted by key.

    Raises:
        ModelRefused: the features hold nobody of that date, or the contract is not met.
    """
    return pd.concat(stream(connection, as_of_date, declared, share=share), ignore_index=True)


def stream(
    connection: Connection, as_of_date: date, declared: Contract, *, share: float = 1.0
) -> Iterator[pd.DataFrame]:
    """Customers of exactly a date in chunks, sorted by key. Raises as `read` does."""
    nobody = True
    for chunk in reading.stream(connection, declared, until=as_of_date, on=as_of_date, share=share):
        nobody = False
        yield chunk
    if nobody:
        raise ModelRefused(f"no customer as of {as_of_date}", hint="the features are of another date: run build_marts")


def audited(connection: Connection, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """Groups of the customers of a date for reports on fairness: customer_key and `fairness.GROUPS`."""
    found = read(connection, as_of_date, contract((), AUDITED), share=share)
    return found[["customer_key"]].join(fairness.grouped(found))


def keys(connection: Connection, as_of_date: date) -> pd.Series:
    """Keys of all customers of a date, sorted."""
    return read(connection, as_of_date, contract(()))["customer_key"]
