"""The whole sample insurer, simulated to the last day in one go: a pure function of size, seed and first day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from customer_knowledge.sample_insurer import (
    accounts,
    bookings,
    changes,
    claims,
    commission,
    contacts,
    dirt,
    exits,
    likeness,
    longterm,
    notes,
    people,
    producers,
    purchase,
    relations,
    servicing,
    values,
    yearly,
)
from customer_knowledge.sample_insurer.catalogue import SEGMENTS
from customer_knowledge.sample_insurer.changes import Tables
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    Array,
    Columns,
    Happenings,
    recorded,
    room,
    rows,
    stack,
    take,
)
from customer_knowledge.sample_insurer.paths import Trail, World
from customer_knowledge.sample_insurer.spec import SPEC, Spec


@dataclass(frozen=True)
class Played:
    """The world, its events and dues, and the source's id of each policy in it."""

    world: World
    events: Columns
    dues: Columns
    policy_id: Array


@dataclass(frozen=True)
class Insurer:
    """Everything there will ever be.

    Attributes:
        tables: source rows as first written, `recorded_on` included, past and future alike.
        log: changes to rows, in order.
        deletions: rows that disappear.
        truth: tables that the sources do not know, by name.
        first_day: the first business day.
        last_day: the last simulated day.
        played: what the tables were written from.
    """

    tables: Tables
    log: Columns
    deletions: Columns
    truth: dict[str, Columns]
    first_day: np.datetime64
    last_day: np.datetime64
    played: Played


@dataclass(frozen=True)
class _Cast:
    """Who and what there is before anything happens to a policy."""

    people: Columns
    agents: Columns
    bought: Columns
    contact: Columns
    complaint: Columns


def build(customers: int, seed: int, first_as_of_date: date, spec: Spec = SPEC) -> Insurer:
    """Simulate the insurer.

    Args:
        customers: policyholders whose first purchase lies on or before the first day.
        seed: same seed, same rows, to the bit.
        first_as_of_date: the first business day.
        spec: the generative model.
    """
    first_day = np.datetime64(first_as_of_date, "D")
    last = first_day + spec.future_days
    cast = _cast(spec, seed, customers, first_as_of_date, last)
    world, ordinary = _world(spec, seed, cast, last)
    trail = Trail(last, room(seed, "trail"))
    yearly.run(world, room(seed, "yearly"), trail)
    longterm.run(world, room(seed, "longterm"), trail)
    events, dues = trail.all_events(), trail.all_dues()
    claimed = claims.build(spec, room(seed, "claims"), cast.bought, events, ordinary, world.waived)
    tables = _policy_admin(spec, seed, cast, events, dues, claimed, last) | _crm(spec, seed, cast, last)
    log = _log(spec, seed, tables, cast, claimed, first_day, last)
    truth = _truth(spec, tables, cast, world, events, dues, first_day)
    planter = dirt.Planter(spec.dirtying, room(seed, "dirt"), tables, customers, first_day, last)
    truth["dirt"] = planter.plant()
    spared = {k.place: set(truth["dirt"]["row_key"]) for k in dirt.KINDS}
    gone = changes.deletions(spec.dirtying, room(seed, "deletions"), tables, customers, spared, first_day, last)
    dirt.drop_unseen(tables)
    played = Played(world, events, dues, tables["policy_admin", "policy"]["policy_id"])
    return Insurer(tables, changes.ordered([*log, *planter.log]), gone, truth, first_day, last, played)


def _cast(spec: Spec, seed: int, customers: int, first_day: date, last: np.datetime64) -> _Cast:
    everybody = people.build(spec, room(seed, "people"), customers, first_day)
    likeness.families(spec.confusing, room(seed, "families"), everybody)
    agents = producers.build(spec, room(seed, "agents"), customers, first_day)
    bought = purchase.build(spec, room(seed, "purchase"), everybody, agents, first_day)
    bought["recorded_on"] = recorded(room(seed, "policies recorded"), bought["issued_on"])
    contact = contacts.build(spec, room(seed, "contacts"), everybody, bought, last)
    likeness.contacts(spec.confusing, room(seed, "misspelling"), contact, everybody)
    complaint = relations.complaints(spec.relating, room(seed, "complaints"), contact, bought, last)
    return _Cast(everybody, agents, bought, contact, complaint)


def _world(spec: Spec, seed: int, cast: _Cast, last: np.datetime64) -> tuple[World, tuple[Array, Array]]:
    bought = cast.bought
    ends_on, waived = claims.ends(spec, room(seed, "ends"), cast.people, bought)
    rng = room(seed, "claim candidates")
    claim_rate = claims.rates(rng, bought)
    ordinary = claims.candidates(rng, claim_rate, bought, last)
    seller = bought["agent"]
    return World(
        spec=spec,
        policies=bought,
        complaints=Happenings(cast.complaint["person"], cast.complaint["opened_on"]),
        claims=Happenings(*ordinary),
        agent_left_on=np.where(seller >= 0, cast.agents["left_on"][seller], NO_DAY),
        satisfaction=cast.people["satisfaction"][bought["holder"]],
        ends_on=ends_on,
        waived=waived,
        claim_rate=claim_rate,
        complaint_rate=relations.complaint_rates(spec.relating, cast.contact, rows(cast.people))[bought["holder"]],
    ), ordinary


def _policy_admin(
    spec: Spec,
    seed: int,
    cast: _Cast,
    events: Columns,
    dues: Columns,
    claimed: tuple[Columns, Columns],
    last: np.datetime64,
) -> Tables:
    rng, bought = room(seed, "policy_admin"), cast.bought
    party = accounts.parties(rng, cast.people, bought)
    policy = accounts.policies(rng, bought, cast.agents)
    due, payment = bookings.premiums(rng, policy, dues)
    number = np.zeros(rows(cast.people), dtype=np.int64)
    number[party["person"]] = party["party_id"]
    party, second = likeness.second_files(spec.confusing, room(seed, "second files"), bought, party)
    own_life = (second > 0) & (bought["insured"] == bought["holder"])
    claim = bookings.claims(rng, policy, np.where(own_life, second, number[bought["insured"]]), claimed[0])
    found = {
        "product": accounts.products(rng),
        "agent": accounts.agents(rng, cast.agents),
        "party": party,
        "policy": policy,
        "policy_party": accounts.policy_parties(rng, cast.people, bought, policy, number, second),
        "coverage": accounts.coverages(rng, bought, policy),
        "insured_object": accounts.insured_objects(rng, bought, policy),
        "policy_event": bookings.policy_events(rng, policy, events),
        "premium_due": due,
        "premium_payment": payment,
        "claim": claim,
        "claim_payment": bookings.claim_payments(rng, claim, claimed[1]),
        "policy_value": values.policy_values(room(seed, "policy values"), bought, policy, events, last),
        "policy_change": servicing.policy_changes(room(seed, "servicing"), bought, policy, events, last),
    }
    booked = found["policy_event"]
    found["commission"] = commission.commissions(room(seed, "commission"), bought, policy, due, payment, booked)
    cast.complaint["policy_no"] = policy["policy_no"][cast.complaint["policy"]]
    return {("policy_admin", name): table for name, table in found.items()}


def _crm(spec: Spec, seed: int, cast: _Cast, last: np.datetime64) -> Tables:
    rng, contact, relating = room(seed, "crm"), cast.contact, spec.relating
    complained = Happenings(cast.complaint["person"], cast.complaint["opened_on"])
    campaign = relations.campaigns(spec, rng, last)
    agent_of = notes.agents_of(contact, cast.bought, cast.agents)
    found = {
        "contact": contact,
        "interaction": relations.interactions(rng, contact, last),
        "complaint": cast.complaint,
        "satisfaction_survey": relations.surveys(relating, rng, contact, complained, last),
        "campaign": campaign,
        "campaign_response": relations.responses(relating, rng, contact, campaign, last),
        "consent": contacts.consents(relating, rng, contact, last),
        "agent_note": notes.build(relating, rng, contact, cast.people, agent_of, last),
    }
    return {("crm", name): table for name, table in found.items()}


def _log(
    spec: Spec, seed: int, tables: Tables, cast: _Cast, claimed: tuple[Columns, Columns],
    first_day: np.datetime64, last: np.datetime64,
) -> list[Columns]:  # fmt: skip
    rng = room(seed, "changes")
    event = tables["policy_admin", "policy_event"]
    claim = tables["policy_admin", "claim"]
    parts = [
        changes.statuses(rng, event),
        changes.renewals(rng, event, spec.dirtying.silent_share),
        changes.departures(rng, cast.agents),
        *changes.decisions(rng, claim, *claimed),
        changes.closings(rng, cast.complaint),
        servicing.reductions(room(seed, "reductions"), tables["policy_admin", "policy_change"]),
        *changes.corrections(spec.dirtying, rng, tables, first_day, last),
    ]
    return [take(part, part["changed_on"] <= last) for part in parts]


def _truth(
    spec: Spec,
    tables: Tables,
    cast: _Cast,
    world: World,
    events: Columns,
    dues: Columns,
    first_day: np.datetime64,
) -> dict[str, Columns]:
    party, policy = tables["policy_admin", "party"], tables["policy_admin", "policy"]
    segment = np.array([s.code for s in SEGMENTS], dtype=object)
    number = np.full(rows(cast.people) + 1, np.nan)
    number[party["person"][~party["is_second"]]] = party["party_id"][~party["is_second"]]
    hazards = []
    for on in observation_days(spec, first_day):
        found = exits.probabilities(world, events, dues, on)
        mine = found.pop("policy")
        hazards.append(found | {"policy_id": policy["policy_id"][mine], "as_of_date": np.full(len(mine), on)})
    return {
        "customer": {
            "party_id": party["party_id"],
            "true_segment": segment[cast.people["segment"][party["person"]]],
            "satisfaction": np.round(cast.people["satisfaction"][party["person"]], 6),
            "is_policyholder": np.isin(party["person"], cast.bought["holder"]),
        },
        "contact_link": {
            "contact_id": cast.contact["contact_id"],
            # Position -1, a pure prospect, falls on the last place, which is empty.
            "party_id": number[cast.contact["person"]],
        },
        "person_party": _persons(party, cast.contact),
        "policy_hazard": stack(hazards),
    }


def _persons(party: Columns, contact: Columns) -> Columns:
    """Who each party of either system is; prospects come after everybody else."""
    prospect = contact["person"] < 0
    beyond = int(party["person"].max()) + 1 + np.cumsum(prospect)
    return {
        "source_system": np.repeat(np.array(["policy_admin", "crm"], dtype=object), [rows(party), rows(contact)]),
        "party_id": np.concatenate([changes.text(party["party_id"]), contact["contact_id"]]),
        "person_id": np.concatenate([party["person"], np.where(prospect, beyond, contact["person"])]) + 1,
    }


def observation_days(spec: Spec, first_day: np.datetime64) -> Array:
    """Month-ends of June and December from mid 2020 to the first business day, that day included."""
    halves = np.arange(np.datetime64(spec.starts_on, "M") + 18, first_day.astype("M8[M]") + 2, 6)
    ends = halves.astype("M8[D]") - 1
    return np.unique(np.append(ends[ends <= first_day], first_day))
