with spells as (
    select * from {{ ref('features__exposure_spell') }}
    where risk = 'in_force'
),

studies as (
    select *, {{ study_period() }} from {{ ref('experience_study') }}
    where study = 'surrender'
),

basis as (
    select *, {{ monthly('annual_rate') }} as monthly_rate from {{ ref('expected_exit_rate') }}
    where study = 'surrender'
),

units as (
    select
        spells.*,
        spells.annual_premium as weight,
        coalesce(spells.exit_cause = 'surrendered', false) as is_decrement,
        studies.method,
        studies.study_from,
        studies.study_to,
        studies.confidence_z,
        studies.credibility_error
    from spells
    cross join studies
),

exposed as materialized (
    select *, {{ attained() }} from ({{ exposure_intervals('units') }}) as intervals
),

expected as (
    select
        exposed.*,
        case exposed.step_months when 1 then basis.monthly_rate else basis.annual_rate end as expected_rate
    from exposed
    left join basis
        on
            exposed.line_of_business = basis.line_of_business
            and exposed.is_long_term = basis.is_long_term
            and exposed.attained_policy_year between basis.policy_year_from and basis.policy_year_to
),

{{ experience_rated('decrement') }},

final as (
    select {{ experience_columns('decrement') }}
    from rated
)

select * from final
