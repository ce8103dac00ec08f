with parties as (
    select * from {{ ref('stg_motor_portfolio__parties') }}
),

-- The file says nothing of a driver that could change: one version each.
final as (
    select
        party_key,
        source_system,
        1::bigint as version_id,
        known_on as seen_on,
        false as is_deleted,
        md5(phone) as phone_digest,
        province,
        city,
        occupation,
        annual_income,
        industry,
        headcount,
        preferred_channel,
        is_app_user,
        known_on
    from parties
)

select * from final
