"""The path of long-term policies, month by month: paying, grace, suspension, surrender, loans, maturity."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import hazards
from customer_knowledge.sample_insurer.catalogue import PRODUCTS
from customer_knowledge.sample_insurer.columns import NO_DAY, ONE_DAY, Array, Rng, add_months, plus_days
from customer_knowledge.sample_insurer.paths import Trail, World
from customer_knowledge.sample_insurer.values import cash_value

FREE_LOOK_DAYS = 15
_IS_LIFE = np.array([p.line == "life" for p in PRODUCTS])
_NEVER = np.datetime64("1900-01-01", "D")


class Walk:
    """State of the long-term policies while the months go by."""

    def __init__(self, world: World, rng: Rng, trail: Trail) -> None:
        size = len(world.policies["holder"])
        self.world, self.rng, self.trail, self.spec = world, rng, trail, world.spec
        self.alive = world.policies["long_term"].copy()
        self.waived = np.zeros(size, dtype=bool)
        self.late = np.zeros((size, 12), dtype=np.int8)
        self.loans = np.zeros(size, dtype=int)
        # Nothing else is decided before this day: a late premium or a reinstatement is under way.
        self.busy_until = np.full(size, _NEVER)
        self.back_on = np.full(size, _NEVER)
        self.missed_on = np.full(size, _NEVER)

    def month(self, m: int) -> bool:
        """One policy month of everybody; False when nobody is left."""
        policies = self.world.policies
        who = np.flatnonzero(self.alive)
        on = add_months(policies["effective_on"][who], m)
        who, on = who[on <= self.trail.end], on[on <= self.trail.end]
        if not len(who):
            return False
        self.late[:, m % 12] = 0
        if m == 0:
            self._issue(who)
        who, on = self._mature(who, on, m)
        self._pay_up(who, on, m)
        ends = self._ending(who, add_months(policies["effective_on"][who], m + 1))
        self._pay(who, on, m, ends)
        self._end(who[ends])
        going = ~ends & self.alive[who]
        self._decide(who[going], on[going], m)
        return True

    def _issue(self, who: Array) -> None:
        p = self.world.policies
        self.trail.event("issued", who, p["issued_on"][who], p["premium"][who])

    def _mature(self, who: Array, on: Array, m: int) -> tuple[Array, Array]:
        p = self.world.policies
        due = (p["term_months"][who] == m) & (m > 0) & (self.back_on[who] <= on)
        self.trail.event("matured", who[due], on[due], p["sum_assured"][who][due])
        self.alive[who[due]] = False
        return who[~due], on[~due]

    def _pay_up(self, who: Array, on: Array, m: int) -> None:
        done = (self.world.policies["payment_months"][who] == m) & ~self.waived[who]
        self.trail.event("paid_up", who[done], np.maximum(on, self.back_on[who])[done])

    def _ending(self, who: Array, next_on: Array) -> Array:
        """Whether a claim ends the policy this month; not while it is suspended."""
        ends_on = self.world.ends_on[who]
        return (ends_on < next_on) & (ends_on >= self.back_on[who]) & (ends_on > self.busy_until[who])

    def _end(self, who: Array) -> None:
        waived = self.world.waived[who] & ~self.waived[who]
        on, amount = self.world.ends_on[who], self.world.policies["sum_assured"][who]
        self.trail.event("premium_waived", who[waived], on[waived], amount[waived])
        gone = ~self.world.waived[who]
        self.trail.event("claim_terminated", who[gone], on[gone], amount[gone])
        self.waived[who[waived]] = True
        self.alive[who[gone]] = False

    def _pay(self, who: Array, on: Array, m: int, ends: Array) -> None:
        """Dues of this month: prompt, late, or not at all."""
        p = self.world.policies
        step, months = p["step"][who], p["payment_months"][who]
        single = (step == 0) & (m == 0)
        falls = single | ((step > 0) & (m % np.maximum(step, 1) == 0) & (m < months) & ~self.waived[who])
        who, on, ends = who[falls], on[falls], ends[falls]
        amount = p["premium"][who] * np.where(p["step"][who] == 0, 12, p["step"][who]) / 12
        paid = self._outcome(who, on, m, ends)
        away = on < self.back_on[who]
        # A due inside the grace period is raised in time; one that falls into a suspension, on reinstatement.
        in_grace = away & (on < plus_days(self.missed_on[who], self.spec.paying.grace_days))
        raised = np.where(away & ~in_grace, self.back_on[who], on)
        self.trail.due(who, on, amount, m // 12 + 1, raised, paid)

    def _outcome(self, who: Array, on: Array, m: int, ends: Array) -> Array:
        """Days on which these dues are paid; NaT where they are not. Writes the events that follow."""
        paying = self.spec.paying
        away = on < self.back_on[who]
        paid = np.where(away, self.back_on[who], on + self._prompt(len(who)))
        if m == 0:
            return np.asarray(on)
        at = self._situation(who, on, m)
        sure = away | ends | (self.world.ends_on[who] <= plus_days(on, paying.grace_days + 2))
        missed = (self.rng.random(len(who)) < hazards.nonpayment(self.spec.leaving, at)) & ~sure
        delayed = (self.rng.random(len(who)) < hazards.late_payment(paying, at)) & ~sure & ~missed
        days = 4 + (self.rng.random(len(who)) * (hazards.longest_delay(at.mode) - 3)).astype(int)
        paid = np.where(delayed, plus_days(on, days), paid)
        paid = np.where(sure & ~away, on, paid)
        self.late[who, m % 12] = delayed | missed
        self.trail.event("grace_entered", who[delayed | missed], on[delayed | missed] + ONE_DAY)
        self.trail.event("grace_left", who[delayed], paid[delayed])
        self.busy_until[who] = np.maximum(self.busy_until[who], paid)
        paid[missed] = self._suspend(who[missed], on[missed], m)
        return paid

    def _prompt(self, size: int) -> Array:
        return self.rng.choice(4, size=size, p=self.spec.paying.prompt_days).astype("m8[D]")

    def _suspend(self, who: Array, on: Array, m: int) -> Array:
        """Suspension at the end of grace, then back within two years or out; the day the arrears are paid."""
        paying, p = self.spec.paying, self.world.policies
        suspended = plus_days(on, paying.grace_days)
        least, most = paying.reinstated_after
        back = plus_days(suspended, self.rng.integers(least, most, size=len(who)))
        returns = self.rng.random(len(who)) < paying.reinstated_share
        self.trail.event("suspended", who, suspended)
        self.trail.event("reinstated", who[returns], back[returns], p["premium"][who][returns])
        out = plus_days(suspended, paying.terminated_after)
        self.trail.event("terminated_by_lapse", who[~returns], out[~returns])
        self.alive[who[~returns]] = False
        self._also_unpaid(who[~returns], suspended[~returns], m)
        self.back_on[who[returns]] = back[returns]
        self.busy_until[who[returns]] = back[returns]
        self.missed_on[who] = on
        return np.where(returns, back, NO_DAY)

    def _also_unpaid(self, who: Array, suspended: Array, m: int) -> None:
        """Monthly dues that fall into the grace period of who does not come back."""
        p = self.world.policies
        nothing = np.full(len(who), NO_DAY)
        for later in (1, 2):
            falls_on = add_months(p["effective_on"][who], m + later)
            falls = (p["step"][who] == 1) & (falls_on < suspended) & (m + later < p["payment_months"][who])
            amount = p["premium"][who][falls] / 12
            year = (m + later) // 12 + 1
            self.trail.due(who[falls], falls_on[falls], amount, year, falls_on[falls], nothing[falls])

    def _situation(self, who: Array, on: Array, m: int) -> hazards.Situation:
        late = self.late[who].sum(axis=1, dtype=int)
        return self.world.situation(who, on, np.full(len(who), m // 12), late, self.loans[who])

    def _decide(self, who: Array, on: Array, m: int) -> None:
        """Free-look cancellation, surrender or a loan, on some day of the month after its due is settled."""
        day = plus_days(on, self.rng.integers(1, 27, size=len(who)))
        if m == 0:
            self._cancel(who)
            return
        free = day > self.busy_until[who]
        who, on, day = who[free], on[free], day[free]
        at = self._situation(who, on, m)
        leaves = self.rng.random(len(who)) < hazards.surrender(self.spec.leaving, at)
        value = cash_value(self.world.policies, who, m)
        self.trail.event("surrendered", who[leaves], day[leaves], value[leaves])
        self.alive[who[leaves]] = False
        borrows = ~leaves & (m >= 24) & _IS_LIFE[at.product] & (self.loans[who] == 0)
        borrows &= self.rng.random(len(who)) < self.spec.paying.loan_rate
        self.trail.event("loan_taken", who[borrows], day[borrows], np.round(value[borrows] * 0.6, -2))
        self.loans[who[borrows]] += 1

    def _cancel(self, who: Array) -> None:
        p = self.world.policies
        share = np.array(self.spec.leaving.free_look)[p["channel"][who]]
        cancels = (self.rng.random(len(who)) < share) & ~(self.world.ends_on[who] <= plus_days(p["issued_on"][who], 20))
        day = plus_days(p["issued_on"][who], self.rng.integers(2, FREE_LOOK_DAYS, size=len(who)))
        self.trail.event("free_look_cancelled", who[cancels], day[cancels], p["premium"][who][cancels])
        self.alive[who[cancels]] = False


def run(world: World, rng: Rng, trail: Trail) -> None:
    """Walk every long-term policy to its end or to the last simulated day."""
    walk, m = Walk(world, rng, trail), 0
    while walk.month(m):
        m += 1
