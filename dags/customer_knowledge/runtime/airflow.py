"""A real Airflow on this machine: scheduler, DAG processor and API server, started, watched and ended."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from customer_knowledge.dag_defaults import ANNOUNCEMENTS
from customer_knowledge.errors import ServerError
from customer_knowledge.profile import Profile
from customer_knowledge.runtime import airflow_home, processes
from customer_knowledge.runtime.airflow_home import AirflowHome
from customer_knowledge.runtime.client import AirflowClient
from customer_knowledge.settings import Settings, settings

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
READY_SECONDS = 180.0
# A busy machine makes a living scheduler look ill for a moment; restarting it would cut its tasks short.
RECOVERY_SECONDS = 45.0
STOP_SECONDS = 15.0


def _environment(at: Settings, profile: Profile, home: AirflowHome) -> dict[str, str]:
    """Addresses only, no secrets: those are in files."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    return keep | {
        "AIRFLOW_HOME": str(home.path),
        "CK_DATA_DIR": str(at.data_dir.resolve()),
        "CK_INSURER": profile.insurer,
        "NO_PROXY": "*",
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        "PYTHONUNBUFFERED": "1",
    }


def _program() -> str:
    return str(Path(sys.executable).with_name("airflow"))


def _migrate(home: AirflowHome, environment: dict[str, str]) -> None:
    """Bring the metadata database up, once for each version of Airflow."""
    from importlib.metadata import version

    stamp = home.path / f"migrated-{version('apache-airflow')}"
    if stamp.exists():
        return
    log = home.logs / "migrate.log"
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [_program(), "db", "migrate"],
            env=environment,
            stdout=file,
            stderr=file,
            check=False,
            cwd=home.path,
        )
    if done.returncode:
        raise ServerError(f"`airflow db migrate` failed:\n{_tail(log)}", hint=f"its log is {log}")
    stamp.touch()


def _tail(path: Path, lines: int = 15) -> str:
    if not path.exists():
        return "(no log)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def status(at: Settings, insurer: str) -> dict[str, bool]:
    """Which components of an insurer's Airflow run."""
    known = processes.remembered(airflow_home.locate(at, insurer).pid_file)
    return {name: name in known and processes.is_alive(known[name]) for name in COMPONENTS}


def is_healthy(home: AirflowHome) -> bool:
    """Whether the API answers and scheduler and DAG processor have a fresh heartbeat."""
    try:
        answer = httpx.get(f"{home.url}/api/v2/monitor/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(answer[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


@contextmanager
def _alone(home: AirflowHome) -> Iterator[None]:
    """Let one process at a time start or stop an insurer's Airflow."""
    with (home.path / "airflow.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(profile: Profile) -> AirflowHome:
    """Start an insurer's Airflow and wait until it is ready; one that runs already is left alone.

    Raises:
        ServerError: a component ended or was not ready in time; the message carries the end of its log.
    """
    at = settings()
    home = airflow_home.locate(at, profile.insurer)
    with _alone(home):
        if all(status(at, profile.insurer).values()) and _becomes_healthy(at, profile, home, RECOVERY_SECONDS):
            return home
        _end(home)
        home = airflow_home.write(at, profile)
        environment = _environment(at, profile, home)
        _migrate(home, environment)
        _launch(home, environment)
        if not _becomes_healthy(at, profile, home, READY_SECONDS):
            raise ServerError(_complaint(at, profile, home), hint=f"the whole logs are in {home.logs}")
        with AirflowClient(home) as client:
            client.ensure_pool(ANNOUNCEMENTS, 1, "one landing at a time")
    return home


def _launch(home: AirflowHome, environment: dict[str, str]) -> None:
    started: dict[str, processes.Process] = {}
    for name, arguments in COMPONENTS.items():
        log = home.logs / f"{name}.log"
        command = [_program(), *arguments]
        started[name] = processes.launch(command, log=log, cwd=home.path, environment=environment)
        processes.remember(home.pid_file, started)


def _becomes_healthy(at: Settings, profile: Profile, home: AirflowHome, seconds: float) -> bool:
    """Wait for health; give up at once when a component has ended."""
    deadline = time.monotonic() + seconds
    while all(status(at, profile.insurer).values()) and time.monotonic() < deadline:
        if is_healthy(home):
            return True
        time.sleep(0.3)
    return False


def _complaint(at: Settings, profile: Profile, home: AirflowHome) -> str:
    ended = [name for name, alive in status(at, profile.insurer).items() if not alive]
    if not ended:
        return f"Airflow was not ready in {READY_SECONDS:.0f} s:\n{_tail(home.logs / 'scheduler.log')}"
    return "\n".join(f"Airflow's {name} ended:\n{_tail(home.logs / f'{name}.log')}" for name in ended)


def stop(at: Settings, insurer: str) -> bool:
    """End an insurer's Airflow, politely and then not; False when none was running."""
    home = airflow_home.locate(at, insurer)
    with _alone(home):
        return _end(home)


def _end(home: AirflowHome, politely_seconds: float = STOP_SECONDS) -> bool:
    known = processes.remembered(home.pid_file).values()
    ran = processes.end(known, home.path, politely_seconds=politely_seconds)
    home.pid_file.unlink(missing_ok=True)
    return ran


def kill(at: Settings, insurer: str) -> None:
    """End an insurer's Airflow as a power cut would: tasks, their programs and all."""
    _end(airflow_home.locate(at, insurer), politely_seconds=0)
