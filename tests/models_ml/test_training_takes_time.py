"""Fitting takes longer than the server bears a transaction that says nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import server
from customer_knowledge.warehouse.connections import PIPELINE, Connection, connect, warehouse
from models_ml import lifecycle

DAY = date(2026, 6, 30)


def slowly(connection: Connection, *_: object) -> int:
    """Ask, be silent for longer than is borne, and ask again."""
    connection.execute("select 1")
    time.sleep(0.4)
    row = connection.execute("select 7").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.postgres
@pytest.mark.parametrize("learn", [lifecycle.train_all, lifecycle.ensure_champions])
def test_training_is_borne_with(
    learn: Callable[[Profile, date], dict[str, int]], sample: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = f'alter role {PIPELINE} in database "{sample.database}" set idle_in_transaction_session_timeout = 200'
    with connect("postgres", server.SUPERUSER, autocommit=True) as admin:
        admin.execute(short.encode())
    for step in ("_train", "_ensure"):
        monkeypatch.setattr(lifecycle, step, slowly)
    assert set(learn(sample, DAY).values()) == {7}
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout), warehouse(sample) as connection:
        slowly(connection)
