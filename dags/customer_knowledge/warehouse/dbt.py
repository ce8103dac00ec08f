"""Running dbt as a program: one invocation a layer, credentials by environment, results by its artifacts."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import Settings, settings
from customer_knowledge.warehouse.connections import dsn

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3600


class DbtFailed(CustomerKnowledgeError):
    """dbt could not build or test what was asked; the message names the nodes."""


@dataclass(frozen=True)
class NodeResult:
    """How one model, seed or test ended."""

    name: str
    status: str
    seconds: float
    failures: int | None


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
        return tuple(n for n in self.nodes if n.status in ("error", "fail", "runtime error"))


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
    }


def _environment(at: Settings, profile: Profile) -> dict[str, str]:
    parts = urlsplit(dsn(at, profile.database))
    return os.environ | {
        "CK_DBT_HOST": parts.hostname or "127.0.0.1",
        "CK_DBT_PORT": str(parts.port or 5432),
        "CK_DBT_USER": unquote(parts.username or ""),
        "CK_DBT_PASSWORD": unquote(parts.password or ""),
        "CK_DBT_DATABASE": profile.database,
        "DBT_PROFILES_DIR": str(at.dbt_dir),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def run(
    command: str, profile: Profile, *, edition_id: int, as_of_date: date, select: str, target_name: str
) -> DbtResult:
    """Run `dbt <command> --select <select>` on an insurer's warehouse.

    Args:
        command: `build`, `run`, `test`, `seed` or `docs generate`.
        select: dbt's selection, e.g. `"staging input_layer"`.
        target_name: folder for artifacts under the insurer's runs.

    Raises:
        DbtFailed: dbt ended with an error; the message names the nodes that failed, without row values.
    """
    at = settings()
    target = at.runs_dir / "dbt" / target_name
    target.mkdir(parents=True, exist_ok=True)
    (target / "run_results.json").unlink(missing_ok=True)
    arguments = [
        *(str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "--log-path", str(target / "logs")),
        *("--log-level", "warn", "--log-level-file", "info"),
        *(*command.split(), "--project-dir", str(at.dbt_dir), "--target-path", str(target)),
        *("--select", *select.split(), "--vars", json.dumps(variables(profile, edition_id, as_of_date))),
    ]
    code, output = _execute(arguments, _environment(at, profile))
    result = DbtResult(_nodes(target), target)
    if code or result.failed:
        raise DbtFailed(
            _complaint(command, result, output),
            hint=f"its log is {target / 'logs' / 'dbt.log'}; the published edition stays in place",
        )
    return result


def _execute(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run in a process group of its own, which ends with us."""
    with subprocess.Popen(
        arguments,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    return process.returncode, output


def _nodes(target: Path) -> tuple[NodeResult, ...]:
    path = target / "run_results.json"
    if not path.exists():
        return ()
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    return tuple(
        NodeResult(
            name=r["unique_id"].split(".")[2],
            status=r["status"],
            seconds=float(r["execution_time"]),
            failures=r.get("failures"),
        )
        for r in results
    )


def _complaint(command: str, result: DbtResult, output: str) -> str:
    if not result.failed:
        return f"dbt {command} failed before it ran a model:\n{_scrubbed(output)[-1500:]}"
    names = ", ".join(f"{n.name} ({n.failures} rows)" if n.failures else n.name for n in result.failed)
    count = f"{len(result.failed)} of {len(result.nodes)}"
    return f"dbt {command}: {count} failed: {names}\n{_scrubbed(output)[-1200:]}"


def _scrubbed(output: str) -> str:
    """What dbt said, without PostgreSQL's DETAIL and CONTEXT lines, which quote rows."""
    quoting = ("DETAIL:", "CONTEXT:", "HINT:")
    return "\n".join(line for line in output.splitlines() if not line.strip().startswith(quoting))
