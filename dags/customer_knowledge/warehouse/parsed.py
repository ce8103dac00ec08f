"""What dbt has parsed of a project, kept for the next invocation with the same project and insurer."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

KEPT = 4
OF_THE_DAY = {"edition_id", "as_of_date", "base_as_of_date", "changed_only"}
"""Variables that change no model's configuration or references; a test of the architecture holds us to it."""
_DBT = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-postgres")
_LEFT_OUT = {"target", "logs"}
_WRITTEN_BY_DBT = "partial_parse.msgpack"


def place(folder: Path, project: Path, database: str, variables: Mapping[str, Any]) -> Path:
    """Where the manifest for this project, database and these variables stands in `folder`, or will."""
    lasting = {name: value for name, value in variables.items() if name not in OF_THE_DAY}
    versions = [version(name) for name in _DBT]
    digest = hashlib.sha256(json.dumps([str(project), database, lasting, versions], sort_keys=True).encode())
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if path.is_file() and not _LEFT_OUT & set(relative.parts):
            digest.update(f"{relative}\n".encode() + path.read_bytes())
    return folder / f"parsed-{digest.hexdigest()[:16]}.msgpack"


def keep(target: Path, at: Path) -> None:
    """Keep what dbt has just parsed into its target folder; of other projects only the newest few."""
    written = target / _WRITTEN_BY_DBT
    if at.exists() or not written.exists():
        return
    unfinished = at.with_suffix(".part")
    shutil.copyfile(written, unfinished)
    unfinished.replace(at)
    by_age = sorted(at.parent.glob("parsed-*.msgpack"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[KEPT:]:
        old.unlink()
