"""The gates over core, scores and marts: what they let through, and each thing they must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from customer_knowledge.errors import GateClosed
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import warehouse
from expectations.gate import core_gate, marts_gate, ml_gate
from expectations.results import GateReport
from expectations.suites.experience import EXPERIENCE
from expectations.suites.marts import PER_CUSTOMER, STAMPED
from expectations.suites.marts_lists import TO_CUSTOMERS

DAY = date(2026, 6, 30)
Gate = Callable[[Profile, int, date], GateReport]

# Thirty customers with a policy each, and one prospect; 0 stands for the prospect.
CORE = """
create table core.dim_customer as select i::text as customer_key, 'person' as customer_type,
    i = 0 as is_prospect, mod(i, 2) = 1 as marketing_consent, date '1980-01-01' + i as birth_date
    from generate_series(0, 30) as i;
create table core.product_offer as select 'k' as product_key, 'person' as customer_type, 18 as entry_age_from,
    65 as entry_age_to;
create table core.dim_policy as select 'p' || i as policy_key, i::text as customer_key, 'active' as status,
    true as in_force_flag from generate_series(1, 30) as i;
create table core.fct_premium_payment as select 'm' || i as premium_payment_key, 'p' || i as policy_key
    from generate_series(1, 30) as i;
create table core.customer_crosswalk as select 'c' || i as party_key, i::text as customer_key
    from generate_series(0, 30) as i;
create table input_layer.input__parties as select 'c' || i as party_key, lpad(i::text, 18, '1') as id_number
    from generate_series(0, 30) as i;
create table core.customer_attribute_source as select i::text as customer_key from generate_series(0, 30) as i;
create table core.fct_retention_task as select 't' || i as retention_task_key, 'treated' as arm,
    date '2026-07-01' as contacted_on from generate_series(1, 9) as i;
create table core.household as select i::text as customer_key, i::text as household_key, true as is_key_person
    from generate_series(0, 30) as i;
create table core.customer_relationship as select i::text as customer_key, (3 - i)::text as related_customer_key,
    'spouse' as relationship from generate_series(1, 2) as i;
create table core.fct_policy_period as select 'p' || i as policy_key, date '2026-01-01' as valid_from,
    null::date as valid_to from generate_series(1, 30) as i;
create table core.experience_study as select s as study, 'policy_year' as method, null::integer as window_months,
    14 as run_off_days from unnest(array['lapse', 'surrender', 'mortality', 'claim']) as s;
create table features.features__exposure_spell as select risk, exit_cause, true as is_long_term,
    'life' as line_of_business, date '1980-01-01' as birth_date, 'F' as sex, date '2020-01-01' as entered_on,
    date '2021-01-01' as left_on from generate_series(1, 2), (values ('premium_paying', 'suspended'),
    ('in_force', 'suspended'), ('in_force', 'surrendered'), ('in_force', 'death')) as t (risk, exit_cause);
create table features.features__policy_as_of as select 'p' || i as unit_key, true as is_current
    from generate_series(1, 30) as i;
"""
SCORES = """
insert into ml.model_run (model_name, as_of_date, code_version, trained_rows, metrics, baseline)
    values ('churn', '2026-06-30', 'c', 100, '{}', '{}');
insert into ml.policy_lapse select '2026-06-30', 'p' || i, 'p' || i, i::text, 12, '2027-06-30', i / 100.0, 0.15,
    i / 100.0, 0, 0.01, 0, 11, 1, 100, 'channel', null, null, 0.2, null, null, m.model_run_id
    from generate_series(1, 30) as i, ml.model_run as m;
insert into ml.model_drift
    select '2026-06-30', 'churn', 'p_churn', 0.02, 'stable', m.model_run_id from ml.model_run as m;
insert into ml.customer_churn select '2026-06-30', i::text, 1, 0.2, 0.1, 0.05, 0.2, 100, 20, 'low', null, null, null,
    null, null, null, m.model_run_id from generate_series(1, 30) as i, ml.model_run as m;
insert into ml.customer_value select '2026-06-30', i::text, 1, 1, 0, 1, 100, 90, -3, 'C', m.model_run_id
    from generate_series(1, 30) as i, ml.model_run as m;
insert into ml.customer_segment select '2026-06-30', i::text, mod(i, 3), 1, m.model_run_id
    from generate_series(1, 30) as i, ml.model_run as m;
"""
# Marts with columns of their own.
OTHERWISE = (
    "reconciliation",
    "persistency",
    "claim_turnaround",
    "complaint_rates",
    "agent_performance",
    "product_insight",
    "service_standard_adherence",
    "segment_profile",
    "metric_value",
    "retention_effect",
    *EXPERIENCE,
)
MEASURES = ("policies_in_force", "premium_received", "claims_paid")


def marts(edition: int) -> str:
    """Marts that agree: everybody in every mart about customers, the consenting on the lists."""
    tables = [
        f"create table marts_build.{name} as select {edition}::bigint as edition_id, i::text as customer_key,"
        " 'p' || i as policy_key, 'k' as product_key, 'life' as line_of_business, false as is_holdout,"
        " date '2026-07-07' as due_by, 'phone' as channel,"
        f" 'service_desk' as assigned_role from generate_series({0 if name == 'customer_360' else 1}, 30) as i"
        + (" where mod(i, 2) = 1" if name in TO_CUSTOMERS else "")
        + (" where mod(i, 2) = 0" if name == "blocked_recommendation" else "")
        for name in STAMPED
        if name not in OTHERWISE
    ]
    tables += [
        f"create table marts_build.{name} as select {edition}::bigint as edition_id, method, 'L01' as product_code,"
        " 1 as interval_number, 1 as policy_year, '40-49' as age_band, 'F' as sex, 'agency' as channel,"
        " 'annual' as premium_mode, 9.5 as exposure_count, 950.0 as exposure_amount, 2 as actual_count,"
        " 1.9 as expected_count, 0.21 as rate_count, 0.06 as rate_count_lower, 0.52 as rate_count_upper,"
        " 0.03 as credibility_count from (values ('policy_year'), ('calendar_year')) as m (method)"
        for name in EXPERIENCE
    ]
    tables.append(
        f"create table marts_build.persistency as select {edition}::bigint as edition_id, 'D' as definition_id,"
        " date '2025-01-01' + i as cohort_month, 'L' as product_code, 'c' as channel, 'b' as branch, 'a' as agent_key,"
        " 1 as policies, 1 as policies_kept, 9.0 as numerator, 9.0 as denominator from generate_series(1, 30) as i"
    )
    tables.append(
        f"create table marts_build.claim_turnaround as select {edition}::bigint as edition_id,"
        " 'report_to_payment' as step, 'health' as line_of_business, 'illness' as claim_type,"
        " date '2026-05-01' as ended_month, 3 as claims, 7.0 as median_days, 9.0 as p90_days"
    )
    tables.append(
        f"create table marts_build.complaint_rates as select {edition}::bigint as edition_id,"
        " date '2026-04-01' as quarter_starts_on, breakdown, 2 as complaints, 30 as policies_held"
        " from unnest(array['all', 'channel']) as breakdown"
    )
    tables.append(
        f"create table marts_build.segment_profile as select {edition}::bigint as edition_id, 1 as segment_id,"
        " 30 as customers"
    )
    tables.append(
        f"create table marts_build.service_standard_adherence as select {edition}::bigint as edition_id,"
        " 'A' as value_grade, 'person' as customer_type, 8 as customers, 5 as customers_contacted_enough,"
        " 4 as customers_with_adviser_due, 3 as customers_kept"
    )
    tables.append(
        f"create table marts_build.retention_effect as select {edition}::bigint as edition_id, 3 as horizon_months,"
        " month as cohort_month, grade as value_grade, band as risk_band, 9 as treated, 8 as treated_kept,"
        " 3 as holdout, 2 as holdout_kept, 0.222 as effect, -0.2 as effect_low, 0.66 as effect_high from (values"
        " ('all', 'all', 'all'), ('2026-03', 'all', 'all'), ('all', 'A', 'all'), ('all', 'all', 'high'))"
        " as t (month, grade, band)"
    )
    tables.append(
        f"create table marts_build.agent_performance as select {edition}::bigint as edition_id,"
        " 2 as policies_sold_12m, 20 as policies_in_force, 1 as orphan_policies"
    )
    tables.append(
        f"create table marts_build.product_insight as select {edition}::bigint as edition_id, 'L01' as product_code,"
        " segment_id, customers, customers as policies_in_force"
        " from (values ('0', 10), ('1', 20), ('all', 30)) as t (segment_id, customers)"
    )
    tables.append(
        f"create table marts_build.metric_value as select {edition}::bigint as edition_id,"
        " 'in_force_policies' as metric, product_line, channel, branch, 30 as numerator, null::numeric as denominator"
        " from (values ('all', 'all', 'all'), ('life', 'all', 'all'), ('all', 'agency', 'all'),"
        " ('all', 'all', 'north'))"
        " as t (product_line, channel, branch)"
    )
    values = ", ".join(f"({edition}, '{measure}', 2025, 0.00)" for measure in MEASURES)
    tables.append(
        "create table marts_build.reconciliation as select * from"
        f" (values {values}) as t (edition_id, measure, year, difference)"
    )
    return ";".join(tables)


@pytest.fixture
def built(sample: Profile) -> tuple[Profile, int]:
    """A sound edition that is being built, with everything the three gates look at."""
    with warehouse(sample) as conn:
        row = conn.execute(
            "insert into ops.edition (as_of_date, attempt, state, code_version)"
            " values (%s, 1, 'building', 'c') returning edition_id",
            (DAY,),
        ).fetchone()
        assert row is not None
        for statements in (CORE, SCORES, marts(row[0])):
            conn.execute(statements.encode())
    return sample, int(row[0])


def run(profile: Profile, statement: str) -> list[tuple[object, ...]]:
    with warehouse(profile) as conn:
        cursor = conn.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("gate", [core_gate, ml_gate, marts_gate])
def test_a_sound_edition_passes(built: tuple[Profile, int], gate: Gate) -> None:
    profile, edition = built
    report = gate(profile, edition, DAY)
    assert report.state == "passed"
    assert {r.status for r in report.results} == {"passed"}
    assert run(profile, "select edition_id, state from quality.check_run") == [(edition, "passed")]
    assert run(profile, "select state from ops.edition") == [("building",)]


FAULTS = {
    "no customers": (core_gate, "customers_exist", "delete from core.dim_customer where not is_prospect"),
    "empty core": (core_gate, "one_row_a_policy", "delete from core.dim_policy"),
    "twice in core": (
        core_gate,
        "one_row_a_customer",
        "insert into core.dim_customer select * from core.dim_customer where customer_key = '7'",
    ),
    "a ghost's policy": (
        core_gate,
        "policy_customer_exists",
        "update core.dim_policy set customer_key = 'ghost' where policy_key = 'p1'",
    ),
    "a party of two customers": (
        core_gate,
        "one_customer_a_party",
        "update core.customer_crosswalk set party_key = 'c1' where customer_key = '2'",
    ),
    "a household of nobody": (
        core_gate,
        "one_key_person_a_household",
        "update core.household set is_key_person = false where customer_key = '2'",
    ),
    "a marriage of one": (
        core_gate,
        "relationship_of_two",
        "delete from core.customer_relationship where customer_key = '1'",
    ),
    "policies without customers": (
        core_gate,
        "most_policies_have_a_customer",
        "update core.dim_policy set customer_key = null where policy_key in ('p1', 'p2')",
    ),
    "a unit without a score": (
        ml_gate,
        "every_unit_scored_once",
        "delete from ml.policy_lapse where unit_key = 'p3'",
    ),
    "yesterday's scores": (
        ml_gate,
        "lapse_scores_vary",
        "update ml.policy_lapse set as_of_date = '2026-06-29'",
    ),
    "one score for all": (ml_gate, "lapse_scores_vary", "update ml.policy_lapse set p_churn = 0.2"),
    "no number": (ml_gate, "lapse_is_a_probability", "update ml.policy_lapse set p_churn = null"),
    "exits that do not add up": (ml_gate, "exits_compete", "update ml.policy_lapse set p_surrender = 0.9"),
    "a score without a reason": (
        ml_gate,
        "every_score_has_a_reason",
        "update ml.policy_lapse set reason_1_code = null where unit_key = 'p3'",
    ),
    "a score for what has ended": (
        ml_gate,
        "scored_policy_in_force",
        "update core.dim_policy set in_force_flag = false, status = 'expired' where policy_key = 'p4'",
    ),
    "a value that is no number": (
        ml_gate,
        "value_is_a_number",
        "update ml.customer_value set clv = 'NaN' where customer_key = '5'",
    ),
    "a cent missing": (
        marts_gate,
        r"nothing_missing \(premium_received\|2025\)",
        "update marts_build.reconciliation set difference = 0.01 where measure = 'premium_received'",
    ),
    "a measure missing": (
        marts_gate,
        r"every_total_reconciled \(claims_paid\)",
        "delete from marts_build.reconciliation where measure = 'claims_paid'",
    ),
    "an unwilling customer listed": (
        marts_gate,
        "consent_respected",
        "update core.dim_customer set marketing_consent = false where customer_key = '9'",
    ),
    "a stranger listed": (
        marts_gate,
        "consent_respected",
        "update marts_build.next_best_product set customer_key = 'ghost' where customer_key = '9'",
    ),
    "a product for nobody of that type": (
        marts_gate,
        "offers_are_suitable",
        "update marts_build.next_best_product set product_key = 'another' where customer_key = '9'",
    ),
    "an offer to a child": (
        marts_gate,
        "offers_are_suitable",
        "update core.dim_customer set birth_date = '2008-07-01' where customer_key = '9'",
    ),
    "an offer at an age not taken in": (
        marts_gate,
        "offers_are_suitable",
        "update core.dim_customer set birth_date = '1950-01-01' where customer_key = '9'",
    ),
    "offered although blocked": (
        marts_gate,
        "offered_or_blocked",
        "insert into marts_build.blocked_recommendation select * from marts_build.next_best_product"
        " where customer_key = '9'",
    ),
    "more kept than there are": (
        marts_gate,
        "kept_within_base",
        "update marts_build.persistency set policies_kept = 2 where cohort_month = '2025-01-02'",
    ),
    "a policy with two open periods": (
        core_gate,
        "one_open_period_a_policy",
        "insert into core.fct_policy_period values ('p1', '2026-02-01', null)",
    ),
    "a lapse seen by one method only": (
        marts_gate,
        r"experience_methods_agree \(lapse_experience\)",
        "update marts_build.lapse_experience set actual_count = 1 where method = 'calendar_year'",
    ),
    "a death nobody counted": (
        marts_gate,
        r"experience_counts_every_exit \(mortality_experience\)",
        "insert into features.features__exposure_spell select * from features.features__exposure_spell"
        " where exit_cause = 'death' limit 1",
    ),
    "a cell without exposure": (
        marts_gate,
        "experience_exposed",
        "update marts_build.mortality_experience set exposure_count = 0 where method = 'policy_year'",
    ),
    "a profile that forgets somebody": (
        marts_gate,
        "segments_are_everybody",
        "update marts_build.segment_profile set customers = 29",
    ),
    "more served than there are": (
        marts_gate,
        "standards_within_customers",
        "update marts_build.service_standard_adherence set customers_kept = 9",
    ),
    "a holdout that is to be called": (
        marts_gate,
        "holdout_is_left_alone",
        "update marts_build.retention_worklist set is_holdout = true where customer_key = '3'",
    ),
    "an effect whose months are not all": (
        marts_gate,
        "effect_parts_within_whole",
        "update marts_build.retention_effect set treated = 8 where cohort_month <> 'all'",
    ),
    "an effect beyond its interval": (
        marts_gate,
        "effect_lies_in_its_interval",
        "update marts_build.retention_effect set effect = 0.7 where risk_band <> 'all'",
    ),
    "no lapse experience": (
        marts_gate,
        "experience_not_empty",
        "delete from marts_build.lapse_experience",
    ),
    "a turnaround before its time": (
        marts_gate,
        "turnaround_is_in_order",
        "update marts_build.claim_turnaround set median_days = -1",
    ),
    "no turnaround at all": (marts_gate, "turnaround_is_in_order", "delete from marts_build.claim_turnaround"),
    "a channel with more than all": (
        marts_gate,
        "complaint_parts_within_whole",
        "update marts_build.complaint_rates set complaints = 3 where breakdown = 'channel'",
    ),
    "agents who serve more than there is": (
        marts_gate,
        "agents_within_company",
        "update marts_build.agent_performance set policies_in_force = 3000",
    ),
    "no agents at all": (marts_gate, "agents_within_company", "delete from marts_build.agent_performance"),
    "a segment left out": (
        marts_gate,
        r"segments_add_up \(L01\)",
        "delete from marts_build.product_insight where segment_id = '1'",
    ),
    "a measure below zero": (
        marts_gate,
        "metric_within_reason",
        "update marts_build.metric_value set numerator = -1",
    ),
    "a branch without its policies": (
        marts_gate,
        r"policies_agree_by_dimension \(branch\)",
        "delete from marts_build.metric_value where branch = 'north'",
    ),
    "another edition's mart": (
        marts_gate,
        r"one_edition \(persistency\)",
        "update marts_build.persistency set edition_id = 999",
    ),
} | {
    f"a customer not in {mart}": (
        marts_gate,
        "customers_agree",
        f"delete from marts_build.{mart} where customer_key = '11'",
    )
    for mart in PER_CUSTOMER
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_closes_the_gate_and_blocks_the_edition(built: tuple[Profile, int], fault: str) -> None:
    profile, edition = built
    gate, words, statement = FAULTS[fault]
    if fault == "no number":
        run(profile, "alter table ml.policy_lapse alter p_churn drop not null")
    run(profile, statement)
    with pytest.raises(GateClosed, match=words):
        gate(profile, edition, DAY)
    name = gate.__name__.removesuffix("_gate")
    assert run(profile, "select state, blocked_by from ops.edition") == [("blocked", name)]
    assert run(profile, "select state, edition_id from quality.check_run") == [("closed", edition)]


def test_a_warning_is_told_and_lets_pass(built: tuple[Profile, int]) -> None:
    profile, edition = built
    run(profile, "update core.dim_policy set customer_key = null where policy_key = 'p1'")
    report = core_gate(profile, edition, DAY)
    assert report.state == "passed"
    assert "warnings: 1" in report.message
    assert run(profile, "select check_id, evaluated, failed from quality.check_result where status = 'failed'") == [
        ("policy_has_customer", 30, 1)
    ]
    assert run(profile, "select check_id, key_hash from quality.failing_key") == [("policy_has_customer", "p1")]


def test_an_insurer_without_consents_and_payments_passes(built: tuple[Profile, int]) -> None:
    profile, edition = built
    run(profile, "update core.dim_customer set marketing_consent = false")
    for mart in TO_CUSTOMERS:
        run(profile, f"delete from marts_build.{mart}")
    run(profile, "delete from core.fct_premium_payment")
    assert core_gate(profile, edition, DAY).state == "passed"
    report = marts_gate(profile, edition, DAY)
    assert report.state == "passed"
    assert {r.check_id: r.status for r in report.results}["consent_respected"] == "nothing_new"
