"""Reading what dbt knows of the marts: their columns, types, keys and descriptions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUILD_SCHEMA = "marts_build"


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
    """The marts among a manifest's nodes, by name."""
    found = [
        Mart(
            name=node["name"],
            description=node["description"],
            key=tuple((node.get("meta") or node["config"].get("meta") or {}).get("key", ())),
            columns=tuple(
                MartColumn(c["name"], c.get("data_type") or "", c["description"])
                for c in node["columns"].values()
            ),
        )
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == BUILD_SCHEMA
    ]
    return tuple(sorted(found, key=lambda mart: mart.name))
