"""`ck edition`: which editions there are, what one is made of, and going back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.warehouse import edition_events, editions
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.edition_events import Happened

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
        withdrawn = {e.edition_id: e.reason for e in edition_events.events(connection) if e.event == "withdrawn"}
    table = Table("", "edition", "as of", "attempt", "state", "content", "finished", "message", box=None)
    for e in found:
        mark = "→" if shown and e.edition_id == shown.edition_id else ""
        finished = f"{e.finished_at:%Y-%m-%d %H:%M:%S}" if e.finished_at else ""
        state = f"[{COLORS[e.state]}]{e.state}[/]"
        hashed = (e.content_hash or "")[:12]
        message = _head(withdrawn.get(e.edition_id, e.message)) if e.state != "published" else ""
        table.add_row(mark, str(e.edition_id), str(e.as_of_date), str(e.attempt), state, hashed, finished, message)
    console.print(table if found else "no editions yet; `ck run` makes one")


@app.command()
@guarded
def show(edition_id: Annotated[int, typer.Argument(help="number of the edition")], insurer: Insurer = None) -> None:
    """One edition in full: state, hashes, what happened to it, batches, and why it was blocked if it was."""
    with warehouse(run_profile(insurer)) as connection:
        edition = editions.show(connection, edition_id)
        happened = edition_events.events(connection, edition_id)
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
    console.print(_events(happened))
    made = Table("system", "table", "batches", "newest", box=None, title="made of", title_justify="left")
    for row in batches:
        made.add_row(*map(str, row))
    console.print(made)


def _events(happened: list[Happened]) -> Table:
    table = Table("edition", "event", "at", "by", "reason", box=None, title="what happened", title_justify="left")
    for e in happened:
        table.add_row(str(e.edition_id), e.event, f"{e.at:%Y-%m-%d %H:%M:%S}", e.by, _head(e.reason))
    return table


@app.command()
@guarded
def events(insurer: Insurer = None) -> None:
    """What happened to all editions, oldest first: when, by whom and why. Nothing of it is ever changed."""
    with warehouse(run_profile(insurer)) as connection:
        happened = edition_events.events(connection)
    console.print(_events(happened) if happened else "nothing has happened yet; `ck run` makes an edition")


@app.command()
@guarded
def rollback(
    edition_id: Annotated[int | None, typer.Argument(help="the edition to show again; default: the one before")] = None,
    reason: Annotated[str | None, typer.Option(help="why, in words; kept with what happened")] = None,
    by: Annotated[str | None, typer.Option(help="who goes back; default: the user's name")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    insurer: Insurer = None,
) -> None:
    """Show an earlier published edition again; the present one is withdrawn. Takes a moment, loses nothing.

    Example: ck edition rollback 7 --reason "premiums of June are doubled"
    """
    profile = run_profile(insurer)
    with warehouse(profile) as connection:
        now, older = editions.way_back(connection, edition_id)
    if edition_id is None and not yes:
        console.print(
            f"Readers see edition {now.edition_id} of {now.as_of_date}. They will see edition {older.edition_id} of"
            f" {older.as_of_date}, and edition {now.edition_id} will be withdrawn for good."
        )
        typer.confirm("Go back?", abort=True)
    with warehouse(profile) as connection:
        editions.rollback(connection, older.edition_id, instead_of=now.edition_id, reason=reason, by=by)
    console.print(
        f"readers see edition {older.edition_id} of {older.as_of_date} again;"
        f" the next `ck run` of a date after {older.as_of_date} publishes over it"
    )
