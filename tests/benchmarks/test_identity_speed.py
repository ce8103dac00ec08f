"""How identity resolution grows with the parties, and with those that changed. Run by `make bench`.

How many customers a day is resolved of is `CK_BENCH_RESOLVED`. Asserts results, never seconds.
"""

from __future__ import annotations

import os
import time
from datetime import date
from math import comb, log

import numpy as np
import pandas as pd
import pytest
from psycopg import sql

from customer_knowledge.identity.cleaning import READ
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.resolve import Decisions, resolve
from customer_knowledge.identity.run import resolve_edition
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import changes, insurer
from customer_knowledge.sample_insurer.columns import Columns, take
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.frames import copy_frame
from tests.identity.book import Book

DAY = date(2026, 6, 30)
SIZES = (4_150, 41_500)  # customers: about 10,000 and 100,000 parties
RESOLVED = int(os.environ.get("CK_BENCH_RESOLVED", "41500"))
ONE_IN = (100, 2_000)


def rows_of(system: str, table: Columns) -> pd.DataFrame:
    """A source's people as the input layer has them."""
    names = {"contact_id": "party_id", "contact_type": "party_type", "mobile": "phone", "recorded_on": "known_on"}
    frame = pd.DataFrame({names.get(c, c): changes.text(np.asarray(v)) for c, v in table.items() if c != "updated_at"})
    return frame.assign(source_system=system, party_key=f"{system}|" + frame["party_id"]).reindex(columns=list(READ))


def people(customers: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Parties on the first day, and who each of them is."""
    made = insurer.build(customers, 7, DAY)
    tables = {place: dict(table) for place, table in made.tables.items()}
    changes.apply(tables, made.log, made.first_day)
    parts = []
    for system, name in (("policy_admin", "party"), ("crm", "contact")):
        table = tables[system, name]
        parts.append(rows_of(system, take(table, table["recorded_on"] <= made.first_day)))
    who = made.truth["person_party"]
    keys = [f"{s}|{p}" for s, p in zip(who["source_system"], who["party_id"], strict=True)]
    return pd.concat(parts, ignore_index=True), dict(zip(keys, who["person_id"].tolist(), strict=True))


def pairs(sizes: pd.Series) -> int:
    return sum(comb(int(size), 2) for size in sizes)


@pytest.mark.timeout(1800)
def test_resolution_grows_with_the_parties() -> None:
    measured = []
    for customers in SIZES:
        parties, truth = people(customers)
        began = time.perf_counter()
        found = resolve(parties, Thresholds(0.98, 0.6, 3.0), Decisions(), {}).parties
        seconds = time.perf_counter() - began
        found["person"] = found["party_key"].map(truth)
        right = pairs(found.groupby(["person", "customer_key"]).size())
        precision = right / pairs(found["customer_key"].value_counts())
        recall = right / pairs(found["person"].value_counts())
        measured.append((len(parties), seconds))
        print(f"{len(parties):,} parties: {seconds:.1f} s, precision {precision:.4f}, recall {recall:.4f}")
        assert precision >= 0.99
        assert recall >= 0.97
    (small, quick), (large, slow) = measured
    print(f"log-log slope {log(slow / quick) / log(large / small):.2f}")


def lay(connection: Connection, parties: pd.DataFrame) -> None:
    """The input layer's parties, as far as resolution reads them."""
    table = sql.Identifier("input_layer", "input__parties")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(
            sql.Identifier(column), sql.SQL("date" if column.endswith(("_on", "_date")) else "text")
        )
        for column in parties
    )
    connection.execute("create schema if not exists input_layer")
    connection.execute(sql.SQL("create table {} ({})").format(table, columns))
    copy_frame(connection, table, parties)
    connection.execute(sql.SQL("create index on {} (party_key)").format(table))
    connection.execute(sql.SQL("analyze {}").format(table))
    connection.commit()


def resolved(book: Book) -> float:
    """Resolve the next day's edition and publish it; seconds."""
    edition_id = book.next_edition()
    began = time.perf_counter()
    resolve_edition(book.profile, edition_id, book.day)
    took = time.perf_counter() - began
    book.publish(edition_id)
    return took


@pytest.mark.postgres
@pytest.mark.timeout(0)
def test_a_day_resolves_what_changed(sample: Profile) -> None:
    parties, _ = people(RESOLVED)
    with warehouse(sample) as connection:
        book = Book(connection, sample, DAY, np.random.default_rng(3))
        lay(connection, parties)
        print(f"\n{len(parties):,} parties: everybody, learning, {resolved(book):.1f} s")
        assert book.base_of_state() is None
        for one_in in ONE_IN:
            number = len(parties) // one_in // 4
            book.set("phone", "overlay(phone placing '77' from 8)", number, "phone is not null")
            book.set("city", "'北京市'", number)
            book.set("id_number", "null", number, "id_number is not null")
            book.set("name", "reverse(name)", number, "party_type = 'person'")
            print(f"    one in {one_in:,} changed: {resolved(book):.1f} s")
            assert book.base_of_state() is not None
