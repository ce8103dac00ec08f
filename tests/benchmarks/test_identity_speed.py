"""How identity resolution grows with the number of parties. Run by `make bench`; asserts results, never seconds."""

from __future__ import annotations

import time
from datetime import date
from math import comb, log

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.identity.cleaning import READ
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.resolve import Decisions, resolve
from customer_knowledge.sample_insurer import changes, insurer
from customer_knowledge.sample_insurer.columns import Columns, take

DAY = date(2026, 6, 30)
SIZES = (4_150, 41_500)  # customers: about 10,000 and 100,000 parties


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
