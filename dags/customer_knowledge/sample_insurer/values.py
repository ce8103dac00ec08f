"""What long-term policies are worth: the cash value that the books show on every policy anniversary."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.columns import Array, Columns, Rng, add_months, moments, stack
from customer_knowledge.sample_insurer.paths import EVENTS, IN_FORCE, STATUS_AFTER

_ENDINGS = [EVENTS.index(kind) for kind, status in STATUS_AFTER.items() if status not in (*IN_FORCE, "suspended")]


def cash_value(policies: Columns, who: Array, m: int) -> Array:
    """Rough cash value in CNY after `m` months: premiums paid times a share that grows from 30 % to 95 %."""
    step, months = policies["step"][who], policies["payment_months"][who]
    paid_years = np.where(step == 0, 1.0, np.minimum(m, months) / 12)
    return np.asarray(np.round(policies["premium"][who] * paid_years * min(0.3 + 0.012 * m, 0.95), 2))


def ends(bought: Columns, events: Columns, last: np.datetime64) -> Array:
    """The day on which each policy ends; the day after the last simulated one where it does not."""
    ends_on = np.full(len(bought["effective_on"]), last + 1)
    ending = np.isin(events["kind"], _ENDINGS)
    np.minimum.at(ends_on, events["policy"][ending], events["on"][ending])
    return ends_on


def policy_values(rng: Rng, bought: Columns, policy: Columns, events: Columns, last: np.datetime64) -> Columns:
    """Table policy_value: a row for each anniversary that a long-term policy saw before it ended."""
    ends_on = ends(bought, events, last)
    who, m, parts = np.flatnonzero(bought["long_term"]), 12, [_none()]
    while len(who):
        on = add_months(bought["effective_on"][who], m)
        who, on = who[on < ends_on[who]], on[on < ends_on[who]]
        parts.append({"policy": who, "valued_on": on, "cash_value": cash_value(bought, who, m)})
        m += 12
    table = stack(parts)
    known = np.maximum(table["valued_on"], policy["recorded_on"][table["policy"]])
    return {
        "policy_value_id": numbered(known, 1),
        "policy_id": policy["policy_id"][table["policy"]],
        "valued_on": table["valued_on"],
        "cash_value": table["cash_value"],
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }


def _none() -> Columns:
    day = np.empty(0, dtype="M8[D]")
    return {"policy": np.empty(0, dtype=np.int64), "valued_on": day, "cash_value": np.empty(0)}
