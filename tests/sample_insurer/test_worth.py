"""The true worth of policies: drawn futures agree with the chances they are drawn by, and repeat."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from customer_knowledge.sample_insurer import exits, insurer, worth
from customer_knowledge.sample_insurer.catalogue import PRODUCTS
from customer_knowledge.sample_insurer.columns import take

FIRST_DAY, ON = date(2026, 6, 30), np.datetime64("2025-06-30")
ASSUMED = worth.Assumptions(long_term_margin=0.25, discount_rate=0.04, years=10)


@pytest.fixture(scope="module")
def made() -> insurer.Insurer:
    return insurer.build(600, 5, FIRST_DAY)


@pytest.fixture(scope="module")
def ahead(made: insurer.Insurer) -> worth.Futures:
    return worth.futures(made, ON, ASSUMED, 400, np.random.default_rng(1))


def test_cover_of_a_year_is_worth_nothing_as_often_as_it_is_not_renewed(
    made: insurer.Insurer, ahead: worth.Futures
) -> None:
    played = made.played
    found = exits.probabilities(played.world, played.events, played.dues, ON)
    yearly = ~played.world.policies["long_term"][found["policy"]]
    assert yearly.sum() > 150
    left = (ahead.worth[yearly] == 0).mean(axis=1)
    chance = found["probability"][yearly]
    assert left.mean() == pytest.approx(chance.mean(), abs=0.01)
    # Each policy by its own chance: as far off as 400 draws are.
    assert np.abs(left - chance).max() < 5 * np.sqrt(0.25 / 400)


def test_a_long_term_premium_is_worth_its_margin_while_it_is_paid(made: insurer.Insurer, ahead: worth.Futures) -> None:
    """Who is never left has paid all that was due: the most that any future brings, by hand."""
    played = made.played
    found = exits.probabilities(played.world, played.events, played.dues, ON)
    p = take(played.world.policies, found["policy"])
    waived = exits.in_force(played.events, ON)[1]
    annual = np.flatnonzero(p["long_term"] & (p["step"] == 12) & ~waived & (p["term_months"] == 0))
    assert len(annual) > 20
    months = (ON.astype("M8[M]") - p["effective_on"][annual].astype("M8[M]")).astype(int)
    ahead_by_hand = np.zeros(len(annual))
    for year in range(ASSUMED.years):
        # One due in each policy year that begins within the year ahead, while dues go on.
        begins = (months // 12 + year + 1) * 12
        ahead_by_hand += (begins < p["payment_months"][annual]) * (1 + ASSUMED.discount_rate) ** -(year + 0.5)
    most = ahead_by_hand * p["premium"][annual] * ASSUMED.long_term_margin
    whole_months = p["effective_on"][annual].astype("M8[D]").astype("M8[M]") + months
    early = (p["effective_on"][annual] - p["effective_on"][annual].astype("M8[M]")) + whole_months.astype("M8[D]") <= ON
    assert early.sum() > 15
    assert ahead.worth[annual].max(axis=1)[early] == pytest.approx(most[early])


def test_margins_are_less_what_claims_are_expected_to_cost(made: insurer.Insurer) -> None:
    played = made.played
    who = np.arange(len(played.policy_id))
    share = worth.margins(played, who, ASSUMED)
    long_term = played.world.policies["long_term"]
    assert (share[long_term] == 0.25).all()
    product = played.world.policies["product"]
    motor = [p.code for p in PRODUCTS].index("M01")
    found = share[product == motor]
    own = played.world.claim_rate[product == motor]
    # A motor claim is a share of the premium: the margin falls with the policy's own rate of claims, in a line.
    assert len(found) > 50
    slope, intercept = np.polyfit(own, found, 1)
    assert found == pytest.approx(intercept + slope * own)
    assert intercept == pytest.approx(1 - PRODUCTS[motor].commission[1])
    assert slope == pytest.approx(-PRODUCTS[motor].claim_share * 0.88 * 0.85)


def test_the_same_draws_give_the_same_futures(made: insurer.Insurer, ahead: worth.Futures) -> None:
    again = worth.futures(made, ON, ASSUMED, 400, np.random.default_rng(1))
    assert (again.worth == ahead.worth).all()
    assert (again.policy_id == ahead.policy_id).all()
