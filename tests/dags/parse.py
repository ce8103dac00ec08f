"""Parse every DAG file as Airflow's processor does, in a process of its own, and tell what was seen as JSON.

Run as `python -m tests.dags.parse <dags folder>`. Nothing may be connected to while it runs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CONNECTED: list[str] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        CONNECTED.append(f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}")


def _names(condition: Any) -> list[str]:
    """Names of the assets that a condition is made of."""
    parts = getattr(condition, "objects", None)
    return [condition.name] if parts is None else [name for part in parts for name in _names(part)]


def _task(task: Any) -> dict[str, Any]:
    from customer_knowledge.errors import GateClosed, ServerError

    decide = task.retry_policy.evaluate
    return {
        "owner": task.owner,
        "retries": task.retries,
        "retry_seconds": task.retry_delay.total_seconds(),
        "pool": task.pool,
        "outlets": [outlet.name for outlet in task.outlets],
        "after_closed_gate": decide(GateClosed("closed"), 1, task.retries).action.value,
        "after_lost_server": decide(ServerError("lost"), 1, task.retries).action.value,
    }


def _dag(dag: Any) -> dict[str, Any]:
    timetable = dag.timetable
    condition = getattr(timetable, "asset_condition", None)
    return {
        "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "doc": dag.doc_md or "",
        "timetable": type(timetable).__name__,
        "waits_for": sorted(_names(condition)) if condition else [],
        "tasks": {task.task_id: _task(task) for task in dag.tasks},
        "order": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
    }


def main(folder: Path) -> dict[str, Any]:
    """Parse all; gives DAGs by id, errors by file, and what parsing imported and connected to."""
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    sys.addaudithook(_audit)
    bag = DagBag(dag_folder=folder)
    return {
        "dags": {dag_id: _dag(dag) | {"file": Path(dag.fileloc).name} for dag_id, dag in bag.dags.items()},
        "errors": bag.import_errors,
        "imported": sorted(set(sys.modules) - before),
        "connected": CONNECTED,
    }


if __name__ == "__main__":
    seen = main(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(seen), encoding="utf-8")
