{#-
    What an experience study makes of exposure: the study's period, the cells, their sums, and rates with intervals and
    credibility. Formulas and sources: docs/experience-study.md. Plain Jinja beside `study_period`; a test runs the
    rates beside those of an independent package.
-#}

{#- Columns `study_from`, `study_to` of a row of the seed experience_study: run-off lets late reports come in. -#}
{% macro study_period() -%}
    {%- set run_off = 'run_off_days + 365' if var('unit_at_risk') == 'policy_term' else 'run_off_days' -%}
    coalesce(
        ({{ today() }} - ({{ run_off }}) + 1 - make_interval(months => window_months))::date,
        '1900-01-01'
    ) as study_from,
    {{ today() }} - ({{ run_off }}) as study_to
{%- endmacro %}


{#-
    What a row of exposure is grouped by. Age and policy year are those of the middle of the interval, so that they do
    not depend on how it ended. Months are not split by age and sex, calendar years not by policy year and mode.
-#}
{% macro experience_dimensions() -%}
    product_code,
    line_of_business,
    method,
    interval_number,
    case when is_calendar then 0 else attained_policy_year end as policy_year,
    case
        when method = 'policy_month' then 'all'
        when attained_age is null then 'unknown'
        when attained_age < 18 then '0-17'
        when attained_age >= 80 then '80+'
        when attained_age < 30 then '18-29'
        else attained_age / 10 * 10 || '-' || attained_age / 10 * 10 + 9
    end as age_band,
    case when method = 'policy_month' then 'all' else sex end as sex,
    channel,
    case when is_calendar then 'all' else premium_mode end as premium_mode
{%- endmacro %}


{#- Policy year and age last birthday in the middle of an interval. -#}
{% macro attained() -%}
    ({{ complete_months('anchored_on', 'middle_on') }} / 12 + 1) as attained_policy_year,
    ({{ complete_months('birth_date', 'middle_on') }} / 12) as attained_age
{%- endmacro %}


{#- The rate of a month that makes this rate of a year. -#}
{% macro monthly(annual_rate) -%}
    1 - power(1 - {{ annual_rate }}, 1.0 / 12)
{%- endmacro %}


{#- Additive sums of a cell of a decrement study: from `exposure`, `has_decrement`, `weight`, `expected_rate`. -#}
{% macro decrement_sums() -%}
    sum(exposure) as exposure_count,
    count(*) filter (where has_decrement) as actual_count,
    sum(exposure * expected_rate) as expected_count,
    coalesce(sum(exposure * weight), 0) as exposure_amount,
    coalesce(sum(weight) filter (where has_decrement), 0) as actual_amount,
    coalesce(sum(exposure * expected_rate * weight), 0) as expected_amount,
    count(weight) as weight_rows,
    coalesce(sum(weight), 0) as weight_sum,
    coalesce(sum(weight * weight), 0) as weight_square_sum,
    min(confidence_z) as confidence_z,
    min(credibility_error) as credibility_error
{%- endmacro %}


{#- Additive sums of a cell of a claim study: `claim_count`, `amount` and its square instead of the exit. -#}
{% macro claim_sums() -%}
    sum(exposure) as exposure_count,
    coalesce(sum(claim_count), 0) as actual_count,
    sum(exposure * expected_rate) as expected_count,
    coalesce(sum(exposure * weight), 0) as exposure_amount,
    coalesce(sum(amount), 0) as actual_amount,
    coalesce(sum(exposure * expected_share * weight), 0) as expected_amount,
    coalesce(sum(square_amount), 0) as actual_square_sum,
    min(confidence_z) as confidence_z,
    min(credibility_error) as credibility_error
{%- endmacro %}


{#- Variation of the weights beside the binomial variation of the number, for the variance of an amount. -#}
{% macro _binomial_terms() -%}
    least(actual_count / exposure_count, 1) as observed,
    least(actual_amount / nullif(exposure_amount, 0), 1) as observed_amount,
    weight_sum / nullif(weight_rows, 0) as mean_weight,
    greatest(weight_square_sum / nullif(weight_rows, 0) - power(weight_sum / nullif(weight_rows, 0), 2), 0) as spread,
    power(confidence_z / credibility_error, 2) as full_credibility
{%- endmacro %}


{#-
    Rates of a decrement study. Counts: binomial, Wilson's score interval. Amounts: normal, with the variance
    actual × (Var(weight) + mean² × (1 − rate)). Credibility: limited fluctuation, z-squared over k-squared claims.
-#}
{% macro decrement_rates(cells) -%}
    select
        terms.*,
        actual_count / exposure_count as rate_count,
        greatest(
            (observed + power(confidence_z, 2) / (2 * exposure_count) - confidence_z * wilson)
            / (1 + power(confidence_z, 2) / exposure_count), 0
        ) as rate_count_lower,
        (observed + power(confidence_z, 2) / (2 * exposure_count) + confidence_z * wilson)
        / (1 + power(confidence_z, 2) / exposure_count) as rate_count_upper,
        actual_amount / nullif(exposure_amount, 0) as rate_amount,
        greatest(actual_amount - confidence_z * deviation, 0) / nullif(exposure_amount, 0) as rate_amount_lower,
        (actual_amount + confidence_z * deviation) / nullif(exposure_amount, 0) as rate_amount_upper,
        least(
            sqrt(actual_count / (full_credibility * case when observed < 1 then 1 - observed else 1 end)), 1
        ) as credibility_count,
        least(
            sqrt(
                actual_count / (
                    full_credibility * (
                        coalesce(spread * weight_rows / nullif(weight_rows - 1, 0) / nullif(power(mean_weight, 2), 0), 0)
                        + case when observed_amount < 1 then 1 - observed_amount else 1 end
                    )
                )
            ), 1
        ) as credibility_amount
    from (
        select
            based.*,
            sqrt(observed * (1 - observed) / exposure_count + power(confidence_z / (2 * exposure_count), 2)) as wilson,
            sqrt(actual_count * (spread + power(mean_weight, 2) * (1 - observed_amount))) as deviation
        from (select cells.*, {{ _binomial_terms() }} from {{ cells }} as cells) as based
    ) as terms
{%- endmacro %}


{#-
    Rates of a claim study, whose events come again: number Poisson (score interval), amount compound Poisson, with
    the sum of squared claims for its variance.
-#}
{% macro claim_rates(cells) -%}
    select
        terms.*,
        actual_count / exposure_count as rate_count,
        (actual_count + power(confidence_z, 2) / 2 - score) / exposure_count as rate_count_lower,
        (actual_count + power(confidence_z, 2) / 2 + score) / exposure_count as rate_count_upper,
        actual_amount / nullif(exposure_amount, 0) as rate_amount,
        greatest(actual_amount - deviation, 0) / nullif(exposure_amount, 0) as rate_amount_lower,
        (actual_amount + deviation) / nullif(exposure_amount, 0) as rate_amount_upper,
        least(sqrt(actual_count / full_credibility), 1) as credibility_count,
        coalesce(
            least(sqrt(power(actual_amount, 2) / nullif(full_credibility * actual_square_sum, 0)), 1), 0
        ) as credibility_amount
    from (
        select
            cells.*,
            confidence_z * sqrt(actual_count + power(confidence_z, 2) / 4) as score,
            confidence_z * sqrt(actual_square_sum) as deviation,
            power(confidence_z / credibility_error, 2) as full_credibility
        from {{ cells }} as cells
    ) as terms
{%- endmacro %}


{#- What a row of a study is of. -#}
{% macro experience_cell() -%}
    method, product_code, line_of_business, interval_number, policy_year, age_band, sex, channel, premium_mode
{%- endmacro %}


{#- CTEs from `expected` (a row an interval of exposure) to `rated` (a row a cell); `study` is decrement or claim. -#}
{% macro experience_rated(study) -%}
    {%- set measured = {
        'decrement': ['has_decrement', 'expected_rate'],
        'claim': ['claim_count', 'amount', 'square_amount', 'expected_rate', 'expected_share'],
    }[study] -%}
    described as (
        select
            {{ experience_dimensions() }},
            exposure, weight, confidence_z, credibility_error, {{ measured | join(', ') }}
        from expected
    ),

    cells as (
        select
            {{ experience_cell() }},
            {{ decrement_sums() if study == 'decrement' else claim_sums() }}
        from described
        group by {{ experience_cell() }}
    ),

    rated as (
        {{ decrement_rates('cells') if study == 'decrement' else claim_rates('cells') }}
    )
{%- endmacro %}


{#- The published columns of both kinds of study; the last ones let cells be added up with their variance. -#}
{% macro experience_columns(study) -%}
    {{ var('edition_id') }}::bigint as edition_id,
    {{ today() }} as as_of_date,
    {{ experience_cell() }},
    {{ experience_figures() }},
    {% if study == 'decrement' -%}
        weight_rows::integer as weight_rows,
        weight_sum::numeric(24, 2) as weight_sum,
        weight_square_sum::numeric(30, 4) as weight_square_sum
    {%- else -%}
        actual_square_sum::numeric(30, 4) as actual_square_sum
    {%- endif %}
{%- endmacro %}


{#- The figures of a cell of both kinds of study, rounded. -#}
{% macro experience_figures() -%}
    exposure_count::numeric(20, 9) as exposure_count,
    actual_count::integer as actual_count,
    expected_count::numeric(20, 9) as expected_count,
    exposure_amount::numeric(24, 4) as exposure_amount,
    actual_amount::numeric(20, 2) as actual_amount,
    expected_amount::numeric(24, 4) as expected_amount,
    {%- for basis in ('count', 'amount') %}
    rate_{{ basis }}::numeric(16, 9) as rate_{{ basis }},
    rate_{{ basis }}_lower::numeric(16, 9) as rate_{{ basis }}_lower,
    rate_{{ basis }}_upper::numeric(16, 9) as rate_{{ basis }}_upper,
    (actual_{{ basis }} / nullif(expected_{{ basis }}, 0))::numeric(16, 6) as actual_to_expected_{{ basis }},
    (rate_{{ basis }}_lower * exposure_{{ basis }} / nullif(expected_{{ basis }}, 0))::numeric(16, 6)
        as actual_to_expected_{{ basis }}_lower,
    (rate_{{ basis }}_upper * exposure_{{ basis }} / nullif(expected_{{ basis }}, 0))::numeric(16, 6)
        as actual_to_expected_{{ basis }}_upper,
    credibility_{{ basis }}::numeric(10, 9) as credibility_{{ basis }},
    (
        credibility_{{ basis }} * rate_{{ basis }}
        + (1 - credibility_{{ basis }}) * expected_{{ basis }} / nullif(exposure_{{ basis }}, 0)
    )::numeric(16, 9) as credible_rate_{{ basis }}{% if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
