"""What is booked on policies: events, premiums due and received, claims and their payments, as first written."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    Array,
    Columns,
    Rng,
    moments,
    pick,
    plus_days,
    recorded,
)
from customer_knowledge.sample_insurer.paths import EVENTS


def _in_step(policy: Array, recorded_on: Array) -> Array:
    """Recording days that never run backwards within a policy (rows sorted by policy)."""
    key = policy.astype(np.int64) * 1_000_000 + recorded_on.astype(np.int64)
    return np.asarray((np.maximum.accumulate(key) - policy.astype(np.int64) * 1_000_000).astype("M8[D]"))


def policy_events(rng: Rng, policy: Columns, events: Columns) -> Columns:
    """Table policy_event: ids, and so the replay, follow each policy's order of events."""
    mine = events["policy"]
    known = recorded(rng, events["on"], late_share=0.01)
    # Grace shows in the books only when the bank's returns are in, three days after.
    known = np.where(events["kind"] == EVENTS.index("grace_entered"), plus_days(events["on"], 3), known)
    known = np.where(events["kind"] == EVENTS.index("issued"), policy["recorded_on"][mine], known)
    known = _in_step(mine, np.maximum(known, policy["recorded_on"][mine]))
    return {
        "event_id": numbered(known, 1),
        "policy_id": policy["policy_id"][mine],
        "event_type": np.array(EVENTS, dtype=object)[events["kind"]],
        "occurred_on": events["on"],
        "amount": events["amount"],
        "reason": events["reason"],
        "recorded_on": known,
        "updated_at": moments(rng, known),
        "policy": mine,
    }


def premiums(rng: Rng, policy: Columns, dues: Columns) -> tuple[Columns, Columns]:
    """Tables premium_due and premium_payment; every payment settles one due in full."""
    mine = dues["policy"]
    known = np.maximum(dues["raised_on"], policy["recorded_on"][mine])
    due = {
        "due_id": numbered(known, 1),
        "policy_id": policy["policy_id"][mine],
        "due_on": dues["on"],
        "amount": np.round(dues["amount"], 2),
        "policy_year": dues["year"],
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }
    paid = np.flatnonzero(~np.isnat(dues["paid_on"]))
    received = np.maximum(recorded(rng, dues["paid_on"][paid]), known[paid])
    payment = {
        "payment_id": numbered(received, 1),
        "due_id": due["due_id"][paid],
        "policy_id": due["policy_id"][paid],
        "paid_on": dues["paid_on"][paid],
        "amount": due["amount"][paid],
        "method": pick(rng, ("银行代扣", "银行代扣", "微信支付", "支付宝", "银行转账"), len(paid)),
        "recorded_on": received,
        "updated_at": moments(rng, received),
    }
    return due, payment


def claims(rng: Rng, policy: Columns, party_of: Array, found: Columns) -> Columns:
    """Table claim as first reported: undecided, the whole claimed amount in reserve."""
    mine = found["policy"]
    size = len(mine)
    return {
        "claim_id": numbered(found["recorded_on"], 1),
        "policy_id": policy["policy_id"][mine],
        "party_id": party_of[mine],
        "claim_type": found["type"],
        "incurred_on": found["incurred_on"],
        "reported_on": found["reported_on"],
        "decided_on": np.full(size, NO_DAY),
        "decision": np.full(size, None, dtype=object),
        "claimed_amount": found["claimed"],
        "reserve_amount": found["claimed"],
        "recorded_on": found["recorded_on"],
        "updated_at": moments(rng, found["recorded_on"]),
    }


def claim_payments(rng: Rng, claim: Columns, paid: Columns) -> Columns:
    """Table claim_payment."""
    return {
        "claim_payment_id": numbered(paid["recorded_on"], 1),
        "claim_id": claim["claim_id"][paid["claim"]],
        "paid_on": paid["paid_on"],
        "amount": paid["amount"],
        "recorded_on": paid["recorded_on"],
        "updated_at": moments(rng, paid["recorded_on"]),
    }
