"""Reading what dbt knows of the marts: their columns, types, keys and descriptions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customer_knowledge.errors import ConfigurationError

BUILD_SCHEMA = "marts_build"
# A mart's name leaves room for `__e<N>` and a word after it within PostgreSQL's 63 characters.
_MART_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class MartColumn:
    """A column of a mart as its contract declares it."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Mart:
    """A mart as its contract declares it; `key` is unique within an edition."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[MartColumn, ...]


def marts(path: Path) -> tuple[Mart, ...]:
    """The marts in a dbt manifest, by name."""
    return from_nodes(json.loads(path.read_text(encoding="utf-8"))["nodes"])


def from_nodes(nodes: dict[str, Any]) -> tuple[Mart, ...]:
    """The marts among a manifest's nodes, by name.

    Raises:
        ConfigurationError: a name is not fit for what is generated from it, or a key is no declared column.
    """
    found = [
        Mart(
            name=node["name"],
            description=node["description"],
            key=tuple((node.get("meta") or node["config"].get("meta") or {}).get("key", ())),
            columns=tuple(
                MartColumn(c["name"], c.get("data_type") or "", c["description"]) for c in node["columns"].values()
            ),
        )
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == BUILD_SCHEMA
    ]
    for mart in found:
        _check(mart)
    return tuple(sorted(found, key=lambda mart: mart.name))


def _check(mart: Mart) -> None:
    columns = [column.name for column in mart.columns]
    odd = [] if _MART_NAME.fullmatch(mart.name) else [mart.name]
    odd += [name for name in columns if not _COLUMN_NAME.fullmatch(name)]
    odd += [name for name in mart.key if name not in columns]
    if odd:
        raise ConfigurationError(
            f"mart {mart.name}: {', '.join(odd)} is not a fit name or not a declared column",
            hint="lower case, a mart's at most 40 characters; `meta: {key: [...]}` lists declared columns",
        )
