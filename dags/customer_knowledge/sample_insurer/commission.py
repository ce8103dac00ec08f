"""What sellers are paid: commission on premium received, taken back when a policy is cancelled in free look."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.catalogue import CHANNELS, PRODUCTS
from customer_knowledge.sample_insurer.columns import Array, Columns, Rng, moments, stack, take

CHANNEL_FACTOR = {
    "agency": 1.0,
    "bancassurance": 0.8,
    "telesales": 0.6,
    "online": 0.0,
    "broker": 1.1,
    "group": 0.7,
}
_RATE = np.array([product.commission for product in PRODUCTS])
_FACTOR = np.array([CHANNEL_FACTOR[channel] for channel in CHANNELS])


def commissions(rng: Rng, bought: Columns, policy: Columns, due: Columns, payment: Columns, events: Columns) -> Columns:
    """Table commission: a row for each payment that earns any, and one for each that free look takes back.

    Args:
        rng: the room's generator, for the moments of the day.
        bought: policies as bought, in the order of `policy`.
        policy: table policy.
        due: table premium_due.
        payment: table premium_payment.
        events: table policy_event.
    """
    earned = _earned(bought, policy, due, payment)
    table = stack([earned, _taken_back(earned, policy, events)])
    known = table["paid_on"]
    return table | {
        "commission_id": numbered(known, 1),
        "agent_id": policy["agent_id"][table.pop("policy")],
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }


def _earned(bought: Columns, policy: Columns, due: Columns, payment: Columns) -> Columns:
    """Product's rate x channel's factor x premium, paid out on the day the payment is recorded."""
    year = due["policy_year"][_position(due["due_id"], payment["due_id"])]
    mine = _position(policy["policy_id"], payment["policy_id"])
    rate = _RATE[bought["product"][mine], np.minimum(year, 2) - 1] * _FACTOR[bought["channel"][mine]]
    table = {
        "policy": mine,
        "policy_id": payment["policy_id"],
        "payment_id": payment["payment_id"].astype(float),
        "commission_type": np.where(year == 1, "first_year", "renewal").astype(object),
        "rate": np.round(rate, 4),
        "amount": np.round(payment["amount"] * np.round(rate, 4), 2),
        "paid_on": payment["recorded_on"],
    }
    return take(table, table["amount"] > 0)


def _taken_back(earned: Columns, policy: Columns, events: Columns) -> Columns:
    """All commission of a policy, on the day its free-look cancellation is recorded, never before it was paid out."""
    cancelled = take(events, events["event_type"] == "free_look_cancelled")
    who = _position(policy["policy_id"], cancelled["policy_id"])
    paid = np.bincount(earned["policy"], earned["amount"], minlength=len(policy["policy_id"]))[who]
    last = np.full(len(policy["policy_id"]), np.datetime64("1900-01-01", "D"))
    np.maximum.at(last, earned["policy"], earned["paid_on"])
    table = {
        "policy": who,
        "policy_id": cancelled["policy_id"],
        "payment_id": np.full(len(who), np.nan),
        "commission_type": np.full(len(who), "clawback", dtype=object),
        "rate": np.full(len(who), np.nan),
        "amount": -np.round(paid, 2),
        "paid_on": np.maximum(cancelled["recorded_on"], last[who]),
    }
    return take(table, paid > 0)


def _position(ids: Array, wanted: Array) -> Array:
    """Where each wanted id stands among the ids."""
    order = np.argsort(ids)
    return np.asarray(order[np.searchsorted(ids, wanted, sorter=order)])
