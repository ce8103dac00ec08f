"""Only what we started is ended, and all of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from customer_knowledge.runtime import processes
from customer_knowledge.runtime.processes import Process

# A leader with a child, and a grandchild in a session of its own, as dbt is below a task.
FAMILY = ["bash", "-c", "bash -c 'setsid sleep 300 & sleep 300' & wait"]


def _below(pid: int, count: int) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while len(found := psutil.Process(pid).children(recursive=True)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture
def family(tmp_path: Path) -> Iterator[tuple[Process, list[psutil.Process]]]:
    """A started leader and all below it."""
    leader = processes.launch(FAMILY, log=tmp_path / "log", cwd=tmp_path, environment=dict(os.environ))
    below = _below(leader.pid, 3)
    yield leader, below
    for process in (*below, psutil.Process(leader.pid) if psutil.pid_exists(leader.pid) else None):
        if process is not None and process.is_running():
            process.kill()


def _gone(below: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(below, timeout=10)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("politely_seconds", [5.0, 0.0])
def test_the_whole_family_ends(
    family: tuple[Process, list[psutil.Process]], tmp_path: Path, politely_seconds: float
) -> None:
    leader, below = family
    assert processes.is_alive(leader)
    assert processes.end([leader], tmp_path, politely_seconds=politely_seconds)
    assert not processes.is_alive(leader)
    assert _gone(below)
    assert not processes.end([leader], tmp_path, politely_seconds=politely_seconds)


def test_survivors_of_a_dead_leader_end_too(family: tuple[Process, list[psutil.Process]], tmp_path: Path) -> None:
    leader, below = family
    os.kill(leader.pid, signal.SIGKILL)
    os.waitpid(leader.pid, 0)
    assert all(process.is_running() for process in below)
    assert processes.end([leader], tmp_path, politely_seconds=0)
    assert _gone(below)


def test_an_id_that_is_somebody_elses_by_now_is_left_alone(
    family: tuple[Process, list[psutil.Process]], tmp_path: Path
) -> None:
    leader, below = family
    stranger = Process(leader.pid, "1")
    assert not processes.is_alive(stranger)
    assert not processes.end([stranger], tmp_path, politely_seconds=0)
    assert processes.is_alive(leader)
    assert all(process.is_running() for process in below)


def test_what_was_started_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "components.json"
    assert processes.remembered(path) == {}
    processes.remember(path, {"scheduler": Process(12, "345")})
    assert processes.remembered(path) == {"scheduler": Process(12, "345")}
