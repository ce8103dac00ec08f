-- The sample insurer's CRM: its own ids, its own idea of who is who.

create table contact (
    contact_id text primary key,
    contact_type text not null,
    name text,
    id_number text,
    credit_code text,
    birth_date date,
    mobile text,
    email text,
    city text,
    preferred_channel text,
    is_app_user boolean not null default false,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table interaction (
    interaction_id bigint primary key,
    contact_id text not null,
    channel text not null,
    direction text not null,
    topic text,
    occurred_at timestamptz not null,
    duration_seconds integer,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table complaint (
    complaint_id bigint primary key,
    contact_id text not null,
    policy_no text,
    category text,
    opened_on date not null,
    closed_on date,
    is_regulator_forwarded boolean not null default false,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table satisfaction_survey (
    survey_id bigint primary key,
    contact_id text not null,
    surveyed_on date not null,
    score smallint,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table campaign (
    campaign_id bigint primary key,
    campaign_name text not null,
    campaign_name_en text not null,
    line_of_business text,
    channel text,
    started_on date not null,
    ended_on date,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table campaign_response (
    response_id bigint primary key,
    campaign_id bigint not null,
    contact_id text not null,
    contacted_on date not null,
    response text,
    recorded_on date not null,
    updated_at timestamptz not null
);

-- What the retention worklist asked for, one row a customer, day and list; the holdout is kept and left alone.
create table retention_task (
    task_id bigint primary key,
    contact_id text not null,
    policy_no text,
    offered_on date not null,
    arm text not null,
    value_grade text,
    risk_band text,
    contacted_on date,
    outcome text,
    closed_on date,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table consent (
    consent_id bigint primary key,
    contact_id text not null,
    purpose text not null,
    state text,
    channel text,
    occurred_on date not null,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table agent_note (
    note_id bigint primary key,
    agent_id bigint not null,
    contact_id text,
    title text,
    body text not null,
    written_on date not null,
    recorded_on date not null,
    updated_at timestamptz not null
);
