"""Running dbt as a program: one invocation a layer, credentials by environment, results from artifacts."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import Settings, settings
from customer_knowledge.warehouse import changes, parsed
from customer_knowledge.warehouse.connections import SESSION_OPTIONS, dsn, warehouse
from customer_knowledge.warehouse.scrub import scrubbed

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3600.0
# A big day's temporary rows stay in memory.
OPTIONS = " -c temp_buffers=64MB"
# Where we note the end of a run in the same database, that note is flushed, and with it all that was written before; a
# run that a crash cuts short is made anew. Then no model need wait for the disk.
NOTED_OPTIONS = " -c synchronous_commit=off"
# Statements of a build of changes are many and small: helpers of one would only take the processor from the next.
BY_KEY_OPTIONS = " -c max_parallel_workers_per_gather=0"
_FAILED = ("error", "fail", "runtime error")


class DbtFailed(CustomerKnowledgeError):
    """dbt could not build or test what was asked; the message names the nodes."""


@dataclass(frozen=True)
class NodeResult:
    """How one model, seed or test ended; `rows` as PostgreSQL counted them, `failures` of a test."""

    name: str
    status: str
    seconds: float
    failures: int | None
    rows: int | None = None


@dataclass(frozen=True)
class DbtResult:
    """What one invocation did, and where its artifacts are."""

    nodes: tuple[NodeResult, ...]
    target: Path

    @property
    def manifest_path(self) -> Path:
        """The manifest written by this invocation."""
        return self.target / "manifest.json"

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes that ended badly."""
        return tuple(n for n in self.nodes if n.status in _FAILED)


def variables(profile: Profile, edition_id: int, as_of_date: date) -> dict[str, Any]:
    """What dbt is told about the insurer and the day."""
    return {
        "insurer": profile.insurer,
        "systems": list(profile.systems),
        "edition_id": edition_id,
        "as_of_date": as_of_date.isoformat(),
        "unit_at_risk": profile.unit_at_risk,
        "horizon": profile.horizon,
        "grace_days": profile.grace_days,
        "customer_identity": profile.customer_identity,
        "currency": profile.currency,
        "time_zone": profile.time_zone,
        "changed_roots": changes.roots(profile),
    }


def _environment(at: Settings, profile: Profile, *, by_key: bool, is_noted: bool) -> dict[str, str]:
    """What dbt's process is told; `by_key`: it builds what changed, one model more at a time; `is_noted`: see `run`."""
    options = SESSION_OPTIONS + OPTIONS + (BY_KEY_OPTIONS if by_key else "") + (NOTED_OPTIONS if is_noted else "")
    parts = conninfo_to_dict(dsn(at, profile.database))
    found = os.environ | {
        "CK_DBT_HOST": str(parts.get("host") or "127.0.0.1"),
        "CK_DBT_PORT": str(parts.get("port") or 5432),
        "CK_DBT_USER": str(parts.get("user") or ""),
        "CK_DBT_PASSWORD": str(parts.get("password") or ""),
        "CK_DBT_DATABASE": profile.database,
        "CK_DBT_THREADS": str(at.dbt_threads + by_key),
        "DBT_PROFILES_DIR": str(at.dbt_dir),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        # dbt's connections speak of dates and numbers as ours do, whatever the server's defaults.
        "PGOPTIONS": options,
    }
    return found | ({"PGSSLMODE": str(parts["sslmode"])} if "sslmode" in parts else {})


def run(
    command: str,
    profile: Profile,
    *,
    edition_id: int,
    as_of_date: date,
    select: str,
    target_name: str,
    exclude: str = "",
    more_variables: dict[str, Any] | None = None,
    full_refresh: bool = False,
    is_noted: bool = False,
) -> DbtResult:
    """Run `dbt <command> --select <select>` on an insurer's warehouse; one at a time a warehouse.

    Args:
        command: `build`, `run`, `test`, `seed` or `docs generate`.
        select: dbt's selection, e.g. `"staging input_layer"`; empty = everything.
        target_name: folder for artifacts under the insurer's runs.
        exclude: dbt's exclusion.
        more_variables: beside those of the insurer and the day.
        full_refresh: make every table anew.
        is_noted: the caller notes the end of the run in the warehouse, and makes anew what is not noted.

    Raises:
        DbtFailed: dbt ended with an error; the message names the nodes that failed, without row values.
    """
    at = settings()
    target = at.runs_dir / "dbt" / target_name
    target.mkdir(parents=True, exist_ok=True)
    (target / "run_results.json").unlink(missing_ok=True)
    given = variables(profile, edition_id, as_of_date) | (more_variables or {})
    arguments = [
        *("--no-use-colors", "--log-path", str(target)),
        # Its own log file would hold PostgreSQL's DETAIL; we write one without.
        *("--log-level", "info", "--log-level-file", "none"),
        *(*command.split(), "--project-dir", str(at.dbt_dir), "--target-path", str(target)),
        *("--vars", json.dumps(given)),
        *(("--static",) if command == "docs generate" else ()),
        *(("--select", *select.split()) if select else ()),
        *(("--exclude", *exclude.split()) if exclude else ()),
        *(("--full-refresh",) if full_refresh else ()),
    ]
    environment = _environment(at, profile, by_key=bool(given.get("changed_only")), is_noted=is_noted)
    with _one_at_a_time(profile):
        # Only now: who was waited for may have built other code.
        manifest = parsed.place(at.runs_dir / "dbt", at.dbt_dir, profile.database, given)
        program = [sys.executable, "-m", "customer_knowledge.warehouse.dbt_program", str(manifest)]
        code, said = _execute([*program, *arguments], environment, target / "dbt.log")
        if not code:
            parsed.keep(target, manifest)
    result = DbtResult(_nodes(target), target)
    if code or result.failed:
        raise DbtFailed(
            _complaint(command, result, said),
            hint=f"its log is {target / 'dbt.log'}; the published edition stays in place",
        )
    return result


@contextmanager
def _one_at_a_time(profile: Profile) -> Iterator[None]:
    """Two dbt runs in the same schemas drop each other's tables: hold a lock for as long as one runs."""
    with warehouse(profile, autocommit=True) as connection:
        try:
            connection.execute("select pg_advisory_lock(hashtext('customer_knowledge.dbt'))")
        except psycopg.errors.LockNotAvailable:
            raise DbtFailed("another dbt run is at work in this warehouse", hint="run again when it is done") from None
        yield


def _execute(arguments: list[str], environment: dict[str, str], log_file: Path) -> tuple[int, str]:
    """Run in a process group of its own, which ends with us; gives the exit code and the scrubbed output."""
    wrapped = [sys.executable, "-m", "customer_knowledge.warehouse.child", str(os.getpid()), *arguments]
    with subprocess.Popen(
        wrapped,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        alarm = threading.Timer(TIMEOUT_SECONDS, _end, (process,))
        alarm.start()
        said = []
        try:
            with log_file.open("w", encoding="utf-8") as file:
                for line in scrubbed(process.stdout or ()):
                    said.append(line)
                    file.write(line + "\n")
                    log.info("%s", line)
            process.wait()
        finally:
            alarm.cancel()
            if process.poll() is None:
                _end(process)
    return process.returncode, "\n".join(said)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process group, gently first."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, word)
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def _nodes(target: Path) -> tuple[NodeResult, ...]:
    """Results of each node; messages in the artifact are scrubbed in place, for it is kept."""
    path = target / "run_results.json"
    if not path.exists():
        return ()
    artifact = json.loads(path.read_text(encoding="utf-8"))
    for result in artifact["results"]:
        if result.get("message"):
            result["message"] = "\n".join(scrubbed(result["message"].splitlines()))
    path.write_text(json.dumps(artifact), encoding="utf-8")
    return tuple(
        NodeResult(
            name=str(r["unique_id"]).split(".")[2],
            status=r["status"],
            seconds=float(r["execution_time"]),
            failures=r.get("failures"),
            rows=(r.get("adapter_response") or {}).get("rows_affected"),
        )
        for r in artifact["results"]
    )


def _complaint(command: str, result: DbtResult, said: str) -> str:
    if not result.failed:
        return f"dbt {command} failed before it ran a model:\n{said[-1500:]}"
    names = ", ".join(f"{n.name} ({n.failures} rows)" if n.failures else n.name for n in result.failed)
    return f"dbt {command}: {len(result.failed)} of {len(result.nodes)} failed: {names}\n{said[-1200:]}"
