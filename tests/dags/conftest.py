"""The DAG files, parsed once for each insurer by an Airflow that has no database to reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.settings import PROJECT_DIR

DAGS = PROJECT_DIR / "dags"
Parsed = dict[str, Any]
# Port 1 answers nobody: whoever connects while parsing fails, and is seen.
NOWHERE = "127.0.0.1:1/none"


@pytest.fixture(scope="session")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Parsed]:
    """Parses all DAG files for an insurer."""

    @cache
    def parsed(insurer: str) -> Parsed:
        home = tmp_path_factory.mktemp(f"airflow_{insurer}")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "240",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{NOWHERE}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg://{NOWHERE}",
            "CK_WAREHOUSE_DSN": f"postgresql://{NOWHERE}",
            "CK_DATA_DIR": str(home / "data"),
            "CK_INSURER": insurer,
        }
        out = home / "parsed.json"
        command = [sys.executable, "-m", "tests.dags.parse", str(DAGS), str(out)]
        done = subprocess.run(
            command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert not (home / "data").exists(), "parsing a DAG wrote files"
        found: Parsed = json.loads(out.read_text(encoding="utf-8"))
        return found

    return parsed


@pytest.fixture(scope="session", params=["sample", "motor_portfolio"])
def parsed(request: pytest.FixtureRequest, parse: Callable[[str], Parsed]) -> Parsed:
    """The DAG files as each insurer's Airflow sees them."""
    return parse(request.param)


def dag_files() -> list[Path]:
    """All DAG files."""
    return sorted(DAGS.glob("*.py"))
