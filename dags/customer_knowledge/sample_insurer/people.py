"""Who there is: policyholders of each segment, their spouses and children, companies."""

from __future__ import annotations

from datetime import date

import numpy as np

from customer_knowledge.sample_insurer import identity, names
from customer_knowledge.sample_insurer.catalogue import ENTERPRISE, SEGMENTS
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    Array,
    Columns,
    Rng,
    add_months,
    either,
    pick,
    plus_days,
    stack,
    take,
    years_between,
    zero_filled,
)
from customer_knowledge.sample_insurer.spec import Claiming, Spec

ADULT_MONTHS = 22 * 12


def build(spec: Spec, rng: Rng, customers: int, first_day: date) -> Columns:
    """Everybody who may appear in a policy: customers first (`household` = own position), then relatives.

    The number of customers whose first purchase lies on or before `first_day` is about `customers`; the
    later ones come at the same pace.

    Returns:
        One row a person or company; `relation` is self, spouse or child; `segment` a position in SEGMENTS.
    """
    holders = _holders(spec, rng, customers, first_day)
    everybody = stack([holders, _spouses(rng, holders), _children(rng, holders)])
    everybody |= _identities(rng, everybody)
    everybody["death_on"] = _deaths(spec.claiming, rng, everybody)
    return everybody


def _first_days(spec: Spec, rng: Rng, customers: int, first_day: date) -> Array:
    """Dates of first purchase: exactly `customers` by the first day, growing a little, then at the last pace."""
    start, today = np.datetime64(spec.starts_on, "D"), np.datetime64(first_day, "D")
    span = int((today - start).astype(int))
    # Density rises linearly by half over the history.
    position = (np.sqrt(1.0 + rng.random(customers) * (1.5**2 - 1.0)) - 1.0) / 0.5
    past = plus_days(np.full(customers, start), (position * span).astype(int))
    pace = customers / span * 1.2
    later = rng.poisson(pace, size=spec.future_days)
    return np.concatenate([past, np.repeat(today + 1 + np.arange(spec.future_days), later)])


def _holders(spec: Spec, rng: Rng, customers: int, first_day: date) -> Columns:
    first_on = _first_days(spec, rng, customers, first_day)
    size = len(first_on)
    share = np.array([s.share for s in SEGMENTS])
    segment = rng.choice(len(SEGMENTS), size=size, p=share / share.sum())
    mean, spread, least, most = (np.array([s.age[i] for s in SEGMENTS])[segment] for i in range(4))
    age_months = (np.clip(rng.normal(mean, spread), least, most) * 12).astype(int)
    born = plus_days(add_months(first_on, -age_months), -rng.integers(0, 30, size=size))
    enterprise = segment == ENTERPRISE
    place = rng.choice(len(names.PLACES), size=size, p=names.PLACE_WEIGHTS / names.PLACE_WEIGHTS.sum())
    return {
        "household": np.arange(size),
        "relation": np.full(size, "self", dtype=object),
        "segment": segment,
        "place": place,
        "first_on": first_on,
        "birth_date": np.where(enterprise, NO_DAY, born),
        "sex": either(enterprise, None, pick(rng, ("M", "F"), size)),
        "annual_income": _incomes(rng, segment),
        "satisfaction": rng.normal(size=size),
    }


def _incomes(rng: Rng, segment: Array) -> Array:
    """Yearly incomes rounded to 1,000 CNY; NaN for companies."""
    median, sigma = (np.array([s.income[i] for s in SEGMENTS])[segment] for i in range(2))
    income = np.round(median * np.exp(sigma * rng.normal(size=len(segment))), -3)
    return np.where(segment == ENTERPRISE, np.nan, np.maximum(income, 12_000))


def _spouses(rng: Rng, holders: Columns) -> Columns:
    adults = (holders["segment"] != ENTERPRISE) & (rng.random(len(holders["segment"])) < 0.62)
    spouses = take(holders, np.flatnonzero(adults))
    size = len(spouses["segment"])
    gap = np.where(spouses["sex"] == "M", 2.0, -2.0) + rng.normal(scale=2.0, size=size)
    spouses["birth_date"] = plus_days(spouses["birth_date"], (gap * 365).astype(int))
    spouses["sex"] = np.where(spouses["sex"] == "M", "F", "M").astype(object)
    spouses["relation"] = np.full(size, "spouse", dtype=object)
    spouses["annual_income"] = np.round(spouses["annual_income"] * np.exp(rng.normal(-0.2, 0.3, size=size)), -3)
    return spouses


def _children(rng: Rng, holders: Columns) -> Columns:
    """One child for holders who were 22 or older when it was born, before their first purchase."""
    latest = plus_days(holders["first_on"], -40)
    earliest = add_months(np.where(np.isnat(holders["birth_date"]), latest, holders["birth_date"]), ADULT_MONTHS)
    span = (latest - earliest).astype(int)
    parents = np.flatnonzero((holders["segment"] != ENTERPRISE) & (span > 0) & (rng.random(len(span)) < 0.55))
    children = take(holders, parents)
    size = len(parents)
    back = (rng.random(size) * np.minimum(span[parents], 16 * 365)).astype(int)
    children["birth_date"] = plus_days(latest[parents], -back)
    children["sex"] = pick(rng, ("M", "F"), size)
    children["relation"] = np.full(size, "child", dtype=object)
    children["annual_income"] = np.full(size, np.nan)
    return children


def _identities(rng: Rng, everybody: Columns) -> Columns:
    """Names, identity numbers, phones, addresses, occupations."""
    size = len(everybody["segment"])
    place = np.array(names.PLACES, dtype=object)[everybody["place"]]
    company = everybody["segment"] == ENTERPRISE
    people = np.flatnonzero(~company)
    industry = rng.integers(len(names.INDUSTRIES), size=size)
    name = names.company_names(rng, place[:, 1], industry)
    name[people] = _surnamed(rng, everybody, people)
    id_number = np.full(size, None, dtype=object)
    resident = identity.resident_ids(place[people, 2], everybody["birth_date"][people], everybody["sex"][people])
    passport = "E" + zero_filled(people, 8).astype(object)
    has_passport = rng.random(len(people)) < 0.015
    id_number[people] = np.where(has_passport, passport, resident)
    id_type = np.full(size, None, dtype=object)
    id_type[people] = np.where(has_passport, "passport", "resident_id")
    credit = np.full(size, None, dtype=object)
    companies = np.flatnonzero(company)
    credit[companies] = identity.credit_codes(place[companies, 2], 10_000_000 + companies * 37)
    headcount = np.round(np.exp(rng.normal(4.2, 0.9, size=size))) + 3
    return {
        "name": name,
        "id_type": id_type,
        "id_number": id_number,
        "credit_code": credit,
        "phone": names.mobiles(rng, size),
        "province": place[:, 0],
        "city": place[:, 1],
        "branch": place[:, 3],
        "address": names.addresses(rng, place[:, 1]),
        "occupation": _occupations(rng, everybody, company),
        "industry": either(company, np.array(names.INDUSTRIES, dtype=object)[industry], None),
        "headcount": np.where(company, headcount, np.nan),
    }


def _surnamed(rng: Rng, everybody: Columns, people: Array) -> Array:
    """Names of people; a child bears the surname of its father where he is in the household."""
    full = names.person_names(rng, everybody["sex"][people])
    at = {int(p): i for i, p in enumerate(people)}
    for i in np.flatnonzero(everybody["relation"][people] == "child"):
        parent = at[int(everybody["household"][people[i]])]
        full[i] = full[parent][0] + full[i][1:]
    return full


def _occupations(rng: Rng, everybody: Columns, company: Array) -> Array:
    size = len(company)
    age = years_between(everybody["birth_date"], everybody["first_on"])
    work = pick(rng, names.OCCUPATIONS, size)
    work = np.where((age > 58) & (rng.random(size) < 0.8), names.OCCUPATIONS_NOT_WORKING[0], work)
    work = np.where(everybody["relation"] == "child", names.OCCUPATIONS_NOT_WORKING[1], work)
    return either(company, None, work)


def _deaths(claiming: Claiming, rng: Rng, everybody: Columns) -> Array:
    """Day of death after the first purchase (Gompertz), NaT for companies."""
    age = years_between(everybody["birth_date"], everybody["first_on"])
    start = np.where(np.isnan(age), NO_DAY, everybody["first_on"])
    return gompertz_day(rng, claiming.death_at_40, claiming.death_slope, np.nan_to_num(age, nan=40.0), start)


def gompertz_day(rng: Rng, at_40: float, slope: float, age: Array, start: Array) -> Array:
    """First day of an event with hazard at_40 · exp(slope · (age − 40)) a year; ages in years at `start`.

    Inverse of the cumulative hazard: t = ln(1 + slope · E / h₀) / slope with E ~ Exp(1).
    """
    hazard = at_40 * np.exp(slope * (age - 40.0))
    years = np.log1p(slope * rng.exponential(size=len(age)) / hazard) / slope
    return plus_days(start, np.minimum(years * 365.25, 60_000).astype(int) + 1)
