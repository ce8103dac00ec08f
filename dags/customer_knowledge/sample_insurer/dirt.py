"""Dirt in known amounts: what is planted where, when, by which rule it should be found, and when it is put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from customer_knowledge.sample_insurer.changes import KEYS, Tables, change, text
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    ONE_DAY,
    Array,
    Columns,
    Rng,
    among,
    moments,
    plus_days,
    rows,
)
from customer_knowledge.sample_insurer.spec import Dirtying

Spoil = Callable[[Rng, Columns, Array], Array]
NEVER = np.datetime64("9999-12-31", "D")
NO_CONTACT = "C99999999"


@dataclass(frozen=True)
class Kind:
    """A kind of dirt: one column of one table spoilt in one way.

    `parents` are columns whose value must not be that of a spoilt parent, so that each row has one fault only.
    """

    name: str
    system: str
    table: str
    column: str
    rule_id: str
    severity: str
    spoil: Spoil
    parents: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """System and table."""
        return self.system, self.table


def _nothing(_: Rng, __: Columns, at: Array) -> Array:
    return np.full(len(at), None, dtype=object)


def _negated(_: Rng, table: Columns, at: Array) -> Array:
    return np.asarray(-table["annual_premium"][at])


def _before_start(rng: Rng, table: Columns, at: Array) -> Array:
    return plus_days(table["effective_on"][at], -rng.integers(30, 400, len(at)))


def _other_currency(rng: Rng, _: Columns, at: Array) -> Array:
    return np.array(["RMB", "人民币", "XXX"], dtype=object)[rng.integers(3, size=len(at))]


def _unborn(rng: Rng, table: Columns, at: Array) -> Array:
    """A century too late, as two-digit years give it."""
    born = table["birth_date"][at].astype("M8[M]") + 1200
    return plus_days(born.astype("M8[D]"), rng.integers(0, 28, len(at)))


def _wrong_check(_: Rng, table: Columns, at: Array) -> Array:
    wrong = [n[:-1] + ("1" if n[-1] != "1" else "2") for n in table["id_number"][at]]
    return np.array(wrong, dtype=object)


def _not_positive(rng: Rng, table: Columns, at: Array) -> Array:
    return np.where(rng.random(len(at)) < 0.5, 0.0, -table["amount"][at])


def _before_incurred(rng: Rng, table: Columns, at: Array) -> Array:
    return plus_days(table["incurred_on"][at], -rng.integers(2, 60, len(at)))


def _no_contact(_: Rng, __: Columns, at: Array) -> Array:
    return np.full(len(at), NO_CONTACT, dtype=object)


def _off_scale(rng: Rng, _: Columns, at: Array) -> Array:
    return np.array([11.0, 99.0, -1.0])[rng.integers(3, size=len(at))]


_OF_POLICY, _OF_CONTACT = (("policy_id", "policy"),), (("contact_id", "contact"),)
KINDS = (
    Kind("negative_premium", "policy_admin", "policy", "annual_premium", "premium_not_negative", "quarantine",
         _negated),
    Kind("nameless_party", "policy_admin", "party", "name", "party_named", "quarantine", _nothing),
    Kind("nameless_contact", "crm", "contact", "name", "contact_named", "quarantine", _nothing),
    Kind("reversed_term", "policy_admin", "policy", "expires_on", "term_in_order", "quarantine", _before_start),
    Kind("unknown_currency", "policy_admin", "policy", "currency", "currency_known", "quarantine", _other_currency),
    Kind("unborn_party", "policy_admin", "party", "birth_date", "birth_date_plausible", "quarantine", _unborn),
    Kind("wrong_check_digit", "policy_admin", "party", "id_number", "id_number_checksum", "warn", _wrong_check),
    Kind("missing_due", "policy_admin", "premium_payment", "due_id", "orphan", "quarantine", _nothing, _OF_POLICY),
    Kind("payment_not_positive", "policy_admin", "premium_payment", "amount", "payment_positive", "quarantine",
         _not_positive, _OF_POLICY),
    Kind("claim_reported_early", "policy_admin", "claim", "reported_on", "claim_dates_in_order", "quarantine",
         _before_incurred, _OF_POLICY),
    Kind("lost_interaction", "crm", "interaction", "contact_id", "orphan", "quarantine", _no_contact, _OF_CONTACT),
    Kind("score_off_scale", "crm", "satisfaction_survey", "score", "survey_score_in_range", "quarantine", _off_scale,
         _OF_CONTACT),
    Kind("unstated_consent", "crm", "consent", "state", "consent_state_known", "warn", _nothing, _OF_CONTACT),
)  # fmt: skip
MISSING_DUE = "missing_due"


class Planter:
    """Plants dirt kind by kind; parents come first, so that children of spoilt rows are left alone."""

    def __init__(
        self,
        spec: Dirtying,
        rng: Rng,
        tables: Tables,
        customers: int,
        first_day: np.datetime64,
        last: np.datetime64,
    ) -> None:
        self.spec, self.rng, self.tables, self.customers = spec, rng, tables, customers
        self.first_day, self.last = first_day, last
        self.log: list[Columns] = []
        self._planted: list[dict[str, object]] = []
        self._spoilt: dict[tuple[str, str], set[int]] = {place: set() for place in KEYS}
        self._fixes = self._first_fixes()

    def _first_fixes(self) -> Iterator[np.datetime64]:
        """Days on which dirt of the first day is put right: so many a day from the next day on."""
        each = max(1, self.customers // 5000)
        return iter(np.repeat(np.arange(self.first_day + ONE_DAY, self.last), each))

    def plant(self) -> Columns:
        """Plant everything; gives the list of what was planted."""
        for turn, kind in enumerate(KINDS):
            order = np.argsort(self.tables[kind.place]["recorded_on"], kind="stable")
            able = self._able(kind)
            self._first_day(kind, order[able[order]])
            self._days_to_come(kind, turn, order[able[order]])
        names = (
            "kind",
            "source_system",
            "source_table",
            "row_key",
            "rule_id",
            "severity",
            "planted_on",
            "fixed_on",
        )
        table = {name: np.array([p[name] for p in self._planted], dtype=object) for name in names}
        for name in ("planted_on", "fixed_on"):
            table[name] = table[name].astype("M8[D]")
        table["arrived_clean"] = np.array([p["arrived_clean"] for p in self._planted], dtype=bool)
        return table | {"dirt_id": np.arange(1, len(self._planted) + 1)}

    def _able(self, kind: Kind) -> Array:
        """Rows that can be spoilt this way: a value is there, no spoilt parent, no other change of the column."""
        table = self.tables[kind.place]
        value = table["due_id"] if kind.name == MISSING_DUE else table[kind.column]
        able = ~np.isnat(value) if value.dtype.kind == "M" else ~among(value, [None])
        for column, parent in kind.parents:
            place = (kind.system, parent)
            spoilt = self.tables[place][KEYS[place]][sorted(self._spoilt[place])]
            able &= ~among(table[column], spoilt.tolist())
        if kind.name == "reversed_term":
            # Yearly policies move their expiry with each renewal.
            able &= table["policy_term_years"] > 1
        if kind.name == "wrong_check_digit":
            able &= table["id_type"] == "resident_id"
        return able

    def _first_day(self, kind: Kind, rows_in_order: Array) -> None:
        there = rows_in_order[self.tables[kind.place]["recorded_on"][rows_in_order] <= self.first_day]
        at = self._choose(kind, there, max(1, round(self.customers * self.spec.share)))
        for row in at:
            fixed = self.rng.random() < self.spec.fixed_share or kind in KINDS[:3]
            self._arrive(kind, int(row), self.first_day, next(self._fixes) if fixed else NO_DAY)

    def _days_to_come(self, kind: Kind, turn: int, rows_in_order: Array) -> None:
        """On its days a kind spoils rows as they arrive or, where none does, rows of the first day."""
        known = self.tables[kind.place]["recorded_on"][rows_in_order]
        old = rows_in_order[known <= self.first_day]
        count = max(1, round(self.customers * self.spec.daily_share))
        for ahead in range(1, int((self.last - self.first_day) / ONE_DAY) + 1):
            if turn not in (ahead % len(KINDS), (ahead * 5 + 6) % len(KINDS)):
                continue
            day = self.first_day + ahead * ONE_DAY
            new = rows_in_order[np.searchsorted(known, day, "left") : np.searchsorted(known, day, "right")]
            for row in self._choose(kind, new, count):
                self._arrive(kind, int(row), day, self._later(day))
            if not len(new) and kind.name != MISSING_DUE:
                for row in self._choose(kind, old, count):
                    self._turn(kind, int(row), day, self._later(day))

    def _later(self, day: np.datetime64) -> np.datetime64:
        if self.rng.random() >= self.spec.fixed_share:
            return NO_DAY
        fixed = day + int(self.rng.integers(*self.spec.fixed_after)) * ONE_DAY
        return fixed if fixed <= self.last else NO_DAY

    def _choose(self, kind: Kind, among: Array, count: int) -> Array:
        """Rows not spoilt yet; tries a few more than needed rather than look at all."""
        if not len(among):
            return among
        drawn = among[self.rng.integers(len(among), size=count + 20)]
        fresh = [row for row in dict.fromkeys(drawn.tolist()) if row not in self._spoilt[kind.place]]
        return np.array(fresh[:count], dtype=np.int64)

    def _arrive(self, kind: Kind, row: int, day: np.datetime64, fixed_on: np.datetime64) -> None:
        """The row is dirty from its first day in the source."""
        table, at = self.tables[kind.place], np.array([row])
        self._note(kind, row, day, fixed_on, arrived_clean=False)
        if kind.name == MISSING_DUE:
            self._hide_due(int(table["due_id"][row]), fixed_on)
            return
        good = table[kind.column][at]
        table[kind.column][at] = kind.spoil(self.rng, table, at)
        self._fix(kind, at, good, fixed_on)

    def _turn(self, kind: Kind, row: int, day: np.datetime64, fixed_on: np.datetime64) -> None:
        """A clean row turns dirty by an update."""
        table, at = self.tables[kind.place], np.array([row])
        self._note(kind, row, day, fixed_on, arrived_clean=True)
        bad, on = kind.spoil(self.rng, table, at), np.array([day])
        self.log.append(change(kind.place, table[KEYS[kind.place]][at], kind.column, bad, on, True, self.rng))
        self._fix(kind, at, table[kind.column][at], fixed_on)

    def _fix(self, kind: Kind, at: Array, good: Array, fixed_on: np.datetime64) -> None:
        if not np.isnat(fixed_on):
            key = self.tables[kind.place][KEYS[kind.place]][at]
            self.log.append(change(kind.place, key, kind.column, good, np.array([fixed_on]), True, self.rng))

    def _hide_due(self, due_id: int, fixed_on: np.datetime64) -> None:
        """The due behind a payment reaches the source only on `fixed_on`, or never."""
        due = self.tables["policy_admin", "premium_due"]
        at = np.flatnonzero(due["due_id"] == due_id)
        due["recorded_on"][at] = NEVER if np.isnat(fixed_on) else fixed_on
        due["updated_at"][at] = moments(self.rng, due["recorded_on"][at])

    def _note(self, kind: Kind, row: int, day: np.datetime64, fixed_on: np.datetime64, *, arrived_clean: bool) -> None:
        self._spoilt[kind.place].add(row)
        self._planted.append(
            {
                "kind": kind.name,
                "source_system": kind.system,
                "source_table": kind.table,
                "row_key": text(self.tables[kind.place][KEYS[kind.place]][[row]])[0],
                "rule_id": kind.rule_id,
                "severity": kind.severity,
                "planted_on": day,
                "fixed_on": fixed_on,
                "arrived_clean": arrived_clean,
            }
        )


def drop_unseen(tables: Tables) -> None:
    """Leave out what no day will ever show."""
    due = tables["policy_admin", "premium_due"]
    if rows(due):
        seen = due["recorded_on"] < NEVER
        tables["policy_admin", "premium_due"] = {name: column[seen] for name, column in due.items()}
