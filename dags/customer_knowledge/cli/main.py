"""Commands of `ck`. Each is a few lines over the library; errors are shown with what to do, not as tracebacks."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from customer_knowledge.cli import core, docs, edition, features, gate, identity, models, persistency, simulate
from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.profile import available
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import places, server
from customer_knowledge.warehouse.connections import PIPELINE, dsn

app = typer.Typer(
    name="ck",
    help="Customer Knowledge: one checked, reproducible edition a day of what is known about every customer."
    "\n\nBegin with [bold]ck demo[/]; then [bold]ck psql[/] and [bold]ck edition list[/].",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(core.app, name="core")
app.add_typer(docs.app, name="docs")
app.add_typer(edition.app, name="edition")
app.add_typer(features.app, name="features")
app.add_typer(gate.app, name="gate")
app.add_typer(identity.app, name="identity")
app.add_typer(models.app, name="models")
app.add_typer(persistency.app, name="persistency")
app.add_typer(simulate.app, name="simulate")


@app.command()
@guarded
def up(insurer: Insurer = None) -> None:
    """Start PostgreSQL and Airflow and prepare the insurer's warehouse. Doing it twice does no harm."""
    from customer_knowledge.runtime import demo

    demo.bring_up(run_profile(insurer), console)


@app.command()
@guarded
def down(
    remove_data: Annotated[
        bool, typer.Option("--remove-data", help="and delete databases, passwords, runs and deliveries; no way back")
    ] = False,
) -> None:
    """Stop Airflow and PostgreSQL. Nothing is lost; `ck up` brings them back."""
    from customer_knowledge.runtime import demo

    stopped = demo.stop_airflows()
    postgres = server.stop(settings())
    what = [f"Airflow ({name})" for name in stopped] + (["PostgreSQL"] if postgres else [])
    console.print(f"stopped: {', '.join(what)}" if what else "nothing was running")
    if remove_data:
        demo.remove_data()
        console.print(f"removed what stood in {settings().data_dir}", highlight=False)


@app.command()
@guarded
def status() -> None:
    """What runs, and what each insurer's readers see."""
    from customer_knowledge.cli.status import table

    console.print(table())


@app.command(name="dsn")
@guarded
def print_dsn(
    insurer: Insurer = None,
    role: Annotated[str, typer.Option(help="ck_pipeline, or bi for the read-only one")] = PIPELINE,
) -> None:
    """Print the libpq address of the warehouse, password included, so that anything else can connect.

    Example: psql "$(ck dsn --role bi)"
    """
    print(dsn(settings(), run_profile(insurer).database, role))  # noqa: T201 — for other programs to read


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@guarded
def psql(
    context: typer.Context,
    insurer: Insurer = None,
    role: Annotated[str, typer.Option(help="who to log in as: bi sees marts and nothing else")] = "bi",
) -> None:
    """Open a SQL prompt on the warehouse, as the read-only role unless told otherwise.

    Example: ck psql -c "select * from marts.edition"
    """
    address = dsn(settings(), run_profile(insurer).database, role)
    program = places.binaries() / "psql"
    # The address goes by environment: a command line can be read by everybody on the machine.
    parts = _libpq_environment(address)
    os.execve(program, [str(program), *context.args], os.environ | parts)  # noqa: S606


def _libpq_environment(address: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    found = conninfo_to_dict(address)
    return {names[key]: str(value) for key, value in found.items() if key in names} | {"PGCLIENTENCODING": "UTF8"}


@app.command()
@guarded
def demo(
    source: Annotated[str, typer.Option(help="the insurer to show: " + ", ".join(available()))] = "sample",
    data: Annotated[Path | None, typer.Option(help="the file to deliver, for an insurer that reads files")] = None,
) -> None:
    """Set everything up, take one business date from source to published edition, and sum it up.

    The first time makes the insurer; each time after lets a business day pass.
    """
    from customer_knowledge.runtime import demo as demonstration

    demonstration.run(console, source, data)


@app.command()
@guarded
def run(
    insurer: Insurer = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="business date; default: the source's")
    ] = None,
    force: Annotated[bool, typer.Option(help="make another edition even if the same one is published")] = False,
    reread: Annotated[
        bool,
        typer.Option(
            "--reread", help="read the date's databases again, though they landed; a file, when its bytes are others"
        ),
    ] = False,
) -> None:
    """Run a business date through Airflow, or go on with one that was cut short.

    A date that a gate has blocked is read again by itself, as long as its sources stand at that day.

    Example: ck run --date 2026-06-30 --force
    """
    from customer_knowledge.cli.days import business_date
    from customer_knowledge.runtime import day as days
    from customer_knowledge.runtime import demo as demonstration
    from customer_knowledge.runtime import summary
    from customer_knowledge.runtime.progress import DayProgress

    profile = run_profile(insurer)
    demonstration.bring_up(profile, console)
    as_of_date = day.date() if day else business_date(profile)
    with DayProgress(console) as progress:
        outcome = days.run_day(profile, as_of_date, force=force, reread=reread, on_progress=progress)
    summary.show(console, profile, outcome)
