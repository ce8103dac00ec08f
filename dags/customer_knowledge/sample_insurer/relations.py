"""What happens between contacts and the insurer: interactions, complaints, surveys, campaigns."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.catalogue import SEGMENTS
from customer_knowledge.sample_insurer.columns import (
    NO_DAY,
    ONE_DAY,
    YEAR_DAYS,
    Array,
    Columns,
    Happenings,
    Rng,
    choose,
    either,
    moments,
    pick,
    plus_days,
    poisson_process,
    recorded,
    rows,
)
from customer_knowledge.sample_insurer.contacts import CHANNELS, active_until
from customer_knowledge.sample_insurer.hazards import sigmoid
from customer_knowledge.sample_insurer.spec import Relating, Spec

TOPICS = ("保单查询", "缴费咨询", "理赔咨询", "退保咨询", "产品咨询", "信息变更", "续期提醒", "客户关怀")
OUTBOUND = ("续期提醒", "客户关怀")
CATEGORIES = ("销售误导", "理赔纠纷", "退保纠纷", "服务态度", "续期收费")
THEMES = (
    ("新春健康保障季", "New-year health", "health", "agency"),
    ("春日车险续保礼", "Spring motor renewal", "motor", "telesales"),
    ("暑期家庭出行意外保障", "Summer travel accident", "accident", "online"),
    ("金秋财富传承计划", "Autumn wealth and legacy", "life", "bancassurance"),
)


def _table(rng: Rng, contacts: Columns, owner: Array, on: Array, key: str) -> Columns:
    """Id, contact, recording day and moment of dated rows about contacts."""
    known = np.maximum(recorded(rng, on), contacts["recorded_on"][owner])
    return {
        key: numbered(known, 1),
        "contact_id": contacts["contact_id"][owner],
        "recorded_on": known,
        "updated_at": moments(rng, known),
    }


def interactions(rng: Rng, contacts: Columns, last: np.datetime64) -> Columns:
    """Table interaction: as often and through the channels that the segment likes."""
    rate = np.array([s.contacts for s in SEGMENTS])[contacts["segment"]]
    rate = np.where(contacts["person"] < 0, 0.6, rate * rng.gamma(2.0, 0.5, size=rows(contacts)))
    owner, on = poisson_process(rng, rate, contacts["recorded_on"], active_until(contacts, last))
    channel = choose(rng, np.array([s.touch for s in SEGMENTS])[contacts["segment"][owner]])
    topic = pick(rng, TOPICS, len(owner))
    phone = channel == CHANNELS.index("phone")
    seconds = np.round(rng.lognormal(5.2, 0.8, size=len(owner)))
    return _table(rng, contacts, owner, on, "interaction_id") | {
        "channel": np.array(CHANNELS, dtype=object)[channel],
        "direction": either(np.isin(topic, OUTBOUND), "outbound", "inbound").astype(object),
        "topic": topic,
        "occurred_at": moments(rng, on),
        "duration_seconds": np.where(phone, seconds, np.nan),
    }


def complaint_rates(spec: Relating, contacts: Columns, people: int) -> Array:
    """Complaints a year of each person, by position: those without a contact have nobody to complain to."""
    found = np.zeros(people)
    known = contacts["person"] >= 0
    found[contacts["person"][known]] = _complaining(spec, contacts)[known]
    return found


def _complaining(spec: Relating, contacts: Columns) -> Array:
    rate = np.array([s.complaints for s in SEGMENTS])[contacts["segment"]]
    return np.asarray(rate * np.exp(spec.complaint_satisfaction * contacts["satisfaction"]))


def complaints(spec: Relating, rng: Rng, contacts: Columns, policies: Columns, last: np.datetime64) -> Columns:
    """Table complaint of policyholders, still open; with `person`, `closes_on` and `policy` (position) beside it."""
    rate = _complaining(spec, contacts)
    _, first = np.unique(policies["holder"], return_index=True)
    policy_of = np.zeros(int(policies["holder"].max()) + 1, dtype=np.int64)
    policy_of[policies["holder"][first]] = first
    policy = policy_of[np.maximum(contacts["person"], 0)]
    since = np.maximum(policies["recorded_on"][policy], contacts["recorded_on"])
    rate = np.where(contacts["person"] < 0, 0.0, rate)
    owner, on = poisson_process(rng, rate, since, active_until(contacts, last))
    table = _table(rng, contacts, owner, on, "complaint_id")
    return table | {
        "category": pick(rng, CATEGORIES, len(owner)),
        "opened_on": on,
        "closed_on": np.full(len(owner), NO_DAY),
        "is_regulator_forwarded": rng.random(len(owner)) < 0.08,
        "person": contacts["person"][owner],
        "policy": policy[owner],
        "closes_on": plus_days(table["recorded_on"], rng.integers(2, 30, size=len(owner))),
    }


def surveys(spec: Relating, rng: Rng, contacts: Columns, complained: Happenings, last: np.datetime64) -> Columns:
    """Table satisfaction_survey: 0 to 10, lower after a complaint; shows the hidden trait through noise."""
    rate = np.where(contacts["person"] < 0, 0.0, spec.survey_rate)
    owner, on = poisson_process(rng, rate, plus_days(contacts["recorded_on"], 70), active_until(contacts, last))
    upset = complained.count(contacts["person"][owner], on - YEAR_DAYS * ONE_DAY, on) > 0
    score = spec.survey_mean + spec.survey_satisfaction * contacts["satisfaction"][owner]
    score = np.round(score + spec.survey_complaint * upset + rng.normal(scale=1.3, size=len(owner))).clip(0, 10)
    return _table(rng, contacts, owner, on, "survey_id") | {"surveyed_on": on, "score": score}


def campaigns(spec: Spec, rng: Rng, last: np.datetime64) -> Columns:
    """Table campaign: one each quarter."""
    first = np.datetime64(spec.starts_on, "M")
    months = np.arange(first + 1, last.astype("M8[M]") - 1, 3)
    started = plus_days(months.astype("M8[D]"), 9)
    theme = np.array(THEMES, dtype=object)[np.arange(len(months)) % len(THEMES)]
    year = months.astype("M8[Y]").astype(str).astype(object)
    return {
        "campaign_id": np.arange(1, len(months) + 1),
        "campaign_name": year + "年" + theme[:, 0],
        "campaign_name_en": theme[:, 1] + " " + year,
        "line_of_business": theme[:, 2],
        "channel": theme[:, 3],
        "started_on": started,
        "ended_on": plus_days(started, 45),
        "recorded_on": started,
        "updated_at": moments(rng, started),
    }


def responses(spec: Relating, rng: Rng, contacts: Columns, campaign: Columns, last: np.datetime64) -> Columns:
    """Table campaign_response: a share of the contacts known by then, asked within the campaign's days."""
    size = rows(contacts)
    wave, owner = np.nonzero(rng.random((rows(campaign), size)) < spec.campaign_reach)
    on = plus_days(campaign["started_on"][wave], rng.integers(1, 40, size=len(wave)))
    there = (contacts["recorded_on"][owner] < on) & (on <= active_until(contacts, last)[owner])
    wave, owner, on = wave[there], owner[there], on[there]
    likes = sigmoid(spec.accepted + 0.4 * contacts["satisfaction"][owner])
    u = rng.random(len(owner))
    response = np.where(u < likes, "accepted", np.where(u < likes + 0.35, "declined", "none")).astype(object)
    table = _table(rng, contacts, owner, on, "response_id")
    return table | {"campaign_id": campaign["campaign_id"][wave], "contacted_on": on, "response": response}
