"""Rates, intervals and credibility of the experience marts beside those of an independent actuarial package."""

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
CELLS = (
    "(select product, interval_number, 1.959963984540054 as confidence_z, 0.05 as credibility_error,"
    " {sums} from (select *, 0.03 as expected_rate from ours) as rows group by 1, 2)"
)


@pytest.fixture(scope="module")
def study(template: Profile) -> Iterator[tuple[Connection, Any]]:
    """The census exposed by policy year for surrender, ours in the temporary table `ours` and the package's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import actxps
    policies = actxps.load_census_dat()
    with connect(template.database) as connection:
        census.load(connection, policies)
        census.expose(connection, "policy_year", "Surrender", date(1900, 1, 1), date(2019, 12, 31))
        package = actxps.ExposedDF.expose_py(policies, "2019-12-31", target_status="Surrender")
        yield connection, package
        connection.rollback()


def ours(connection: Connection) -> dict[tuple[str, int], dict[str, Any]]:
    """Our rates by product and policy year, as the marts reckon and name them."""
    module = census.macros("exposure", "experience")
    sums = module.decrement_sums().replace("min(confidence_z) as confidence_z,", "")
    sums = sums.replace("min(credibility_error) as credibility_error", "").rstrip().rstrip(",")
    cells = CELLS.format(sums=sums)
    statement = (
        f"select product, interval_number as pol_yr, {module.experience_figures()} from"
        f" ({module.decrement_rates(cells)}) as rated"
    )
    cursor = connection.execute(statement.encode())
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {
        (row["product"], row["pol_yr"]): {k: v if k == "product" else float(v or 0) for k, v in row.items()}
        for row in rows
    }


def test_amounts_equal_the_package(study: tuple[Connection, Any]) -> None:
    connection, package = study
    found = ours(connection)
    theirs = (
        _with_expected(package)
        .group_by("product", "pol_yr")
        .exp_stats(wt="premium", expected="q", conf_int=True, credibility=True)
        .data
    )
    assert len(found) == len(theirs) == 45
    for row in theirs.iter_rows(named=True):
        mine = found[row["product"], row["pol_yr"]]
        pairs = {
            "rate_amount": row["q_obs"],
            "rate_amount_lower": max(row["q_obs_lower"], 0),
            "rate_amount_upper": row["q_obs_upper"],
            "actual_to_expected_amount": row["ae_q"],
            "actual_to_expected_amount_lower": max(row["ae_q_lower"], 0),
            "actual_to_expected_amount_upper": row["ae_q_upper"],
            "credibility_amount": row["credibility"],
            "credible_rate_amount": row["adj_q"],
        }
        for name, value in pairs.items():
            assert mine[name] == pytest.approx(value, rel=1e-6, abs=2e-6), (name, row)


def test_counts_equal_the_package_and_their_interval_is_near(study: tuple[Connection, Any]) -> None:
    """The package takes quantiles of the binomial at the observed rate, which are whole claims; ours is Wilson's."""
    connection, package = study
    found = ours(connection)
    theirs = (
        _with_expected(package)
        .group_by("product", "pol_yr")
        .exp_stats(expected="q", conf_int=True, credibility=True)
        .data
    )
    compared = 0
    for row in theirs.iter_rows(named=True):
        mine = found[row["product"], row["pol_yr"]]
        assert mine["actual_count"] == row["n_claims"]
        for name, value in (
            ("rate_count", row["q_obs"]),
            ("actual_to_expected_count", row["ae_q"]),
            ("credibility_count", row["credibility"]),
            ("credible_rate_count", row["adj_q"]),
        ):
            assert mine[name] == pytest.approx(value, rel=1e-6, abs=2e-6), (name, row)
        if row["n_claims"] >= 30:
            compared += 1
            width = row["q_obs_upper"] - row["q_obs_lower"]
            assert mine["rate_count_lower"] == pytest.approx(row["q_obs_lower"], abs=0.12 * width)
            assert mine["rate_count_upper"] == pytest.approx(row["q_obs_upper"], abs=0.12 * width)
    assert compared > 20


@pytest.mark.parametrize(("exposed", "truth"), [(50, 0.05), (200, 0.02), (2000, 0.003)])
def test_the_interval_covers_what_it_promises(study: tuple[Connection, Any], exposed: int, truth: float) -> None:
    """Exact coverage over all outcomes of a binomial is near 95 percent, for small numbers as well."""
    from scipy.stats import binom

    cells = (
        f"(select n as actual_count, {exposed}::numeric as exposure_count, 0::numeric as actual_amount,"
        " 0::numeric as exposure_amount, 1 as weight_rows, 0::numeric as weight_sum, 0::numeric as weight_square_sum,"
        f" 1.959963984540054 as confidence_z, 0.05 as credibility_error from generate_series(0, {exposed}) as n)"
    )
    rates = census.macros("exposure", "experience").decrement_rates(cells)
    rows = study[0].execute(f"select actual_count, rate_count_lower, rate_count_upper from ({rates}) as rated".encode())
    covered = sum(binom.pmf(n, exposed, truth) for n, lower, upper in rows if lower <= truth <= upper)
    assert 0.92 < covered < 0.99


def _with_expected(package: Any) -> Any:
    import polars

    package.data = package.data.with_columns(q=polars.lit(0.03))
    return package
