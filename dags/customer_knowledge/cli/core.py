"""`ck core`: what core holds, how it was built last, and having it built whole the next time."""

from __future__ import annotations

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.warehouse import core_state
from customer_knowledge.warehouse.connections import warehouse

app = typer.Typer(help="Core: which edition its tables hold; have it built whole.", no_args_is_help=True)


@app.command()
@guarded
def show(insurer: Insurer = None) -> None:
    """Which edition core holds, and whether it was built whole or from what changed, and why."""
    with warehouse(run_profile(insurer)) as connection:
        state = core_state.read(connection)
    if state is None:
        console.print("core is built whole the next time")
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in vars(state).items():
        table.add_row(name, str(value))
    console.print(table)


@app.command()
@guarded
def forget(insurer: Insurer = None) -> None:
    """Have the next build make everything anew, e.g. when somebody has written to core by hand."""
    with warehouse(run_profile(insurer)) as connection:
        core_state.forget(connection)
    console.print("core is built whole the next time; `ck run --force` builds now")
