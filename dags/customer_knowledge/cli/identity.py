"""`ck identity`: which parties wait for a person's eyes, who a party is, and what people decide."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.identity import decisions
from customer_knowledge.warehouse.connections import warehouse

app = typer.Typer(help="Who is who: doubtful pairs, decisions, and the customer of a party.", no_args_is_help=True)
Party = Annotated[str, typer.Argument(help="a party as system:id, e.g. crm:C10000001, or its key")]
MARKS = {True: "[green]same[/]", False: "[red]other[/]", None: "–"}


class Word(StrEnum):
    """What can be decided."""

    must_link = "must_link"
    cannot_link = "cannot_link"


@app.command()
@guarded
def review(
    limit: Annotated[int, typer.Option(help="how many pairs", min=1)] = 50,
    insurer: Insurer = None,
) -> None:
    """Pairs of the newest edition that something speaks for but nobody joined. No names: `show` has them."""
    with warehouse(run_profile(insurer)) as connection:
        waiting = decisions.queue(connection, limit)
    table = Table("one", "other", "probability", "why", "name", "phone", "birth date", "city", "number", box=None)
    for w in waiting:
        alike = (w.same_name, w.same_phone, w.same_birth_date, w.same_city, w.same_number)
        table.add_row(w.party_a, w.party_b, f"{w.probability:.4f}", w.reason, *(MARKS[mark] for mark in alike))
    console.print(table if waiting else "nothing waits for review")


@app.command()
@guarded
def show(party: Party, insurer: Insurer = None) -> None:
    """All parties of the customer that a party belongs to, with the rule that joined each. Shows personal data."""
    with warehouse(run_profile(insurer)) as connection:
        names, rows = decisions.customer(connection, decisions.party_key(connection, party))
    table = Table(*names, box=None)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table if rows else "no edition has resolved this party yet")


@app.command()
@guarded
def decide(
    decision: Annotated[Word, typer.Argument(help="are the two one customer, or certainly not")],
    one: Party,
    other: Party,
    reason: Annotated[str, typer.Option(help="why, in words; kept with the decision")],
    by: Annotated[str | None, typer.Option(help="who decides; default: the user's name")] = None,
    insurer: Insurer = None,
) -> None:
    """Record what a person decided on two parties. It wins over numbers and model from the next edition on.

    Example: ck identity decide must_link policy_admin:100042 crm:C10000017 --reason "called, same person"
    """
    with warehouse(run_profile(insurer)) as connection:
        pair = [decisions.party_key(connection, named) for named in (one, other)]
        number = decisions.record(connection, decision.value, pair, by or getpass.getuser(), reason)
    console.print(f"decision {number} recorded; `ck run` makes an edition that follows it")
