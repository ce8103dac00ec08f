"""Made features with a known hazard: small, seeded, in the shape the specs declare."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.settings import PROJECT_DIR
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import spec as churn
from models_ml.common.contract import AUDITED, Column, Registered, numbers
from models_ml.next_product import spec as next_product
from models_ml.segmentation import spec as segmentation
from models_ml.value import spec as value

DAY = date(2026, 6, 30)
YEAR_BEFORE = date(2025, 6, 30)
CUSTOMERS = 240
SEEDS = PROJECT_DIR / "dbt_project" / "seeds"
GRID = [pd.Timestamp(d) for d in pd.date_range("2020-06-30", "2026-06-30", freq="6ME")]
TYPES = {"counts": "jsonb", "number": "numeric", "category": "text", "flag": "boolean", "key": "text", "date": "date"}
POLICY_COLUMNS = tuple(
    {
        c.name: c for c in (*churn.ChurnSpec().benchmark_contract.columns, *churn.LABEL.columns, *churn.AUDIT.columns)
    }.values()
)
PLANTED = {"payments_missed_12m": 1.6, "complaints_12m": 0.8}


def keys(count: int = CUSTOMERS) -> list[str]:
    return [f"c{i:04d}" for i in range(count)]


def units(seed: int = 7, rows_a_date: int = 250) -> pd.DataFrame:
    """Observations with labels; log-odds of exit = −2.2 + 1.6 · missed + 0.8 · complaints."""
    rng = np.random.default_rng(seed)
    count = rows_a_date * len(GRID)
    frame = pd.DataFrame({"unit_key": [f"u{i:06d}" for i in range(count)], "as_of_date": np.repeat(GRID, rows_a_date)})
    frame["policy_key"] = [f"p{i % rows_a_date:05d}" for i in range(count)]
    frame["customer_key"] = [keys()[i % rows_a_date % CUSTOMERS] for i in range(count)]
    frame["is_current"] = frame["as_of_date"] == pd.Timestamp(DAY)
    frame["horizon_ends_on"] = frame["as_of_date"] + pd.DateOffset(years=1)
    frame["line_of_business"] = rng.choice(["life", "health", "motor"], count)
    frame["product_code"] = frame["line_of_business"].str.upper() + "1"
    frame["channel"] = rng.choice(["agency", "online"], count)
    frame["premium_mode"] = rng.choice(["annual", "monthly", "single"], count, p=[0.6, 0.3, 0.1])
    frame["is_long_term"] = frame["line_of_business"] == "life"
    frame["policy_duration_months"] = rng.integers(0, 100, count)
    frame["customer_tenure_months"] = frame["policy_duration_months"] + rng.integers(0, 60, count)
    frame["annual_premium"] = rng.gamma(2, 800, count).round(2)
    frame["payments_missed_12m"] = rng.poisson(0.4, count)
    frame["complaints_12m"] = rng.poisson(0.2, count)
    frame["days_to_next_due"] = np.where(frame["premium_mode"] == "single", np.nan, rng.integers(1, 30, count))
    frame["claims_paid_3y"] = np.where(rng.random(count) < 0.1, 900.0, 0.0)
    frame["age_years"] = rng.uniform(20, 70, count)
    frame["sex"] = np.where(np.arange(count) % 3 == 0, "F", "M")
    log_odds = -2.2 + sum(weight * frame[name] for name, weight in PLANTED.items())
    frame["exit_within_horizon"] = rng.random(count) < 1 / (1 + np.exp(-log_odds))
    frame["exit_cause"] = np.where(frame["exit_within_horizon"], rng.choice(["lapse", "surrender"], count), None)
    frame["exit_month"] = np.where(frame["exit_within_horizon"], rng.integers(1, 13, count), np.nan)
    frame["label_known_on"] = frame["horizon_ends_on"] + pd.Timedelta(days=60)
    paid = np.where(frame["exit_within_horizon"], 0.3, 1.0)
    frame["next_premium"] = np.where(frame["premium_mode"] == "single", 0.0, frame["annual_premium"] * paid).round(2)
    full = complete(frame, POLICY_COLUMNS)
    full["exit_within_horizon"] = full["exit_within_horizon"].astype(bool)
    return full


def complete(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """The frame with every declared column, as `reading` would give it: unknown where nothing was made."""
    full = frame.copy()
    for column in columns:
        if column.name not in full:
            full[column.name] = np.nan if column.kind in ("number", "flag") else None
        if column.kind in ("number", "flag"):
            full[column.name] = full[column.name].astype("float64")
    return full


def customers(seed: int = 11, count: int = CUSTOMERS) -> pd.DataFrame:
    """Customers of DAY: three clear groups, a few enterprises and a few with nothing in force."""
    rng = np.random.default_rng(seed)
    group = np.arange(count) % 3
    frame = pd.DataFrame({"customer_key": keys(count), "as_of_date": pd.Timestamp(DAY), "group": group})
    frame["customer_type"] = np.where(np.arange(count) % 40 == 39, "enterprise", "person")
    noise = rng.normal(1, 0.05, count)
    frame["annual_premium_in_force"] = np.array([20_000.0, 3_000.0, 600.0])[group] * noise
    frame["sum_assured_in_force"] = np.array([900_000.0, 200_000.0, 20_000.0])[group] * noise
    frame["policies_in_force"] = np.array([4, 2, 1])[group]
    frame["lines_held"] = np.array([3, 2, 1])[group]
    frame["tenure_months"] = np.array([110, 60, 10])[group] + rng.integers(0, 8, count)
    frame["claims_paid_to_date"] = np.array([4_000.0, 900.0, 0.0])[group]
    frame["interactions_12m"] = np.array([12, 5, 1])[group]
    frame["digital_share_12m"] = np.array([0.1, 0.5, 0.9])[group]
    frame["sex"] = np.where(frame["customer_type"] == "person", np.where(group == 0, "F", "M"), None)
    frame["age_years"] = np.where(frame["customer_type"] == "person", 20.0 + 15 * group, np.nan)
    frame["premium_received_to_date"] = frame["annual_premium_in_force"] * 4
    frame["commission_to_date"] = frame["premium_received_to_date"] * 0.05
    frame["complaints_12m"] = 0
    frame["marketing_consent"] = np.arange(count) % 2 == 0
    for line in next_product.LINES:
        frame[f"holds_{line}"] = rng.random(count) < 0.4
    former = np.arange(count) % 50 == 49
    frame.loc[former, ["policies_in_force", "annual_premium_in_force"]] = 0
    declared = (segmentation.SegmentationSpec(), value.ValueSpec(), next_product.NextProductSpec())
    columns = (*segmentation.HABITS.features, *(c for spec in declared for c in spec.contract.columns), *AUDITED)
    return complete(frame, columns)


def registry(unit: str) -> dict[str, Registered]:
    """The project's own registry."""
    with (SEEDS / "feature_registry.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["unit"] == unit]
    return {
        row["feature"]: Registered(row["is_protected"] == "true", row["known_only_at_extraction"] == "true")
        for row in rows
    }


def land(connection: Connection) -> None:
    """Make the features tables, the labels and the registry, with everything made above."""
    _registry(connection)
    policies, people = units(), customers()
    read = (*churn.ChurnSpec().benchmark_contract.columns, Column("is_current", "flag"), *churn.AUDIT.columns)
    table(connection, "features__policy_as_of", policies, read)
    table(connection, "features__policy_label", policies, churn.LABEL.columns)
    declared = (segmentation.SegmentationSpec(), value.ValueSpec(), next_product.NextProductSpec())
    read_of = (*AUDITED, *(c for spec in declared for c in spec.contract.columns))
    columns = tuple({c.name: c for c in read_of}.values())
    before = people.assign(as_of_date=pd.Timestamp(YEAR_BEFORE))
    table(connection, "features__customer_as_of", pd.concat([before, people]), columns)
    table(connection, "features__customer_habit", people, segmentation.HABITS.columns)
    table(connection, "features__customer_moment", before, next_product.NextProductSpec().moments.columns)
    bought = people[["customer_key"]].assign(as_of_date=pd.Timestamp(YEAR_BEFORE), line_of_business="health")
    table(connection, "features__customer_purchase", bought, next_product.BOUGHT.columns)
    factors = value.flat(0.035, 30)
    ahead = pd.DataFrame({"as_of_date": pd.Timestamp(DAY), "year": range(1, 31), "factor": factors})
    table(connection, "features__discount_factor", ahead, (Column("as_of_date", "date"), *numbers("year", "factor")))


def _registry(connection: Connection) -> None:
    connection.execute(
        "create table core.feature_registry (feature text, unit text, is_protected boolean,"
        " known_only_at_extraction boolean)"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into core.feature_registry values (%s, %s, %s, %s)",
            [
                (name, unit, entry.is_protected, entry.known_only_at_extraction)
                for unit in ("policy", "customer")
                for name, entry in registry(unit).items()
            ],
        )


def table(connection: Connection, name: str, frame: pd.DataFrame, columns: tuple[Column, ...]) -> None:
    """A features table of the declared columns."""
    unique = tuple({c.name: c for c in columns}.values())
    shape = ", ".join(f"{c.name} {TYPES[c.kind]}" for c in unique)
    connection.execute(f"create table features.{name} ({shape})")
    with connection.cursor() as cursor, cursor.copy(f"copy features.{name} from stdin") as copy:
        for row in zip(*(_values(frame[c.name], c) for c in unique), strict=True):
            copy.write_row(row)


def _values(series: pd.Series, column: Column) -> list[Any]:
    if column.kind == "date":
        return list(series.dt.date)
    known = [None if v is None or v != v else v for v in series.astype(object)]
    return [None if v is None else bool(v) for v in known] if column.kind == "flag" else known
