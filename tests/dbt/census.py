"""The census that an independent actuarial package ships, and our own macros run on it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import pandas as pd

from customer_knowledge.warehouse.connections import Connection

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"
METHODS = {"policy_year": "expose_py", "policy_month": "expose_pm", "calendar_year": "expose_cy"}
FROM = {"policy_year": "pol_date_yr", "policy_month": "pol_date_mth", "calendar_year": "cal_yr"}
TO = {"policy_year": "pol_date_yr_end", "policy_month": "pol_date_mth_end", "calendar_year": "cal_yr_end"}


def macros(*names: str) -> ModuleType:
    """Macro files as a module; they are plain Jinja and know nothing of dbt."""
    source = "\n".join((MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in names)
    module: Any = jinja2.Environment(autoescape=False).from_string(source).module  # noqa: S701 - SQL, not HTML
    return module  # type: ignore[no-any-return]


def load(connection: Connection, census: Any) -> None:
    """Put the package's census (a polars data frame) into the temporary table `census`."""
    connection.execute(
        "create temporary table census (policy_key bigint, status text, issued_on date, left_on date,"
        " product text, sex text, premium numeric)"
    )
    columns = ("pol_num", "status", "issue_date", "term_date", "product", "gender", "premium")
    with connection.cursor().copy("copy census from stdin") as copy:
        for row in zip(*(census[name].to_list() for name in columns), strict=True):
            copy.write_row(row)
    connection.execute("analyze census")


def expose(connection: Connection, method: str, target: str, study_from: date, study_to: date) -> None:
    """Run our exposure macro on the census, into the temporary table `ours`."""
    connection.execute("drop table if exists ours")
    units = (
        "(select policy_key, product, premium as weight, issued_on as anchored_on, issued_on as entered_on,"
        f" left_on, status = '{target}' as is_decrement, '{method}'::text as method,"
        f" '{study_from}'::date as study_from, '{study_to}'::date as study_to from census)"
    )
    statement = macros("exposure").exposure_intervals(units)
    connection.execute(f"create temporary table ours as {statement}".encode())


def both(connection: Connection, method: str, theirs: Any, target: str) -> pd.DataFrame:
    """Our rows beside the package's, one a policy and interval; its exposure is `exposure_theirs`."""
    connection.execute("drop table if exists theirs")
    connection.execute(
        "create temporary table theirs (policy_key bigint, interval_from date, interval_to date,"
        " exposure double precision, has_decrement boolean)"
    )
    columns = ("pol_num", FROM[method], TO[method], "exposure", "status")
    with connection.cursor().copy("copy theirs from stdin") as copy:
        for *values, status in zip(*(theirs[name].to_list() for name in columns), strict=True):
            copy.write_row((*values, status == target))
    found = connection.execute(
        "select coalesce(o.policy_key, t.policy_key), coalesce(o.interval_from, t.interval_from), o.interval_to,"
        " t.interval_to, o.exposure::double precision, t.exposure, o.has_decrement, t.has_decrement"
        " from ours as o full join theirs as t using (policy_key, interval_from)"
        " where o.interval_to is distinct from t.interval_to"
        " or coalesce(abs(o.exposure - t.exposure) > 1e-9, true)"
        " or coalesce(o.has_decrement, false) is distinct from t.has_decrement"
    ).fetchall()
    names = ["policy_key", "interval_from", "to", "to_theirs", "exposure", "exposure_theirs", "exit", "exit_theirs"]
    return pd.DataFrame(found, columns=names)
