{#-
    Parties of a CTE by what they are recognised by: an exact number; who has none stands alone. A proxy counts only where
    the insurer's profile declares it. The hash is for finding others with the same number, and may find too many.
-#}
{% macro recognised(parties) -%}
    select
        *,
        hashtextextended(exact_rule || '|' || identity_value, 0) as identity_hash
    from (
        select
            *,
            case exact_rule
                when 'proxy' then proxy_identity
                when 'credit_code' then credit_code
                when 'id_number' then id_number
                else party_key
            end as identity_value
        from (
            select
                *,
                case
                    when '{{ var("customer_identity") }}' = 'proxy' and proxy_identity is not null then 'proxy'
                    when credit_code is not null then 'credit_code'
                    when id_number is not null then 'id_number'
                    else 'stand_alone'
                end as exact_rule
            from {{ parties }}
        ) as by_rule
    ) as by_value
{%- endmacro %}
