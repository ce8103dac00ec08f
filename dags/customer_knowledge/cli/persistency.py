"""`ck persistency`: which definitions there are, and why two of them give different figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.errors import ConfigurationError
from customer_knowledge.warehouse.connections import Connection, warehouse

app = typer.Typer(help="Persistency: its definitions, and what makes two of them differ.", no_args_is_help=True)
DEFINITIONS = (
    "select definition_id, basis, method, exclusions, label_en, label_zh from core.persistency_definition order by 1"
)
# The edition whose rows stand in core: the newest one built.
AS_OF = "select as_of_date from ops.edition order by edition_id desc limit 1"
PAIRS = """
    from core.persistency_difference as d
    join core.dim_policy as p on p.policy_key = d.policy_key
    join core.dim_product as r on r.product_key = p.product_key
    where d.definition_a = %(a)s and d.definition_b = %(b)s and d.shown_from <= %(as_of)s
        and (%(product)s::text is null or r.product_code = %(product)s)
        and (%(month)s::date is null or d.cohort_month = %(month)s)
"""
SUMS = (
    "select coalesce(difference, 'same'), count(*), sum(kept_amount_a), sum(base_amount_a), sum(kept_amount_b),"
    " sum(base_amount_b)" + PAIRS + " group by 1 order by 1"
)
POLICIES = (
    "select p.policy_number, r.product_code, d.cohort_month, d.difference, d.kept_amount_a, d.base_amount_a,"
    " d.kept_amount_b, d.base_amount_b"
    + PAIRS
    + " and d.difference is not null order by d.difference, 1 limit %(limit)s"
)


@app.command(name="list")
@guarded
def list_(insurer: Insurer = None) -> None:
    """The definitions in force."""
    table = Table("definition", "basis", "method", "exclusions", "", "", box=None)
    with warehouse(run_profile(insurer)) as connection:
        for row in connection.execute(DEFINITIONS.encode()).fetchall():
            table.add_row(*(str(value or "").replace(";", ", ") for value in row))
    console.print(table)


@app.command()
@guarded
def explain(
    a: Annotated[str, typer.Argument(help="a definition of `ck persistency list`")],
    b: Annotated[str, typer.Argument(help="another one")],
    product: Annotated[str | None, typer.Option(help="product code; default: all")] = None,
    month: Annotated[str | None, typer.Option(help="cohort month, YYYY-MM; default: all that are shown")] = None,
    policies: Annotated[int, typer.Option(help="list so many of the policies that differ")] = 0,
    insurer: Insurer = None,
) -> None:
    """Why two definitions differ: both figures, what makes the difference, and on demand policy by policy."""
    asked = {"a": a, "b": b, "product": product, "month": _month(month), "limit": policies}
    with warehouse(run_profile(insurer)) as connection:
        asked["as_of"] = _as_of(connection, a, b)
        sums = connection.execute(SUMS.encode(), asked).fetchall()
        listed = connection.execute(POLICIES.encode(), asked).fetchall() if policies else []
    if not sums:
        console.print("no policy is under both definitions there")
        return
    for name, kept, base in ((a, 2, 3), (b, 4, 5)):
        numerator, denominator = sum(row[kept] for row in sums), sum(row[base] for row in sums)
        console.print(f"[bold]{name}[/]: {_ratio(numerator, denominator)} = {numerator:,.2f} / {denominator:,.2f}")
    console.print(_table(("difference", "policies", f"{a} kept", "of", f"{b} kept", "of"), sums))
    if listed:
        headings = ("policy", "product", "month", "difference", f"{a} kept", "of", f"{b} kept", "of")
        console.print(_table(headings, listed))


def _as_of(connection: Connection, *definitions: str) -> date:
    """The date of what stands in core; refuses definitions that are not registered."""
    known = {row[0] for row in connection.execute(DEFINITIONS.encode()).fetchall()}
    row = connection.execute(AS_OF.encode()).fetchone()
    unknown = [name for name in definitions if name not in known]
    if unknown or row is None or len(set(definitions)) < len(definitions):
        raise ConfigurationError(
            f"no such pair of definitions: {', '.join(definitions)}", hint="`ck persistency list` shows those there are"
        )
    return date.fromisoformat(str(row[0]))


def _month(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ConfigurationError("a month is written YYYY-MM", hint="for example 2025-05") from None


def _ratio(numerator: Decimal, denominator: Decimal) -> str:
    return f"{numerator / denominator:.2%}" if denominator else "no base"


def _table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(*headings, box=None)
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int | Decimal) else str(value) for value in row))
    return table
