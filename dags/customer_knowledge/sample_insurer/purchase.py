"""Who buys what, when, through whom, on whose life."""

from __future__ import annotations

from datetime import date

import numpy as np

from customer_knowledge.sample_insurer import producers
from customer_knowledge.sample_insurer.catalogue import (
    CHANNELS,
    ENTERPRISE,
    MODE_MONTHS,
    MODES,
    PRODUCT_INDEX,
    PRODUCTS,
    SEGMENTS,
)
from customer_knowledge.sample_insurer.columns import (
    Array,
    Columns,
    Rng,
    choose,
    plus_days,
    poisson_process,
    take,
    whole_years,
)
from customer_knowledge.sample_insurer.spec import Spec

HELD_AGAIN = 0.12  # weight of a product already held, against 1; motor and endowments are bought again more
HELD_AGAIN_OFTEN = 0.45
SINGLE = MODES.index("single")


def build(spec: Spec, rng: Rng, people: Columns, agents: Columns, first_day: date) -> Columns:
    """Policies in order of issue, positions pointing into PRODUCTS, CHANNELS, MODES, `people` and `agents`.

    Returns:
        One row a policy: holder, insured, beneficiary (-1: none), product, channel, mode, agent (-1: online),
        issued_on, effective_on, premium (CNY a year, or the single premium), payment_months, term_months
        (0: whole of life), sum_assured, burden (premium ÷ the holder's income).
    """
    holder, issued_on = _occasions(spec, rng, people, first_day)
    product = _products(rng, people, holder, issued_on)
    childless = _relative(people, "child")[people["household"][holder]] < 0
    product = np.where((product == PRODUCT_INDEX["H02"]) & childless, PRODUCT_INDEX["H01"], product)
    kept = (product >= 0) & ~(people["death_on"][holder] <= plus_days(issued_on, 2))
    order = np.flatnonzero(kept)[np.argsort(issued_on[kept], kind="stable")]
    policies: Columns = take({"holder": holder, "issued_on": issued_on, "product": product}, order)
    policies["segment"] = people["segment"][policies["holder"]]
    policies["effective_on"] = plus_days(policies["issued_on"], 1)
    policies["channel"] = _channels(rng, policies)
    policies["agent"] = producers.assign(rng, agents, policies["channel"], policies["issued_on"])
    policies |= _terms(rng, policies)
    policies |= _amounts(rng, people, policies)
    policies |= _lives(spec, rng, people, policies)
    return policies


def _occasions(spec: Spec, rng: Rng, people: Columns, first_day: date) -> tuple[Array, Array]:
    """Holders and days: the first purchase, then a Poisson process at the segment's rate."""
    holders = np.flatnonzero(people["relation"] == "self")
    first_on = people["first_on"][holders]
    last = np.datetime64(first_day, "D") + spec.future_days
    rate = np.array([s.further_rate for s in SEGMENTS])[people["segment"][holders]]
    again, again_on = poisson_process(rng, rate, plus_days(first_on, 20), np.full(len(holders), last))
    return np.concatenate([holders, holders[again]]), np.concatenate([first_on, again_on])


def _products(rng: Rng, people: Columns, holder: Array, issued_on: Array) -> Array:
    """Product of each purchase in the order of each holder's purchases; -1 where none suits the age."""
    order = np.lexsort((issued_on, holder))
    ordinal = np.empty(len(holder), dtype=int)
    starts = np.r_[True, holder[order][1:] != holder[order][:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    ordinal[order] = np.arange(len(order)) - first
    age = whole_years(
        np.where(np.isnat(people["birth_date"][holder]), issued_on, people["birth_date"][holder]), issued_on
    )
    bought = np.zeros((len(people["segment"]), len(PRODUCTS)))
    again = np.array([HELD_AGAIN_OFTEN if p.code in ("M01", "L03", "M02") else HELD_AGAIN for p in PRODUCTS])
    product = np.full(len(holder), -1)
    for turn in range(ordinal.max() + 1):
        now = np.flatnonzero(ordinal == turn)
        held = bought[holder[now]]
        weights = _affinity(turn > 0)[people["segment"][holder[now]]] * np.where(held > 0, again, 1.0)
        company = (people["segment"][holder[now]] == ENTERPRISE)[:, None]
        least, most = (np.array([p.ages[i] for p in PRODUCTS]) for i in range(2))
        years = np.maximum(age[now], 18)[:, None]
        weights = np.where(company | ((years >= least) & (years <= most)), weights, 0.0)
        chosen = np.where(weights.sum(axis=1) > 0, choose(rng, weights + 1e-12), -1)
        product[now] = chosen
        bought[holder[now], chosen] += 1
    return product


def _affinity(further: bool) -> Array:
    """Weights (segment, product) of a first purchase; a further one is open to everything people buy."""
    table = np.zeros((len(SEGMENTS), len(PRODUCTS)))
    for row, segment in enumerate(SEGMENTS):
        for code, weight in segment.first.items():
            table[row, PRODUCT_INDEX[code]] = weight
        if further and row != ENTERPRISE:
            personal = [i for i, p in enumerate(PRODUCTS) if p.code not in ("A02", "H04", "M02", "P02")]
            table[row, personal] += 0.6
    return table


def _channels(rng: Rng, policies: Columns) -> Array:
    allowed = np.array([[c in p.channels for c in CHANNELS] for p in PRODUCTS], dtype=float)
    liking = np.array([s.channels for s in SEGMENTS]) + 0.02
    return choose(rng, liking[policies["segment"]] * allowed[policies["product"]])


def _terms(rng: Rng, policies: Columns) -> Columns:
    """Premium mode, months premiums are paid, months of cover (0: whole of life)."""
    product = policies["product"]
    mode = choose(rng, np.array([p.modes for p in PRODUCTS])[product])
    # Online and telesales live on small monthly debits.
    monthly = np.isin(policies["channel"], (CHANNELS.index("telesales"), CHANNELS.index("online")))
    can_be_monthly = np.array([p.modes[MODES.index("monthly")] > 0 for p in PRODUCTS])[product]
    mode = np.where(monthly & can_be_monthly & (rng.random(len(mode)) < 0.35), MODES.index("monthly"), mode)
    longest = max(len(p.payment_years) for p in PRODUCTS)
    years = np.array([(p.payment_years * longest)[:longest] for p in PRODUCTS])
    payment = years[product, rng.integers(longest, size=len(product))] * 12
    term = np.array([p.policy_years for p in PRODUCTS])[product] * 12
    return {
        "mode": mode,
        "step": np.array(MODE_MONTHS)[mode],
        "payment_months": np.where(mode == SINGLE, 0, payment),
        "term_months": term,
        "long_term": np.array([p.is_long_term for p in PRODUCTS])[product],
    }


def _amounts(rng: Rng, people: Columns, policies: Columns) -> Columns:
    """Premiums follow the product and the square root of income; sums assured follow premiums."""
    product, holder = policies["product"], policies["holder"]
    median, sigma = (np.array([p.premium[i] for p in PRODUCTS])[product] for i in range(2))
    income = people["annual_income"][holder]
    size = np.where(np.isnan(income), 1.0, np.sqrt(np.nan_to_num(income, nan=1.0) / 120_000))
    flexible = np.where(policies["long_term"], size, size**0.3)
    premium = median * flexible * np.exp(sigma * rng.normal(size=len(product)))
    premium = np.where(policies["mode"] == SINGLE, premium * 2.5, premium)
    # Single premiums in thousands; yearly ones such that twelve parts share them without a rest.
    round_sum = np.where(policies["mode"] == SINGLE, np.round(premium, -3) + 1000, np.round(premium / 12) * 12)
    premium = np.maximum(round_sum, 60.0)
    cover = np.array([p.cover for p in PRODUCTS])[product]
    motor = rng.uniform(18, 45, size=len(product))
    covered = np.round(premium * np.where(cover > 0, cover, motor), -3)
    return {
        "premium": premium,
        "sum_assured": np.maximum(covered, 10_000.0),
        "burden": np.where(np.isnan(income), 0.0, premium / np.nan_to_num(income, nan=1e12)),
    }


def _relative(people: Columns, relation: str) -> Array:
    """Position of each household's relative of that kind, -1 where there is none; indexed by household."""
    found = np.full(int(people["household"].max()) + 1, -1)
    who = np.flatnonzero(people["relation"] == relation)
    found[people["household"][who]] = who
    return found


def _lives(spec: Spec, rng: Rng, people: Columns, policies: Columns) -> Columns:
    """Insured and beneficiary of each policy, as positions in `people`."""
    holder, size = policies["holder"], len(policies["holder"])
    spouse, child = _relative(people, "spouse")[holder], _relative(people, "child")[holder]
    line = np.array([p.line for p in PRODUCTS], dtype=object)[policies["product"]]
    on_a_life = (line == "life") | (line == "health")
    other = on_a_life & (rng.random(size) >= spec.own_life_share)
    relative = np.where((rng.random(size) < 0.6) & (spouse >= 0), spouse, np.where(child >= 0, child, spouse))
    insured = np.where(other & (relative >= 0), relative, holder)
    insured = np.where((policies["product"] == PRODUCT_INDEX["H02"]) & (child >= 0), child, insured)
    insured = np.where(people["death_on"][insured] <= policies["effective_on"], holder, insured)
    heir = np.where(insured == holder, np.where(spouse >= 0, spouse, child), holder)
    wants = ((line == "life") | (line == "accident")) & (rng.random(size) < 0.45)
    return {"insured": insured, "beneficiary": np.where(wants, heir, -1)}
