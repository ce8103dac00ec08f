"""Policy servicing: what policyholders ask to be changed while their policy runs."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import changes
from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.columns import (
    Array,
    Columns,
    Rng,
    either,
    moments,
    pick,
    poisson_process,
    recorded,
    take,
)
from customer_knowledge.sample_insurer.values import ends

RATE = 0.08  # requests a year and policy
KINDS = ("address_change", "beneficiary_change", "payment_account_change", "sum_assured_reduction")
_WEIGHTS = (0.50, 0.22, 0.22, 0.06)
_KEPT = 0.8  # share of the sum assured that a reduction leaves
_WAYS = ("app", "app", "branch", "agent", "phone")


def policy_changes(rng: Rng, bought: Columns, policy: Columns, events: Columns, last: np.datetime64) -> Columns:
    """Table policy_change; a sum assured is reduced once at most, on long-term policies that do not end."""
    ends_on = ends(bought, events, last)
    rate = np.full(len(ends_on), RATE)
    who, on = poisson_process(rng, rate, policy["recorded_on"], np.minimum(ends_on - 1, last))
    kind = pick_kind(rng, len(who))
    reducing = kind == "sum_assured_reduction"
    asked = np.flatnonzero(reducing)
    first = np.zeros(len(who), dtype=bool)
    first[asked[np.unique(who[asked], return_index=True)[1]]] = True
    may = bought["long_term"][who] & (ends_on[who] > last) & first
    keep = ~reducing | may
    who, on, kind, reducing = who[keep], on[keep], kind[keep], reducing[keep]
    before = policy["sum_assured"][who]
    known = recorded(rng, on)
    return {
        "policy": who,
        "policy_change_id": numbered(known, 1),
        "policy_id": policy["policy_id"][who],
        "change_type": kind,
        "requested_on": on,
        "effective_on": known,
        "requested_by": pick(rng, _WAYS, len(who)),
        "old_value": either(reducing, _money(before), None),
        "new_value": either(reducing, _money(before * _KEPT), None),
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }


def pick_kind(rng: Rng, size: int) -> Array:
    """Kinds of requests by their weights."""
    return np.array(KINDS, dtype=object)[rng.choice(len(KINDS), size=size, p=_WEIGHTS)]


def reductions(rng: Rng, change: Columns) -> Columns:
    """policy.sum_assured, overwritten on the day a reduction is recorded."""
    mine = take(change, change["change_type"] == "sum_assured_reduction")
    value = mine["new_value"].astype(float)
    return changes.change(
        ("policy_admin", "policy"), mine["policy_id"], "sum_assured", value, mine["recorded_on"], True, rng
    )


def _money(amount: Array) -> Array:
    return np.array([f"{value:.2f}" for value in amount], dtype=object)
