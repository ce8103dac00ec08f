"""Agents: who sells through which channel in which branch, and who leaves."""

from __future__ import annotations

from datetime import date

import numpy as np

from customer_knowledge.sample_insurer import names
from customer_knowledge.sample_insurer.catalogue import CHANNELS
from customer_knowledge.sample_insurer.columns import NO_DAY, Array, Columns, Rng, choose, pick, plus_days
from customer_knowledge.sample_insurer.spec import Spec

SELLING = tuple(position for position, channel in enumerate(CHANNELS) if channel != "online")
CHANNEL_WEIGHTS = (0.50, 0.20, 0.14, 0.09, 0.07)  # of agents, in the order of SELLING
LEAVING_RATE = 0.12  # a year
TEAMS = ("卓越一部", "卓越二部", "先锋团队", "远航团队", "鼎盛团队", "同心团队")


def build(spec: Spec, rng: Rng, customers: int, first_day: date) -> Columns:
    """Agents; the first of each channel were there before the insurer's records begin and stay.

    `channel` is a position in CHANNELS; `left_on` is NaT for who stays beyond the simulated days.
    """
    size = max(3 * len(SELLING), customers // spec.customers_per_agent)
    start = np.datetime64(spec.starts_on, "D")
    span = int((np.datetime64(first_day, "D") - start).astype(int)) + spec.future_days
    veteran = np.arange(size) < len(SELLING)
    channel = np.array(SELLING)[choose(rng, np.tile(CHANNEL_WEIGHTS, (size, 1)))]
    channel[: len(SELLING)] = SELLING
    # Half the force was there at the start.
    early = veteran | (rng.random(size) < 0.5)
    hired = plus_days(np.full(size, start), np.where(early, -rng.integers(30, 1500, size), rng.integers(0, span, size)))
    left = plus_days(np.maximum(hired, start), (rng.exponential(365 / LEAVING_RATE, size) + 60).astype(int))
    branches = sorted({place[3] for place in names.PLACES})
    sex = pick(rng, ("M", "F"), size)
    order = np.argsort(hired, kind="stable")
    agents: Columns = {
        "agent_name": names.person_names(rng, sex),
        "phone": names.mobiles(rng, size),
        "team": pick(rng, TEAMS, size),
        "branch": pick(rng, tuple(branches), size),
        "channel": channel,
        "tier": np.array(("初级", "中级", "高级"), dtype=object)[choose(rng, np.tile((5, 3, 2), (size, 1)))],
        "hired_on": hired,
        "left_on": np.where(veteran | (left > start + span), NO_DAY, left),
        "veteran": veteran,
    }
    agents = {name: column[order] for name, column in agents.items()}
    return agents | {"agent_id": np.arange(size) + 1001}


def assign(rng: Rng, agents: Columns, channel: Array, issued_on: Array) -> Array:
    """Position of the selling agent of each policy, -1 for the online channel.

    The agent works in the policy's channel on that day; after some tries a veteran of the channel takes it.
    """
    seller = np.full(len(channel), -1)
    for code in SELLING:
        mine = np.flatnonzero(channel == code)
        pool = np.flatnonzero(agents["channel"] == code)
        veteran = pool[agents["veteran"][pool]][0]
        chosen = np.full(len(mine), veteran)
        for _ in range(4):
            trial = pool[rng.integers(len(pool), size=len(mine))]
            there = (agents["hired_on"][trial] <= issued_on[mine]) & ~(agents["left_on"][trial] <= issued_on[mine])
            chosen = np.where((chosen == veteran) & there, trial, chosen)
        seller[mine] = chosen
    return seller
