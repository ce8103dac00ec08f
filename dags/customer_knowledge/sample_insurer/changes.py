"""What the sources overwrite or delete after a row was first written: the log that business days are played from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from customer_knowledge.sample_insurer import names
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    ONE_DAY,
    Array,
    Columns,
    Rng,
    add_months,
    among,
    moments,
    pick,
    plus_days,
    poisson_process,
    rows,
    stack,
    take,
)
from customer_knowledge.sample_insurer.paths import STATUS_AFTER
from customer_knowledge.sample_insurer.spec import Dirtying

NO_MOMENT = np.datetime64("NaT", "s")
Tables = dict[tuple[str, str], Columns]
"""Source tables by (system, table)."""
KEYS = {
    ("policy_admin", "product"): "product_code",
    ("policy_admin", "agent"): "agent_id",
    ("policy_admin", "party"): "party_id",
    ("policy_admin", "policy"): "policy_id",
    ("policy_admin", "policy_party"): "policy_party_id",
    ("policy_admin", "coverage"): "coverage_id",
    ("policy_admin", "insured_object"): "object_id",
    ("policy_admin", "policy_event"): "event_id",
    ("policy_admin", "premium_due"): "due_id",
    ("policy_admin", "premium_payment"): "payment_id",
    ("policy_admin", "claim"): "claim_id",
    ("policy_admin", "claim_payment"): "claim_payment_id",
    ("policy_admin", "policy_value"): "policy_value_id",
    ("policy_admin", "commission"): "commission_id",
    ("policy_admin", "policy_change"): "policy_change_id",
    ("crm", "contact"): "contact_id",
    ("crm", "interaction"): "interaction_id",
    ("crm", "complaint"): "complaint_id",
    ("crm", "satisfaction_survey"): "survey_id",
    ("crm", "campaign"): "campaign_id",
    ("crm", "campaign_response"): "response_id",
    ("crm", "retention_task"): "task_id",
    ("crm", "consent"): "consent_id",
    ("crm", "agent_note"): "note_id",
}


def text(values: Array) -> Array:
    """Values as PostgreSQL reads them; None for NULL. Whole numbers lose their '.0'."""
    if values.dtype.kind == "M":
        return np.where(np.isnat(values), None, np.datetime_as_string(values).astype(object))  # type: ignore[call-overload,no-any-return]
    if values.dtype.kind == "f":
        plain = [None if np.isnan(v) else str(int(v)) if v == int(v) else repr(round(float(v), 2)) for v in values]
        return np.array(plain, dtype=object)
    return np.array([None if v is None else str(v) for v in values], dtype=object)


def change(
    place: tuple[str, str], key: Array, column: str, value: Array, on: Array, touched: Array | bool, rng: Rng
) -> Columns:
    """Rows of the log: one column of some rows takes new values on some days.

    Args:
        place: system and table.
        key: ids of the rows.
        column: which column.
        value: new values.
        on: days.
        touched: whether `updated_at` moves with it.
        rng: for the moment of the day.
    """
    size = len(key)
    moved = np.broadcast_to(np.asarray(touched), size)
    return {
        "source_system": np.full(size, place[0], dtype=object),
        "source_table": np.full(size, place[1], dtype=object),
        "row_key": text(np.asarray(key)),
        "column_name": np.full(size, column, dtype=object),
        "new_value": text(value),
        "changed_on": on,
        "moved_at": np.where(moved, moments(rng, on), NO_MOMENT),
    }


def statuses(rng: Rng, events: Columns) -> Columns:
    """policy.status after each recording: the replay, by (occurred_on, event_id), of the events known by then."""
    mine = take(events, among(events["event_type"], STATUS_AFTER))
    order = np.lexsort((mine["event_id"], mine["occurred_on"], mine["policy_id"]))
    mine = take(mine, order)
    # Rows are now in replay order and recorded in it, so each event's status holds from its recording on.
    last = np.r_[
        (mine["policy_id"][1:] != mine["policy_id"][:-1]) | (mine["recorded_on"][1:] != mine["recorded_on"][:-1]),
        True,
    ]
    mine = take(mine, last)
    value = np.array([STATUS_AFTER[name] for name in mine["event_type"]], dtype=object)
    first = np.r_[True, mine["policy_id"][1:] != mine["policy_id"][:-1]]
    news = np.where(first, value != "active", np.r_[True, value[1:] != value[:-1]])
    mine, value = take(mine, news), value[news]
    return change(("policy_admin", "policy"), mine["policy_id"], "status", value, mine["recorded_on"], True, rng)


def renewals(rng: Rng, events: Columns, silent_share: float) -> Columns:
    """policy.expires_on of one-year policies moves with every renewal; now and then without a trace in updated_at."""
    mine = take(events, events["event_type"] == "renewed")
    last_day = add_months(mine["occurred_on"], 12) - ONE_DAY
    touched = rng.random(rows(mine)) >= silent_share
    return change(
        ("policy_admin", "policy"),
        mine["policy_id"],
        "expires_on",
        last_day,
        mine["recorded_on"],
        touched,
        rng,
    )


def departures(rng: Rng, agents: Columns) -> Columns:
    """agent.left_on, written the day after."""
    who = np.flatnonzero(~np.isnat(agents["left_on"]))
    left = agents["left_on"][who]
    return change(("policy_admin", "agent"), agents["agent_id"][who], "left_on", left, plus_days(left, 1), True, rng)


def decisions(rng: Rng, claim: Columns, found: Columns, payments: Columns) -> list[Columns]:
    """Claims are decided; the reserve falls to what is still to be paid, and to nothing."""
    place, on, key = ("policy_admin", "claim"), found["decision_recorded_on"], claim["claim_id"]
    owed = np.bincount(payments["claim"], weights=payments["amount"], minlength=len(key))
    log = [
        change(place, key, "decided_on", found["decided_on"], on, True, rng),
        change(place, key, "decision", found["decision"], on, True, rng),
        change(place, key, "reserve_amount", np.round(owed, 2), on, True, rng),
    ]
    order = np.lexsort((payments["paid_on"], payments["claim"]))
    paid = take(payments, order)
    running = np.cumsum(paid["amount"])
    starts = np.r_[True, paid["claim"][1:] != paid["claim"][:-1]]
    before = np.maximum.accumulate(np.where(starts, running - paid["amount"], -np.inf))
    left = np.maximum(np.round(owed[paid["claim"]] - (running - before), 2), 0.0)
    log.append(change(place, key[paid["claim"]], "reserve_amount", left, paid["recorded_on"], True, rng))
    return log


def closings(rng: Rng, complaint: Columns) -> Columns:
    """complaint.closed_on."""
    key, on = complaint["complaint_id"], complaint["closes_on"]
    return change(("crm", "complaint"), key, "closed_on", on, on, True, rng)


def _new_values(rng: Rng, column: str, now: Array, size: int) -> Array:
    makers: dict[str, Callable[[], Any]] = {
        "phone": lambda: names.mobiles(rng, size),
        "mobile": lambda: names.mobiles(rng, size),
        "address": lambda: names.addresses(rng, now),
        "annual_income": lambda: np.round(now * rng.uniform(0.85, 1.3, size=size), -3),
        "is_app_user": lambda: np.array(["true"] * size, dtype=object),
    }
    return np.asarray(makers[column]())


def corrections(
    spec: Dirtying, rng: Rng, tables: Tables, first_day: np.datetime64, last: np.datetime64
) -> list[Columns]:
    """People move, change numbers and incomes. On each business day to come at least one such change is silent."""
    log = []
    for place, columns in (
        (("policy_admin", "party"), ("phone", "address", "annual_income")),
        (("crm", "contact"), ("mobile", "is_app_user")),
    ):
        table = tables[place]
        key, since = table[KEYS[place]], table["recorded_on"]
        rate = np.full(rows(table), spec.corrections_rate / len(columns))
        for column in columns:
            now = table["city" if column == "address" else column]
            who, on = poisson_process(rng, rate, plus_days(since, 30), np.full(rows(table), last))
            who, on = who[_filled(now)[who]], on[_filled(now)[who]]
            silent = rng.random(len(who)) < spec.silent_share
            log.append(change(place, key[who], column, _new_values(rng, column, now[who], len(who)), on, ~silent, rng))
        column = columns[0]
        days, who = _every_day(rng, since <= first_day, first_day, last)
        log.append(change(place, key[who], column, _new_values(rng, column, table[column], len(who)), days, False, rng))
    return log


def _filled(values: Array) -> Array:
    return ~np.isnan(values) if values.dtype.kind == "f" else np.full(len(values), True)


def _every_day(rng: Rng, there: Array, first_day: np.datetime64, last: np.datetime64) -> tuple[Array, Array]:
    """Each day to come and, for each, a row that was there on the first."""
    days = np.arange(first_day + ONE_DAY, last + ONE_DAY)
    return days, pick(rng, np.flatnonzero(there), len(days)).astype(np.int64)


def deletions(
    spec: Dirtying, rng: Rng, tables: Tables, customers: int, spared: dict[tuple[str, str], set[str]],
    first_day: np.datetime64, last: np.datetime64,
) -> Columns:  # fmt: skip
    """Rows that disappear: beneficiaries struck out, interactions removed. Each was there on the first day.

    Args:
        spec: how many a day.
        rng: the room's generator.
        tables: the source tables.
        customers: size of the insurer.
        spared: keys that are left alone (dirt is told by its key).
        first_day: first business day; deletions begin the day after.
        last: last simulated day.
    """
    parts = []
    for place in (("policy_admin", "policy_party"), ("crm", "interaction")):
        table = tables[place]
        there = table["recorded_on"] <= first_day
        if "role" in table:
            there &= table["role"] == "beneficiary"
        key = text(table[KEYS[place]])
        there &= ~among(key, spared.get(place, set()))
        days = np.arange(first_day + ONE_DAY, last + ONE_DAY)
        days = np.repeat(days, max(1, round(customers * spec.daily_deletions)))
        gone = rng.permutation(np.flatnonzero(there))[: len(days)]
        size = len(gone)
        parts.append(
            {
                "source_system": np.full(size, place[0], dtype=object),
                "source_table": np.full(size, place[1], dtype=object),
                "row_key": key[gone],
                "deleted_on": days[:size],
            }
        )
    return stack(parts)


def apply(tables: Tables, log: Columns, until: np.datetime64) -> None:
    """Write the log's changes up to a day into the tables, in order."""
    past = take(log, log["changed_on"] <= until)
    for place, table in tables.items():
        mine = take(past, (past["source_system"] == place[0]) & (past["source_table"] == place[1]))
        if not rows(mine):
            continue
        key = text(table[KEYS[place]])
        order = np.argsort(key.astype(str))
        at = order[np.searchsorted(key[order].astype(str), mine["row_key"].astype(str))]
        # Later rows of the log come later, so the last assignment wins.
        for column in sorted(set(mine["column_name"])):
            rows_of = mine["column_name"] == column
            table[column] = _assigned(table[column], at[rows_of], mine["new_value"][rows_of])
        moved = ~np.isnat(mine["moved_at"])
        newest = table["updated_at"].astype("M8[s]").astype(np.int64)
        np.maximum.at(newest, at[moved], mine["moved_at"][moved].astype("M8[s]").astype(np.int64))
        table["updated_at"] = newest.astype("M8[s]")


def _assigned(column: Array, at: Array, value: Array) -> Array:
    result = column.copy()
    if column.dtype.kind == "M":
        result[at] = np.array([NO_DAY if v is None else np.datetime64(v) for v in value], dtype=column.dtype)
    elif column.dtype.kind == "f":
        result[at] = np.array([np.nan if v is None else float(v) for v in value])
    elif column.dtype.kind == "b":
        result[at] = value == "true"
    else:
        result[at] = value
    return result


def ordered(parts: list[Columns]) -> Columns:
    """One log, by day; changes of one day keep the order in which they were given."""
    log = stack(parts)
    log = take(log, np.argsort(log["changed_on"], kind="stable"))
    return log | {"change_id": np.arange(1, rows(log) + 1)}
