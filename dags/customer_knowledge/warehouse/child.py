"""Run a program that ends when we do: `python -m customer_knowledge.warehouse.child <parent> <program> …`.

A task that is killed outright cannot end its children, and a dbt left behind goes on building. On Linux the
kernel tells it; elsewhere the program just runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Ask to be ended with `parent`, then become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the task that started this has ended")
    os.execv(command[0], command)  # noqa: S606 — no shell is meant


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
