"""Which code made an edition."""

from __future__ import annotations

import hashlib
from functools import cache

from customer_knowledge.settings import settings

_CODE = ("dags/customer_knowledge", "models_ml", "expectations", "dbt_project")
_CODE_SUFFIXES = {".py", ".sql", ".yml", ".csv"}


@cache
def code_version() -> str:
    """Digest of the code that makes an edition, or what `CK_CODE_VERSION` says."""
    at = settings()
    if at.code_version:
        return at.code_version
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((at.project_dir / folder).rglob("*")):
            relative = path.relative_to(at.project_dir)
            if path.suffix in _CODE_SUFFIXES and not {"target", "logs"} & set(relative.parts):
                digest.update(str(relative).encode() + path.read_bytes())
    return digest.hexdigest()[:12]
