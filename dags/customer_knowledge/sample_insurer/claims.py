"""Claims: those that end a policy are known before its path is walked, the others fill the time it was in force."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.catalogue import PRODUCTS
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    Array,
    Columns,
    Rng,
    plus_days,
    poisson_process,
    recorded,
    stack,
    take,
    years_between,
)
from customer_knowledge.sample_insurer.paths import EVENTS, IN_FORCE, STATUS_AFTER
from customer_knowledge.sample_insurer.people import gompertz_day
from customer_knowledge.sample_insurer.spec import Spec

_CODES = [p.code for p in PRODUCTS]
_LINE = np.array([p.line for p in PRODUCTS], dtype=object)
ILLNESS_PRODUCTS = ("H01", "H02")
DEATH_PRODUCTS = ("L01", "L02", "L03", "L04", "H01", "H02", "H03", "A01")
APPROVED = (0.7, 1.0)
"""Share of an ordinary claim that is paid where it is, uniform."""
TYPES = {"health": "医疗", "accident": "意外", "motor": "车损及三者", "property": "财产损失"}


def _is_of(policies: Columns, codes: tuple[str, ...]) -> Array:
    return np.isin(policies["product"], [_CODES.index(c) for c in codes])


def ends(spec: Spec, rng: Rng, people: Columns, policies: Columns) -> tuple[Array, Array]:
    """Day a death or illness of the insured would end each policy (NaT: none), and whether it waives instead."""
    insured, start = policies["insured"], policies["effective_on"]
    born = people["birth_date"][insured]
    death = np.where(_is_of(policies, DEATH_PRODUCTS), people["death_on"][insured], NO_DAY)
    age = np.nan_to_num(years_between(born, start), nan=40.0)
    illness = gompertz_day(rng, spec.claiming.illness_at_40, spec.claiming.illness_slope, age, start)
    # Ninety days' waiting period.
    illness = np.where(_is_of(policies, ILLNESS_PRODUCTS) & (illness > plus_days(start, 90)), illness, NO_DAY)
    first_illness = ~np.isnat(illness) & ~(death <= illness)
    waived = first_illness & (rng.random(len(start)) < spec.claiming.waived_share)
    return np.where(first_illness, illness, death), waived


def mean_claimed(policies: Columns) -> Array:
    """What a claim that ends no policy is for, on average: (policies,), CNY; of a motor policy by its premium."""
    product = policies["product"]
    base = np.where(_LINE[product] == "motor", policies["premium"], policies["sum_assured"])
    return np.asarray(base * np.array([p.claim_share for p in PRODUCTS])[product])


def costs(spec: Spec, rng: Rng, policies: Columns, counts: Array) -> Array:
    """What numbers of claims that end no policy cost in all: (policies, futures) of both, CNY."""
    each = np.repeat(np.arange(counts.size), counts.ravel())
    minor = _minor(spec, rng, policies, each // counts.shape[1], np.full(len(each), NO_DAY))
    paid = np.where(minor["decision"] == "paid", minor["claimed"] * rng.uniform(*APPROVED, size=len(each)), 0.0)
    return np.bincount(each, paid, counts.size).reshape(counts.shape)


def rates(rng: Rng, policies: Columns) -> Array:
    """Claims a year that end no policy, with its trait: some claim more than others (gamma, mean 1, shape 1.5)."""
    rate = np.array([p.claims for p in PRODUCTS])[policies["product"]]
    return np.asarray(rate * rng.gamma(1.5, 1 / 1.5, size=len(rate)))


def candidates(rng: Rng, rate: Array, policies: Columns, end: np.datetime64) -> tuple[Array, Array]:
    """Policies and days of claims that do not end a policy, as if it stayed in force to the end."""
    return poisson_process(rng, rate, policies["effective_on"], np.full(len(rate), end))


def in_force(events: Columns, policy: Array, on: Array) -> Array:
    """Whether each policy was in force on the day, by replay of its events (sorted by policy, day, writing)."""
    sets = take(events, events["kind"] != EVENTS.index("loan_taken"))
    key = sets["policy"].astype(np.int64) * 1_000_000 + sets["on"].astype(np.int64)
    at = np.searchsorted(key, policy.astype(np.int64) * 1_000_000 + on.astype(np.int64), side="right") - 1
    good = np.array([STATUS_AFTER.get(kind) in IN_FORCE for kind in EVENTS])
    return np.asarray((sets["policy"][at] == policy) & good[sets["kind"][at]])


def build(
    spec: Spec, rng: Rng, policies: Columns, events: Columns, found: tuple[Array, Array], waived: Array
) -> tuple[Columns, Columns]:
    """Claims and their payments.

    Args:
        spec: the generative model.
        rng: the room's generator.
        policies: as bought.
        events: all events, sorted by policy, day and order of writing.
        found: `candidates` of ordinary claims; those of policies not in force are dropped.
        waived: whether a terminal claim waives premiums, by policy.

    Returns:
        claims (policy, incurred_on, reported_on, decided_on, decision, claimed, paid, paid_on, type) and nothing
        recorded yet.
    """
    ordinary = in_force(events, *found)
    minor = _minor(spec, rng, policies, found[0][ordinary], found[1][ordinary])
    claims = stack([minor, _terminal(policies, events, waived)])
    order = np.lexsort((claims["policy"], claims["incurred_on"]))
    claims = take(claims, order)
    return _settled(spec, rng, policies, claims)


def _minor(spec: Spec, rng: Rng, policies: Columns, policy: Array, on: Array) -> Columns:
    product = policies["product"][policy]
    # Log-normal with mean 1.
    amount = mean_claimed(policies)[policy] * np.exp(rng.normal(-0.405, 0.9, size=len(policy)))
    amount = np.round(np.clip(amount, 50, policies["sum_assured"][policy]), 2)
    kind = np.array([TYPES.get(line, "") for line in _LINE], dtype=object)[product]
    u = rng.random(len(policy))
    denied, withdrawn = spec.claiming.denied_share, spec.claiming.withdrawn_share
    decision = np.where(u < denied, "denied", np.where(u < denied + withdrawn, "withdrawn", "paid")).astype(object)
    return {"policy": policy, "incurred_on": on, "claimed": amount, "type": kind, "decision": decision}


def _terminal(policies: Columns, events: Columns, waived: Array) -> Columns:
    ended = take(events, np.isin(events["kind"], [EVENTS.index("claim_terminated"), EVENTS.index("premium_waived")]))
    policy, size = ended["policy"], len(ended["policy"])
    illness = _is_of(policies, ILLNESS_PRODUCTS)[policy]
    return {
        "policy": policy,
        "incurred_on": ended["on"],
        "claimed": np.round(np.where(waived[policy], 0.3, 1.0) * policies["sum_assured"][policy], 2),
        "type": np.where(illness, "重大疾病", "身故").astype(object),
        "decision": np.full(size, "paid", dtype=object),
    }


def _settled(spec: Spec, rng: Rng, policies: Columns, claims: Columns) -> tuple[Columns, Columns]:
    """Dates of reporting, decision and payment; a tenth is paid in two parts."""
    c, size = spec.claiming, len(claims["policy"])
    reported = plus_days(claims["incurred_on"], rng.exponential(c.report_days, size).astype(int))
    known = np.maximum(recorded(rng, reported), policies["recorded_on"][claims["policy"]])
    decided = plus_days(known, (rng.exponential(c.decision_days, size) + 1).astype(int))
    claims |= {"reported_on": reported, "recorded_on": known, "decided_on": decided}
    claims["decision_recorded_on"] = recorded(rng, decided)
    paid = np.flatnonzero(claims["decision"] == "paid")
    approved = np.where(
        np.isin(claims["type"][paid], ("重大疾病", "身故")), 1.0, rng.uniform(*APPROVED, size=len(paid))
    )
    total = np.round(claims["claimed"][paid] * approved, 2)
    first = np.where(rng.random(len(paid)) < 0.1, np.round(total * 0.4, 2), total)
    paid_on = plus_days(decided[paid], (rng.exponential(c.payment_days, len(paid))).astype(int))
    parts = {"claim": paid, "paid_on": paid_on, "amount": first}
    rest = np.flatnonzero(total > first)
    remainder = {
        "claim": paid[rest],
        "paid_on": plus_days(paid_on[rest], 20),
        "amount": np.round((total - first)[rest], 2),
    }
    payments = stack([parts, remainder])
    payments["recorded_on"] = np.maximum(
        recorded(rng, payments["paid_on"]), claims["decision_recorded_on"][payments["claim"]]
    )
    return claims, payments
