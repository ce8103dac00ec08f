"""What people see and decide: the review queue, one party's customer, and the decisions that win over everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.rows import class_row

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.warehouse.connections import Connection

Decision = Literal["must_link", "cannot_link"]
_NEWEST = "(select max(edition_id) from identity.cluster)"
# One question for two customers, the likeliest pair of their parties, unless some pair of theirs is decided already.
_QUEUE = f"""
with member as (select party_key, customer_key from identity.cluster where edition_id = {_NEWEST}),
decided as (
    select least(a.customer_key, b.customer_key) as one, greatest(a.customer_key, b.customer_key) as other
    from identity.decision
    inner join member as a on decision.party_key_a = a.party_key
    inner join member as b on decision.party_key_b = b.party_key
),
asked as (
    select
        review.*, least(a.customer_key, b.customer_key) as one, greatest(a.customer_key, b.customer_key) as other,
        row_number() over (
            partition by least(a.customer_key, b.customer_key), greatest(a.customer_key, b.customer_key)
            order by review.probability desc, review.party_key_a, review.party_key_b
        ) as place
    from identity.review
    inner join member as a on review.party_key_a = a.party_key
    inner join member as b on review.party_key_b = b.party_key
    where review.edition_id = {_NEWEST} and review.reason <> 'decided_apart'
)
select
    asked.party_key_a, asked.party_key_b, a.source_system || ':' || a.party_id as party_a,
    b.source_system || ':' || b.party_id as party_b, asked.probability, asked.reason,
    a.name = b.name as same_name, a.phone = b.phone as same_phone, a.birth_date = b.birth_date as same_birth_date,
    a.city = b.city as same_city,
    coalesce(a.id_number, a.credit_code) = coalesce(b.id_number, b.credit_code) as same_number
from asked
inner join input_layer.input__parties as a on asked.party_key_a = a.party_key
inner join input_layer.input__parties as b on asked.party_key_b = b.party_key
where asked.place = 1
    and not exists (select 1 from decided where decided.one = asked.one and decided.other = asked.other)
order by asked.reason, asked.probability desc, asked.party_key_a, asked.party_key_b
limit %s
"""  # noqa: S608 — nothing from outside stands in it
_CUSTOMER = f"""
select
    parties.source_system || ':' || parties.party_id as party, cluster.customer_key, cluster.identity_rule,
    cluster.probability, parties.name, coalesce(parties.id_number, parties.credit_code) as number, parties.birth_date,
    parties.phone, parties.city, parties.known_on
from identity.cluster
inner join input_layer.input__parties as parties on cluster.party_key = parties.party_key
where cluster.edition_id = {_NEWEST}
    and cluster.customer_key = (
        select customer_key from identity.cluster where edition_id = {_NEWEST} and party_key = %s
    )
order by parties.known_on, 1
"""  # noqa: S608


@dataclass(frozen=True)
class Waiting:
    """A pair in the queue: who, how likely, why, and what agrees (None: one side does not say)."""

    party_key_a: str
    party_key_b: str
    party_a: str
    party_b: str
    probability: float
    reason: str
    same_name: bool | None
    same_phone: bool | None
    same_birth_date: bool | None
    same_city: bool | None
    same_number: bool | None


def queue(connection: Connection, limit: int = 50) -> list[Waiting]:
    """Pairs of the newest edition that wait for a decision, contradictions included."""
    with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_QUEUE.encode(), (limit,)).fetchall()


def party_key(connection: Connection, named: str) -> str:
    """Key of a party given by it or as `system:id`.

    Raises:
        CustomerKnowledgeError: there is no such party in the input layer.
    """
    system, _, number = named.partition(":")
    row = connection.execute(
        "select party_key from input_layer.input__parties where party_key = %s"
        " or (source_system = %s and party_id = %s)",
        (named, system, number),
    ).fetchone()
    if row is None:
        hint = "name it as `ck identity review` does, e.g. crm:C10000001"
        raise CustomerKnowledgeError("there is no such party", hint=hint)
    return str(row[0])


def record(connection: Connection, decision: Decision, pair: Sequence[str], by: str, reason: str) -> int:
    """Write down what a person decided on two parties; the next edition follows it.

    Args:
        connection: to the insurer's warehouse.
        decision: whether the two are one.
        pair: two party keys.
        by: who decided.
        reason: why, in words.

    Returns:
        Number of the decision.

    Raises:
        CustomerKnowledgeError: the two are the same party, or nobody or no reason is given.
    """
    a, b = sorted(pair)
    if a == b or not by.strip() or not reason.strip():
        raise CustomerKnowledgeError("a decision needs two different parties, who decided, and why")
    row = connection.execute(
        "insert into identity.decision (decision, party_key_a, party_key_b, decided_by, reason)"
        " values (%s, %s, %s, %s, %s) returning decision_id",
        (decision, a, b, by.strip(), reason.strip()),
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    connection.commit()
    return int(row[0])


def customer(connection: Connection, party: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """All parties of the customer that a party belongs to: names of columns and rows."""
    found = connection.execute(_CUSTOMER.encode(), (party,))
    return [column.name for column in found.description or ()], found.fetchall()
