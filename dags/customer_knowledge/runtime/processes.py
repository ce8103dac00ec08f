"""Processes that we start, remember and end: by their id and the moment they began, never by name.

An id alone would not do: after a crash or a restart of the machine it may belong to somebody else.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process we started; `began` is in the system's own ticks, empty where it does not tell."""

    pid: int
    began: str


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the state on; empty when there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _began(pid: int) -> str | None:
    """When a living process began; None when it has ended."""
    if not PROC.joinpath("self").exists():
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return ""
    fields = _stat(pid)
    return None if not fields or fields[0] == "Z" else fields[19]


def is_alive(process: Process) -> bool:
    """Whether the very process we started still runs."""
    return _began(process.pid) == process.began


def launch(command: list[str], *, log: Path, cwd: Path, environment: Mapping[str, str]) -> Process:
    """Start a program in a session of its own, its output in a file, so that ending it spares its caller."""
    with log.open("w", encoding="utf-8") as file:
        started = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=cwd,
            start_new_session=True,
        )
    return Process(started.pid, _began(started.pid) or "")


def remember(path: Path, processes: Mapping[str, Process]) -> None:
    """Keep the ids of processes in a file, written whole."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps({name: asdict(p) for name, p in processes.items()}), encoding="utf-8")
    unfinished.replace(path)


def remembered(path: Path) -> dict[str, Process]:
    """The processes a file tells of, running or not."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {name: Process(**fields) for name, fields in found.items()}


def end(processes: Iterable[Process], cwd: Path, *, politely_seconds: float) -> bool:
    """End processes and all they started: ask, wait, then insist. False when none of them ran.

    Args:
        cwd: where they were started; survivors of a dead leader are known by standing there.
        politely_seconds: how long they may take to end by themselves; 0 = insist at once.
    """
    leaders = list(processes)
    family = _family(leaders, cwd)
    asked = [(signal.SIGTERM, politely_seconds)] if politely_seconds else []
    for how, seconds in (*asked, (signal.SIGKILL, 10.0)):
        _signal(family, how)
        deadline = time.monotonic() + seconds
        while any(_began(pid) is not None for pid in family) and time.monotonic() < deadline:
            time.sleep(0.1)
            family |= _family(leaders, cwd)
    return bool(family)


def _signal(pids: Iterable[int], how: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, how)
        except (ProcessLookupError, PermissionError):
            continue


def _family(leaders: list[Process], cwd: Path) -> set[int]:
    """The leaders that still run, all below them, and what is left of the sessions of those that do not."""
    found: set[int] = set()
    for leader in leaders:
        now = _began(leader.pid)
        if now == leader.began:
            found |= {leader.pid, *_descendants(leader.pid)}
        elif now is None:
            found |= {pid for pid in _session(leader.pid) if _stands_in(pid, cwd)}
    return found | {below for pid in list(found) for below in _descendants(pid)}


def _session(leader: int) -> list[int]:
    pids = [int(path.name) for path in PROC.glob("[0-9]*")]
    return [pid for pid in pids if (fields := _stat(pid)) and fields[0] != "Z" and fields[3] == str(leader)]


def _stands_in(pid: int, folder: Path) -> bool:
    try:
        return (PROC / str(pid) / "cwd").readlink() == folder
    except OSError:
        return False


def _descendants(pid: int) -> list[int]:
    """All processes below one, where the system tells (Linux)."""
    found: list[int] = []
    for children in (PROC / str(pid) / "task").glob("*/children"):
        try:
            ids = [int(word) for word in children.read_text(encoding="utf-8").split()]
        except OSError:
            continue
        for child in ids:
            found += [child, *_descendants(child)]
    return found
