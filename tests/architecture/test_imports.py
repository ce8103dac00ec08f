"""Who may know whom in Python, and what may not stand in the code at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("dags", "models_ml", "expectations")
MAX_LINES = 350


def sources() -> list[Path]:
    found = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py")]
    assert len(found) > 30, "too few files: was the tree read at all?"
    return found


def test_import_linter_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dangerous_calls_are_absent() -> None:
    banned = {"eval", "exec"}
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None)
                shell = any(k.arg == "shell" and getattr(k.value, "value", None) is True for k in node.keywords)
                if name in banned or shell:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_files_have_rooms() -> None:
    long = [f"{p.relative_to(ROOT)}" for p in sources() if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES]
    assert long == []


def test_dag_files_are_thin() -> None:
    dags = list((ROOT / "dags").glob("*.py"))
    assert dags
    assert [p.name for p in dags if len(p.read_text(encoding="utf-8").splitlines()) > 80] == []


def test_top_level_folders() -> None:
    for folder in ("dags", "dbt_project", "models_ml", "expectations", "docker", "tests"):
        assert (ROOT / folder).is_dir(), folder
