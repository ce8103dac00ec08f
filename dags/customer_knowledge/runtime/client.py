"""Airflow's REST API, the little of it that driving a day needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from customer_knowledge.errors import ServerError
from customer_knowledge.runtime.airflow_home import USER, AirflowHome
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import server
from customer_knowledge.warehouse.scrub import scrubbed

# Errors of ours say all there is to say; of others the log tells more.
OURS = ("GateClosed", "SourceError", "ConfigurationError", "ServerError", "PublishRefused", "ModelRefused", "DbtFailed")
FINISHED = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True)
class Run:
    """A DAG run."""

    dag_id: str
    run_id: str
    state: str


@dataclass(frozen=True)
class TaskState:
    """A task of a run."""

    dag_id: str
    run_id: str
    task_id: str
    state: str | None
    seconds: float | None
    try_number: int


class AirflowClient:
    """A logged-in client; tokens are fetched anew when they expire."""

    def __init__(self, home: AirflowHome) -> None:
        self._http = httpx.Client(base_url=home.url, timeout=30, trust_env=False)

    def __enter__(self) -> AirflowClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _login(self) -> None:
        body = {"username": USER, "password": server.secret(settings(), "airflow_login")}
        answer = self._send("POST", "/auth/token", json=body)
        if answer.status_code != httpx.codes.CREATED:
            raise ServerError(f"Airflow refused our login ({answer.status_code})", hint="`ck down`, then `ck up`")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        for attempt in (1, 2):
            if "Authorization" not in self._http.headers:
                self._login()
            answer = self._send(method, f"/api/v2{path}", **arguments)
            if answer.status_code == httpx.codes.UNAUTHORIZED and attempt == 1:
                del self._http.headers["Authorization"]
                continue
            if answer.is_error:
                raise ServerError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:300]}")
            return answer.json() if answer.content else None
        return None

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise ServerError(
                f"Airflow does not answer ({type(error).__name__})", hint="`ck status`, then `ck run` goes on"
            ) from None

    def dag_ids(self) -> set[str]:
        """The DAGs that are parsed and active."""
        return {d["dag_id"] for d in self._call("GET", "/dags", params={"limit": 100})["dags"]}

    def import_errors(self) -> list[str]:
        """What stands between a DAG file and its DAG."""
        found = self._call("GET", "/importErrors")["import_errors"]
        return [f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}" for e in found]

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool unless it is there."""
        pools = self._call("GET", "/pools", params={"limit": 100})["pools"]
        if name not in {pool["name"] for pool in pools}:
            self._call("POST", "/pools", json={"name": name, "slots": slots, "description": description})

    def trigger(self, dag_id: str, partition_key: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run for a partition and give its id."""
        body = {"logical_date": None, "partition_key": partition_key, "conf": conf or {}}
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs(self, partition_key: str) -> list[Run]:
        """The runs of all DAGs for a partition, oldest first."""
        # The server looks for the key anywhere in a run's key and knows wild cards: it narrows, we decide.
        parameters = {"limit": 100, "order_by": "-id", "partition_key_pattern": partition_key}
        found = self._call("GET", "/dags/~/dagRuns", params=parameters)["dag_runs"]
        return [
            Run(r["dag_id"], r["dag_run_id"], r["state"])
            for r in reversed(found)
            if r["partition_key"] == partition_key
        ]

    def tasks(self, run: Run) -> list[TaskState]:
        """The tasks of a run and how they stand."""
        path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        return [
            TaskState(run.dag_id, run.run_id, t["task_id"], t["state"], t["duration"], t["try_number"])
            for t in self._call("GET", path)["task_instances"]
        ]

    def failure(self, task: TaskState) -> str:
        """What a failed task's exception said; without one, the last lines that the task wrote."""
        entries = self._log(task)
        causes = [c for e in entries if isinstance(e, dict) for c in e.get("error_detail") or []]
        if causes:
            said = "\n".join(scrubbed(str(causes[0]["exc_value"]).splitlines()))
            ours = said and causes[0]["exc_type"] in OURS
            return said if ours else f"{causes[0]['exc_type']}: {said}\n{self._tail(entries)}"
        return "it ended without an exception; it wrote last:\n" + self._tail(entries)

    def log_tail(self, task: TaskState) -> str:
        """The last lines that a task wrote."""
        return self._tail(self._log(task))

    def _log(self, task: TaskState) -> list[Any]:
        path = f"/dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/logs/{task.try_number}"
        try:
            content: list[Any] = self._call("GET", path, headers={"Accept": "application/json"})["content"]
        except (ServerError, KeyError):
            return []
        return content

    @staticmethod
    def _tail(entries: list[Any], lines: int = 25) -> str:
        said = scrubbed(line for entry in entries for line in _said(entry))
        return "\n".join(list(said)[-lines:]) or "(no log)"


def _said(entry: Any) -> list[str]:
    """A log entry as lines: the event, and the exception's type and words where there is one."""
    if isinstance(entry, str):
        return [entry]
    causes = [f"  {c['exc_type']}: {c['exc_value']}" for c in entry.get("error_detail") or []]
    return [f"{entry.get('level') or ''}: {entry.get('event', '')}", *causes]
