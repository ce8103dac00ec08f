{#- The dates on which policies are looked at: half-year ends since 2020 to learn from, and the edition's own date. -#}
with policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

versions as not materialized (
    select * from {{ ref('dim_policy_version') }}
),

{% if var('unit_at_risk') == 'policy' %}
    periods as (
        select * from {{ ref('fct_policy_period') }}
    ),

    dates as (
        select (half_year - interval '1 day')::date as as_of_date
        from generate_series('2020-07-01'::date, {{ today() }}, interval '6 months') as half_year
        union
        select {{ today() }}
    ),

    units as (
        select
            md5(periods.policy_key || '|' || dates.as_of_date::text) as unit_key,
            periods.policy_key,
            dates.as_of_date,
            dates.as_of_date = {{ today() }} as is_current,
            (dates.as_of_date + interval '12 months')::date as horizon_ends_on,
            null::text as policy_term_key
        from dates
        inner join periods
            on
                dates.as_of_date >= periods.in_view_from
                and (periods.in_view_until is null or dates.as_of_date < periods.in_view_until)
        where periods.in_force_flag
    ),
{% else %}
    terms as (
        select * from {{ ref('fct_policy_term') }}
    ),

    units as (
        select
            md5(terms.policy_key || '|' || terms.term_starts_on::text) as unit_key,
            terms.policy_key,
            terms.term_starts_on as as_of_date,
            terms.term_ends_on > {{ today() }} and policies.in_force_flag as is_current,
            terms.term_ends_on as horizon_ends_on,
            terms.policy_term_key
        from terms
        inner join policies on terms.policy_key = policies.policy_key
        where
            terms.known_on <= {{ today() }}
            and terms.term_starts_on <= {{ today() }}
    ),
{% endif %}
final as (
    select
        units.unit_key,
        units.policy_key,
        policies.customer_key,
        versions.policy_version_key,
        units.policy_term_key,
        units.as_of_date,
        units.is_current,
        units.horizon_ends_on
    from units
    inner join policies on units.policy_key = policies.policy_key
    -- What the source overwrote later is read as it stood on the date. A policy may be recorded after its first events.
    inner join versions
        on
            units.policy_key = versions.policy_key
            and {{ last_known('versions', 'units.as_of_date', since_ever=true) }}
    where policies.customer_key is not null
)

select * from final
