"""A real Airflow on this machine: scheduler, DAG processor and API server, started, watched and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from customer_knowledge.errors import ServerError
from customer_knowledge.profile import Profile
from customer_knowledge.runtime import airflow_home
from customer_knowledge.runtime.airflow_home import AirflowHome
from customer_knowledge.settings import Settings, settings

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
READY_SECONDS = 180
STOP_SECONDS = 15


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


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _recorded(home: AirflowHome) -> dict[str, int]:
    if not home.pid_file.exists():
        return {}
    found: dict[str, int] = json.loads(home.pid_file.read_text(encoding="utf-8"))
    return found


def status(at: Settings, insurer: str) -> dict[str, bool]:
    """Which components of an insurer's Airflow run."""
    pids = _recorded(airflow_home.locate(at, insurer))
    return {name: name in pids and _alive(pids[name]) for name in COMPONENTS}


def is_healthy(home: AirflowHome) -> bool:
    """Whether the API answers and scheduler and DAG processor have a fresh heartbeat."""
    try:
        answer = httpx.get(f"{home.url}/api/v2/monitor/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(answer[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))


def start(profile: Profile, on_progress: Callable[[str], None] = lambda _: None) -> AirflowHome:
    """Start an insurer's Airflow and wait until it is ready; one that runs already is left alone.

    Raises:
        ServerError: a component ended or was not ready in time; the message carries the end of its log.
    """
    at = settings()
    home = airflow_home.locate(at, profile.insurer)
    if all(status(at, profile.insurer).values()) and is_healthy(home):
        return home
    stop(at, profile.insurer)
    home = airflow_home.write(at, profile)
    environment = _environment(at, profile, home)
    on_progress("preparing Airflow's metadata database")
    _migrate(home, environment)
    on_progress("starting scheduler, DAG processor and API server")
    _launch(home, environment)
    _wait(at, profile, home)
    return home


def _launch(home: AirflowHome, environment: dict[str, str]) -> None:
    pids: dict[str, int] = {}
    for name, arguments in COMPONENTS.items():
        with (home.logs / f"{name}.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [_program(), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home.path,
                # A session and process group of its own, so that ending it spares whoever started it.
                start_new_session=True,
            )
        pids[name] = process.pid
        home.pid_file.write_text(json.dumps(pids), encoding="utf-8")


def _wait(at: Settings, profile: Profile, home: AirflowHome) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        for name, alive in status(at, profile.insurer).items():
            if not alive:
                raise ServerError(
                    f"Airflow's {name} ended:\n{_tail(home.logs / f'{name}.log')}",
                    hint=f"the whole log is {home.logs / f'{name}.log'}",
                )
        if is_healthy(home):
            return
        time.sleep(0.5)
    raise ServerError(f"Airflow was not ready in {READY_SECONDS} s", hint=f"see the logs in {home.logs}")


def stop(at: Settings, insurer: str) -> bool:
    """End an insurer's Airflow, politely and then not; False when none was running."""
    home = airflow_home.locate(at, insurer)
    pids = [pid for pid in _recorded(home).values() if _alive(pid)]
    for how, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        _signal_groups(pids, how)
        deadline = time.monotonic() + seconds
        while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.1)
    home.pid_file.unlink(missing_ok=True)
    return bool(pids)


def kill(at: Settings, insurer: str) -> None:
    """End an insurer's Airflow as a power cut would: tasks, their programs and all."""
    home = airflow_home.locate(at, insurer)
    _signal_groups(list(_recorded(home).values()), signal.SIGKILL)
    home.pid_file.unlink(missing_ok=True)


def _signal_groups(pids: list[int], how: signal.Signals) -> None:
    """Signal each component's process group, and the groups its children made for themselves."""
    for pid in pids:
        for group in (pid, *_descendants(pid)):
            try:
                os.killpg(os.getpgid(group), how)
            except (ProcessLookupError, PermissionError):
                continue


def _descendants(pid: int) -> list[int]:
    """All processes below one, where the system tells (Linux)."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            ids = [int(word) for word in children.read_text().split()]
        except OSError:
            continue
        for child in ids:
            found += [child, *_descendants(child)]
    return found
