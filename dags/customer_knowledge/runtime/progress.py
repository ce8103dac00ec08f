"""Live progress of a day: a table that grows on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from customer_knowledge.runtime.day import Step

MARKS = {
    "success": "[green]✔[/]",
    "failed": "[red]✘[/]",
    "skipped": "[dim]–[/]",
    "running": "[yellow]▶[/]",
    "up_for_retry": "[yellow]↻[/]",
    "upstream_failed": "[dim]✘[/]",
}
SHOWN_PLAINLY = ("success", "failed", "up_for_retry")


class DayProgress:
    """Shows which DAG and task is at work and how long each took; use as a context manager and call it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.rows: dict[tuple[str, str], Step] = {}
        self.began: dict[tuple[str, str], float] = {}
        self.live = Live(self, console=console, refresh_per_second=4, transient=False)

    def __enter__(self) -> DayProgress:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def __call__(self, step: Step) -> None:
        """Take note of a task's new state."""
        key = (step.dag_id, step.task_id)
        self.began.setdefault(key, time.monotonic())
        self.rows[key] = step
        if not self.console.is_terminal and step.state in SHOWN_PLAINLY:
            took = f"{step.seconds:6.1f} s" if step.seconds is not None else ""
            self.console.print(f"  {step.state:<12} {step.dag_id}.{step.task_id:<22} {took}", highlight=False)

    def __rich__(self) -> Table:
        table = Table(box=None, padding=(0, 1), show_header=False)
        shown = None
        for (dag_id, task_id), step in self.rows.items():
            seconds = step.seconds
            if step.state == "running":
                seconds = time.monotonic() - self.began[dag_id, task_id]
            table.add_row(
                MARKS.get(step.state, "[dim]·[/]"),
                f"[bold]{dag_id}[/]" if dag_id != shown else "",
                task_id,
                f"{seconds:.1f} s" if seconds is not None else "",
            )
            shown = dag_id
        return table
