"""The same tables made by another engine: dbt's own compiled SQL in DuckDB's words, run over the same rows."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import sqlglot
from psycopg import sql
from sqlglot import exp

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.dbt import DbtResult

TYPES = {"text": "varchar", "jsonb": "varchar", "ARRAY": "varchar[]", "numeric": "double"}


class Race(NamedTuple):
    """Seconds of each model, here and in DuckDB, and how long all of ours took.

    DuckDB makes one table after the other on two threads; dbt makes several at a time, which take longer each for it.
    """

    here: dict[str, float]
    rival: dict[str, float]
    elapsed: float

    def ratio(self) -> float:
        """Our elapsed seconds for one of DuckDB's."""
        return self.elapsed / sum(self.rival.values())


def _compiled(built: DbtResult) -> dict[str, tuple[tuple[str, str], str, float]]:
    """Model by model in the order they were made: where it stands, its SQL and the seconds it took."""
    nodes = json.loads((built.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((built.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {
        nodes[r["unique_id"]]["name"]: (
            (nodes[r["unique_id"]]["schema"], nodes[r["unique_id"]]["name"]),
            r["compiled_code"],
            float(r["execution_time"]),
        )
        for r in sorted(results, key=lambda r: str(r["timing"][-1]["completed_at"]))
        if nodes[r["unique_id"]]["resource_type"] == "model"
    }


def elapsed(target: Path) -> float:
    """From the beginning of an invocation's first node to the end of its last: seconds."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    timed = [(t["started_at"], t["completed_at"]) for r in results for t in r["timing"]]
    began, ended = min(t[0] for t in timed), max(t[1] for t in timed)
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _translated(query: str) -> str:
    return sqlglot.transpile(query, read="postgres", write="duckdb")[0]


def _tables_in(query: str) -> set[tuple[str, str]]:
    found = sqlglot.parse_one(query, read="postgres").find_all(exp.Table)
    return {(table.db, table.name) for table in found if table.db}


def _export(connection: Connection, place: tuple[str, str], rival: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Carry a table over with its types."""
    schema, name = place
    rival.execute(f'create schema if not exists "{schema}"')
    columns = connection.execute(
        "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s"
        " order by ordinal_position",
        place,
    ).fetchall()
    listed = ", ".join(f'"{column}" {TYPES.get(kind, kind)}' for column, kind in columns)
    rival.execute(f'create table "{schema}"."{name}" ({listed})')
    file = folder / f"{schema}.{name}.csv"
    copy = sql.SQL("copy (select * from {}) to stdout (format csv)").format(sql.Identifier(schema, name))
    with file.open("wb") as out, connection.cursor().copy(copy) as rows:
        for block in rows:
            out.write(block)
    if file.stat().st_size:
        rival.execute(f'copy "{schema}"."{name}" from \'{file}\' (format csv, header false)')
    file.unlink()


def race(profile: Profile, built: DbtResult, folder: Path) -> Race:
    """Make the models that dbt has just built once more in DuckDB, on two threads, from what they were built from.

    Raises:
        AssertionError: a table of DuckDB's has another number of rows.
    """
    models = _compiled(built)
    ours = {place for place, _, _ in models.values()}
    rival = duckdb.connect(str(folder / f"{profile.database}.duckdb"))
    rival.execute("set threads = 2")
    here, there = {}, {}
    with warehouse(profile) as connection:
        read = {table for _, query, _ in models.values() for table in _tables_in(query)}
        for place in sorted(read - ours):
            _export(connection, place, rival, folder)
        for name, (place, query, seconds) in models.items():
            rival.execute(f'create schema if not exists "{place[0]}"')
            began = time.perf_counter()
            rival.execute(f'create table "{place[0]}"."{name}" as {_translated(query)}')
            there[name], here[name] = time.perf_counter() - began, seconds
            assert _count(rival, place) == _count(connection, place), name
    rival.close()
    return Race(here, there, elapsed(built.target))


def _count(connection: Any, place: tuple[str, str]) -> int:
    row = connection.execute('select count(*) from "{}"."{}"'.format(*place)).fetchone()
    return int(row[0])
