"""The table of `ck status`."""

from __future__ import annotations

from rich.table import Table

from customer_knowledge.errors import ServerError
from customer_knowledge.profile import available, load
from customer_knowledge.runtime import airflow, airflow_home
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions, server
from customer_knowledge.warehouse.connections import warehouse


def _shown(insurer: str) -> str:
    try:
        with warehouse(load(insurer)) as connection:
            edition = editions.published(connection)
    except ServerError:
        return "no warehouse yet"
    return f"edition {edition.edition_id} of {edition.as_of_date}" if edition else "nothing published yet"


def table() -> Table:
    """What runs, and what each insurer's readers see."""
    at = settings()
    running = server.status(at)
    found = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    found.add_row("PostgreSQL", f"{running.host}:{running.port}" if running else "stopped (`ck up` starts it)")
    for insurer in available():
        if running:
            found.add_row(f"readers of {insurer}", _shown(insurer))
        if not (at.data_dir / "airflow" / insurer).is_dir():
            continue
        states = airflow.status(at, insurer)
        alive = [name for name, is_alive in states.items() if is_alive]
        url = airflow_home.locate(at, insurer).url
        found.add_row(f"Airflow of {insurer}", f"{url} ({', '.join(alive)})" if alive else "stopped")
    return found
