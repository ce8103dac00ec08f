"""`ck simulate`: the sample insurer's sources."""

from __future__ import annotations

from typing import Annotated

import typer

from customer_knowledge.cli.common import console, guarded, run_profile
from customer_knowledge.settings import SMALLEST, settings
from customer_knowledge.warehouse import schemas, server

app = typer.Typer(help="The sample insurer: make its sources, let a business day pass.", no_args_is_help=True)


@app.command()
@guarded
def create(
    customers: Annotated[int | None, typer.Option(min=SMALLEST, help="how many; default: CK_CUSTOMERS")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="same seed, same insurer")] = None,
) -> None:
    """Make policy administration and CRM anew, with years of history and known dirt."""
    from customer_knowledge.sample_insurer import simulate

    at, profile = settings(), run_profile("sample")
    server.start(at)
    schemas.prepare_sources()
    simulate.create(
        at.customers if customers is None else customers, at.seed if seed is None else seed, profile.first_as_of_date
    )
    console.print(f"the sample insurer stands at {profile.first_as_of_date}")


@app.command()
@guarded
def advance(days: Annotated[int, typer.Option(min=1, help="how many business days")] = 1) -> None:
    """Let business days pass in the sources: new policies, payments, lapses, deletions, a little dirt."""
    from customer_knowledge.sample_insurer import advance as advancing

    server.start(settings())
    for _ in range(days):
        console.print(f"the sources stand at {advancing.advance_day(settings().seed)}")
