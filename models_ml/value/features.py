"""Reading customers as of a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from customer_knowledge.warehouse.connections import Connection
from models_ml.common.data import check_registry, read
from models_ml.value.spec import SPEC

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "(select * from features.features__customer_as_of where as_of_date = %(day)s) as f"


def customers(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """One row a customer of the date; amounts in the insurer's currency."""
    check_registry(connection, "customer", SPEC.columns.features, protected_allowed=False)
    return read(connection, SOURCE, SPEC.columns, "f.customer_key", day=as_of_date)


def lapse_scores(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """The churn model's scores of the date, one row a unit: customer_key, p_lapse, annual_premium."""
    import pandas as pd

    rows = connection.execute(
        "select l.customer_key, l.p_lapse, coalesce(f.annual_premium, 0)::float8 from ml.policy_lapse l"
        " join features.features__policy_as_of f using (unit_key) where l.as_of_date = %s order by l.unit_key",
        (as_of_date,),
    ).fetchall()
    return pd.DataFrame(rows, columns=["customer_key", "p_lapse", "annual_premium"])
