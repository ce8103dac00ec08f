"""Our exposure against an independent actuarial package (actxps) on its census: every policy, every interval."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, connect
from tests.dbt import census

pytestmark = pytest.mark.postgres

EVERYTHING = (date(1900, 1, 1), date(2019, 12, 31))
WINDOW = (date(2012, 6, 15), date(2019, 6, 29))


@pytest.fixture(scope="module")
def actxps() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import actxps

        yield actxps


@pytest.fixture(scope="module")
def policies(actxps: Any) -> Any:
    found = actxps.load_census_dat()
    assert len(found) == 20_000
    return found


@pytest.fixture(scope="module")
def database(template: Profile, policies: Any) -> Iterator[Connection]:
    with connect(template.database) as connection:
        census.load(connection, policies)
        yield connection
        connection.rollback()


def theirs(actxps: Any, policies: Any, method: str, target: str, study: tuple[date, date]) -> Any:
    make = getattr(actxps.ExposedDF, census.METHODS[method])
    return make(policies, study[1], start_date=study[0], target_status=target, default_status="Active")


@pytest.mark.parametrize("study", [EVERYTHING, WINDOW], ids=["everything", "window"])
@pytest.mark.parametrize("target", ["Surrender", "Death"])
@pytest.mark.parametrize("method", ["policy_year", "calendar_year"])
def test_years_equal_the_package_row_by_row(
    actxps: Any, database: Connection, policies: Any, method: str, target: str, study: tuple[date, date]
) -> None:
    census.expose(database, method, target, *study)
    package = theirs(actxps, policies, method, target, study).data
    differing = census.both(database, method, package, target)
    assert differing.empty, differing.head(20).to_string()
    row = database.execute("select count(*), count(*) filter (where has_decrement) from ours").fetchone()
    assert row is not None
    assert row[0] == len(package) > 90_000
    assert row[1] > 1_000


@pytest.mark.parametrize("target", ["Surrender", "Death"])
def test_months_equal_the_package_but_where_it_leaves_its_own_interval(
    actxps: Any, database: Connection, policies: Any, target: str
) -> None:
    """The package counts months from the day before issue and begins them on the day of issue.

    Where the two disagree about a month's end, it exposes more than a month, less than nothing, or puts the exit into
    a month in which the policy was gone. Four of 20,000 policies; ours stay within the month.
    """
    census.expose(database, "policy_month", target, *EVERYTHING)
    package = theirs(actxps, policies, "policy_month", target, EVERYTHING).data
    differing = census.both(database, "policy_month", package, target)
    keys = sorted(set(differing["policy_key"]))
    assert len(keys) <= 4
    found = database.execute(
        "select count(*) from census where policy_key = any(%s) and left_on is not null"
        " and (extract(day from issued_on) = 1 or extract(day from issued_on) > 28)"
        " and extract(day from left_on) >= 28",
        (keys,),
    ).fetchone()
    assert found == (len(keys),)
    assert database.execute(
        "select min(exposure) > 0, max(exposure) = 1, count(*) filter (where left_on <= study_to and left_on between"
        " interval_from and interval_to) = count(distinct policy_key) filter (where left_on <= study_to) from ours"
    ).fetchone() == (True, True, True)


@pytest.mark.parametrize("method", list(census.METHODS))
def test_cells_equal_the_package(actxps: Any, database: Connection, policies: Any, method: str) -> None:
    census.expose(database, method, "Surrender", *EVERYTHING)
    package = theirs(actxps, policies, method, "Surrender", EVERYTHING)
    left_out = sorted(set(census.both(database, method, package.data, "Surrender")["policy_key"]))
    if left_out:
        import polars

        kept = policies.filter(~polars.col("pol_num").is_in(left_out))
        package = theirs(actxps, kept, method, "Surrender", EVERYTHING)
    label = {"policy_year": "pol_yr", "policy_month": "pol_mth", "calendar_year": "cal_yr"}[method]
    cells = package.group_by("product", label).exp_stats(wt="premium").data
    found = database.execute(
        "select product, interval_number, count(*) filter (where has_decrement),"
        " coalesce(sum(weight) filter (where has_decrement), 0)::double precision,"
        " sum(weight * exposure)::double precision from ours where policy_key <> all(%s) group by 1, 2",
        (left_out,),
    ).fetchall()
    ours = {
        (product, date(number, 1, 1) if method == "calendar_year" else number): sums for product, number, *sums in found
    }
    assert len(ours) == len(cells) >= 45
    for row in cells.iter_rows(named=True):
        count, amount, exposure = ours[row["product"], row[label]]
        assert count == row["n_claims"]
        assert amount == pytest.approx(row["claims"], rel=1e-12)
        assert exposure == pytest.approx(row["exposure"], rel=1e-9)
        assert amount / exposure == pytest.approx(row["q_obs"], rel=1e-9)
