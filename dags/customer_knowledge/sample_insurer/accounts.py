"""The tables of policy administration, as they read when each row is first written."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import names
from customer_knowledge.sample_insurer.catalogue import CHANNELS, ENTERPRISE, MODES, PRODUCTS
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    ONE_DAY,
    Array,
    Columns,
    Rng,
    add_months,
    either,
    moments,
    pick,
    rows,
    stack,
    take,
)

ONLINE_BRANCH = "电子商务中心"
ON_SALE_FROM = np.datetime64("2018-06-01", "D")
RELATIONSHIP = {"self": "本人", "spouse": "配偶", "child": "子女"}
_CODE = np.array([p.code for p in PRODUCTS], dtype=object)
_LINE = np.array([p.line for p in PRODUCTS], dtype=object)


def numbered(recorded_on: Array, first: int) -> Array:
    """Ids in order of recording (ties: in order of position), from `first` on."""
    number = np.empty(len(recorded_on), dtype=np.int64)
    number[np.argsort(recorded_on, kind="stable")] = np.arange(first, first + len(recorded_on))
    return number


def products(rng: Rng) -> Columns:
    """Table product."""
    size = len(PRODUCTS)
    on_sale = np.full(size, ON_SALE_FROM)
    return {
        "product_code": _CODE,
        "product_name": np.array([p.name_zh for p in PRODUCTS], dtype=object),
        "product_name_en": np.array([p.name_en for p in PRODUCTS], dtype=object),
        "line_of_business": _LINE,
        "is_long_term": np.array([p.is_long_term for p in PRODUCTS]),
        "min_age": np.array([p.ages[0] for p in PRODUCTS]),
        "max_age": np.array([p.ages[1] for p in PRODUCTS]),
        "first_year_commission_rate": np.array([p.commission[0] for p in PRODUCTS]),
        "renewal_commission_rate": np.array([p.commission[1] for p in PRODUCTS]),
        "on_sale_from": on_sale,
        "recorded_on": on_sale,
        "updated_at": moments(rng, on_sale),
    }


def agents(rng: Rng, force: Columns) -> Columns:
    """Table agent; who leaves is written by a change."""
    columns = ("agent_id", "agent_name", "phone", "team", "branch", "tier", "hired_on")
    table = {name: force[name] for name in columns}
    table["channel"] = np.array(CHANNELS, dtype=object)[force["channel"]]
    table["left_on"] = np.full(len(force["agent_id"]), NO_DAY)
    return table | {"recorded_on": force["hired_on"], "updated_at": moments(rng, force["hired_on"])}


def parties(rng: Rng, people: Columns, policies: Columns) -> Columns:
    """Table party: everybody who is in some policy, recorded with the first of them; `person` points into people."""
    everyone = np.concatenate([policies["holder"], policies["insured"], policies["beneficiary"]])
    known = np.tile(policies["recorded_on"], 3)
    order = np.lexsort((known, everyone))
    person, first = np.unique(everyone[order], return_index=True)
    recorded_on = known[order][first]
    person, recorded_on = person[person >= 0], recorded_on[person >= 0]
    columns = (
        "name,id_type,id_number,credit_code,birth_date,sex,phone,province,city,address,occupation,annual_income,"
        "industry,headcount"
    )
    table = {name: people[name][person] for name in columns.split(",")}
    company = people["segment"][person] == ENTERPRISE
    table["party_type"] = either(company, "enterprise", "person").astype(object)
    table["party_id"] = numbered(recorded_on, 100_001)
    return table | {"person": person, "recorded_on": recorded_on, "updated_at": moments(rng, recorded_on)}


def policies(rng: Rng, bought: Columns, force: Columns) -> Columns:
    """Table policy, in the order of `bought`."""
    product, start = bought["product"], bought["effective_on"]
    by_agent, online = bought["agent"], bought["agent"] < 0
    last = add_months(start, bought["term_months"]) - ONE_DAY
    number = numbered(bought["recorded_on"], 500_001)
    year = bought["issued_on"].astype("M8[Y]").astype(str).astype(object)
    return {
        "policy_id": number,
        "policy_no": "P" + year + _CODE[product] + number.astype(str).astype(object),
        "product_code": _CODE[product],
        "agent_id": np.where(online, np.nan, force["agent_id"][by_agent]),
        "channel": np.array(CHANNELS, dtype=object)[bought["channel"]],
        "branch": either(online, ONLINE_BRANCH, force["branch"][by_agent]),
        "issued_on": bought["issued_on"],
        "effective_on": start,
        "expires_on": np.where(bought["term_months"] == 0, NO_DAY, last),
        "premium_mode": np.array(MODES, dtype=object)[bought["mode"]],
        "payment_term_years": np.maximum(bought["payment_months"] // 12, 1),
        "policy_term_years": np.where(bought["term_months"] == 0, np.nan, bought["term_months"] / 12),
        "annual_premium": bought["premium"],
        "sum_assured": bought["sum_assured"],
        "currency": np.full(len(product), "CNY", dtype=object),
        "status": np.full(len(product), "active", dtype=object),
        "recorded_on": bought["recorded_on"],
        "updated_at": moments(rng, bought["recorded_on"]),
    }


def policy_parties(
    rng: Rng, people: Columns, bought: Columns, policy: Columns, number: Array, second: Array
) -> Columns:
    """Table policy_party: policyholder, insured and, where named, beneficiary of each policy.

    Args:
        rng: the room's generator.
        people: who there is.
        bought: policies, with positions in `people`.
        policy: table policy, in the order of `bought`.
        number: party id of each of `people`.
        second: the holder's other party id where the policy was written on it, else 0; by policy.
    """
    parts = []
    for role, column in (("policyholder", "holder"), ("insured", "insured"), ("beneficiary", "beneficiary")):
        who = np.flatnonzero(bought[column] >= 0)
        person = bought[column][who]
        holds = person == bought["holder"][who]
        relation = either(holds, "self", people["relation"][person])
        parts.append(
            {
                "policy_id": policy["policy_id"][who],
                "party_id": np.where(holds & (second[who] > 0), second[who], number[person]),
                "role": np.full(len(who), role, dtype=object),
                "relationship": np.array([RELATIONSHIP[r] for r in relation], dtype=object),
                "share_percent": np.full(len(who), 100.0 if role == "beneficiary" else np.nan),
                "recorded_on": policy["recorded_on"][who],
            }
        )
    table = stack(parts)
    table["policy_party_id"] = numbered(table["recorded_on"], 1)
    return table | {"updated_at": moments(rng, table["recorded_on"])}


def coverages(rng: Rng, bought: Columns, policy: Columns) -> Columns:
    """Table coverage: the main plan; a quarter of long-term policies has an accident rider, a tenth of the premium."""
    size = rows(bought)
    rider = bought["long_term"] & (bought["step"] > 0) & (rng.random(size) < 0.25)
    carried = ("policy_id", "sum_assured", "annual_premium", "effective_on", "recorded_on")
    main = {name: policy[name] for name in carried} | {"expires_on": _cover_ends(bought)}
    main |= {"coverage_code": _CODE[bought["product"]], "is_rider": np.zeros(size, dtype=bool)}
    extra_premium = np.round(main["annual_premium"] * 0.1, 2)
    extra = take(main | {"annual_premium": extra_premium}, rider)
    extra |= {
        "coverage_code": np.full(rows(extra), "R01", dtype=object),
        "is_rider": np.ones(rows(extra), dtype=bool),
    }
    main["annual_premium"] = np.round(main["annual_premium"] - np.where(rider, extra_premium, 0.0), 2)
    table = stack([main, extra])
    table["coverage_id"] = numbered(table["recorded_on"], 1)
    return table | {"updated_at": moments(rng, table["recorded_on"])}


def _cover_ends(bought: Columns) -> Array:
    last = add_months(bought["effective_on"], bought["term_months"]) - ONE_DAY
    renewable = ~bought["long_term"] | (bought["term_months"] == 0)
    return np.where(renewable, NO_DAY, last)


def insured_objects(rng: Rng, bought: Columns, policy: Columns) -> Columns:
    """Table insured_object: vehicles of motor policies, buildings of property policies."""
    who = np.flatnonzero(np.isin(_LINE[bought["product"]], ("motor", "property")))
    size, motor = len(who), _LINE[bought["product"][who]] == "motor"
    year = bought["effective_on"][who].astype("M8[Y]").astype(int) + 1970
    built = year - np.where(motor, rng.integers(0, 11, size), rng.integers(1, 30, size))
    fuel = pick(rng, ("汽油", "汽油", "汽油", "柴油", "纯电动", "插电混动"), size)
    table: Columns = {
        "policy_id": policy["policy_id"][who],
        "object_type": either(motor, "vehicle", "building").astype(object),
        "description": either(
            motor, pick(rng, names.CAR_MODELS, size), pick(rng, ("钢筋混凝土住宅", "厂房", "商铺"), size)
        ),
        "plate_number": either(motor, names.plate_numbers(rng, size), None),
        "registration_year": built,
        "power_hp": np.where(motor, np.round(rng.normal(145, 38, size).clip(60, 400)), np.nan),
        "fuel": either(motor, fuel, None),
        "floor_area_m2": np.where(motor, np.nan, np.round(rng.lognormal(4.7, 0.5, size), 1)),
        "insured_value": policy["sum_assured"][who],
        "recorded_on": policy["recorded_on"][who],
    }
    table["object_id"] = numbered(table["recorded_on"], 1)
    return table | {"updated_at": moments(rng, table["recorded_on"])}
