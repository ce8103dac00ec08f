"""The path of one-year policies: renewed term by term, or left."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import hazards
from customer_knowledge.sample_insurer.columns import ONE_DAY, Array, Rng, add_months
from customer_knowledge.sample_insurer.paths import Trail, World

LONGEST_CHANGE = 0.4


def run(world: World, rng: Rng, trail: Trail) -> None:
    """Walk every one-year policy from term to term, until it is left or the simulated days end."""
    policies = world.policies
    who = np.flatnonzero(~policies["long_term"])
    premium = policies["premium"].copy()
    term = 0
    while len(who):
        start = add_months(policies["effective_on"][who], 12 * term)
        who, start = who[start <= trail.end], start[start <= trail.end]
        if term:
            who, start = _renew(world, rng, trail, who, start, term, premium)
        else:
            trail.event("issued", who, policies["issued_on"][who], premium[who])
        trail.due(who, start, premium[who], term + 1, start, start)
        who = _claimed(world, trail, who, add_months(policies["effective_on"][who], 12 * (term + 1)))
        term += 1


def _renew(
    world: World, rng: Rng, trail: Trail, who: Array, start: Array, term: int, premium: Array
) -> tuple[Array, Array]:
    """Price the next term, let policyholders decide; who stays and when the term starts."""
    before = add_months(world.policies["effective_on"][who], 12 * (term - 1))
    claims = world.claims.count(who, before - ONE_DAY, start - ONE_DAY)
    noise = rng.normal(scale=world.spec.paying.price_noise, size=len(who))
    change = hazards.price_change(world.spec.paying, world.policies["product"][who], claims, noise)
    change = np.clip(change, -LONGEST_CHANGE, LONGEST_CHANGE)
    asked = np.round(premium[who] * (1 + change))
    none = np.zeros(len(who), dtype=int)
    at = world.situation(who, start, np.full(len(who), term), none, none, asked / premium[who] - 1)
    leaves = rng.random(len(who)) < hazards.nonrenewal(world.spec.leaving, at)
    trail.event("expired", who[leaves], start[leaves])
    who, start = who[~leaves], start[~leaves]
    premium[who] = asked[~leaves]
    trail.event("renewed", who, start, premium[who])
    return who, start


def _claimed(world: World, trail: Trail, who: Array, ends: Array) -> Array:
    """Write down who a claim takes away within the term; the rest goes on."""
    gone = world.ends_on[who] < ends
    trail.event("claim_terminated", who[gone], world.ends_on[who][gone], world.policies["sum_assured"][who][gone])
    return who[~gone]
