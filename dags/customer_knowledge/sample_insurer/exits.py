"""The true probability to leave within twelve months: what a perfect model could know on a day."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import hazards
from customer_knowledge.sample_insurer.columns import (
    ONE_DAY,
    YEAR_DAYS,
    Array,
    Columns,
    Happenings,
    add_months,
    plus_days,
    take,
    whole_months,
)
from customer_knowledge.sample_insurer.paths import EVENTS, IN_FORCE, LEFT_BY_CHOICE, STATUS_AFTER, World

_HORIZON = YEAR_DAYS * ONE_DAY


def standing(events: Columns, on: np.datetime64) -> tuple[Array, Array]:
    """Policies with an event by that day and the kind of the last one that sets a status (events in order)."""
    seen = take(events, (events["on"] <= on) & (events["kind"] != EVENTS.index("loan_taken")))
    last = np.r_[seen["policy"][1:] != seen["policy"][:-1], True]
    return seen["policy"][last], seen["kind"][last]


def in_force(events: Columns, on: np.datetime64) -> tuple[Array, Array]:
    """Policies in force on the day, and whether their premiums are waived."""
    policy, kind = standing(events, on)
    good = np.array([STATUS_AFTER.get(name) in IN_FORCE for name in EVENTS])[kind]
    return policy[good], kind[good] == EVENTS.index("premium_waived")


def realised(events: Columns, who: Array, on: np.datetime64) -> Array:
    """Whether each policy leaves by choice (suspended, surrendered, not renewed) within twelve months of the day."""
    kinds = [k for k, name in enumerate(EVENTS) if STATUS_AFTER.get(name) in LEFT_BY_CHOICE]
    window = (events["on"] > on) & (events["on"] <= on + _HORIZON) & np.isin(events["kind"], kinds)
    return np.isin(who, events["policy"][window])


def loans_taken(events: Columns, who: Array, on: np.datetime64) -> Array:
    """Policy loans taken by the day, of each policy."""
    loan = events["kind"] == EVENTS.index("loan_taken")
    now = np.full(len(who), on)
    return Happenings(events["policy"][loan], events["on"][loan]).count(who, now - 40 * _HORIZON, now)


def probabilities(world: World, events: Columns, dues: Columns, on: np.datetime64) -> Columns:
    """True probability to leave by choice in (on, on + 365 days], for every policy in force on the day.

    What is observed by the day (late payments, complaints, an agent gone, loans, claims of the running term) is held;
    dues, renewals and policy years go on by the calendar; ends by death or illness are not subtracted.

    Args:
        world: what policies meet.
        events: all events, sorted by policy, day and order of writing.
        dues: all dues, sorted by policy and day.
        on: the day.

    Returns:
        policy, probability, exits (what then happened).
    """
    who, waived = in_force(events, on)
    long_term = world.policies["long_term"][who]
    probability = np.empty(len(who))
    loans = loans_taken(events, who, on)
    probability[long_term] = _long_term(world, dues, who[long_term], waived[long_term], loans[long_term], on)
    probability[~long_term] = _yearly(world, who[~long_term], on)
    return {"policy": who, "probability": probability, "exits": realised(events, who, on)}


def running_term(world: World, who: Array, on: np.datetime64) -> tuple[Array, Array]:
    """Completed terms of each policy of yearly terms, and the claims of the one that runs on the day."""
    now, start = np.full(len(who), on), world.policies["effective_on"][who]
    term = np.maximum(whole_months(start, now), 0) // 12
    return term, world.claims.count(who, add_months(start, term * 12) - ONE_DAY, now)


def _yearly(world: World, who: Array, on: np.datetime64) -> Array:
    now = np.full(len(who), on)
    term, claims = running_term(world, who, on)
    rise = hazards.price_change(world.spec.paying, world.policies["product"][who], claims)
    none = np.zeros(len(who), dtype=int)
    return hazards.nonrenewal(world.spec.leaving, world.situation(who, now + ONE_DAY, term + 1, none, none, rise))


def _late_before(dues: Columns, who: Array, on: np.datetime64) -> Array:
    """Late or missed dues of the last twelve months, as they show on the day."""
    late = ~(dues["paid_on"] <= plus_days(dues["on"], 3)) & (plus_days(dues["on"], 3) < on)
    now = np.full(len(who), on)
    return Happenings(dues["policy"][late], dues["on"][late]).count(who, now - _HORIZON, now)


def _long_term(world: World, dues: Columns, who: Array, waived: Array, loans: Array, on: np.datetime64) -> Array:
    p, grace = world.policies, world.spec.paying.grace_days
    start, step = p["effective_on"][who], p["step"][who]
    now = np.full(len(who), on)
    late = _late_before(dues, who, on)
    months = whole_months(start, now)
    stays = 1.0 - _in_grace(world, dues, who, late, loans, on)
    last = on + _HORIZON
    for ahead in range(14):
        m = months + ahead
        begins, ends = add_months(start, m), add_months(start, m + 1)
        at = world.situation(who, now + ONE_DAY, np.maximum(m, 0) // 12, late, loans)
        covered = (p["term_months"][who] == 0) | (m < p["term_months"][who])
        falls = (step > 0) & (m % np.maximum(step, 1) == 0) & (m < p["payment_months"][who]) & covered
        falls &= (begins > on) & (plus_days(begins, grace) <= last) & ~waived
        stays *= np.where(falls, 1 - hazards.nonpayment(world.spec.leaving, at), 1.0)
        share = (np.minimum(ends, last) - np.maximum(begins, on)) / ONE_DAY / 30.4
        share = np.where(covered & (m > 0) & ~waived, np.clip(share, 0, 1), 0.0)
        stays *= (1 - hazards.surrender(world.spec.leaving, at)) ** share
    return np.asarray(1 - stays)


def _in_grace(world: World, dues: Columns, who: Array, late: Array, loans: Array, on: np.datetime64) -> Array:
    """Probability that a due open on the day is never paid, by Bayes: the longer it is open, the likelier.

    P(unpaid | open for e days) = q / (q + (1 − q) · P(delay > e)), q the probability of non-payment.
    """
    paying = world.spec.paying
    open_now = (dues["on"] <= on) & ~(dues["paid_on"] <= on) & (plus_days(dues["on"], paying.grace_days) > on)
    position = np.full(len(world.policies["holder"]), -1)
    mine = np.flatnonzero(open_now)[::-1]
    position[dues["policy"][mine]] = mine
    due = position[who]
    years = np.where(due >= 0, dues["year"][due] - 1, 0)
    at = world.situation(who, np.full(len(who), on), years, late, loans)
    elapsed = np.where(due >= 0, (on - dues["on"][due]) / ONE_DAY, 0)
    q, tardy = hazards.nonpayment(world.spec.leaving, at), hazards.late_payment(paying, at)
    longest = hazards.longest_delay(at.mode)
    still_late = np.clip((longest - elapsed) / (longest - 3), 0, 1)
    prompt = np.append(1 - np.cumsum(paying.prompt_days), 0.0)
    still_prompt = prompt[np.clip(elapsed, 0, 4).astype(int)]
    paid_later = tardy * still_late + (1 - tardy) * still_prompt
    return np.where(due >= 0, q / (q + (1 - q) * paid_later), 0.0)
