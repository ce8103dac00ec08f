"""Asks MetricFlow for the SQL of metrics, and PostgreSQL for their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from metricflow_semantic_interfaces.transformations.semantic_manifest_transformer import (
    PydanticSemanticManifestTransformer,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from customer_knowledge.warehouse.connections import Connection


def engine(semantic_manifest: Path) -> MetricFlowEngine:
    """MetricFlow over a semantic manifest as dbt writes it; it makes SQL and connects to nothing."""
    text = semantic_manifest.read_text(encoding="utf-8")
    manifest = PydanticSemanticManifestTransformer.transform(PydanticSemanticManifest.parse_raw(text))
    only_renders = SimpleNamespace(sql_engine_type=SqlEngine.POSTGRES, sql_plan_renderer=PostgresSQLSqlPlanRenderer())
    return MetricFlowEngine(SemanticManifestLookup(manifest), cast(SqlClient, only_renders))


def sql_of(asked: MetricFlowEngine, metric: str, by: Sequence[str] = (), days: tuple[date, date] | None = None) -> str:
    """The SQL of a metric; `by` names what to group by, `days` the first and the last day counted."""
    start, end = (datetime.combine(day, time()) for day in days) if days else (None, None)
    request = MetricFlowQueryRequest.create(
        metric_names=[metric],
        group_by_names=list(by),
        time_constraint_start=start,
        time_constraint_end=end,
    )
    # Names carry the database that dbt was told of; the connection knows its own.
    return re.sub(r'"[^"]*"\.("[^"]*"\."[^"]*")', r"\1", asked.explain(request).sql_statement.sql)


def values(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """What PostgreSQL finds."""
    found = connection.execute(query.encode()).fetchall()
    connection.commit()
    return found
