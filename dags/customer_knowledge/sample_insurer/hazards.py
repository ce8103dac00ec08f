"""The true probabilities of leaving and of paying late: pure functions of a situation. No dice in here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_knowledge.sample_insurer.catalogue import MODE_MONTHS, PRODUCTS, SEGMENTS
from customer_knowledge.sample_insurer.columns import Array
from customer_knowledge.sample_insurer.spec import Leaving, Paying

_SEGMENT_EXIT = np.array([s.exit for s in SEGMENTS])
_SEGMENT_LATE = np.array([s.late for s in SEGMENTS])
_PRODUCT_EXIT = np.array([p.exit for p in PRODUCTS])
_RISKS = np.array([p.risks for p in PRODUCTS])
_CODES = [p.code for p in PRODUCTS]


@dataclass(frozen=True)
class Situation:
    """What a decision depends on, one value a policy (all arrays equally long).

    Attributes:
        segment: position in SEGMENTS.
        product: position in PRODUCTS.
        channel: position in CHANNELS.
        mode: position in MODES.
        years: completed policy years.
        late: late or missed dues of the last twelve months.
        complaints: complaints of the holder in the last twelve months.
        agent_left: whether the selling agent has left.
        satisfaction: the holder's hidden trait, standard normal.
        burden: premium ÷ income.
        loans: policy loans taken.
        price_rise: next term's premium ÷ this term's − 1; 0 for long-term policies.
    """

    segment: Array
    product: Array
    channel: Array
    mode: Array
    years: Array
    late: Array
    complaints: Array
    agent_left: Array
    satisfaction: Array
    burden: Array
    loans: Array
    price_rise: Array


def sigmoid(logit: Array) -> Array:
    """1 / (1 + exp(−x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def _by_year(table: tuple[float, ...], years: Array) -> Array:
    return np.array(table)[np.minimum(years, len(table) - 1)]


def _common(spec: Leaving, at: Situation) -> Array:
    """The part of the logit that every way of leaving shares."""
    burden = np.clip(at.burden, spec.burden_free, spec.burden_cap) - spec.burden_free
    logit = (
        _SEGMENT_EXIT[at.segment]
        + _PRODUCT_EXIT[at.product]
        + np.array(spec.channel)[at.channel]
        + spec.payment_late * np.minimum(at.late, 3)
        + spec.complaint * np.minimum(at.complaints, 2)
        + spec.agent_left * at.agent_left
        + spec.satisfaction * at.satisfaction
        + spec.burden * burden
    )
    return np.asarray(logit)


def nonpayment(spec: Leaving, at: Situation) -> Array:
    """Probability that this due is not paid within the grace period (long-term policies).

    The yearly probability p is spread over the year's dues: 1 − (1 − p)^(months between dues ÷ 12).
    """
    logit = (
        spec.nonpayment
        + _by_year(spec.nonpayment_by_year, at.years)
        + np.array(spec.mode)[at.mode]
        + spec.loan * np.minimum(at.loans, 1)
        + _common(spec, at)
    )
    return np.asarray(1.0 - (1.0 - sigmoid(logit)) ** (np.array(MODE_MONTHS)[at.mode] / 12))


def surrender(spec: Leaving, at: Situation) -> Array:
    """Probability of surrender in one month (long-term policies)."""
    by_product = np.zeros(len(PRODUCTS))
    for code, effect in spec.surrender_by_product:
        by_product[_CODES.index(code)] = effect
    logit = (
        spec.surrender
        + _by_year(spec.surrender_by_year, at.years)
        + by_product[at.product]
        + spec.loan * np.minimum(at.loans, 1)
        + _common(spec, at)
    )
    return np.asarray(1.0 - (1.0 - sigmoid(logit)) ** (1 / 12))


def nonrenewal(spec: Leaving, at: Situation) -> Array:
    """Probability that the next yearly term is not taken (one-year lines)."""
    rise = spec.price_rise * np.clip(at.price_rise, -0.4, 0.4)
    logit = spec.nonrenewal + _by_year(spec.nonrenewal_by_year, at.years) + rise + _common(spec, at)
    return sigmoid(logit)


def late_payment(spec: Paying, at: Situation) -> Array:
    """Probability that a due that will be paid is paid in the grace period rather than promptly."""
    logit = (
        spec.late
        + spec.late_again * (at.late > 0)
        + spec.late_satisfaction * at.satisfaction
        + _SEGMENT_LATE[at.segment]
    )
    return sigmoid(logit)


def longest_delay(mode: Array) -> Array:
    """Days after the due date by which a late premium comes at the latest: before the next due falls."""
    return np.where(np.array(MODE_MONTHS)[mode] == 1, 25, 58)


def price_change(spec: Paying, product: Array, claims: Array, noise: Array | float = 0.0) -> Array:
    """Relative change of a yearly term's premium, given the claims of the term that ends.

    A fleet's or group's price follows its claims a vehicle or person: one claim of many is no bad year.
    """
    of_a_risk = claims / _RISKS[product]
    no_claim = spec.price_no_claim * np.maximum(0, 1 - of_a_risk)
    return np.asarray(spec.price_drift + spec.price_claim * np.minimum(of_a_risk, 3) + no_claim + noise)
