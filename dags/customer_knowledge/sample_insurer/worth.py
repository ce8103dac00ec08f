"""What policies in force are truly worth: their margin to come, by futures drawn from the model that made them.

Every year a policy meets complaints, late payments, claims and a new price, drawn from the true rates, and is left with
the true probability that follows (`hazards`). Claims cost what they are for: a future has its luck. The first year's
chance is `exits.probabilities`: what is observed by the day counts in it. As there, ends by death or illness are not
subtracted, and who was suspended does not come back; agents who have not left by the day stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_knowledge.sample_insurer import claims, exits, hazards
from customer_knowledge.sample_insurer.catalogue import PRODUCTS
from customer_knowledge.sample_insurer.columns import ONE_DAY, Array, Columns, Rng, add_months, take, whole_months
from customer_knowledge.sample_insurer.insurer import Insurer, Played
from customer_knowledge.sample_insurer.yearly import LONGEST_CHANGE


@dataclass(frozen=True)
class Assumptions:
    """What a premium is worth, as the value model declares it.

    Args:
        long_term_margin: share of a long-term premium that is margin.
        discount_rate: a year's.
        years: ahead.
    """

    long_term_margin: float
    discount_rate: float
    years: int


@dataclass(frozen=True)
class Futures:
    """Worth of each policy in each future.

    Attributes:
        policy_id: of the source, (policies,).
        worth: discounted margin, (policies, futures), CNY.
    """

    policy_id: Array
    worth: Array


def futures(made: Insurer, on: np.datetime64, assumed: Assumptions, count: int, rng: Rng) -> Futures:
    """Draw futures of every policy in force on a day.

    Args:
        made: the insurer; the same size, seed and first day give the same.
        on: the day.
        assumed: what a premium is worth.
        count: of futures.
        rng: of the draws.
    """
    played = made.played
    found = exits.probabilities(played.world, played.events, played.dues, on)
    policies = take(played.world.policies, found["policy"])
    ahead = _Ahead(played, policies, found, on)
    earned = kept_of_a_premium(policies, assumed)
    there = np.ones((len(earned), count), dtype=bool)
    price = np.ones((len(earned), count))
    worth = np.zeros((len(earned), count))
    met = ahead.claims_of_running_term(count, rng)
    for year in range(assumed.years):
        leaves, rise = ahead.draw(year, met, rng)
        price *= np.where(policies["long_term"], 1.0, 1 + rise.T).T
        due, of_leavers = ahead.due(year)
        share = np.where(leaves, of_leavers[:, None], 1.0)
        met, claimed = ahead.claims_of_a_term(count, rng)
        margin = share * (earned * due)[:, None] * price - np.where(leaves, 0.0, claimed)
        worth += there * margin * (1 + assumed.discount_rate) ** -(year + 0.5)
        there &= ~leaves
    return Futures(played.policy_id[found["policy"]], worth)


def kept_of_a_premium(policies: Columns, assumed: Assumptions) -> Array:
    """Share of a premium that is margin before claims: (policies,). Declared for long-term; else less commission."""
    renewal = np.array([p.commission[1] for p in PRODUCTS])[policies["product"]]
    return np.where(policies["long_term"], assumed.long_term_margin, 1 - renewal)


class _Ahead:
    """The years ahead of policies in force on a day: chances to leave and premiums due."""

    def __init__(self, played: Played, policies: Columns, found: Columns, on: np.datetime64) -> None:
        self.world, self.policies, self.who, self.on = played.world, policies, found["policy"], on
        self.first = found["probability"]
        self.waived = exits.in_force(played.events, on)[1]
        self.months = np.maximum(whole_months(policies["effective_on"], np.full(len(self.who), on)), 0)
        self.loans = exits.loans_taken(played.events, self.who, on)
        self.premium = _premium_now(played, self.who, on)

    def draw(self, year: int, met: Array, rng: Rng) -> tuple[Array, Array]:
        """Whether each policy is left in a year ahead by who was there, and how its price then changed.

        Args:
            year: ahead, from 0.
            met: (policies, futures) claims of the term that ends in it.
            rng: of the draws.
        """
        spec, shape = self.world.spec, met.shape
        noise = rng.normal(scale=spec.paying.price_noise, size=shape)
        change = hazards.price_change(spec.paying, self.policies["product"][:, None], met, noise)
        rise = np.clip(change, -LONGEST_CHANGE, LONGEST_CHANGE)
        if year == 0:
            return rng.random(shape) < self.first[:, None], rise
        complaints = rng.poisson(self.world.complaint_rate[self.who][:, None], shape)
        late = rng.binomial(self._dues(year)[:, None], self._tardy(year)[:, None], shape)
        unpaid, surrendered = self._ways(year, complaints, late)
        at = self._situation(self.months // 12 + year + 1, complaints, late, rise)
        not_renewed = hazards.nonrenewal(spec.leaving, at)
        chance = np.where(self.policies["long_term"][:, None], 1 - (1 - unpaid) * (1 - surrendered), not_renewed)
        return rng.random(shape) < chance, rise

    def claims_of_running_term(self, count: int, rng: Rng) -> Array:
        """How many claims the running term has at its end, those seen and those still to come: (policies, futures)."""
        rate = self.world.claim_rate[self.who][:, None]
        term, seen = exits.running_term(self.world, self.who, self.on)
        ends = add_months(self.policies["effective_on"], term * 12 + 12)
        rest = np.clip((ends - self.on) / ONE_DAY / 365.25, 0, 1)[:, None]
        return np.asarray(seen[:, None] + rng.poisson(rate * rest, (len(self.who), count)))

    def claims_of_a_term(self, count: int, rng: Rng) -> tuple[Array, Array]:
        """Claims of a term that begins, and what they cost in CNY: (policies, futures); 0 of long-term policies."""
        yearly = np.where(self.policies["long_term"], 0.0, self.world.claim_rate[self.who])
        met = rng.poisson(yearly[:, None], (len(self.who), count))
        return met, claims.costs(self.world.spec, rng, self.policies, met)

    def due(self, year: int) -> tuple[Array, Array]:
        """Premium that falls due in a year ahead, CNY, and the share of it that who leaves in it has paid.

        A surrender falls in the middle of the year; the due that stays unpaid is any of the year's.
        """
        p, dues = self.policies, self._dues(year)
        short = np.where(p["long_term"], dues * p["step"] / 12, 1.0)
        none = np.zeros(len(self.who), dtype=int)
        unpaid, surrendered = (part[:, 0] for part in self._ways(year, none[:, None], none[:, None]))
        share = np.divide(unpaid, unpaid + surrendered, out=np.zeros(len(none)), where=unpaid + surrendered > 0)
        paid = share * (dues - 1) / (2 * np.maximum(dues, 1)) + (1 - share) * 0.5
        return np.asarray(self.premium * short), np.where(p["long_term"], paid, 0.0)

    def _dues(self, year: int) -> Array:
        """How many premiums of a long-term policy fall due in a year ahead."""
        p = self.policies
        months = self.months[:, None] + 12 * year + np.arange(1, 13)
        step = p["step"][:, None]
        falls = (step > 0) & (months % np.maximum(step, 1) == 0) & (months < p["payment_months"][:, None])
        falls &= self._covered(months) & ~self.waived[:, None] & p["long_term"][:, None]
        return np.asarray(falls.sum(axis=1))

    def _covered(self, months: Array) -> Array:
        term = self.policies["term_months"][:, None]
        return np.asarray((term == 0) | (months < term))

    def _ways(self, year: int, complaints: Array, late: Array) -> tuple[Array, Array]:
        """Chance of non-payment and of surrender of long-term policies in a year ahead.

        By the policy year of the middle of the year; a yearly due falls when another is completed.
        """
        leaving, middle = self.world.spec.leaving, (self.months + 12 * year + 6) // 12
        at_dues = np.where(self.policies["step"] == 12, self.months // 12 + year + 1, middle)
        of_dues, of_months = (self._situation(years, complaints, late, 0.0) for years in (at_dues, middle))
        unpaid = 1 - (1 - hazards.nonpayment(leaving, of_dues)) ** self._dues(year)[:, None]
        months = self.months[:, None] + 12 * year + np.arange(1, 13)
        covered = (self._covered(months) & ~self.waived[:, None]).sum(axis=1)[:, None]
        return unpaid, 1 - (1 - hazards.surrender(leaving, of_months)) ** covered

    def _tardy(self, year: int) -> Array:
        none = np.zeros((len(self.who), 1), dtype=int)
        at = self._situation(self.months // 12 + year, none, none, 0.0)
        return hazards.late_payment(self.world.spec.paying, at)[:, 0]

    def _situation(self, years: Array, complaints: Array, late: Array, rise: Array | float) -> hazards.Situation:
        p, world, who, shape = self.policies, self.world, self.who, complaints.shape
        spread = {
            "segment": p["segment"],
            "product": p["product"],
            "channel": p["channel"],
            "mode": p["mode"],
            "years": years,
            "agent_left": world.agent_left_on[who] < self.on + ONE_DAY,
            "satisfaction": world.satisfaction[who],
            "burden": p["burden"],
            "loans": self.loans,
        }
        wide = {name: np.broadcast_to(column[:, None], shape) for name, column in spread.items()}
        return hazards.Situation(**wide, complaints=complaints, late=late, price_rise=np.broadcast_to(rise, shape))


def _premium_now(played: Played, who: Array, on: np.datetime64) -> Array:
    """A year's premium of each policy: as issued; of cover of a year, as last asked for by the day. CNY."""
    dues, premium = played.dues, played.world.policies["premium"].copy()
    asked = np.flatnonzero((dues["on"] <= on) & ~played.world.policies["long_term"][dues["policy"]])
    # Dues are sorted by policy and day: the last one written stays.
    premium[dues["policy"][asked]] = dues["amount"][asked]
    return np.asarray(premium[who])
