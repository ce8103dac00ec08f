"""Random days at the sources: rows go, come back, and take over what another row says, whoever they belong to."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from customer_knowledge.profile import Profile, Table
from customer_knowledge.warehouse.connections import SIMULATOR, Connection, connect

QUIET = ("product", "campaign")
"""Reference tables: a change to one rebuilds everything, which is another test's matter."""


class Upheaval:
    """Keeps what it took away, so that some of it comes back another day."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile, self.random = profile, random.Random(seed)  # noqa: S311
        self.taken: dict[tuple[str, str], list[Any]] = {}

    def day(self, share: float = 0.01, *, moving: bool = True) -> int:
        """Upset this share of the rows of each table in each way; rows touched.

        Args:
            moving: whether what a row takes over is also whose it is.
        """
        touched = 0
        for connector in self.profile.connectors:
            with connect(connector.system, SIMULATOR) as source:
                for table in connector.tables:
                    if table.name not in QUIET:
                        touched += self._table(source, connector.system, table, share, moving=moving)
        return touched

    def move_events(self, occurred_on: date, count: int) -> None:
        """Some events and consents happen on a day to come, though they are written down today."""
        for system, table in (("policy_admin", "policy_event"), ("crm", "consent")):
            with connect(system, SIMULATOR) as source:
                key = self.profile.connector(system).table(table).key[0]
                ids = self._some(source, table, key, count)
                source.execute(
                    sql.SQL("update {} set occurred_on = %s where {} = any(%s)").format(
                        sql.Identifier(table), sql.Identifier(key)
                    ),
                    (occurred_on, ids),
                )

    def _some(self, source: Connection, table: str, key: str, count: int) -> list[Any]:
        rows = source.execute(
            sql.SQL("select {0} from {1} order by {0}").format(sql.Identifier(key), sql.Identifier(table))
        ).fetchall()
        return [row[0] for row in self.random.sample(rows, min(count, len(rows)))]

    def _table(self, source: Connection, system: str, table: Table, share: float, *, moving: bool) -> int:
        name, key = sql.Identifier(table.name), sql.Identifier(table.key[0])
        total = source.execute(sql.SQL("select count(*) from {}").format(name)).fetchone()
        count = max(1, round(share * (total[0] if total else 0)))
        pool = self.taken.setdefault((system, table.name), [])
        back = [pool.pop() for _ in range(min(count, len(pool)))]
        gone = source.execute(
            sql.SQL("delete from {} as t where {} = any(%s) returning to_jsonb(t)").format(name, key),
            (self._some(source, table.name, table.key[0], count),),
        ).fetchall()
        for row in back:
            source.execute(
                sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, %s) on conflict do nothing")
                .format(name),
                (Jsonb(row),),
            )  # fmt: skip
        pool.extend(row[0] for row in gone)
        ids = self._some(source, table.name, table.key[0], 2 * count)
        half = len(ids) // 2
        for taker, giver in zip(ids[:half], ids[half:], strict=False):
            self._take_over(source, table, taker, giver, moving=moving)
        return len(gone) + len(back) + half

    def _take_over(self, source: Connection, table: Table, taker: Any, giver: Any, *, moving: bool) -> None:
        left = [*table.key, *(root.column for root in table.roots if not moving)]
        columns = source.execute(
            "select column_name from information_schema.columns where table_name = %s and column_name <> all(%s)",
            (table.name, left),
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier(row[0]) for row in columns)
        source.execute(
            sql.SQL("update {0} set ({1}) = (select {1} from {0} where {2} = %s) where {2} = %s").format(
                sql.Identifier(table.name), names, sql.Identifier(table.key[0])
            ),
            (giver, taker),
        )
