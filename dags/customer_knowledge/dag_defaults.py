"""What all DAGs share: names of assets, tags, owner, retries, and how the business date is read.

Imports no Airflow and nothing heavy: DAG files are parsed every few seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Profile, load
from customer_knowledge.settings import settings

OWNER = "customer-knowledge"
FEATURES, EDITION = "features", "edition"
DEFAULT_ARGS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 1,
    "retry_delay": timedelta(seconds=10),
    "execution_timeout": timedelta(hours=2),
}
# A closed gate stays closed until somebody has looked: no retry.
GATE: dict[str, Any] = {"retries": 0}


class Tag(StrEnum):
    """The closed vocabulary of DAG tags."""

    EXTRACT = "extract"
    TRANSFORM = "transform"
    PREDICT = "predict"
    PUBLISH = "publish"
    TRAIN = "train"


def dag_arguments(*tags: Tag) -> dict[str, Any]:
    """Arguments every DAG is made with: one run at a time, no catching up, tags of the vocabulary."""
    return {
        "default_args": DEFAULT_ARGS,
        "max_active_runs": 1,
        "catchup": False,
        "tags": [str(tag) for tag in tags],
    }


def asset(name: str) -> dict[str, str]:
    """Name and address of an asset, e.g. `asset("landing/crm")`."""
    return {"name": name, "uri": f"customer-knowledge://{name}"}


def landing_asset(system: str) -> dict[str, str]:
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
        return date.fromisoformat(str(key))
    except ValueError:
        raise ConfigurationError(
            f"the run's partition key {key!r} is not a date",
            hint="trigger with a partition key such as 2026-06-30; `ck run` does",
        ) from None
