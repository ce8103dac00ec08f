"""For every rule a row that keeps it and a row that breaks it, as selects of just the columns it reads."""

from __future__ import annotations

from typing import NamedTuple


class Fixture(NamedTuple):
    """Two selects; the rule must hold for all rows of the first and fail for a row of the second."""

    passes: str
    fails: str


def _text(column: str, good: str, bad: str) -> Fixture:
    return Fixture(f"select {good}::text as {column}", f"select {bad}::text as {column}")


def _number(column: str, good: str, bad: str, kind: str = "numeric") -> Fixture:
    return Fixture(f"select {good}::{kind} as {column}", f"select {bad}::{kind} as {column}")


def _once(column: str) -> Fixture:
    row = f"select {column} from (values ('a'), ('{{}}')) as t ({column})"
    return Fixture(row.format("b"), row.format("a"))


def _dates(earlier: str, later: str) -> Fixture:
    row = "select date '{}' as {}, date '{}' as {}"
    return Fixture(
        row.format("2026-01-01", earlier, "2026-01-01", later),
        row.format("2026-01-02", earlier, "2026-01-01", later),
    )


def _by(last: str, column: str) -> Fixture:
    """A day that may be the last, and the one after it, on 2026-06-30."""
    row = f"select date '{{}}' + {{}} as {column}, date '2026-06-30' as _as_of_date"
    return Fixture(row.format(last, 0), row.format(last, 1))


def _filled(column: str, share: float = 0.5) -> Fixture:
    """100 rows of which just enough, and just too few, have a value."""
    enough = round(share * 100)
    row = "select case when i <= {} then i::text end as {} from generate_series(1, 100) as i"
    return Fixture(row.format(enough, column), row.format(enough - 1, column))


def _ledger(good: str, bad: str, *columns: str) -> Fixture:
    names = ", ".join(columns)
    return Fixture(f"select * from (values ({good})) as t ({names})", f"select * from (values ({bad})) as t ({names})")


_MARTS = ("in_customer_360", "in_customer_segment", "in_customer_value", "in_customer_churn")
_CUSTOMER = "select {}::boolean as is_customer, {}::boolean as is_prospect, " + ", ".join(
    f"{{}}::bigint as {mart}" for mart in _MARTS
)
_ID = "select 'resident_id' as id_type, '{}'::text as id_number"
_AGE = "select date '2017-05-01' as last_renewal_on, date '{}' as birth_date"
_STATUS = "select '{}'::text as status, {} as in_force_flag"
_SCORES = "select 0.1 + i * {}::double precision as p_churn from generate_series(1, 20) as i"
_STANDARD = (
    "select 8 as customers, 5 as customers_contacted_enough, 4 as customers_with_adviser_due, {} as customers_kept"
)
_EFFECT = (
    "select 5 as treated, 5 as treated_kept, 2 as holdout, 1 as holdout_kept,"
    " 7 as by_month, {} as by_grade, 7 as by_band"
)
_INTERVAL = "select 0.2 as effect, {}::numeric as effect_low, 0.4 as effect_high union all select null, null, null"
_CALLED = "select '{}'::text as arm, date '2026-07-01' as contacted_on union all select 'holdout', null"
_HOLDOUT = (
    "select true as is_holdout, null::date as due_by, {}::text as channel, null::text as assigned_role"
    " union all select false, date '2026-07-07', 'phone', 'service_desk'"
)
_EXITS = (
    "select 0.3::double precision as p_churn, {}::double precision as p_lapse, 0.0::double precision as p_surrender,"
    " 0.1::double precision as p_claim_exit, 0.0::double precision as p_other_exit"
)
_CHURN = "select {}::double precision as p_lose_all, {}::double precision as p_lose_any"
_COMMISSION = "select 'clawback' as commission_type, {}::numeric as amount"
_KEPT = "select {} as policies_kept, {} as policies, 0.0 as numerator, 0.0 as denominator"
_EXPERIENCE = (
    "select {}::numeric as exposure_count, 10 as exposure_amount, 1 as actual_count, 0.5 as credibility_count,"
    " {}::numeric as rate_count, 0.4 as rate_count_lower, 0.6 as rate_count_upper"
)
_VALUE = "select '{}'::numeric as clv, {}::numeric as expected_premium_12m"

LEDGER: dict[str, Fixture] = {
    "enough_rows_read": _ledger("50, 50", "49, 50", "rows_read", "minimum_rows"),
    "no_mass_delete": _ledger("50, 1000", "51, 1000", "rows_gone", "rows_before"),
    "few_rejections": _ledger("50, 10", "51, 10", "rows_refused", "rows_judged"),
    "ledger_agrees": _ledger("7, 7", "6, 7", "versions_landed", "versions_counted"),
    "keys_once": _ledger("0", "1", "rows_repeated"),
}

FIXTURES: dict[str, dict[str, Fixture]] = {
    "landing_policy_admin": LEDGER
    | {
        "party_name_filled": _filled("name"),
        "party_named": _text("name", "'王芳'", "'  '"),
        "birth_date_plausible": _by("2026-06-30", "birth_date"),
        "id_number_checksum": Fixture(_ID.format("11010519491231002X"), _ID.format("110105194912310021")),
        "policy_premium_filled": _filled("annual_premium"),
        "premium_not_negative": _number("annual_premium", "0", "-0.01"),
        "term_in_order": _dates("effective_on", "expires_on"),
        "currency_known": _text("currency", "'CNY'", "'ZZZ'"),
        "policy_issued": _by("2026-07-31", "issued_on"),
        "policy_status_known": _text("status", "'paid_up'", "'nonsense'"),
        "event_happened": _by("2026-07-31", "occurred_on"),
        "payment_happened": _by("2026-07-31", "paid_on"),
        "claim_reported": _by("2026-07-31", "reported_on"),
        "claim_payment_happened": _by("2026-07-31", "paid_on"),
        "payment_amount_filled": _filled("amount"),
        "payment_positive": _number("amount", "0.01", "null"),
        "claim_dates_in_order": _dates("incurred_on", "reported_on"),
        "cash_value_not_negative": _number("cash_value", "0", "-0.01"),
        "commission_signed": Fixture(_COMMISSION.format("-1"), _COMMISSION.format("1")),
        "change_after_request": _dates("requested_on", "effective_on"),
    },
    "landing_crm": LEDGER
    | {
        "contact_name_filled": _filled("name"),
        "contact_named": _text("name", "'李强'", "null"),
        "survey_score_in_range": _number("score", "10", "11", "smallint"),
        "retention_arm_known": _text("arm", "'holdout'", "'both'"),
        "consent_state_known": _text("state", "'granted'", "null"),
        "complaint_opened": _by("2026-07-31", "opened_on"),
        "survey_happened": _by("2026-07-31", "surveyed_on"),
    },
    "landing_motor_portfolio": LEDGER
    | {
        "premium_filled": _filled("premium"),
        "premium_not_negative": _number("premium", "0", "-1"),
        "claim_cost_not_negative": _number("claim_cost", "0", "-1"),
        "term_in_order": _dates("last_renewal_on", "next_renewal_on"),
        "lapse_after_renewal": _dates("last_renewal_on", "lapsed_on"),
        "driver_age_plausible": Fixture(_AGE.format("2001-05-01"), _AGE.format("2001-05-02")),
    },
    "core": {
        "customers_exist": _number("customers", "1", "0", "bigint"),
        "one_row_a_customer": Fixture(
            "select customer_key from (values ('a'), ('b')) as t (customer_key)",
            "select customer_key from (values ('a'), ('a')) as t (customer_key)",
        ),
        "customer_type_known": _text("customer_type", "'person'", "'ghost'"),
        "one_row_a_policy": Fixture(
            "select policy_key from (values ('a'), ('b')) as t (policy_key)",
            "select policy_key from (values ('a'), ('a')) as t (policy_key)",
        ),
        "policy_status_known": _text("status", "'suspended'", "'asleep'"),
        "in_force_as_status_says": Fixture(_STATUS.format("grace", "true"), _STATUS.format("matured", "true")),
        "policy_customer_exists": Fixture(
            "select 'a'::text as customer_key, true as customer_exists",
            "select 'a'::text as customer_key, false as customer_exists",
        ),
        "most_policies_have_a_customer": _filled("customer_key", 0.95),
        "policy_has_customer": _text("customer_key", "'a'", "null"),
        "most_payments_have_a_policy": _filled("policy_found", 0.95),
        "payment_has_policy": _text("policy_found", "'a'", "null"),
        "one_customer_a_party": _once("party_key"),
        "one_number_a_customer": _number("numbers", "1", "2", "bigint"),
        "one_source_row_a_customer": _once("customer_key"),
        "one_household_a_person": _once("customer_key"),
        "one_key_person_a_household": _number("key_persons", "1", "0", "bigint"),
        "relationship_of_two": Fixture(
            "select 'a' as customer_key, 'b' as related_customer_key, true as has_other_side",
            "select 'a' as customer_key, 'b' as related_customer_key, false as has_other_side",
        ),
        "one_open_period_a_policy": Fixture(
            "select 1 as open_periods, true as in_order", "select 2 as open_periods, true as in_order"
        ),
    },
    "ml": {
        "lapse_is_a_probability": _number("p_churn", "1", "1.01", "double precision"),
        "scored_policy_in_force": Fixture("select true as in_force_flag", "select null::boolean as in_force_flag"),
        "lapse_scores_vary": Fixture(_SCORES.format("0.01"), _SCORES.format("0")),
        "exits_compete": Fixture(_EXITS.format(0.3), _EXITS.format(0.2)),
        "every_score_has_a_reason": Fixture(
            "select 'channel'::text as reason_1_code", "select null::text as reason_1_code"
        ),
        "every_unit_scored_once": Fixture(
            "select true as is_current, true as is_scored", "select true as is_current, false as is_scored"
        ),
        "lapse_level_plausible": Fixture(
            "select 0.3 as mean_p_churn, 0.1 as mean_baseline",
            "select 0.31 as mean_p_churn, 0.1 as mean_baseline",
        ),
        "scores_have_not_drifted": _number("psi", "0.24", "0.25", "double precision"),
        "churn_in_order": Fixture(_CHURN.format("0.1", "0.2"), _CHURN.format("0.2", "0.1")),
        "value_is_a_number": Fixture(_VALUE.format("-5", "0"), _VALUE.format("NaN", "0")),
        "no_segment_holds_everybody": _number("share", "0.9", "0.91"),
    },
    "marts": {
        "customers_agree": Fixture(
            f"{_CUSTOMER.format('true', 'false', 1, 1, 1, 1)}"
            f" union all {_CUSTOMER.format('false', 'true', 1, 0, 0, 0)}",
            _CUSTOMER.format("true", "false", 1, 1, 0, 1),
        ),
        "nothing_missing": _number("difference", "0.00", "0.01"),
        "every_total_reconciled": Fixture("select true as is_reconciled", "select false as is_reconciled"),
        "turnaround_is_in_order": Fixture(
            "select 3 as claims, 7.0 as median_days, 9.0 as p90_days",
            "select 3 as claims, 10.0 as median_days, 9.0 as p90_days",
        ),
        "segments_are_everybody": Fixture("select 9 as profiled, 9 as members", "select 9 as profiled, 10 as members"),
        "standards_within_customers": Fixture(_STANDARD.format(3), _STANDARD.format(9)),
        "effect_parts_within_whole": Fixture(_EFFECT.format(7), _EFFECT.format(6)),
        "effect_lies_in_its_interval": Fixture(_INTERVAL.format(-0.1), _INTERVAL.format(0.21)),
        "holdout_was_left_alone": Fixture(_CALLED.format("treated"), _CALLED.format("holdout")),
        "holdout_is_left_alone": Fixture(_HOLDOUT.format("null"), _HOLDOUT.format("'phone'")),
        "complaint_parts_within_whole": Fixture(
            "select 2 as complaints, 30 as policies_held, 2 as of_all, 30 as held_of_all",
            "select 2 as complaints, 31 as policies_held, 2 as of_all, 30 as held_of_all",
        ),
        "agents_within_company": Fixture(
            "select 2 as sold, 20 as held, 1 as orphans, 2 as issued, 20 as in_force",
            "select 2 as sold, 21 as held, 1 as orphans, 2 as issued, 20 as in_force",
        ),
        "segments_add_up": Fixture(
            "select 3 as of_segments, 3 as of_all, 9 as customers_of_segments, 9 as customers",
            "select 2 as of_segments, 3 as of_all, 9 as customers_of_segments, 9 as customers",
        ),
        "metric_within_reason": Fixture(
            "select 'settlement_ratio' as metric, 3 as numerator, 3 as denominator",
            "select 'settlement_ratio' as metric, 4 as numerator, 3 as denominator",
        ),
        "policies_agree_by_dimension": Fixture(
            "select 3 as of_dimension, 3 as of_all, 3 as in_core",
            "select 2 as of_dimension, 3 as of_all, 3 as in_core",
        ),
        "consent_respected": Fixture("select true as marketing_consent", "select null::boolean as marketing_consent"),
        "one_edition": Fixture(
            "select 7 as edition_id, 7 as expected", "select null::bigint as edition_id, 7 as expected"
        ),
        "offers_are_suitable": Fixture(
            "select true as is_sold_to_such, true as is_adult, true as is_of_age",
            "select true as is_sold_to_such, true as is_adult, null::boolean as is_of_age",
        ),
        "offered_or_blocked": Fixture("select false as is_blocked", "select true as is_blocked"),
        "worklist_not_empty": Fixture("select 0 as listed, 0 as consenting", "select 0 as listed, 1 as consenting"),
        "kept_within_base": Fixture(_KEPT.format(2, 2), _KEPT.format(2, 1)),
        "experience_exposed": Fixture(_EXPERIENCE.format("0.1", "0.5"), _EXPERIENCE.format("0", "0.5")),
        "experience_within_its_interval": Fixture(_EXPERIENCE.format("1", "0.5"), _EXPERIENCE.format("1", "0.7")),
        "experience_methods_agree": Fixture(
            "select 3 as by_policy_year, 3 as by_calendar_year",
            "select 3 as by_policy_year, null::bigint as by_calendar_year",
        ),
        "experience_counts_every_exit": Fixture(
            "select 'lapse_experience' as mart, 2::bigint as by_policy_year, 2::bigint as exits",
            "select 'lapse_experience' as mart, null::bigint as by_policy_year, 2::bigint as exits",
        ),
        "experience_not_empty": Fixture("select 0 as exposed, 0 as at_risk", "select 0 as exposed, 1 as at_risk"),
        "experience_expected": _filled("expected_count", 1.0),
    },
}
