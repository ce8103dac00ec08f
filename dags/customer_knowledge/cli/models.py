"""`ck models`: what was trained, how good it is, where its card stands, what drifts."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import warehouse

app = typer.Typer(help="Models: runs, their cards, drift.", no_args_is_help=True)
RUNS = (
    "select model_run_id, model_name, as_of_date, coalesce(metrics ->> 'grade', '-'), is_champion, is_published,"
    " artefact_path from ml.model_run order by model_run_id desc"
)
DRIFT = (
    "select model_name, feature, psi, state from ml.model_drift"
    " where as_of_date = (select max(as_of_date) from ml.model_drift) order by psi desc, feature"
)


@app.command(name="list")
@guarded
def list_(insurer: Insurer = None) -> None:
    """All runs, newest first; * is the champion. Each has a card: one HTML page that loads nothing from elsewhere."""
    profile = run_profile(insurer)
    folder = settings().data_dir / "runs" / profile.insurer / "models"
    with warehouse(profile) as connection:
        for run, model, day, grade, champion, published, artefact in connection.execute(RUNS.encode()).fetchall():
            page = folder / Path(str(artefact)).with_suffix(".html")
            told = f"{run:>5} {'*' if champion else ' '} {model:<13} {day}  grade {grade}"
            console.print(told, "" if published else "kept back", page, soft_wrap=True)


@app.command()
@guarded
def drift(insurer: Insurer = None) -> None:
    """Stability index of each feature of the last scores against training: watch from 0.1, drifted from 0.25."""
    table = Table("model", "feature", "psi", "state", box=None)
    with warehouse(run_profile(insurer)) as connection:
        for model, feature, psi, state in connection.execute(DRIFT.encode()).fetchall():
            table.add_row(model, feature, f"{psi:.3f}", state)
    console.print(table)
