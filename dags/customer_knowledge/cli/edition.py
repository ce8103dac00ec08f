"""`ck edition`: which editions there are, what one is made of, and going back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse

app = typer.Typer(help="Editions: list them, look into one, go back to an earlier one.", no_args_is_help=True)
COLORS = {"published": "green", "blocked": "red", "building": "yellow", "withdrawn": "dim"}


def _head(message: str | None) -> str:
    """The first line of what is said of an edition; nothing is said of one that is being built."""
    return next(iter((message or "").splitlines()), "")[:70]


@app.command(name="list")
@guarded
def list_(insurer: Insurer = None) -> None:
    """All editions, newest first; the arrow marks what readers see."""
    with warehouse(run_profile(insurer)) as connection:
        found, shown = editions.list_editions(connection), editions.published(connection)
    table = Table("", "edition", "as of", "attempt", "state", "content", "finished", "message", box=None)
    for e in found:
        mark = "→" if shown and e.edition_id == shown.edition_id else ""
        finished = f"{e.finished_at:%Y-%m-%d %H:%M:%S}" if e.finished_at else ""
        state = f"[{COLORS[e.state]}]{e.state}[/]"
        hashed = (e.content_hash or "")[:12]
        message = _head(e.message) if e.state != "published" else ""
        table.add_row(mark, str(e.edition_id), str(e.as_of_date), str(e.attempt), state, hashed, finished, message)
    console.print(table if found else "no editions yet; `ck run` makes one")


@app.command()
@guarded
def show(edition_id: Annotated[int, typer.Argument(help="number of the edition")], insurer: Insurer = None) -> None:
    """One edition in full: state, hashes, batches, and why it was blocked if it was."""
    with warehouse(run_profile(insurer)) as connection:
        edition = editions.show(connection, edition_id)
        batches = connection.execute(
            "select source_system, source_table, count(*), max(batch_id) from ops.edition_batch"
            " join ops.batch using (batch_id) where edition_id = %s group by 1, 2 order by 1, 2",
            (edition_id,),
        ).fetchall()
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in vars(edition).items():
        if value is not None:
            table.add_row(name, str(value))
    console.print(table)
    made = Table("system", "table", "batches", "newest", box=None, title="made of", title_justify="left")
    for row in batches:
        made.add_row(*map(str, row))
    console.print(made)


@app.command()
@guarded
def rollback(
    edition_id: Annotated[int | None, typer.Argument(help="the edition to show again; default: the one before")] = None,
    insurer: Insurer = None,
) -> None:
    """Show an earlier published edition again; the present one is withdrawn. Takes a moment, loses nothing."""
    with warehouse(run_profile(insurer)) as connection:
        edition = editions.rollback(connection, edition_id)
    console.print(f"readers see edition {edition.edition_id} of {edition.as_of_date} again")
