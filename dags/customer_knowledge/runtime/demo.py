"""`make demo`: a server, an insurer, a day; the second time the next day."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from rich.console import Console

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Profile, load
from customer_knowledge.runtime import airflow, day, handover, summary
from customer_knowledge.runtime.airflow_home import AirflowHome
from customer_knowledge.runtime.progress import DayProgress
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions, schemas, server
from customer_knowledge.warehouse.connections import warehouse

OURS = ("airflow", "drops", "runs", "secrets", "postgresql", "server.lock", "SERVER_IS_ELSEWHERE.txt")


def use_insurer(insurer: str) -> Profile:
    """Make an insurer the one in force in this process and in what it starts.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profile = load(insurer)
    os.environ["CK_INSURER"] = insurer
    settings.cache_clear()
    return profile


def start_postgres(profile: Profile, console: Console) -> None:
    """Start the embedded server, unless everything has a server of its own, and prepare the warehouse."""
    at = settings()
    with console.status("preparing PostgreSQL"):
        if at.warehouse_dsn is None or at.airflow_dsn is None:
            server.start(at)
        schemas.prepare(profile)


def bring_up(profile: Profile, console: Console) -> None:
    """Start PostgreSQL, prepare the warehouse, and start the insurer's Airflow (others' are stopped)."""
    start_postgres(profile, console)
    with console.status("starting Airflow"):
        home = _start_airflow(profile)
    console.print(f"Airflow is ready at {home.url}", highlight=False)


def _start_airflow(profile: Profile) -> AirflowHome:
    """One insurer's Airflow at a time: more would be too much for a small machine."""
    stop_airflows(except_for=profile.insurer)
    return airflow.start(profile)


def stop_airflows(except_for: str | None = None) -> list[str]:
    """Stop the Airflow of every insurer that has one here; gives those that ran."""
    homes = settings().data_dir / "airflow"
    names = [p.name for p in homes.iterdir()] if homes.is_dir() else []
    return [name for name in names if name != except_for and airflow.stop(settings(), name)]


def remove_data() -> None:
    """Stop everything and remove what we made in the data folder, and nothing else that may be there."""
    at = settings()
    stop_airflows()
    server.remove(at)
    for name in OURS:
        path = at.data_dir / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def run(console: Console, insurer: str, data: Path | None) -> None:
    """Set everything up, take one business date to publication and print the summary.

    Raises:
        ConfigurationError: the insurer reads files and none was given.
        DayFailed: the day did not reach publication.
    """
    profile = use_insurer(insurer)
    start_postgres(profile, console)
    is_fixed = profile.calendar == "fixed"
    if is_fixed:
        _take_delivery(profile, data, console)
    # Airflow takes half a minute to start: the sources get ready meanwhile.
    with ThreadPoolExecutor(max_workers=1) as beside:
        starting = beside.submit(_start_airflow, profile)
        as_of_date = profile.first_as_of_date if is_fixed else _sample_day(profile, console)
        with console.status("starting Airflow"):
            home = starting.result()
    console.print(f"Airflow is ready at {home.url}", highlight=False)
    console.print(f"Business date {as_of_date}", highlight=False)
    with DayProgress(console) as progress:
        outcome = day.run_day(profile, as_of_date, on_progress=progress)
    summary.show(console, profile, outcome)


def _sample_day(profile: Profile, console: Console) -> date:
    """The sample insurer's business date: made on first use, moved on once the day before is published."""
    from customer_knowledge.sample_insurer import advance, simulate

    at = settings()
    schemas.prepare_sources()
    today = advance.current_day()
    if today is None:
        with console.status(f"simulating an insurer with {at.customers:,} customers"):
            simulate.create(at.customers, at.seed, profile.first_as_of_date)
        return profile.first_as_of_date
    with warehouse(profile) as connection:
        newest = editions.latest(connection, today)
    if newest is None or newest.state not in ("published", "withdrawn"):
        console.print(f"{today} is not published yet: going on with it", highlight=False)
        return today
    with console.status("letting a business day pass"):
        return advance.advance_day(at.seed, handover.worklist(profile, today))


def _take_delivery(profile: Profile, data: Path | None, console: Console) -> None:
    """Copy the given file into the drop folder, alone; without one, what lies there is read."""
    folder = settings().drops_dir
    folder.mkdir(parents=True, exist_ok=True)
    if data is None:
        if not any(folder.iterdir()):
            raise ConfigurationError(
                f"{profile.label_en} reads a file, and none was given",
                hint=f"make demo SOURCE={profile.insurer} DATA=path/to/file.csv",
            )
        return
    if not data.is_file():
        raise ConfigurationError(f"there is no file {data}", hint="give its path with DATA=…")
    if data.resolve().parent == folder.resolve():
        return
    if settings().drop_dir is not None:
        raise ConfigurationError(
            f"the drop folder {folder} is yours (CK_DROP_DIR); nothing is copied into it or removed from it",
            hint="put the file there yourself and leave out DATA",
        )
    _deliver(data, folder)
    console.print(f"{data.name} delivered to the drop folder", highlight=False)


def _deliver(data: Path, folder: Path) -> None:
    """Put one file into our own drop folder, whole, and clear away what was delivered before."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.copyfile(data, unfinished)
    for old in folder.iterdir():
        if old.is_symlink() or not old.is_dir():
            old.unlink()
    unfinished.replace(folder / data.name)
