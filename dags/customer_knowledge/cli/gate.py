"""`ck gate`: what the gates asked and found, without a single value."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from customer_knowledge.cli.common import Insurer, console, guarded, run_profile
from customer_knowledge.errors import ConfigurationError
from customer_knowledge.warehouse.connections import warehouse

app = typer.Typer(help="Gates: what was asked of the data, and what was found.", no_args_is_help=True)
LAST = """
select distinct on (gate) run_id, gate, as_of_date, state, message, finished_at
from quality.check_run order by gate, run_id desc
"""
RESULTS = """
select severity, asset, sentence_en, sentence_zh, evaluated, failed, status, (
    select string_agg(key_hash, ', ' order by key_hash) from quality.failing_key k
    where (k.run_id, k.check_id, k.asset) = (r.run_id, r.check_id, r.asset) and asset = 'ledger'
) from quality.check_result r
where run_id = %s order by (status in ('failed', 'errored')) desc, asset, check_id
"""
MARKS = {"passed": "[green]passed[/]", "failed": "[red]failed[/]", "errored": "[red]errored[/]"}


@app.command(name="list")
@guarded
def list_(insurer: Insurer = None) -> None:
    """The last run of every gate."""
    with warehouse(run_profile(insurer)) as connection:
        rows = connection.execute(LAST.encode()).fetchall()
    table = Table("gate", "as of", "state", "message", box=None)
    for _, gate, day, state, message, _ in rows:
        table.add_row(gate, str(day), MARKS.get(state, f"[red]{state}[/]"), message.splitlines()[0][:90])
    console.print(table if rows else "no gate has run yet")


@app.command()
@guarded
def show(
    gate: Annotated[str | None, typer.Argument(help="a gate of `ck gate list`; default: all")] = None,
    all_rules: Annotated[bool, typer.Option("--all", help="rules without findings too")] = False,
    insurer: Insurer = None,
) -> None:
    """What each rule of the last runs asked, of how many rows, and how many failed."""
    with warehouse(run_profile(insurer)) as connection:
        found = connection.execute(LAST.encode()).fetchall()
        names = [name for _, name, *_ in found]
        if gate is not None and gate not in names:
            raise ConfigurationError(
                f"no such gate: {gate!r}", hint=f"gates that have run: {', '.join(names) or 'none'}"
            )
        if not found:
            console.print("no gate has run yet")
        for run_id, name, day, state, message, _ in found:
            if gate not in (None, name):
                continue
            console.print(f"[bold]{name}[/] {day}: {MARKS.get(state, f'[red]{state}[/]')} — {message}")
            table = Table("severity", "table", "rule", "rows", "failed", "", box=None)
            for severity, asset, en, zh, evaluated, failed, status, names in connection.execute(RESULTS, (run_id,)):
                if failed or all_rules or status == "errored":
                    mark = MARKS.get(status, status)
                    which = f" ({names})" if names else ""
                    table.add_row(severity, asset, f"{en} {zh}{which}", f"{evaluated:,}", f"{failed:,}", mark)
            console.print(table if table.row_count else "  no findings", "")
