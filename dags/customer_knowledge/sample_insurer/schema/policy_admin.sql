-- The sample insurer's policy-administration system. Like the real ones it declares no foreign keys,
-- overwrites current status in place, and is not free of dirt.

create table business_day (
    only_row boolean primary key default true check (only_row),
    as_of_date date not null
);

create table product (
    product_code text primary key,
    product_name text not null,
    product_name_en text not null,
    line_of_business text not null,
    is_long_term boolean not null,
    min_age smallint,
    max_age smallint,
    first_year_commission_rate numeric(6, 4) not null,
    renewal_commission_rate numeric(6, 4) not null,
    on_sale_from date not null,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table agent (
    agent_id bigint primary key,
    agent_name text not null,
    phone text,
    team text,
    branch text,
    channel text not null,
    tier text,
    hired_on date not null,
    left_on date,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table party (
    party_id bigint primary key,
    party_type text not null,
    name text,
    id_type text,
    id_number text,
    credit_code text,
    birth_date date,
    sex text,
    phone text,
    province text,
    city text,
    address text,
    occupation text,
    annual_income numeric(14, 2),
    industry text,
    headcount integer,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table policy (
    policy_id bigint primary key,
    policy_no text not null,
    product_code text,
    agent_id bigint,
    channel text,
    branch text,
    issued_on date,
    effective_on date,
    expires_on date,
    premium_mode text,
    payment_term_years smallint,
    policy_term_years smallint,
    annual_premium numeric(14, 2),
    sum_assured numeric(16, 2),
    currency text,
    status text not null,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table policy_party (
    policy_party_id bigint primary key,
    policy_id bigint not null,
    party_id bigint not null,
    role text not null,
    relationship text,
    share_percent numeric(5, 2),
    recorded_on date not null,
    updated_at timestamptz not null
);

create table coverage (
    coverage_id bigint primary key,
    policy_id bigint not null,
    coverage_code text not null,
    is_rider boolean not null,
    sum_assured numeric(16, 2),
    annual_premium numeric(14, 2),
    effective_on date not null,
    expires_on date,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table insured_object (
    object_id bigint primary key,
    policy_id bigint not null,
    object_type text not null,
    description text,
    plate_number text,
    registration_year smallint,
    power_hp numeric(8, 1),
    fuel text,
    floor_area_m2 numeric(10, 1),
    insured_value numeric(16, 2),
    recorded_on date not null,
    updated_at timestamptz not null
);

create table policy_event (
    event_id bigint primary key,
    policy_id bigint not null,
    event_type text not null,
    occurred_on date not null,
    amount numeric(16, 2),
    reason text,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table premium_due (
    due_id bigint primary key,
    policy_id bigint not null,
    due_on date not null,
    amount numeric(14, 2),
    policy_year smallint not null,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table premium_payment (
    payment_id bigint primary key,
    due_id bigint not null,
    policy_id bigint not null,
    paid_on date not null,
    amount numeric(14, 2),
    method text,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table claim (
    claim_id bigint primary key,
    policy_id bigint not null,
    party_id bigint,
    claim_type text,
    incurred_on date not null,
    reported_on date not null,
    decided_on date,
    decision text,
    claimed_amount numeric(16, 2),
    reserve_amount numeric(16, 2),
    recorded_on date not null,
    updated_at timestamptz not null
);

create table claim_payment (
    claim_payment_id bigint primary key,
    claim_id bigint not null,
    paid_on date not null,
    amount numeric(16, 2),
    recorded_on date not null,
    updated_at timestamptz not null
);

create table policy_value (
    policy_value_id bigint primary key,
    policy_id bigint not null,
    valued_on date not null,
    cash_value numeric(16, 2),
    recorded_on date not null,
    updated_at timestamptz not null
);

create table commission (
    commission_id bigint primary key,
    policy_id bigint not null,
    agent_id bigint,
    payment_id bigint,
    commission_type text not null,
    rate numeric(6, 4),
    amount numeric(14, 2),
    paid_on date not null,
    recorded_on date not null,
    updated_at timestamptz not null
);

create table policy_change (
    policy_change_id bigint primary key,
    policy_id bigint not null,
    change_type text not null,
    requested_on date not null,
    effective_on date,
    requested_by text,
    old_value text,
    new_value text,
    recorded_on date not null,
    updated_at timestamptz not null
);
