"""The CRM's people: contacts with ids of their own, most of them policyholders, and what they consent to."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import names
from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.catalogue import ENTERPRISE, SEGMENTS
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    Array,
    Columns,
    Rng,
    either,
    moments,
    pick,
    plus_days,
    poisson_process,
    recorded,
    rows,
    stack,
)
from customer_knowledge.sample_insurer.spec import Relating, Spec

CHANNELS = ("phone", "app", "wechat", "branch", "agent_visit", "email")
PURPOSES = ("marketing", "service", "analytics")
NOBODY = -1


def build(spec: Spec, rng: Rng, people: Columns, policies: Columns, last: np.datetime64) -> Columns:
    """Table contact, with `person` (position in people, -1 for a pure prospect), `segment` and `until` (death)."""
    known = _holders(spec.relating, rng, people, policies)
    table = stack([known, _prospects(spec, rng, rows(known), last)])
    table["contact_id"] = "C" + (numbered(table["recorded_on"], 10_000_001)).astype(str).astype(object)
    liking = np.array([s.touch for s in SEGMENTS])[table["segment"]]
    table["preferred_channel"] = np.array(CHANNELS, dtype=object)[np.argmax(liking * rng.random(liking.shape), axis=1)]
    app = np.array([s.app_share for s in SEGMENTS])[table["segment"]]
    table["is_app_user"] = rng.random(rows(table)) < app
    return table | {"updated_at": moments(rng, table["recorded_on"])}


def _holders(spec: Relating, rng: Rng, people: Columns, policies: Columns) -> Columns:
    """Contacts of policyholders, opened up to 60 days before the first policy was recorded."""
    person, first = np.unique(policies["holder"], return_index=True)
    listed = rng.random(len(person)) < spec.contact_share
    person, since = person[listed], policies["recorded_on"][first[listed]]
    size = len(person)
    has_id = rng.random(size) < spec.contact_with_id
    company = people["segment"][person] == ENTERPRISE
    other_phone = rng.random(size) < 0.2
    born = people["birth_date"][person]
    return {
        "person": person,
        "segment": people["segment"][person],
        "satisfaction": people["satisfaction"][person],
        "until": people["death_on"][person],
        "contact_type": either(company, "enterprise", "person").astype(object),
        "name": people["name"][person],
        "id_number": either(has_id, people["id_number"][person], None),
        "credit_code": either(has_id, people["credit_code"][person], None),
        "birth_date": np.where(rng.random(size) < 0.6, born, NO_DAY),
        "mobile": either(other_phone, names.mobiles(rng, size), people["phone"][person]),
        "email": _emails(rng, size),
        "city": people["city"][person],
        "recorded_on": plus_days(since, -rng.integers(0, 60, size)),
    }


def _prospects(spec: Spec, rng: Rng, contacts: int, last: np.datetime64) -> Columns:
    """People the CRM knows and policy administration does not: a name, a number, a city."""
    r = spec.relating
    size = max(2, round(contacts * r.prospect_share / r.contact_share))
    start = np.datetime64(spec.starts_on, "D")
    share = np.array([s.share for s in SEGMENTS[:ENTERPRISE]])
    place = rng.choice(len(names.PLACES), size=size, p=names.PLACE_WEIGHTS / names.PLACE_WEIGHTS.sum())
    return {
        "person": np.full(size, NOBODY),
        "segment": rng.choice(ENTERPRISE, size=size, p=share / share.sum()),
        "satisfaction": np.zeros(size),
        "until": np.full(size, NO_DAY),
        "contact_type": np.full(size, "person", dtype=object),
        "name": names.person_names(rng, pick(rng, ("M", "F"), size)),
        "id_number": np.full(size, None, dtype=object),
        "credit_code": np.full(size, None, dtype=object),
        "birth_date": np.full(size, NO_DAY),
        "mobile": names.mobiles(rng, size),
        "email": _emails(rng, size),
        "city": np.array([p[1] for p in names.PLACES], dtype=object)[place],
        "recorded_on": plus_days(
            np.full(size, start), (rng.random(size) * int((last - start).astype(int))).astype(int)
        ),
    }


def _emails(rng: Rng, size: int) -> Array:
    """Addresses in a domain reserved for examples (RFC 2606); half have none."""
    number = rng.integers(10_000, 10**7, size=size).astype(str).astype(object)
    return either(rng.random(size) < 0.5, "u" + number + "@example.com", None)


def active_until(contacts: Columns, last: np.datetime64) -> Array:
    """The last day somebody can be in touch."""
    return np.where(contacts["until"] <= last, contacts["until"], last)


def consents(spec: Relating, rng: Rng, contacts: Columns, last: np.datetime64) -> Columns:
    """Table consent: three purposes asked at the start, some answers turned round later; the latest one holds."""
    size = rows(contacts)
    marketing = np.array([s.marketing_consent for s in SEGMENTS])[contacts["segment"]]
    shares = (marketing, np.full(size, spec.service_consent), np.full(size, spec.analytics_consent))
    parts = []
    for purpose, share in zip(PURPOSES, shares, strict=True):
        granted = rng.random(size) < share
        since = contacts["recorded_on"]
        parts.append(_answers(np.arange(size), since, granted, purpose))
        who, on = poisson_process(
            rng, np.full(size, spec.consent_flip_rate), plus_days(since, 30), active_until(contacts, last)
        )
        order = np.lexsort((on, who))
        who, on = who[order], on[order]
        turn = np.arange(len(who)) - np.searchsorted(who, who, side="left")
        parts.append(_answers(who, on, granted[who] ^ (turn % 2 == 0), purpose))
    table = stack(parts)
    owner = table.pop("owner")
    known = np.maximum(recorded(rng, table["occurred_on"]), contacts["recorded_on"][owner])
    # The answer in force must not depend on which clerk was slower: flips are recorded on their day.
    known = np.where(table["occurred_on"] > contacts["recorded_on"][owner], table["occurred_on"], known)
    table |= {
        "consent_id": numbered(known, 1),
        "contact_id": contacts["contact_id"][owner],
        "recorded_on": known,
    }
    table["channel"] = pick(rng, ("app", "branch", "phone", "paper"), rows(table))
    return table | {"updated_at": moments(rng, known)}


def _answers(owner: Array, on: Array, granted: Array, purpose: str) -> Columns:
    return {
        "owner": owner,
        "purpose": np.full(len(owner), purpose, dtype=object),
        "state": either(granted, "granted", "withdrawn").astype(object),
        "occurred_on": on,
    }
