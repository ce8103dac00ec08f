"""How much memory something takes while it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from customer_knowledge.settings import settings
from customer_knowledge.warehouse import server


class Peak:
    """The most memory that PostgreSQL's processes and ours used at once, and ours alone; private pages only, in GB."""

    def __init__(self) -> None:
        self.gigabytes = 0.0
        self.own = 0.0

    def look(self, pid: int) -> None:
        own = _private([psutil.Process(), *psutil.Process().children(recursive=True)])
        self.own = max(self.own, own)
        self.gigabytes = max(self.gigabytes, own + _private(_tree(pid)))


def _private(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().uss
        except psutil.Error:
            continue
    return total / 1e9


def _tree(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


@contextmanager
def watched(every: float = 0.5) -> Iterator[Peak]:
    """Look every so many seconds while something runs; each look takes the processor a while from what is watched."""
    peak, done = Peak(), threading.Event()
    running = server.status(settings())
    assert running is not None
    postmaster = int((running.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])

    def watch() -> None:
        while not done.wait(every):
            peak.look(postmaster)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
