"""Rules of the marts gate about lists that lead to somebody being approached: consent, holdout, suitability."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset, Moment

TO_CUSTOMERS = ("retention_worklist", "winback_worklist", "next_best_product")

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="consent_respected",
        asset="approached",
        severity="stop",
        condition="coalesce(marketing_consent, false)",
        sentence_en="Nobody who did not consent to marketing is on a worklist or in a recommendation.",
        sentence_zh="未同意营销的客户不出现在任何工作清单或产品推荐中。",
        hurts=TO_CUSTOMERS,
    ),
    RowCondition(
        id="holdout_is_left_alone",
        asset="retention_worklist",
        severity="stop",
        condition="not is_holdout or (due_by is null and channel is null and assigned_role is null)",
        sentence_en="Nobody is assigned to a customer of the holdout.",
        sentence_zh="留出组客户不分配任何联系任务。",
        hurts=("retention_worklist",),
    ),
    RowCondition(
        id="worklist_not_empty",
        asset="worklist_size",
        severity="warn",
        condition="listed > 0 or consenting = 0",
        sentence_en="The retention worklist is not empty while there are customers who consented.",
        sentence_zh="有客户同意营销时，挽留工作清单不为空。",
        hurts=("retention_worklist",),
    ),
    RowCondition(
        id="offers_are_suitable",
        asset="offer",
        severity="stop",
        condition="coalesce(is_sold_to_such and is_adult and is_of_age, false)",
        sentence_en="What is offered is sold to such customers, within the ages of entry, and never to minors.",
        sentence_zh="推荐的产品面向该类客户且在投保年龄范围内；不向未成年人推荐。",
        hurts=("next_best_product",),
    ),
    RowCondition(
        id="offered_or_blocked",
        asset="offer",
        severity="stop",
        condition="not is_blocked",
        sentence_en="What is blocked for a customer is not offered to them.",
        sentence_zh="对客户阻断的险类不得再向其推荐。",
        hurts=("next_best_product", "blocked_recommendation"),
    ),
)


def everywhere(marts: tuple[str, ...], column: str) -> sql.Composed:
    """A column of several marts on top of each other, with the name of the mart."""
    selects = [
        sql.SQL("select {column}, {name} as mart from {table}").format(
            column=sql.Identifier(column), name=sql.Literal(mart), table=sql.Identifier("marts_build", mart)
        )
        for mart in marts
    ]
    return sql.SQL(" union all ").join(selects)


def assets(moment: Moment) -> tuple[Asset, ...]:
    """What these rules look at."""
    return (
        Asset(
            name="approached",
            query=sql.SQL(
                "select a.customer_key, c.marketing_consent from ({}) as a"
                " left join core.dim_customer as c on c.customer_key = a.customer_key"
            ).format(everywhere(TO_CUSTOMERS, "customer_key")),
            key=("customer_key",),
            may_be_empty=True,
        ),
        Asset(
            name="retention_worklist",
            query=sql.SQL(
                "select customer_key, is_holdout, due_by, channel, assigned_role from marts_build.retention_worklist"
            ),
            key=("customer_key",),
            may_be_empty=True,
        ),
        Asset(
            name="worklist_size",
            query=sql.SQL(
                "select 'all' as part, (select count(*) from marts_build.retention_worklist) as listed,"
                " (select count(*) from core.dim_customer where marketing_consent and not is_prospect)"
                " as consenting"
            ),
            key=("part",),
            public_key=True,
        ),
        Asset(
            name="offer",
            # By core's own ages, not by the check that the mart was built with.
            query=sql.SQL(
                "select o.customer_key, o.line_of_business, p.product_key is not null as is_sold_to_such,"
                " coalesce(c.birth_date <= {day}::date - interval '18 years', true) as is_adult,"
                " coalesce(extract(year from age({day}::date, c.birth_date))"
                " between coalesce(p.entry_age_from, 0) and coalesce(p.entry_age_to, 999),"
                " c.customer_type = 'enterprise' or coalesce(p.entry_age_from, p.entry_age_to) is null) as is_of_age,"
                " b.customer_key is not null as is_blocked"
                " from marts_build.next_best_product as o"
                " left join core.dim_customer as c on c.customer_key = o.customer_key"
                " left join core.product_offer as p"
                " on p.product_key = o.product_key and p.customer_type = c.customer_type"
                " left join marts_build.blocked_recommendation as b on b.customer_key = o.customer_key"
                " and b.line_of_business in (o.line_of_business, 'all')"
            ).format(day=sql.Literal(moment.as_of_date)),
            key=("customer_key", "line_of_business"),
            may_be_empty=True,
        ),
    )
