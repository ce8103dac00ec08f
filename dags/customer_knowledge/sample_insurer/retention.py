"""The CRM acts on a published worklist: tasks for both arms, contacts with the treated, and what these change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from psycopg import sql

from customer_knowledge.sample_insurer.columns import Rng, room
from customer_knowledge.sample_insurer.spec import SPEC, Retaining
from customer_knowledge.warehouse.connections import Connection

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = timedelta(days=365)
_HOLDERS = """
    select pp.policy_id, pp.party_id from policy_party as pp
    where pp.role = 'policyholder' and pp.party_id = any(%s)
"""
_PENDING = """
    select event_id, policy_id, event_type, occurred_on, recorded_on, updated_at from policy_admin.policy_event
    where policy_id = any(%s) and event_type in ('suspended', 'surrendered', 'expired')
    and occurred_on > %s and occurred_on <= %s order by occurred_on, event_id
"""
_TASK = """
    insert into crm.retention_task
    (task_id, contact_id, policy_no, offered_on, arm, value_grade, risk_band, recorded_on, updated_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class Offer(NamedTuple):
    """A line of the worklist as it was published on a day."""

    policy_number: str
    is_holdout: bool
    value_grade: str
    risk_band: str


class Exit(NamedTuple):
    """An exit by choice that waits for its day."""

    event_id: int
    policy_id: int
    event_type: str
    occurred_on: date
    recorded_on: date
    updated_at: datetime


@dataclass(frozen=True)
class Contact:
    """What comes of a contact, drawn alike for both arms; only the treated live it."""

    on: date
    outcome: str

    @property
    def holds(self) -> bool:
        """Whether who was spoken to stays for a year."""
        return self.outcome == "accepted"


def play(truth: Connection, policy_admin: Connection, worklist: Sequence[Offer], seed: int, day: date) -> int:
    """Plan in the truth what the CRM does from `day` on with the list published for the day before.

    A customer gets one task a year: later lists of that year, and what they drew, change nothing. Accepting withdraws
    the customer's exits by choice that are still to come within a year of the list; their premiums go on being paid
    as far as they were due already.

    Args:
        truth: where days to come wait; committed here, so that a crash afterwards finds the same plan.
        policy_admin: to find who holds the policy of each line.
        worklist: the lines, treated and holdout.
        seed: of the insurer; with the policy and day it decides what a contact brings.
        day: business day on which the tasks appear.

    Returns:
        New tasks.
    """
    offered_on = day - timedelta(days=1)
    planned = truth.execute("select 1 from crm.retention_task where offered_on = %s limit 1", (offered_on,)).fetchone()
    if planned is not None:
        return 0
    tasks = 0
    for offer in worklist:
        found = _who(truth, policy_admin, offer.policy_number, offered_on)
        if found is None:
            continue
        contact_id, policies = found
        contact = _contact(room(seed, f"retention {offer.policy_number} {offered_on}"), SPEC.retaining, day)
        exits = _exits(truth, policies, offered_on)
        task_id = _next(truth, "crm", "retention_task", "task_id")
        moment = datetime.combine(day, time(9), ZONE)
        arm = "holdout" if offer.is_holdout else "treated"
        row = (task_id, contact_id, offer.policy_number, offered_on, arm, offer.value_grade, offer.risk_band)
        truth.execute(_TASK, (*row, day, moment))
        saved = [e for e in exits if contact.holds and e.occurred_on > contact.on]
        truth.execute(
            "insert into truth.retention_task (task_id, leaves_if_left_alone, leaves_if_treated) values (%s, %s, %s)",
            (task_id, bool(exits), len(saved) < len(exits)),
        )
        if arm == "treated":
            _close(truth, task_id, contact)
            for leaving in saved:
                _withdraw(truth, policy_admin, leaving)
        tasks += 1
    truth.commit()
    return tasks


def _who(truth: Connection, policy_admin: Connection, number: str, offered_on: date) -> tuple[str, list[int]] | None:
    """The holder's contact and all policies held; None where there is no contact, or a task of the last year."""
    parties = policy_admin.execute(
        "select pp.party_id::text from policy as p join policy_party as pp using (policy_id)"
        " where p.policy_no = %s and pp.role = 'policyholder'",
        (number,),
    ).fetchall()
    persons = truth.execute(
        "select party_id, source_system from truth.person_party where person_id in (select person_id from"
        " truth.person_party where source_system = 'policy_admin' and party_id = any(%s)) order by party_id",
        ([row[0] for row in parties],),
    ).fetchall()
    contacts = [party for party, system in persons if system == "crm"]
    if not contacts:
        return None
    recent = truth.execute(
        "select 1 from crm.retention_task where contact_id = any(%s) and offered_on > %s",
        (contacts, offered_on - YEAR),
    ).fetchone()
    if recent is not None:
        return None
    mine = [int(party) for party, system in persons if system == "policy_admin"]
    return contacts[0], sorted({row[0] for row in policy_admin.execute(_HOLDERS, (mine,)).fetchall()})


def _contact(rng: Rng, spec: Retaining, day: date) -> Contact:
    on = day + timedelta(days=int(rng.integers(spec.contact_days)))
    reached, likes = rng.random(2)
    if reached >= spec.reached:
        return Contact(on, "unreachable")
    return Contact(on, "accepted" if likes < spec.accepted else "declined")


def _exits(truth: Connection, policies: list[int], offered_on: date) -> list[Exit]:
    """The first exit by choice of each policy within a year of the list."""
    first: dict[int, Exit] = {}
    for row in truth.execute(_PENDING, (policies, offered_on, offered_on + YEAR)).fetchall():
        leaving = Exit(*row)
        first.setdefault(leaving.policy_id, leaving)
    return list(first.values())


def _close(truth: Connection, task_id: int, contact: Contact) -> None:
    for column, value in (
        ("contacted_on", str(contact.on)),
        ("outcome", contact.outcome),
        ("closed_on", str(contact.on)),
    ):
        _change(truth, ("crm", "retention_task"), task_id, column, value, contact.on)


def _withdraw(truth: Connection, policy_admin: Connection, leaving: Exit) -> None:
    """The policy stays: what was to come of the exit is taken back, and a missing premium comes."""
    policy = leaving.policy_id
    truth.execute(
        "delete from policy_admin.policy_event where policy_id = %s and (occurred_on, event_id) >= (%s, %s)"
        " and recorded_on >= %s",
        (policy, leaving.occurred_on, leaving.event_id, leaving.recorded_on),
    )
    truth.execute(
        "delete from truth.change where source_system = 'policy_admin' and source_table = 'policy'"
        " and row_key = %s and column_name = 'status' and changed_on >= %s",
        (str(policy), leaving.recorded_on),
    )
    if leaving.event_type == "suspended":
        last_day = leaving.occurred_on - timedelta(days=1)
        _event(truth, leaving, "grace_left", last_day)
        _change(truth, ("policy_admin", "policy"), policy, "status", "active", leaving.recorded_on)
        _pay(truth, policy_admin, leaving, last_day)
    elif leaving.event_type == "expired":
        _renew(truth, policy_admin, leaving)


def _renew(truth: Connection, policy_admin: Connection, leaving: Exit) -> None:
    """A further term at the premium agreed at issue, due and paid on its first day."""
    [(premium, year, last_day)] = policy_admin.execute(
        "select annual_premium, extract(year from age(%(on)s, effective_on))::int + 1,"
        " (%(on)s::date + interval '12 months' - interval '1 day')::date from policy where policy_id = %(policy)s",
        {"on": leaving.occurred_on, "policy": leaving.policy_id},
    ).fetchall()
    _event(truth, leaving, "renewed", leaving.occurred_on, premium)
    _change(truth, ("policy_admin", "policy"), leaving.policy_id, "expires_on", str(last_day), leaving.recorded_on)
    truth.execute(
        "insert into policy_admin.premium_due (due_id, policy_id, due_on, amount, policy_year, recorded_on, updated_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (
            _next(truth, "policy_admin", "premium_due", "due_id"),
            *(leaving.policy_id, leaving.occurred_on, premium, year, leaving.recorded_on, leaving.updated_at),
        ),
    )
    _pay(truth, policy_admin, leaving, leaving.occurred_on)


def _event(truth: Connection, leaving: Exit, event_type: str, on: date, amount: Decimal | None = None) -> None:
    number = _next(truth, "policy_admin", "policy_event", "event_id")
    truth.execute(
        "insert into policy_admin.policy_event"
        " (event_id, policy_id, event_type, occurred_on, amount, recorded_on, updated_at)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (number, leaving.policy_id, event_type, on, amount, leaving.recorded_on, leaving.updated_at),
    )


def _pay(truth: Connection, policy_admin: Connection, leaving: Exit, on: date) -> None:
    """What fell due in the days of grace and would have stayed unpaid."""
    grace = timedelta(days=60)
    query = "select due_id, amount from {}premium_due where policy_id = %s and due_on >= %s and due_on <= %s"
    window = (leaving.policy_id, leaving.occurred_on - grace, on)
    dues: dict[int, Decimal] = dict(policy_admin.execute(query.format("").encode(), window).fetchall())
    dues |= dict(truth.execute(query.format("policy_admin.").encode(), window).fetchall())
    paid = "select due_id from {}premium_payment where policy_id = %s"
    done = policy_admin.execute(paid.format("").encode(), window[:1]).fetchall()
    done += truth.execute(paid.format("policy_admin.").encode(), window[:1]).fetchall()
    for due_id in sorted(set(dues) - {row[0] for row in done}):
        number = _next(truth, "policy_admin", "premium_payment", "payment_id")
        truth.execute(
            "insert into policy_admin.premium_payment"
            " (payment_id, due_id, policy_id, paid_on, amount, method, recorded_on, updated_at)"
            " values (%s, %s, %s, %s, %s, '银行转账', %s, %s)",
            (number, due_id, leaving.policy_id, on, dues[due_id], leaving.recorded_on, leaving.updated_at),
        )


def _change(truth: Connection, place: tuple[str, str], key: int, column: str, value: str, on: date) -> None:
    truth.execute(
        "insert into truth.change"
        " (change_id, source_system, source_table, row_key, column_name, new_value, changed_on, moved_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            _next(truth, "truth", "change", "change_id"),
            *place,
            str(key),
            column,
            value,
            on,
            datetime.combine(on, time(18), ZONE),
        ),
    )


def _next(truth: Connection, schema: str, table: str, column: str) -> int:
    """A number above all that wait; those in the sources are lower."""
    query = sql.SQL("select coalesce(max({}), 0) + 1 as number from {}")
    [(number,)] = truth.execute(query.format(sql.Identifier(column), sql.Identifier(schema, table))).fetchall()
    return int(number)
