"""One small insurer, one real PostgreSQL and one real Airflow for all tests here, in a data folder of their own.

Tests run in the order they stand in: each day begins where the one before ended.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.runtime import day, demo
from customer_knowledge.runtime.airflow_home import locate
from customer_knowledge.settings import Settings, settings
from customer_knowledge.warehouse import server, versions
from customer_knowledge.warehouse.connections import BI, connect, warehouse

CUSTOMERS = 300
# Long enough for a busy machine; a day of the small insurer takes a tenth of it.
DEADLINE_SECONDS = 1500.0


@dataclass
class World:
    """A data folder with all that stands in it."""

    profile: Profile
    remembered: dict[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> Settings:
        """The settings in force."""
        return settings()

    def day(self, as_of_date: date, **options: Any) -> day.Outcome:
        """Run a day by the one Airflow, within a deadline."""
        return day.run_day(self.profile, as_of_date, deadline_seconds=DEADLINE_SECONDS, **options)

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse, asked as the pipeline."""
        with warehouse(self.profile) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows that BI sees, by a login of its own."""
        with connect(self.profile.database, BI) as connection:
            return connection.execute(query.encode()).fetchall()

    def shown(self) -> int:
        """The edition that BI sees."""
        rows = self.read("select distinct edition_id from marts.edition")
        assert len(rows) == 1
        return int(rows[0][0])


def _logs(folder: Path) -> str:
    """The ends of Airflow's own logs, for whoever reads why a test failed."""
    parts = []
    for path in sorted((locate(settings(), folder.name).logs).glob("*.log")):
        tail = path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        parts.append(f"--- {path.name}\n" + "\n".join(tail))
    return "\n".join(parts)


@contextmanager
def world(insurer: str) -> Iterator[World]:
    """A world of its own for an insurer; everything in it is ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ck_e2e_", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CK_DATA_DIR", str(Path(folder).resolve()))
            patch.setenv("CK_INSURER", insurer)
            patch.setenv("CK_CUSTOMERS", str(CUSTOMERS))
            # Whoever edits a file while tests run does not make another edition of it.
            patch.setenv("CK_CODE_VERSION", "under test")
            _forget()
            try:
                yield World(load(insurer))
            finally:
                demo.stop_airflows()
                server.stop(settings(), mode="immediate")
        _forget()


def _forget() -> None:
    settings.cache_clear()
    versions.code_version.cache_clear()


@pytest.fixture(scope="package")
def sample_world(own_settings: Settings) -> Iterator[World]:
    """The sample insurer's world, shared by all tests of its days."""
    with world("sample") as made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the ends of Airflow's logs beside a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    folders = settings().data_dir / "airflow"
    if report.when == "call" and report.failed and folders.is_dir():
        report.sections += [(f"Airflow of {f.name}", _logs(f)) for f in folders.iterdir()]
