-- What the models write, keyed by as-of date and model run. Idempotent.

create schema if not exists ml;

create table if not exists ml.model_run (
    model_run_id bigint generated always as identity primary key,
    model_name text not null check (model_name in ('segmentation', 'value', 'churn', 'next_product')),
    as_of_date date not null,
    code_version text not null,
    data_from date,
    data_to date,
    trained_rows bigint not null,
    metrics jsonb not null,
    baseline jsonb not null,
    artefact_path text,
    artefact_sha256 text,
    is_champion boolean not null default false,
    trained_at timestamptz not null default clock_timestamp()
);

-- A run without a signature is of an older version: it scores no more, ensure_champions trains anew.
alter table ml.model_run add column if not exists artefact_signature text;
-- Graded too low while a better one stands: kept for the record, scores nothing.
alter table ml.model_run add column if not exists is_published boolean not null default true;

-- It was called as the measure of all policies in force is, and is not that.
do $$
begin
    if exists (
        select from information_schema.columns
        where table_schema = 'ml' and table_name = 'customer_churn' and column_name = 'premium_in_force'
    ) then
        alter table ml.customer_churn rename column premium_in_force to premium_still_due;
    end if;
end
$$;

-- Scores without a horizon are of an older shape: they are made anew from features and models with the next edition.
do $$
begin
    if to_regclass('ml.policy_lapse') is not null and not exists (
        select from information_schema.columns
        where table_schema = 'ml' and table_name = 'policy_lapse' and column_name = 'horizon_months'
    ) then
        drop table ml.policy_lapse, ml.customer_churn;
    end if;
end
$$;

create table if not exists ml.policy_lapse (
    as_of_date date not null,
    unit_key text not null,
    policy_key text not null,
    customer_key text not null,
    horizon_months smallint not null,
    horizon_ends_on date not null,
    p_churn double precision not null check (p_churn between 0 and 1),
    baseline_p_churn double precision not null check (baseline_p_churn between 0 and 1),
    p_lapse double precision not null check (p_lapse between 0 and 1),
    p_surrender double precision not null check (p_surrender between 0 and 1),
    p_claim_exit double precision not null check (p_claim_exit between 0 and 1),
    p_other_exit double precision not null check (p_other_exit between 0 and 1),
    expected_months double precision not null,
    risk_decile smallint not null,
    premium_at_risk numeric(16, 2) not null,
    reason_1_code text,
    reason_2_code text,
    reason_3_code text,
    reason_1_effect double precision,
    reason_2_effect double precision,
    reason_3_effect double precision,
    model_run_id bigint not null,
    primary key (as_of_date, unit_key, horizon_months)
);

create table if not exists ml.model_drift (
    as_of_date date not null,
    model_name text not null,
    feature text not null,
    psi double precision not null,
    state text not null check (state in ('stable', 'watch', 'drifted')),
    model_run_id bigint not null references ml.model_run,
    primary key (as_of_date, model_name, feature)
);

create table if not exists ml.customer_churn (
    as_of_date date not null,
    customer_key text not null,
    policies_at_risk integer not null,
    p_lose_any double precision not null,
    p_lose_all double precision not null,
    p_lose_any_3m double precision,
    expected_policies_lost double precision not null,
    premium_still_due numeric(16, 2) not null,
    premium_at_risk numeric(16, 2) not null,
    risk_band text not null check (risk_band in ('high', 'medium', 'low')),
    reason_1_code text,
    reason_2_code text,
    reason_3_code text,
    reason_1_effect double precision,
    reason_2_effect double precision,
    reason_3_effect double precision,
    model_run_id bigint not null,
    primary key (as_of_date, customer_key)
);

create table if not exists ml.customer_value (
    as_of_date date not null,
    customer_key text not null,
    value_past numeric(16, 2) not null,
    value_inforce numeric(16, 2) not null,
    value_growth numeric(16, 2) not null,
    cost_to_serve numeric(16, 2) not null,
    expected_premium_12m numeric(16, 2) not null,
    naive_premium_12m numeric(16, 2) not null,
    clv numeric(16, 2) not null,
    value_grade text not null check (value_grade in ('A', 'B', 'C', 'D')),
    model_run_id bigint not null,
    primary key (as_of_date, customer_key)
);

alter table ml.customer_value
add column if not exists value_inforce_1y numeric(16, 2) not null default 0,
add column if not exists value_inforce_5y numeric(16, 2) not null default 0,
add column if not exists value_at_risk numeric(16, 2) not null default 0,
add column if not exists prior_grade text,
add column if not exists clv_p10 numeric(16, 2),
add column if not exists clv_p90 numeric(16, 2);

comment on column ml.customer_value.clv is
'A mean: it may lie outside clv_p10 to clv_p90, where it rests on rare purchases or claims. 期望值,可能落在 clv_p10 至 clv_p90 之外。';

create table if not exists ml.segment (
    model_run_id bigint not null references ml.model_run,
    segment_id smallint not null,
    label_en text not null,
    label_zh text not null,
    size_share double precision not null,
    differentiators jsonb not null,
    primary key (model_run_id, segment_id)
);

create table if not exists ml.customer_segment (
    as_of_date date not null,
    customer_key text not null,
    segment_id smallint not null,
    membership double precision not null,
    model_run_id bigint not null,
    primary key (as_of_date, customer_key)
);

create table if not exists ml.next_best_product (
    as_of_date date not null,
    customer_key text not null,
    line_of_business text not null,
    rank smallint not null,
    score double precision not null,
    model_run_id bigint not null,
    primary key (as_of_date, customer_key, rank)
);

-- Written a million rows at a time, by one run: asked once by who writes (models_ml.common.writing), not row by row, which
-- took a sixth of scoring.
alter table ml.policy_lapse drop constraint if exists policy_lapse_model_run_id_fkey;
alter table ml.customer_churn drop constraint if exists customer_churn_model_run_id_fkey;
alter table ml.customer_value drop constraint if exists customer_value_model_run_id_fkey;
alter table ml.customer_segment drop constraint if exists customer_segment_model_run_id_fkey;
alter table ml.next_best_product drop constraint if exists next_best_product_model_run_id_fkey;
