"""Cash values in the books: long-term policies on their anniversaries, before they end, growing."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.columns import add_months
from customer_knowledge.sample_insurer.insurer import Insurer


def test_values_stand_on_anniversaries_of_living_long_term_policies(small: Insurer) -> None:
    value, policy = (small.tables["policy_admin", name] for name in ("policy_value", "policy"))
    event = small.tables["policy_admin", "policy_event"]
    effective = dict(zip(policy["policy_id"].tolist(), policy["effective_on"], strict=True))
    ends = ("surrendered", "terminated_by_lapse", "claim_terminated", "matured", "free_look_cancelled")
    ended = {
        p: on
        for p, kind, on in zip(event["policy_id"].tolist(), event["event_type"], event["occurred_on"], strict=True)
        if kind in ends
    }
    years: dict[int, list[int]] = {}
    for number, on in zip(value["policy_id"].tolist(), value["valued_on"], strict=True):
        year = len(years.setdefault(number, [])) + 1
        assert on == add_months(np.array([effective[number]]), 12 * year)[0]
        assert number not in ended or on < ended[number]
        years[number].append(year)
    assert len(years) > 50
    assert max(map(len, years.values())) >= 5
    assert (value["cash_value"] > 0).all()
