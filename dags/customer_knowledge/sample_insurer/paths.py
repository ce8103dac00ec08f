"""What a path leaves behind: events and dues, and what both kinds of policies share on their way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    ONE_DAY,
    YEAR_DAYS,
    Array,
    Columns,
    Happenings,
    Rng,
    stack,
    take,
)
from customer_knowledge.sample_insurer.hazards import Situation
from customer_knowledge.sample_insurer.spec import Spec

EVENTS = (
    "issued",
    "grace_entered",
    "grace_left",
    "suspended",
    "reinstated",
    "surrendered",
    "terminated_by_lapse",
    "claim_terminated",
    "matured",
    "expired",
    "free_look_cancelled",
    "paid_up",
    "premium_waived",
    "renewed",
    "loan_taken",
)
STATUS_AFTER = {
    "issued": "active",
    "grace_entered": "grace",
    "grace_left": "active",
    "suspended": "suspended",
    "reinstated": "active",
    "renewed": "active",
    "surrendered": "surrendered",
    "terminated_by_lapse": "terminated_by_lapse",
    "claim_terminated": "claim_terminated",
    "matured": "matured",
    "expired": "expired",
    "free_look_cancelled": "free_look_cancelled",
    "paid_up": "paid_up",
    "premium_waived": "premium_waived",
}
"""The status each event leaves; `loan_taken` changes none. Replay: by (occurred_on, event_id), the last one wins."""
IN_FORCE = ("active", "grace", "paid_up", "premium_waived")
LEFT_BY_CHOICE = ("suspended", "surrendered", "expired")
REASONS = {
    "surrendered": ("资金周转需要", "收益不及预期", "对服务不满意", "转投其他公司产品", "家庭计划变化"),
    "expired": ("保费上涨", "其他公司报价更低", "车辆或房屋已处置", "不再需要该保障", "未能联系到客户"),
    "suspended": ("宽限期满未缴费",),
    "free_look_cancelled": ("犹豫期内改变主意", "条款与介绍不符", "家人不同意投保"),
}


@dataclass
class Trail:
    """Collects what happens; `end` is the last simulated day, later happenings are not written."""

    end: np.datetime64
    rng: Rng
    events: list[Columns] = field(default_factory=list)
    dues: list[Columns] = field(default_factory=list)

    def event(self, kind: str, policy: Array, on: Array, amount: Array | float = np.nan) -> None:
        """An event of each of these policies; amounts in CNY."""
        size = len(policy)
        pool = np.array(REASONS.get(kind, (None,)), dtype=object)
        self.events.append(
            {
                "policy": policy,
                "kind": np.full(size, EVENTS.index(kind)),
                "on": on,
                "amount": np.broadcast_to(np.asarray(amount, dtype=float), size),
                "reason": pool[self.rng.integers(len(pool), size=size)],
                "written": np.full(size, len(self.events)),
            }
        )

    def due(self, policy: Array, on: Array, amount: Array, year: Array | int, raised: Array, paid: Array) -> None:
        """A premium due of each of these policies, raised in the books on `raised`, paid on `paid` (NaT: not)."""
        years = np.broadcast_to(np.asarray(year), len(policy))
        columns = {
            "policy": policy,
            "on": on,
            "amount": amount,
            "year": years,
            "raised_on": raised,
            "paid_on": paid,
        }
        self.dues.append(columns)

    def all_events(self) -> Columns:
        """Every event up to the last simulated day, by policy, day and order of writing."""
        table = stack(self.events)
        table = take(table, table["on"] <= self.end)
        return take(table, np.lexsort((table["written"], table["on"], table["policy"])))

    def all_dues(self) -> Columns:
        """Every due raised up to the last simulated day, by policy and day."""
        table = stack(self.dues)
        table = take(table, table["raised_on"] <= self.end)
        table["paid_on"] = np.where(table["paid_on"] > self.end, NO_DAY, table["paid_on"])
        return take(table, np.lexsort((table["on"], table["policy"])))


@dataclass(frozen=True)
class World:
    """What policies meet on their way: themselves, complaints and claims by date, agents' departures, ends by claim.

    `ends_on` / `waived`: the day a claim ends the policy (NaT: never) and whether it waives premiums instead.
    `claim_rate` / `complaint_rate`: a policy's claims and its holder's complaints a year, to be expected.
    """

    spec: Spec
    policies: Columns
    complaints: Happenings
    claims: Happenings
    agent_left_on: Array
    satisfaction: Array
    ends_on: Array
    waived: Array
    claim_rate: Array
    complaint_rate: Array

    def situation(
        self, who: Array, on: Array, years: Array, late: Array, loans: Array, price_rise: Array | float = 0.0
    ) -> Situation:
        """The situation of some policies (positions `who`) on a day each."""
        p = self.policies
        return Situation(
            segment=p["segment"][who],
            product=p["product"][who],
            channel=p["channel"][who],
            mode=p["mode"][who],
            years=years,
            late=late,
            complaints=self.complaints.count(p["holder"][who], on - YEAR_DAYS * ONE_DAY, on - ONE_DAY),
            agent_left=self.agent_left_on[who] < on,
            satisfaction=self.satisfaction[who],
            burden=p["burden"][who],
            loans=loans,
            price_rise=np.broadcast_to(np.asarray(price_rise, dtype=float), len(who)),
        )
