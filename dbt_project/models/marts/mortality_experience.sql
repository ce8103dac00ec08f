-- Death ends a policy of the life line; elsewhere a death may be booked as another claim. Policies whose insured has no
-- known age and sex cannot be expected to die and stay out.
with spells as (
    select * from {{ ref('features__exposure_spell') }}
    where risk = 'in_force' and line_of_business = 'life' and birth_date is not null and sex in ('F', 'M')
),

studies as (
    select *, {{ study_period() }} from {{ ref('experience_study') }}
    where study = 'mortality'
),

basis as (
    select *, {{ monthly('annual_rate') }} as monthly_rate from {{ ref('expected_mortality_rate') }}
),

units as (
    select
        spells.*,
        spells.sum_assured as weight,
        coalesce(spells.exit_cause = 'death', false) as is_decrement,
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
        on exposed.sex = basis.sex and least(greatest(exposed.attained_age, 0), 105) = basis.age
),

{{ experience_rated('decrement') }},

final as (
    select {{ experience_columns('decrement') }}
    from rated
)

select * from final
