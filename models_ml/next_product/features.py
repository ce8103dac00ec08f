"""Reading what customers hold on a date, and what they bought in the year after it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from customer_knowledge.warehouse.connections import Connection
from models_ml.common.data import check_registry, read
from models_ml.next_product.spec import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "(select * from features.features__customer_as_of where as_of_date = %(day)s) as f"


def holdings(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """One row a customer of the date: lines held (0/1) and marketing consent."""
    check_registry(connection, "customer", COLUMNS.features, protected_allowed=False)
    return read(connection, SOURCE, COLUMNS, "f.customer_key", day=as_of_date)


def purchases(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """Lines bought in the twelve months after a date: customer_key, line_of_business."""
    import pandas as pd

    rows = connection.execute(
        "select customer_key, line_of_business from features.features__customer_purchase where as_of_date = %s"
        " order by 1, 2",
        (as_of_date,),
    ).fetchall()
    return pd.DataFrame(rows, columns=["customer_key", "line_of_business"])


def a_year_before(as_of_date: date) -> date:
    """The same day a year earlier; 29 February becomes 28, as PostgreSQL's interval does."""
    try:
        return as_of_date.replace(year=as_of_date.year - 1)
    except ValueError:
        return as_of_date.replace(year=as_of_date.year - 1, day=28)
