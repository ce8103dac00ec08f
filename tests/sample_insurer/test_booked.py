"""Commission and servicing: what sellers are paid follows premium, and changes stay within a policy's life."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from customer_knowledge.sample_insurer.insurer import Insurer


def test_commission_follows_premium_and_free_look_takes_it_back(small: Insurer) -> None:
    table, payment = (small.tables["policy_admin", name] for name in ("commission", "premium_payment"))
    event, policy = (small.tables["policy_admin", name] for name in ("policy_event", "policy"))
    paid_on = dict(zip(payment["payment_id"].tolist(), payment["recorded_on"], strict=True))
    channel = dict(zip(policy["policy_id"].tolist(), policy["channel"], strict=True))
    left: dict[int, float] = defaultdict(float)
    for row in range(len(table["policy_id"])):
        number, kind = table["policy_id"][row], table["commission_type"][row]
        left[number] += table["amount"][row]
        assert channel[number] != "online"
        assert (table["amount"][row] < 0) == (kind == "clawback")
        # Dirt may have moved a payment's recording; it never comes before what it pays for.
        assert kind == "clawback" or table["paid_on"][row] >= paid_on[int(table["payment_id"][row])]
    cancelled = set(event["policy_id"][event["event_type"] == "free_look_cancelled"].tolist())
    assert cancelled & set(left)
    assert all(abs(left[number]) < 0.005 for number in cancelled & set(left))
    assert set(table["commission_type"]) == {"first_year", "renewal", "clawback"}


def test_changes_happen_while_a_policy_runs_and_reductions_reach_it_once(small: Insurer) -> None:
    change, policy = (small.tables["policy_admin", name] for name in ("policy_change", "policy"))
    issued = dict(zip(policy["policy_id"].tolist(), policy["issued_on"], strict=True))
    assert all(on >= issued[n] for n, on in zip(change["policy_id"].tolist(), change["requested_on"], strict=True))
    assert (change["effective_on"] >= change["requested_on"]).all()
    reduced = change["policy_id"][change["change_type"] == "sum_assured_reduction"]
    assert len(reduced) == len(np.unique(reduced)) > 0
    logged = small.log["row_key"][small.log["column_name"] == "sum_assured"]
    assert sorted(logged) == sorted(str(number) for number in reduced)
