with spells as (
    select * from {{ ref('features__exposure_spell') }}
    where risk = 'in_force'
),

studies as (
    select *, {{ study_period() }} from {{ ref('experience_study') }}
    where study = 'claim'
),

basis as not materialized (
    select * from {{ ref('expected_claim_rate') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
    where
        known_on <= {{ today() }}
        and coalesce(decision, 'open') not in ('denied', 'withdrawn')
),

-- A claim does not end the exposure: only the time in force counts.
units as (
    select
        spells.*,
        spells.annual_premium as weight,
        false as is_decrement,
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

claimed as (
    select
        exposed.exposure_spell_key,
        exposed.method,
        exposed.interval_from,
        sum(claims.claim_count) as claim_count,
        sum(claims.incurred_amount) as amount,
        sum(claims.incurred_amount * claims.incurred_amount) as square_amount
    from exposed
    inner join claims
        on
            exposed.policy_key = claims.policy_key
            and claims.incurred_on between greatest(exposed.first_on, exposed.interval_from)
            and least(exposed.last_on, exposed.interval_to)
    group by exposed.exposure_spell_key, exposed.method, exposed.interval_from
),

expected as (
    select
        exposed.*,
        claimed.claim_count,
        claimed.amount,
        claimed.square_amount,
        coalesce(of_product.claims_per_year, of_line.claims_per_year) / 12 * exposed.step_months as expected_rate,
        coalesce(of_product.loss_ratio, of_line.loss_ratio) / 12 * exposed.step_months as expected_share
    from exposed
    left join claimed using (exposure_spell_key, method, interval_from)
    left join basis as of_product
        on
            exposed.line_of_business = of_product.line_of_business
            and exposed.product_code = of_product.product_code
    left join basis as of_line
        on exposed.line_of_business = of_line.line_of_business and of_line.product_code = '*'
),

{{ experience_rated('claim') }},

final as (
    select {{ experience_columns('claim') }}
    from rated
)

select * from final
