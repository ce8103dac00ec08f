"""Parties of the input layer, to be turned upside down, and what resolving them gives, in part or all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from psycopg import sql

from customer_knowledge.identity import kept, store
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.method import method
from customer_knowledge.identity.resolve import resolve
from customer_knowledge.identity.run import resolve_edition
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.frames import read_frame

UNKNOWN = ("id_number", "credit_code", "phone", "birth_date", "city", "address")
RESULTS = {
    "cluster": "party_key",
    "scored_pair": "party_key_a, party_key_b",
    "review": "party_key_a, party_key_b",
    "customer_change": "change, customer_key, other_customer_key",
}


def rows(connection: Connection, table: str, edition_id: int) -> pd.DataFrame:
    """An edition's rows of a table, in order."""
    query = sql.SQL("select * from {} where edition_id = {} order by {} ").format(
        sql.Identifier("identity", table), sql.Literal(edition_id), sql.SQL(RESULTS[table])
    )
    return read_frame(connection, query).drop(columns="edition_id")


def as_found(connection: Connection, edition_id: int) -> dict[str, pd.DataFrame]:
    """What the warehouse has of an edition, and what it keeps of each party."""
    found = {table: rows(connection, table, edition_id) for table in RESULTS}
    party = "select party_key, digest, is_open, component, strayed_key, exact, blocks from identity.party order by 1"
    found["party"] = read_frame(connection, sql.SQL(party), dtype=str)
    listed = "select unnest(exact || blocks), party_key from identity.party"
    blocks = "select hash, party_key from identity.block"
    for one, other in ((listed, blocks), (blocks, listed)):
        assert connection.execute(f"{one} except all {other}".encode()).fetchall() == []
    return found


def of_everybody(connection: Connection, profile: Profile, edition_id: int, day: date) -> dict[str, pd.DataFrame]:
    """The same as resolving everybody would have it, by what was learnt before."""
    limits = profile.identity
    parties = store.parties(connection)
    known = kept.parameters(connection, edition_id, method())
    assert known
    found = resolve(
        parties,
        Thresholds(limits.match, limits.review, limits.margin_bits),
        store.decisions(connection, edition_id),
        store.customers(connection, store.base(connection, edition_id, day)),
        known,
    )
    party = kept.with_lists(found.found_by.merge(parties[["party_key", "digest"]], on="party_key"))
    changes = pd.DataFrame(found.changes, columns=["change", "customer_key", "other_customer_key"])
    changes.insert(0, "as_of_date", str(day))
    return {
        "cluster": found.parties,
        "scored_pair": found.pairs,
        "review": found.review,
        "customer_change": changes,
        "party": party,
    }


def demand_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    """Every value is the same, probabilities and weights to the last digit."""
    for table, frame in other.items():
        columns = list(one[table].columns)
        left, right = (as_text(x[columns]) for x in (one[table], frame))
        more, less = left - right, right - left
        assert not more and not less, f"{table}: {len(more)} too many, {len(less)} missing: {[*more, *less][:6]}"
        assert len(one[table]) == len(frame)


def as_text(frame: pd.DataFrame) -> set[tuple[str, ...]]:
    texts = [[_said(value) for value in frame[column].tolist()] for column in frame]
    return set(zip(*texts, strict=True))


def _said(value: Any) -> str:
    if isinstance(value, bool | np.bool_) or value in ("t", "f"):
        return str(value)[:1].lower()
    return "" if value is None or value != value else str(value)


@dataclass
class Book:
    """Parties of the input layer, to be turned upside down, and the editions made of them."""

    connection: Connection
    profile: Profile
    day: date
    rng: np.random.Generator
    made: int = 0

    def run(self, query: str, *parameters: Any) -> None:
        self.connection.execute(query.encode(), parameters or None)

    def some(self, number: int, where: str = "true") -> list[str]:
        """Keys of parties drawn at random."""
        query = f"select party_key from input_layer.input__parties where {where} order by 1"
        keys = [row[0] for row in self.connection.execute(query.encode()).fetchall()]
        return [str(key) for key in self.rng.choice(keys, min(number, len(keys)), replace=False)]

    def set(self, column: str, value: str, number: int, where: str = "true") -> None:
        """Change a column of some parties."""
        self.run(
            f"update input_layer.input__parties set {column} = {value} where party_key = any(%s)",
            self.some(number, where),
        )

    def borrow(self, column: str, number: int, where: str) -> None:
        """Some parties take over a column of others."""
        takers, givers = self.some(number, where), self.some(number, f"{where} and {column} is not null")
        for taker, giver in zip(takers, givers, strict=True):
            self.run(
                f"update input_layer.input__parties set {column} ="
                f" (select {column} from input_layer.input__parties where party_key = %s) where party_key = %s",
                giver,
                taker,
            )

    def add(self, number: int) -> None:
        """New parties, each like another but for some of it."""
        for like in self.some(number):
            self.made += 1
            self.run(
                "insert into input_layer.input__parties select (jsonb_populate_record(p, jsonb_build_object("
                "'party_key', md5(%s::text), 'party_id', %s::text, 'id_number', case when %s < 0.5 then id_number end,"
                " 'phone', case when %s < 0.6 then phone else '13' || %s::text end))).*"
                " from input_layer.input__parties p where party_key = %s",
                *(f"new{self.made}", f"N{self.made}", self.rng.random(), self.rng.random()),
                *(str(self.rng.integers(10**8, 10**9)), like),
            )

    def remove(self, keys: list[str]) -> None:
        """Parties go, and may come back."""
        self.run("create table if not exists public.gone (like input_layer.input__parties)")
        self.run(
            "with old as (delete from input_layer.input__parties where party_key = any(%s) returning *)"
            " insert into public.gone select * from old",
            keys,
        )

    def come_back(self) -> None:
        """Those who went come back as somebody else."""
        nobody = ", ".join(f"{name} = null" for name in UNKNOWN)
        self.run(f"update public.gone set {nobody}, name = reverse(name)")
        self.run("insert into input_layer.input__parties select * from public.gone")
        self.run("truncate public.gone")

    def next_edition(self) -> int:
        """Open the next day's edition."""
        self.day += timedelta(days=1)
        row = self.connection.execute(
            "insert into ops.edition (as_of_date, attempt, state, code_version) values (%s, 1, 'building', 'test')"
            " returning edition_id",
            (self.day,),
        ).fetchone()
        assert row is not None
        self.connection.commit()
        return int(row[0])

    def publish(self, edition_id: int, state: str = "published") -> None:
        self.run("update ops.edition set state = %s where edition_id = %s", state, edition_id)
        self.connection.commit()

    def resolve(self, edition_id: int) -> dict[str, pd.DataFrame]:
        self.connection.commit()
        resolve_edition(self.profile, edition_id, self.day)
        return as_found(self.connection, edition_id)

    def base_of_state(self) -> int | None:
        """Which edition the last one was resolved from; None: everybody was resolved."""
        row = self.connection.execute("select base_edition_id from identity.state").fetchone()
        assert row is not None
        return None if row[0] is None else int(row[0])

    def everybody(self, edition_id: int) -> dict[str, pd.DataFrame]:
        return of_everybody(self.connection, self.profile, edition_id, self.day)

    def through(self) -> int:
        """A day by changes, held against resolving everybody, and published."""
        edition_id = self.next_edition()
        found = self.resolve(edition_id)
        assert self.base_of_state() is not None
        demand_same(found, self.everybody(edition_id))
        self.publish(edition_id)
        return edition_id
