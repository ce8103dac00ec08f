"""Value: what customers brought and cost, and the scored policies they have in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers
from models_ml.common.metrics import Floats
from models_ml.value.spec import ValueSpec


def customers_of(connection: Connection, spec: ValueSpec, as_of_date: date, *, share: float = 1.0) -> pd.DataFrame:
    """Customers of the date: premium, claims, commission so far; service cost of twelve months."""
    return customers.read(connection, as_of_date, spec.contract, share=share)


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


def on_the_curve(connection: Connection, spec: ValueSpec, as_of_date: date) -> ValueSpec:
    """The spec with the discount curve of the date.

    Raises:
        ModelRefused: the curve does not reach as far as the value looks.
    """
    years = max(spec.horizons)
    rows = connection.execute(
        "select factor::float from features.features__discount_factor where as_of_date = %s and year <= %s"
        " order by year",
        (as_of_date, years),
    ).fetchall()
    if len(rows) != years:
        raise ModelRefused(
            f"no discount factors for each of the {years} years after {as_of_date}",
            hint="build the features of the date; seed discount_curve needs a row of year 1 that holds on it",
        )
    return replace(spec, discounts=tuple(row[0] for row in rows))


def cost_to_serve(frame: pd.DataFrame) -> Floats:
    """Service cost of twelve months by activity: (rows,), money."""
    return frame["service_cost_12m"].fillna(0.0).to_numpy(dtype="float64")


def past_margin(frame: pd.DataFrame) -> Floats:
    """Premium received − claims paid − commission − service of the last twelve months: (rows,), money."""
    earned = (
        frame["premium_received_to_date"].fillna(0.0)
        - frame["claims_paid_to_date"].fillna(0.0)
        - frame["commission_to_date"].fillna(0.0)
    )
    return earned.to_numpy(dtype="float64") - cost_to_serve(frame)
