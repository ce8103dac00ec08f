"""Value: what customers brought and cost, and the scored policies they have in force."""

from __future__ import annotations

from datetime import date

import pandas as pd

from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers
from models_ml.common.metrics import Floats
from models_ml.value.spec import ValueSpec


def customers_of(connection: Connection, spec: ValueSpec, as_of_date: date) -> pd.DataFrame:
    """Customers of the date: premium, claims, commission so far; contacts of twelve months."""
    return customers.read(connection, as_of_date, spec.contract)


def scores(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """Chances of the date's units to leave by choice within twelve months: unit_key, p_churn."""
    rows = connection.execute(
        "select unit_key, p_churn from ml.policy_lapse where as_of_date = %s and horizon_months = 12", (as_of_date,)
    ).fetchall()
    return pd.DataFrame(rows, columns=["unit_key", "p_churn"])


def offers(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """The first recommendation of each consenting customer: customer_key, line_of_business, score."""
    rows = connection.execute(
        "select customer_key, line_of_business, score from ml.next_best_product where as_of_date = %s and rank = 1"
        ' order by customer_key collate "C"',
        (as_of_date,),
    ).fetchall()
    return pd.DataFrame(rows, columns=["customer_key", "line_of_business", "score"])


def prior_values(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """value_grade, clv_p10, clv_p90 (money) of the last scored date before, by customer_key; no rows on the first."""
    columns = ["value_grade", "clv_p10", "clv_p90"]
    rows = connection.execute(
        "select customer_key, value_grade, clv_p10, clv_p90 from ml.customer_value where as_of_date ="
        " (select max(as_of_date) from ml.customer_value where as_of_date < %s)",
        (as_of_date,),
    ).fetchall()
    return pd.DataFrame(rows, columns=["customer_key", *columns]).set_index("customer_key")


def cost_to_serve(frame: pd.DataFrame, spec: ValueSpec) -> Floats:
    """Service cost of twelve months by unit costs: (rows,), money."""
    contacts = frame["interactions_12m"].fillna(0.0) * spec.interaction_cost
    complaints = frame["complaints_12m"].fillna(0.0) * spec.complaint_cost
    return (contacts + complaints).to_numpy(dtype="float64")


def past_margin(frame: pd.DataFrame, spec: ValueSpec) -> Floats:
    """Premium received − claims paid − commission − service of the last twelve months: (rows,), money."""
    earned = (
        frame["premium_received_to_date"].fillna(0.0)
        - frame["claims_paid_to_date"].fillna(0.0)
        - frame["commission_to_date"].fillna(0.0)
    )
    return earned.to_numpy(dtype="float64") - cost_to_serve(frame, spec)
