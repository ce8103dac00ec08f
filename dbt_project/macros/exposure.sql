{#-
    Exposure of an experience study, by the policy-year, policy-month and calendar-year methods; docs/experience-study.md
    has the conventions. Plain Jinja, no dbt: a test runs it on the census of an independent package.
-#}

{#- Complete months from one date to a later one; an anniversary beyond a month's end falls on its last day. -#}
{% macro complete_months(from, to) -%}
    (
        (date_part('year', {{ to }}) - date_part('year', {{ from }})) * 12
        + date_part('month', {{ to }}) - date_part('month', {{ from }})
        - (date_part('day', {{ from }}) > date_part('day', {{ to }}) and date_part('day', {{ to }} + 1) <> 1)::integer
    )::integer
{%- endmacro %}


{#-
    One row a unit and interval in which it was exposed.

    units: a relation with `method`, `anchored_on` (from which policy years count), `entered_on` (first day exposed),
        `left_on` (last day exposed; null = still exposed), `is_decrement` (it left by the decrement that is studied),
        `study_from` and `study_to`; its other columns pass through.
    Adds: `interval_number` (policy year, policy month or calendar year), `interval_from`, `interval_to` (inclusive),
        `middle_on` (middle of what the interval could expose), `has_decrement`, `exposure` (share of the interval; 1
        in the interval of the decrement).
    `offset 0` keeps the planner from writing an expression out, and reckoning it, wherever its column is used.
-#}
{% macro exposure_intervals(units) -%}
    select
        placed.*,
        case when is_calendar then date_part('year', interval_from)::integer else step_number + 1 end
            as interval_number,
        greatest(first_on, interval_from) + (interval_to - greatest(first_on, interval_from)) / 2 as middle_on,
        decrement_on between interval_from and interval_to as has_decrement,
        case
            when decrement_on between interval_from and interval_to then 1
            else
                (least(last_on, interval_to) - greatest(first_on, interval_from) + 1)::numeric
                / (interval_to - interval_from + 1)
        end::numeric(14, 12) as exposure
    from (
        select
            counted.*,
            step_number,
            (origin + make_interval(months => step_months * step_number))::date as interval_from,
            (origin + make_interval(months => step_months * (step_number + 1)))::date - 1 as interval_to
        from (
            select
                clipped.*,
                -- Policy intervals that began before the study are left out whole.
                greatest(
                    {{ complete_months('origin', 'first_on') }} / step_months,
                    case
                        when not is_calendar and study_from > origin
                            then {{ complete_months('origin', '(study_from - 1)') }} / step_months + 1
                    end
                ) as first_number,
                {{ complete_months('origin', 'last_on') }} / step_months as last_number
            from (
                select
                    units.*,
                    method = 'calendar_year' as is_calendar,
                    case method when 'policy_month' then 1 else 12 end as step_months,
                    case
                        when method = 'calendar_year' then date_trunc('year', greatest(entered_on, study_from))::date
                        else anchored_on
                    end as origin,
                    case when method = 'calendar_year' then greatest(entered_on, study_from) else entered_on end
                        as first_on,
                    least(left_on, study_to) as last_on,
                    case when is_decrement and left_on <= study_to then left_on end as decrement_on
                from {{ units }} as units
                where entered_on < study_to and (left_on is null or left_on > study_from)
                offset 0
            ) as clipped
            offset 0
        ) as counted
        cross join lateral generate_series(first_number, last_number) as step_number
        offset 0
    ) as placed
{%- endmacro %}
