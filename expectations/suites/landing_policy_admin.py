"""Landing gate of policy administration."""

from __future__ import annotations

from expectations.rules import Between, Filled, InOrder, InSet, RowCondition, Rule
from expectations.suite import Suite
from expectations.suites import ledger
from expectations.suites.core import STATUSES
from expectations.suites.days import happened

# Check digit of an 18-character resident identity number (GB 11643-1999, ISO 7064 MOD 11-2).
_CHECKSUM = """
case when id_type = 'resident_id' and id_number is not null then
    case when id_number ~ '^[0-9]{17}[0-9Xx]$' then
        substr('10X98765432', 1 + mod((
            select sum(substr(id_number, place, 1)::integer * weight)
            from unnest(array[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
                with ordinality as w (weight, place_big)
            cross join lateral (select place_big::integer as place) as p
        )::integer, 11), 1) = upper(substr(id_number, 18, 1))
    else false end
end
"""

RULES: tuple[Rule, ...] = (
    *ledger.RULES,
    Filled(
        id="party_name_filled",
        asset="party",
        severity="stop",
        column="name",
        sentence_en="At least half of the new parties have a name.",
        sentence_zh="新到的当事人中至少一半有姓名。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="party_named",
        asset="party",
        severity="quarantine",
        condition="btrim(coalesce(name, '')) <> ''",
        sentence_en="A party has a name.",
        sentence_zh="当事人有姓名。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="birth_date_plausible",
        asset="party",
        severity="quarantine",
        condition="birth_date between date '1900-01-01' and _as_of_date",
        optional=True,
        sentence_en="A birth date is not before 1900 and not in the future.",
        sentence_zh="出生日期不早于1900年，且不晚于业务日期。",
        hurts=("customer_360", "customer_value"),
    ),
    RowCondition(
        id="id_number_checksum",
        asset="party",
        severity="warn",
        condition=_CHECKSUM.strip(),
        optional=True,
        sentence_en="A resident identity number has the right check digit.",
        sentence_zh="居民身份证号码的校验码正确。",
        hurts=("customer_360",),
    ),
    Filled(
        id="policy_premium_filled",
        asset="policy",
        severity="stop",
        column="annual_premium",
        sentence_en="At least half of the new policies have a premium.",
        sentence_zh="新到的保单中至少一半有保费。",
        hurts=("customer_value", "retention_worklist"),
    ),
    Between(
        id="premium_not_negative",
        asset="policy",
        severity="quarantine",
        column="annual_premium",
        at_least=0,
        sentence_en="A policy's annual premium is not negative.",
        sentence_zh="保单的年化保费不为负数。",
        hurts=("customer_value", "policy_360"),
    ),
    InOrder(
        id="term_in_order",
        asset="policy",
        severity="quarantine",
        earlier="effective_on",
        later="expires_on",
        optional=True,
        sentence_en="A policy does not expire before it takes effect.",
        sentence_zh="保单的终止日期不早于生效日期。",
        hurts=("policy_360", "persistency"),
    ),
    happened("policy_issued", "policy", "issued_on", "A policy is not issued", "保单出单日期", ("policy_360",)),
    InSet(
        id="policy_status_known",
        asset="policy",
        severity="warn",
        column="status",
        values=STATUSES,
        optional=True,
        sentence_en="A policy's status is one that the warehouse knows; it goes by the policy's events either way.",
        sentence_zh="保单状态为仓库所知的状态（仓库仍以保单事件为准）。",
        hurts=("policy_360",),
    ),
    happened(
        "event_happened",
        "policy_event",
        "occurred_on",
        "An event does not happen",
        "保单事件日期",
        ("policy_360",),
        "warn",
    ),
    InSet(
        id="currency_known",
        asset="policy",
        severity="quarantine",
        column="currency",
        values=("CNY",),
        sentence_en="A policy is kept in the currency in which the warehouse adds up (CNY).",
        sentence_zh="保单币种为仓库汇总所用的币种（人民币）。",
        hurts=("customer_value", "reconciliation"),
    ),
    Filled(
        id="payment_amount_filled",
        asset="premium_payment",
        severity="stop",
        column="amount",
        sentence_en="At least half of the new premium payments have an amount.",
        sentence_zh="新到的保费收款中至少一半有金额。",
        hurts=("persistency", "reconciliation"),
    ),
    RowCondition(
        id="payment_positive",
        asset="premium_payment",
        severity="quarantine",
        condition="coalesce(amount > 0, false)",
        sentence_en="A premium payment has an amount above zero.",
        sentence_zh="保费收款金额大于零。",
        hurts=("persistency", "reconciliation"),
    ),
    happened(
        "payment_happened",
        "premium_payment",
        "paid_on",
        "A premium is not paid",
        "保费收款日期",
        ("persistency", "reconciliation"),
    ),
    happened("claim_reported", "claim", "reported_on", "A claim is not reported", "报案日期", ("customer_value",)),
    happened(
        "claim_payment_happened", "claim_payment", "paid_on", "A claim is not paid", "赔款支付日期", ("customer_value",)
    ),
    InOrder(
        id="claim_dates_in_order",
        asset="claim",
        severity="quarantine",
        earlier="incurred_on",
        later="reported_on",
        sentence_en="A claim is not reported before it happened.",
        sentence_zh="报案日期不早于出险日期。",
        hurts=("customer_value",),
    ),
    Between(
        id="cash_value_not_negative",
        asset="policy_value",
        severity="quarantine",
        column="cash_value",
        at_least=0,
        optional=True,
        sentence_en="A policy's cash value is not negative.",
        sentence_zh="保单的现金价值不为负数。",
        hurts=("policy_360", "customer_360"),
    ),
    RowCondition(
        id="commission_signed",
        asset="commission",
        severity="quarantine",
        condition="case commission_type when 'clawback' then amount <= 0 else amount >= 0 end",
        optional=True,
        sentence_en="A commission is not below zero, a clawback not above.",
        sentence_zh="佣金不为负数，佣金追回不为正数。",
        hurts=("customer_value",),
    ),
    InOrder(
        id="change_after_request",
        asset="policy_change",
        severity="quarantine",
        earlier="requested_on",
        later="effective_on",
        optional=True,
        sentence_en="A policy change does not take effect before it was asked for.",
        sentence_zh="保全变更的生效日不早于申请日。",
        hurts=("policy_360",),
    ),
)

SUITE = Suite("landing_policy_admin", RULES)
