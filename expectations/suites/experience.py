"""The experience studies' part of the marts gate."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import Filled, RowCondition, Rule
from expectations.suite import Asset, Moment

EXPERIENCE = ("lapse_experience", "surrender_experience", "mortality_experience", "claim_experience")

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="experience_exposed",
        asset="experience",
        severity="stop",
        condition="coalesce(exposure_count > 0 and exposure_amount >= 0 and actual_count >= 0"
        " and credibility_count between 0 and 1, false)",
        sentence_en="Every cell of an experience study has exposure, and credibility between 0 and 1.",
        sentence_zh="经验研究的每个单元都有暴露量，可信度在0与1之间。",
        hurts=EXPERIENCE,
    ),
    RowCondition(
        id="experience_within_its_interval",
        asset="experience",
        severity="stop",
        condition="coalesce(rate_count - rate_count_lower >= -1e-9 and rate_count_upper - rate_count >= -1e-9, false)",
        sentence_en="An observed rate lies within its own confidence interval.",
        sentence_zh="实际率位于其置信区间之内。",
        hurts=EXPERIENCE,
    ),
    RowCondition(
        id="experience_methods_agree",
        asset="experience_total",
        severity="stop",
        condition="by_policy_year is not distinct from by_calendar_year",
        sentence_en="Policy years and calendar years count the same events of a study.",
        sentence_zh="同一研究按保单年度与按日历年所计的事件数相同。",
        hurts=EXPERIENCE,
    ),
    RowCondition(
        id="experience_counts_every_exit",
        asset="experience_total",
        severity="stop",
        condition="case when mart <> 'claim_experience' then coalesce(by_policy_year, 0) = exits else true end",
        sentence_en="A study counts every exit of its kind among the times at risk, once.",
        sentence_zh="研究对风险期内的每次同类退出恰好计一次。",
        hurts=EXPERIENCE,
    ),
    RowCondition(
        id="experience_not_empty",
        asset="experience_size",
        severity="stop",
        condition="exposed > 0 or at_risk = 0",
        sentence_en="There is lapse experience where policies have been at risk for two years.",
        sentence_zh="存在已处于风险期两年以上的保单时，失效经验不为空。",
        hurts=EXPERIENCE,
    ),
    Filled(
        id="experience_expected",
        asset="experience",
        severity="warn",
        column="expected_count",
        share=1.0,
        sentence_en="The expected basis knows every cell of the experience studies.",
        sentence_zh="预期基准覆盖经验研究的每个单元。",
        hurts=EXPERIENCE,
    ),
)


def _union(columns: str) -> sql.Composed:
    selects = [
        sql.SQL("select {name} as mart, {columns} from {table}").format(
            name=sql.Literal(mart), columns=sql.SQL(columns), table=sql.Identifier("marts_build", mart)
        )
        for mart in EXPERIENCE
    ]
    return sql.SQL(" union all ").join(selects)


# The exits of each kind, told without the exposure macro. Only of studies that look at all years: a window cuts policy
# years at anniversaries.
_TOTALS = """
select studied.mart, studied.by_policy_year, studied.by_calendar_year,
    count(spell.risk) as exits
from (
    select mart, sum(actual_count) filter (where method = 'policy_year') as by_policy_year,
        sum(actual_count) filter (where method = 'calendar_year') as by_calendar_year
    from ({everything}) as e group by mart
) as studied
inner join core.experience_study as study
    on studied.mart = study.study || '_experience' and study.method = 'policy_year' and study.window_months is null
left join features.features__exposure_spell as spell
    on spell.left_on <= {day}::date - study.run_off_days - {later}
    and spell.entered_on < {day}::date - study.run_off_days - {later}
    and case studied.mart
        when 'lapse_experience' then spell.risk = 'premium_paying'
            and spell.exit_cause = case when spell.is_long_term then 'suspended' else 'expired' end
        when 'surrender_experience' then spell.risk = 'in_force' and spell.exit_cause = 'surrendered'
        when 'mortality_experience' then spell.risk = 'in_force' and spell.exit_cause = 'death'
            and spell.line_of_business = 'life' and spell.birth_date is not null and spell.sex in ('F', 'M')
        else false
    end
where not exists (
    select from core.experience_study as other
    where other.study = study.study and other.method = 'calendar_year' and other.window_months is not null
)
group by studied.mart, studied.by_policy_year, studied.by_calendar_year
"""


def _totals(moment: Moment) -> sql.Composed:
    later = 365 if moment.profile.unit_at_risk == "policy_term" else 0
    return sql.SQL(_TOTALS).format(
        everything=_union("method, actual_count"), day=sql.Literal(moment.as_of_date), later=sql.Literal(later)
    )


def assets(moment: Moment) -> tuple[Asset, ...]:
    """The experience marts; a line that an insurer does not write leaves its study empty."""
    key = "method, product_code, interval_number, policy_year, age_band, sex, channel, premium_mode"
    measures = "exposure_count, exposure_amount, actual_count, expected_count, rate_count"
    return (
        Asset(
            name="experience",
            query=_union(f"{key}, {measures}, rate_count_lower, rate_count_upper, credibility_count"),
            key=("mart", *key.split(", ")),
            public_key=True,
            may_be_empty=True,
        ),
        Asset(name="experience_total", query=_totals(moment), key=("mart",), public_key=True, may_be_empty=True),
        Asset(
            name="experience_size",
            query=sql.SQL(
                "select 'all' as part, (select count(*) from marts_build.lapse_experience) as exposed,"
                " (select count(*) from features.features__exposure_spell where risk = 'premium_paying'"
                " and entered_on < {}::date - 730) as at_risk"
            ).format(sql.Literal(moment.as_of_date)),
            key=("part",),
            public_key=True,
        ),
    )
