"""Core built whole and from one percent of change, at growing sizes, beside DuckDB making the same tables.

Run by `make bench`; sizes by `CK_BENCH_CUSTOMERS` (comma-separated). Asserts results, never seconds.
"""

from __future__ import annotations

import json
import math
import os
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from psycopg import sql

from customer_knowledge import pipeline
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import core_state, dbt, editions, server
from customer_knowledge.warehouse.connections import Connection, connect, warehouse
from tests.benchmarks import rival, scaled
from tests.benchmarks.memory import watched
from tests.harness.day import land

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(0)]
DAY, SEED, MADE = date(2026, 6, 30), 3, 5_000
SIZES = [int(size) for size in os.environ.get("CK_BENCH_CUSTOMERS", "10000,50000").split(",")]
TOLD = int(os.environ.get("CK_BENCH_STEPS", "8"))
MOST_RACED = int(os.environ.get("CK_BENCH_MOST_RACED", "200000"))
RACED = "policy_persistency persistency +customer_360,features +customer_360,marts"


def built(profile: Profile, day: date) -> tuple[float, str, dict[str, float]]:
    """Build an edition's input layer and core; seconds, from what, and the seconds of each model and test."""
    pipeline.open_edition(profile, day)
    began = time.perf_counter()
    pipeline.build_input_layer(profile, day)
    pipeline.build_core(profile, day)
    took = time.perf_counter() - began
    with warehouse(profile) as connection:
        state = core_state.read(connection)
    assert state is not None
    steps = {"everything but dbt's nodes": took}
    for layer in ("input_layer", "core"):
        target = settings().runs_dir / "dbt" / layer
        found = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        steps |= {f"{layer}: {r['unique_id'].split('.')[2]}": float(r["execution_time"]) for r in found["results"]}
        steps["everything but dbt's nodes"] -= rival.elapsed(target)
    return took, state.built, steps


def slowest(steps: dict[str, float], count: int) -> str:
    """The steps that take longest, a line each; two run at a time."""
    ranked = sorted(steps.items(), key=lambda step: -step[1])[:count]
    return "\n".join(f"    {seconds:7.1f} s  {name}" for name, seconds in ranked)


def raced(profile: Profile, day: date, folder: Path) -> rival.Race:
    """customer_360, persistency and what stands between them and core: made by dbt, then by DuckDB."""
    with warehouse(profile) as connection:
        edition = editions.current_build(connection, day)
        make_room(connection)
    made = dbt.run(
        "run",
        profile,
        edition_id=edition.edition_id,
        as_of_date=day,
        select=RACED,
        target_name="raced",
        full_refresh=True,
    )
    return rival.race(profile, made, folder)


def make_room(connection: Connection) -> None:
    """Empty landing and the input layer, which nothing raced reads: the disk cannot hold the rival's rows too."""
    rows = connection.execute(
        "select schemaname::text, tablename::text from pg_tables where schemaname in ('landing', 'input_layer')"
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(*row) for row in rows)
    connection.execute(sql.SQL("truncate {}").format(names))
    connection.commit()


def rest(profile: Profile) -> float:
    """The night between two days: autovacuum and the checkpointer see to what the first has written; its seconds."""
    began = time.perf_counter()
    with warehouse(profile, autocommit=True) as connection:
        connection.execute("vacuum (skip_database_stats)")
    with connect("postgres", server.SUPERUSER, autocommit=True) as connection:
        connection.execute("checkpoint")
    return time.perf_counter() - began


def size_on_disk(profile: Profile) -> dict[str, float]:
    """Gigabytes by schema."""
    with warehouse(profile) as connection:
        rows = connection.execute(
            "select relnamespace::regnamespace::text, sum(pg_total_relation_size(oid)) / 1e9 from pg_class"
            " where relkind = 'r' and relnamespace::regnamespace::text in ('landing', 'input_layer', 'intermediate',"
            " 'core') group by 1"
        ).fetchall()
    return {schema: float(size) for schema, size in rows}


RESULTS: dict[int, dict[str, float]] = {}


@pytest.mark.parametrize("customers", SIZES)
def test_whole_and_one_percent(sample: Profile, tmp_path: Path, customers: int) -> None:
    simulate.create(MADE, SEED, DAY)
    land(sample, DAY)
    with warehouse(sample) as connection:
        rows = scaled.multiply(connection, sample, max(1, customers // MADE))
    with watched(every=2) as peak:
        whole, how, whole_steps = built(sample, DAY)
        assert how == "whole"
        quiet = rest(sample)
        with warehouse(sample) as connection:
            changed = scaled.change(connection, sample, DAY + timedelta(days=1))
        daily, how, daily_steps = built(sample, DAY + timedelta(days=1))
        assert how == "changes"
    sizes = size_on_disk(sample)
    RESULTS[customers] = {"whole": whole, "daily": daily}
    print(
        f"\n{customers:,} customers, {rows:,} landed rows: whole {whole:.1f} s, one percent ({changed:,} versions)"
        f" {daily:.1f} s after a night of {quiet:.0f} s, ratio {daily / whole:.2f}; peak {peak.gigabytes:.1f} GB;"
        " on disk " + ", ".join(f"{schema} {size:.2f} GB" for schema, size in sorted(sizes.items()))
    )
    print(f"slowest of the whole build:\n{slowest(whole_steps, TOLD)}\nof the daily:\n{slowest(daily_steps, TOLD)}")
    if customers > MOST_RACED:
        print(f"no race beyond {MOST_RACED:,} customers: it wants as much disk again (CK_BENCH_MOST_RACED)")
        return
    race = raced(sample, DAY + timedelta(days=1), tmp_path)
    widest = sorted(race.here, key=lambda name: race.here[name], reverse=True)[:4]
    print(
        f"customer_360, persistency and their features: {race.elapsed:.1f} s (seconds of all tables"
        f" {sum(race.here.values()):.1f}), DuckDB {sum(race.rival.values()):.1f} s, ratio {race.ratio():.1f}; slowest "
        + ", ".join(f"{name} {race.here[name]:.1f} / {race.rival[name]:.1f} s" for name in widest)
    )


def test_growth_is_told() -> None:
    if len(RESULTS) < 2:
        pytest.skip("one size tells no growth")
    small, large = min(RESULTS), max(RESULTS)
    for name in ("whole", "daily"):
        slope = math.log(RESULTS[large][name] / RESULTS[small][name]) / math.log(large / small)
        print(f"\n{name}: log-log slope {slope:.2f} from {small:,} to {large:,} customers")
        assert slope < 2
