"""Driving one business date through Airflow: trigger the extracts, follow every DAG, say how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from customer_knowledge.errors import CustomerKnowledgeError, ServerError
from customer_knowledge.extract import business_day
from customer_knowledge.profile import Profile
from customer_knowledge.runtime import airflow
from customer_knowledge.runtime.client import FINISHED, AirflowClient, Run, TaskState
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.editions import Edition

DEADLINE_SECONDS = 3600.0
SILENCE_SECONDS = 90.0
BUILD, SCORE = "build_marts", "score_customers"
ACTIVE = ("queued", "running")


class DayFailed(CustomerKnowledgeError):
    """A business date did not reach publication; the published edition stays in place."""


@dataclass(frozen=True)
class Step:
    """A task that changed its state."""

    dag_id: str
    task_id: str
    state: str
    seconds: float | None


@dataclass(frozen=True)
class Outcome:
    """How a day ended: the edition, whether it was there already, and the seconds each task took."""

    edition: Edition
    was_published_already: bool
    seconds: float
    task_seconds: dict[tuple[str, str], float]


def extract_dags(profile: Profile) -> tuple[str, ...]:
    """The extract DAGs an insurer's connectors need."""
    kinds = {c.system: c.kind for c in profile.connectors}
    return tuple(sorted({"extract_files" if k == "files" else f"extract_{s}" for s, k in kinds.items()}))


class _Follower:
    """Watches the runs of one partition until they end."""

    def __init__(self, client: AirflowClient, profile: Profile, day: date, tell: Callable[[Step], None]) -> None:
        self.client, self.profile, self.key, self.tell = client, profile, day.isoformat(), tell
        self.extracts = extract_dags(profile)
        self.states: dict[tuple[str, str, str], str] = {}
        self.seconds: dict[tuple[str, str], float] = {}
        self.tasks: dict[str, list[TaskState]] = {}
        self.ended: set[str] = set()
        self.quiet_since: float | None = None
        before = client.runs(self.key)
        self.under_way = {run.dag_id for run in before if run.state in ACTIVE}
        self.over = {run.run_id for run in before if run.state not in ACTIVE}

    def start(self, *, force: bool, reread: bool) -> None:
        """Trigger what is not under way, e.g. since before a crash.

        Raises:
            DayFailed: the date is to be read again while it is being read or built.
        """
        if reread and self.under_way:
            raise DayFailed(
                f"{self.key} is under way: {', '.join(sorted(self.under_way))}",
                hint="`ck run` goes on with it; read it again when it has ended",
            )
        if self.under_way & {BUILD, SCORE}:
            return
        if force and not self.under_way:
            self.client.trigger(BUILD, self.key, {"force": True})
            return
        for dag_id in self.extracts:
            if dag_id not in self.under_way:
                self.client.trigger(dag_id, self.key, {"reread": True} if reread else None)

    def look(self) -> bool:
        """Tell what changed; True when the day is through.

        Raises:
            DayFailed: a run failed (says which task and why), or nothing is under way any more.
        """
        runs = [run for run in self.client.runs(self.key) if run.run_id not in self.over]
        for run in runs:
            # What has ended and been read since does not change any more.
            if run.run_id not in self.ended:
                self.tasks[run.run_id] = self._tasks(run)
            if run.state not in ACTIVE:
                self.ended.add(run.run_id)
        for run in runs:
            if run.state == "failed":
                raise self._failed(self.tasks[run.run_id])
        built = [run for run in runs if run.dag_id == BUILD and run.state == "success"]
        skipped = any(task.state == "skipped" for run in built for task in self.tasks[run.run_id])
        if skipped or any(run.dag_id == SCORE and run.state == "success" for run in runs):
            return True
        self._watch_for_silence(runs)
        return False

    def _watch_for_silence(self, runs: list[Run]) -> None:
        """The next DAG starts seconds after the one before; when nothing does, waiting on helps nobody."""
        if any(run.state in ACTIVE for run in runs):
            self.quiet_since = None
            return
        self.quiet_since = self.quiet_since or time.monotonic()
        if time.monotonic() - self.quiet_since > SILENCE_SECONDS:
            done = ", ".join(sorted({run.dag_id for run in runs})) or "nothing"
            raise DayFailed(
                f"{self.key} stands still: {done} ran, and Airflow started no more",
                hint="`ck run` tries again; Airflow's page shows its DAGs",
            )

    def _tasks(self, run: Run) -> list[TaskState]:
        found = self.client.tasks(run)
        for task in found:
            key = (task.dag_id, task.run_id, task.task_id)
            if task.state and self.states.get(key) != task.state:
                self.states[key] = task.state
                if task.state in FINISHED and task.seconds is not None:
                    self.seconds[task.dag_id, task.task_id] = task.seconds
                self.tell(Step(task.dag_id, task.task_id, task.state, task.seconds))
        return found

    def _failed(self, tasks: list[TaskState]) -> DayFailed:
        guilty = [task for task in tasks if task.state == "failed"]
        said = [f"{t.dag_id}.{t.task_id}: {self.client.failure(t)}" for t in guilty]
        return DayFailed(
            f"{self.key} did not reach publication. " + "\n".join(said or ["a run failed without a failed task"]),
            hint="the published edition stays in place; `ck gate show` and `ck edition list` tell more",
        )


def run_day(
    profile: Profile,
    as_of_date: date,
    *,
    force: bool = False,
    reread: bool = False,
    on_progress: Callable[[Step], None] = lambda _: None,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Outcome:
    """Take a business date from extraction to publication, or go on with one that was cut short.

    Args:
        force: build and publish another edition of the date from the batches that have landed, even if the
            same one is published. A date that a gate blocked is read again first, where it can be.
        reread: read the date's databases again as another attempt, though they have landed.

    Raises:
        DayFailed: a task failed, a gate closed, Airflow ended, the deadline passed, or there is nothing to read again.
    """
    if reread and all(connector.kind == "files" for connector in profile.connectors):
        raise DayFailed(
            f"all sources of {profile.insurer} are files, which are read again whenever their bytes are others",
            hint=f"put the mended file into {settings().drops_dir} and run the date without --reread",
        )
    began = time.monotonic()
    with warehouse(profile) as connection:
        before = editions.latest(connection, as_of_date, "published")
    force = force and not reread and not _is_read_again(profile, as_of_date)
    with AirflowClient(airflow.start(profile)) as client:
        _wait_for_dags(client, profile)
        follower = _Follower(client, profile, as_of_date, on_progress)
        follower.start(force=force, reread=reread)
        while not _patiently(follower, profile):
            if time.monotonic() - began > deadline_seconds:
                raise DayFailed(
                    f"{as_of_date} took longer than {deadline_seconds:.0f} s", hint="look into Airflow's page"
                )
            time.sleep(0.5)
    with warehouse(profile) as connection:
        edition = editions.latest(connection, as_of_date, "published")
    if edition is None:
        raise DayFailed(f"Airflow ended {as_of_date}, but no edition of it is published", hint="`ck edition list`")
    same = before is not None and before.edition_id == edition.edition_id
    return Outcome(edition, same, time.monotonic() - began, follower.seconds)


def _is_read_again(profile: Profile, as_of_date: date) -> bool:
    """Whether the extracts will read a date again: a gate blocked it, and its sources stand there."""
    with warehouse(profile) as connection:
        newest = editions.latest(connection, as_of_date)
    if newest is None or newest.state != "blocked" or business_day.elsewhere(profile, as_of_date):
        return False
    # A file that had passed its own gate lands again only when its bytes are others.
    at_landing = (newest.blocked_by or "").startswith("landing_")
    return at_landing or any(connector.kind == "postgres" for connector in profile.connectors)


def _patiently(follower: _Follower, profile: Profile) -> bool:
    """Look; an API server too busy to answer is asked again, one that has ended is not."""
    try:
        return follower.look()
    except ServerError:
        ended = [name for name, alive in airflow.status(settings(), profile.insurer).items() if not alive]
        if ended:
            raise DayFailed(
                f"Airflow's {', '.join(ended)} ended in the middle of {follower.key}",
                hint="`ck run` starts it again and goes on from there",
            ) from None
        return False


def _wait_for_dags(client: AirflowClient, profile: Profile, seconds: float = 90) -> None:
    needed = {*extract_dags(profile), BUILD, SCORE}
    deadline = time.monotonic() + seconds
    while missing := needed - client.dag_ids():
        if time.monotonic() > deadline:
            errors = client.import_errors()
            raise DayFailed(f"Airflow has not parsed {', '.join(sorted(missing))}", hint="; ".join(errors) or None)
        time.sleep(0.5)
