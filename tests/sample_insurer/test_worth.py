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


def test_cover_of_a_year_earns_what_is_left_of_todays_premium(made: insurer.Insurer) -> None:
    """One year ahead: who renews pays the last premium asked for at another price, and claims as before, or not."""
    one_year = worth.Assumptions(long_term_margin=0.25, discount_rate=0.0, years=1)
    drawn = worth.futures(made, ON, one_year, 400, np.random.default_rng(2))
    played = made.played
    found = exits.probabilities(played.world, played.events, played.dues, ON)
    who = found["policy"]
    motor = [p.code for p in PRODUCTS].index("M01")
    asked = np.flatnonzero(played.world.policies["product"][who] == motor)
    assert len(asked) > 40
    dues, paid, claims = played.dues, [], []
    for policy in who[asked]:
        paid.append(dues["amount"][(dues["policy"] == policy) & (dues["on"] <= ON)][-1])
        issued, rate = played.world.policies["premium"][policy], played.world.claim_rate[policy]
        claims.append(rate * PRODUCTS[motor].claim_share * issued * 0.88 * 0.85)
    kept, expected = np.array(paid) * (1 - PRODUCTS[motor].commission[1]), np.array(claims)
    renewed = np.where(drawn.worth[asked] == 0, np.nan, drawn.worth[asked])
    # Prices change by two fifths at most; nobody earns more than the premium.
    assert (np.nanmax(renewed, axis=1) <= 1.4 * kept + 0.01).all()
    assert np.nanmean(renewed) == pytest.approx((kept - expected).mean(), rel=0.1)
    # In years without a claim that is paid, the price alone: seven in eight years of a rate of 0.17 with its trait.
    rates = played.world.claim_rate[who[asked]]
    unclaimed = (renewed >= 0.6 * kept[:, None] - 0.01).sum() / np.isfinite(renewed).sum()
    assert np.exp(-0.88 * rates).mean() - 0.02 <= unclaimed <= np.exp(-0.88 * rates).mean() + 0.1
    # What claims cost beyond that comes from those who claim more.
    cost = kept - np.nanmean(renewed, axis=1)
    assert np.corrcoef(cost, expected)[0, 1] > 0.8


def test_later_years_have_the_chances_of_their_policy_year(made: insurer.Insurer) -> None:
    """What is left of long-term policies after two years: the chances of a year later, seen a year later, alike."""
    two, later = ON, ON + np.timedelta64(365, "D")
    ahead = worth.futures(made, two, worth.Assumptions(0.25, 0.0, 2), 400, np.random.default_rng(3))
    played = made.played
    now, then = (exits.probabilities(played.world, played.events, played.dues, day) for day in (two, later))
    long_term = played.world.policies["long_term"]
    both = np.intersect1d(now["policy"][long_term[now["policy"]]], then["policy"])
    chance = dict(zip(then["policy"], then["probability"], strict=True))
    at = {policy: row for row, policy in enumerate(now["policy"])}
    # Annual premiums with years to pay: who has paid two is still there after both decisions.
    p = take(played.world.policies, both)
    asked = both[(p["step"] == 12) & (p["payment_months"] > 72) & (p["term_months"] == 0)]
    full = ahead.worth[[at[policy] for policy in asked]]
    expected = np.array([(1 - now["probability"][at[policy]]) * (1 - chance[policy]) for policy in asked])
    stayed = np.isclose(full, full.max(axis=1, keepdims=True)).mean(axis=1)
    assert len(asked) > 40
    assert stayed.mean() == pytest.approx(expected.mean(), abs=0.03)


def test_the_same_draws_give_the_same_futures(made: insurer.Insurer, ahead: worth.Futures) -> None:
    again = worth.futures(made, ON, ASSUMED, 400, np.random.default_rng(1))
    assert (again.worth == ahead.worth).all()
    assert (again.policy_id == ahead.policy_id).all()
