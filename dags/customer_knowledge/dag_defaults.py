"""What all DAGs share: names of assets, tags, owner, retries, and how the business date is read.

Imports no Airflow and nothing heavy: DAG files are parsed every few seconds.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypedDict

from customer_knowledge.errors import ConfigurationError, GateClosed, ModelRefused, SourceError
from customer_knowledge.profile import Profile, load
from customer_knowledge.settings import settings

OWNER = "customer-knowledge"
FEATURES, EDITION = "features", "edition"
# A pool of one slot for the tasks that announce a landing. Airflow 3.3 keeps what a partition still waits for in a
# row that two assets announced in the same instant would each make for themselves (apache/airflow#71070): then
# neither row is ever complete, and the day stands still. `ck up` makes the pool; elsewhere
# `airflow pools set announcements 1 "one landing at a time"`.
ANNOUNCEMENTS = "announcements"
DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    # Two: what a crash cuts short has been a try already.
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "execution_timeout": timedelta(hours=2),
}
# What stays as it is until somebody has looked is not tried again: a closed gate, a source that is not as declared.
REFUSALS = (GateClosed, SourceError, ConfigurationError, ModelRefused)
RETRY_POLICY: dict[str, Any] = {
    "rules": [
        {
            "exception": [f"{refusal.__module__}.{refusal.__qualname__}" for refusal in REFUSALS],
            "action": "fail",
            "reason": "trying again would end the same",
        }
    ]
}


class Policy(Protocol):
    """What Airflow's retry policy is made by: we know its shape, not Airflow."""

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Any:
        """Make the policy from plain values."""


class Tag(StrEnum):
    """The closed vocabulary of DAG tags."""

    EXTRACT = "extract"
    TRANSFORM = "transform"
    PREDICT = "predict"
    PUBLISH = "publish"
    TRAIN = "train"


def dag_arguments(policy: type[Policy], *tags: Tag) -> dict[str, Any]:
    """Arguments every DAG is made with: one run at a time, no catching up, tags of the vocabulary.

    Args:
        policy: Airflow's `ExceptionRetryPolicy`; the DAG file brings it, for only DAG files know Airflow.
        tags: what the DAG does.
    """
    return {
        "default_args": {**DEFAULT_ARGS, "retry_policy": policy.deserialize(RETRY_POLICY)},
        "max_active_runs": 1,
        "catchup": False,
        "tags": [str(tag) for tag in tags],
    }


class AssetAddress(TypedDict):
    """What an asset is known by."""

    name: str
    uri: str


def asset(name: str) -> AssetAddress:
    """Name and address of an asset, e.g. `asset("landing/crm")`."""
    return {"name": name, "uri": f"customer-knowledge://{name}"}


def landing_asset(system: str) -> AssetAddress:
    """The asset that says: this system's rows of the partition's date have landed and passed their gate."""
    return asset(f"landing/{system}")


def profile_in_force() -> Profile:
    """The profile of the insurer this Airflow works for."""
    return load(settings().insurer)


def file_systems() -> tuple[str, ...]:
    """The file sources of the insurer in force."""
    return tuple(c.system for c in profile_in_force().connectors if c.kind == "files")


def as_of_date(dag_run: Any) -> date:
    """The business date of a run: its partition key, and nothing else.

    Raises:
        ConfigurationError: the run has no partition key, or one that is not a date.
    """
    key = getattr(dag_run, "partition_key", None)
    try:
        day = date.fromisoformat(str(key))
    except ValueError:
        day = None
    # One date, one key: other ways of writing it would be other partitions.
    if day is None or day.isoformat() != key:
        raise ConfigurationError(
            f"the run's partition key {key!r} is not a date such as 2026-06-30",
            hint="trigger it with a partition key; `ck run` does",
        )
    return day


def reread_since(dag_run: Any) -> datetime | None:
    """From when on a batch counts as read in a run that is to read again; None where it need not."""
    if not (dag_run.conf or {}).get("reread"):
        return None
    found: datetime = dag_run.start_date or dag_run.run_after
    return found
