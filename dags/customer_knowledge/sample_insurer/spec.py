"""The sample insurer's behaviour in numbers: every coefficient of the generative model, named once.

`docs/sample-insurer.md` says how they work together. Effects are additive on the logit of a yearly probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Leaving:
    """Effects on the logit of the yearly probability of each way of leaving."""

    nonpayment: float = -2.75  # long-term: a due stays unpaid
    nonpayment_by_year: tuple[float, ...] = (0.15, 0.30, -0.15, -0.45, -0.70, -0.95)  # completed policy years
    surrender: float = -3.75
    surrender_by_year: tuple[float, ...] = (-1.60, -0.20, 0.30, 0.35, 0.25, 0.05)
    surrender_by_product: tuple[tuple[str, float], ...] = (
        ("L03", 0.35),
        ("L04", -0.9),
        ("H01", -0.6),
        ("H02", -0.7),
    )
    nonrenewal: float = -1.55  # one-year lines: the next term is not taken
    nonrenewal_by_year: tuple[float, ...] = (0.35, 0.35, 0.05, -0.25, -0.45, -0.60)
    mode: tuple[float, ...] = (0.0, 0.10, 0.25, 0.50, -0.10)  # in the order of MODES
    channel: tuple[float, ...] = (-0.20, 0.05, 0.45, 0.20, -0.10, -0.30)  # in the order of CHANNELS
    payment_late: float = 0.60  # for each late or missed due of the last 12 months, at most 3
    complaint: float = 0.60  # for each complaint of the last 12 months, at most 2
    agent_left: float = 0.35
    satisfaction: float = -0.40  # for each standard deviation of a hidden trait that surveys and complaints show
    burden: float = 3.0  # yearly premium ÷ yearly income above burden_free, up to burden_cap
    burden_free: float = 0.05
    burden_cap: float = 0.40
    loan: float = 0.70  # policy loan taken, ever
    price_rise: float = 3.5  # next term's premium ÷ this term's − 1, within ±0.4
    free_look: tuple[float, ...] = (0.018, 0.035, 0.045, 0.025, 0.012, 0.0)  # share cancelled, by channel


@dataclass(frozen=True)
class Paying:
    """How premiums come in."""

    late: float = -2.30  # logit that a due of a long-term policy is paid 4 to 58 days late (monthly: 4 to 25)
    late_again: float = 1.10  # some due of the last 12 months was late
    late_satisfaction: float = -0.20
    prompt_days: tuple[float, float, float, float] = (
        0.70,
        0.15,
        0.09,
        0.06,
    )  # paid 0 to 3 days after the due date
    grace_days: int = 60
    reinstated_share: float = 0.20  # of the suspended; uniformly 30 to 600 days later
    reinstated_after: tuple[int, int] = (30, 600)
    terminated_after: int = 730  # days of suspension
    loan_rate: float = 0.0022  # a month, long-term life after two years
    price_drift: float = 0.02  # yearly terms
    price_noise: float = 0.07
    price_claim: float = 0.12  # for each claim a risk of the term, at most 3
    price_no_claim: float = -0.03


@dataclass(frozen=True)
class Claiming:
    """Claims that end a policy, and how claims are settled."""

    death_at_40: float = 0.0011  # a year; times exp(death_slope) for each year of age
    death_slope: float = 0.085
    illness_at_40: float = 0.0042  # first critical illness
    illness_slope: float = 0.055
    waived_share: float = 0.30  # of critical illnesses: premiums waived, policy goes on
    denied_share: float = 0.09
    withdrawn_share: float = 0.03
    report_days: float = 9.0  # mean, exponential
    decision_days: float = 16.0
    payment_days: float = 4.0


@dataclass(frozen=True)
class Relating:
    """CRM: who has a contact, what they say."""

    contact_share: float = 0.93  # of policyholders
    contact_with_id: float = 0.75  # of those; 70 % of all contacts with the prospects counted
    prospect_share: float = 0.07  # pure prospects, of customers
    survey_rate: float = 0.30  # a year
    survey_mean: float = 7.6
    survey_satisfaction: float = 1.1
    survey_complaint: float = -2.4  # a complaint in the last 12 months
    complaint_satisfaction: float = -0.55  # on the logarithm of the rate
    service_consent: float = 0.96
    analytics_consent: float = 0.66
    consent_flip_rate: float = 0.05  # a year
    campaign_reach: float = 0.045  # of contacts, each campaign
    accepted: float = -2.4  # logit; + campaign_satisfaction × trait
    notes_per_customer: float = 0.5
    note_with_name: float = 0.40
    note_with_phone: float = 0.15
    note_with_id: float = 0.06


@dataclass(frozen=True)
class Confusing:
    """How hard it is to tell who is who."""

    shared_address: float = 0.9  # of spouses and children live with the policyholder
    child_phone: float = 0.7  # of children are reached under the policyholder's number
    spouse_phone: float = 0.1  # of spouses
    twin_share: float = 0.008  # of personal policyholders have a twin who is one too
    twin_shares: float = 0.5  # of twins share address and number
    contact_misspelt: float = 0.08  # of contacts who are persons
    enterprise_abbreviated: float = 0.35  # of contacts who are enterprises
    birth_date_asked: float = 0.93  # of contacts without a number have their birth date
    birth_date_mistyped: float = 0.03  # of birth dates in CRM and on second files
    on_file_twice: float = 0.06  # of persons with a further policy have it on a second party


@dataclass(frozen=True)
class Dirtying:
    """Dirt and changes: how much, how often."""

    share: float = 5e-4  # of customers, for each kind, on the first day; at least one
    fixed_share: float = 0.8
    daily_share: float = 1e-4  # of customers, for the kinds whose turn it is; at least one
    fixed_after: tuple[int, int] = (3, 12)  # days
    corrections_rate: float = 0.10  # a year: a party moves, changes number or income
    silent_share: float = 0.2  # of corrections leave updated_at alone
    daily_deletions: float = 2e-4  # of customers, in each system; at least one


@dataclass(frozen=True)
class Retaining:
    """What a contact from the retention worklist brings."""

    contact_days: int = 7  # within, from the day the task appears
    reached: float = 0.8
    accepted: float = 0.6  # of those reached; who accepts does not leave by choice for a year


@dataclass(frozen=True)
class Spec:
    """The whole generative model."""

    starts_on: date = date(2019, 1, 1)
    future_days: int = 550  # simulated beyond the first business day
    own_life_share: float = 0.72  # of life and health policies, those on the policyholder's own life
    customers_per_agent: int = 60
    leaving: Leaving = Leaving()
    paying: Paying = Paying()
    claiming: Claiming = Claiming()
    relating: Relating = Relating()
    confusing: Confusing = Confusing()
    dirtying: Dirtying = Dirtying()
    retaining: Retaining = Retaining()


SPEC = Spec()
