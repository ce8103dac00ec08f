"""Part of the core gate: one customer for one person, and whom he or she is related to."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule, Unique
from expectations.suite import Asset

RULES: tuple[Rule, ...] = (
    Unique(
        id="one_customer_a_party",
        asset="customer_crosswalk",
        severity="stop",
        column="party_key",
        sentence_en="A party belongs to one customer only.",
        sentence_zh="每个当事人只归属一位客户。",
        hurts=("customer_360", "policy_360"),
    ),
    RowCondition(
        id="one_number_a_customer",
        asset="customer_number",
        severity="warn",
        condition="numbers <= 1",
        sentence_en="The parties of a customer do not carry two different identity numbers of 18 characters.",
        sentence_zh="同一客户的当事人不带有两个不同的 18 位证件号。",
        hurts=("customer_360",),
    ),
    Unique(
        id="one_source_row_a_customer",
        asset="customer_attribute_source",
        severity="stop",
        column="customer_key",
        sentence_en="The sources of a customer's values stand in one row.",
        sentence_zh="每位客户的取值来源只有一行。",
        hurts=("customer_360",),
    ),
    Unique(
        id="one_household_a_person",
        asset="household",
        severity="stop",
        column="customer_key",
        sentence_en="A person belongs to one household.",
        sentence_zh="每位自然人客户只属于一个家庭。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="one_key_person_a_household",
        asset="household_head",
        severity="stop",
        condition="key_persons = 1",
        sentence_en="A household has one key person.",
        sentence_zh="每个家庭只有一位关键人。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="relationship_of_two",
        asset="customer_relationship",
        severity="stop",
        condition="customer_key <> related_customer_key and has_other_side",
        sentence_en="A relationship joins two customers and is known from both sides.",
        sentence_zh="关系连接两位不同的客户,且双向可见。",
        hurts=("customer_360",),
    ),
)
ASSETS: tuple[Asset, ...] = (
    Asset(
        name="customer_crosswalk",
        query=sql.SQL("select party_key from core.customer_crosswalk"),
        key=("party_key",),
    ),
    Asset(
        name="customer_number",
        query=sql.SQL(
            "select c.customer_key, count(distinct upper(p.id_number)) as numbers from core.customer_crosswalk as c"
            " inner join input_layer.input__parties as p on c.party_key = p.party_key"
            " where p.id_number ~ '^[0-9]{17}[0-9Xx]$' group by c.customer_key"
        ),
        key=("customer_key",),
        may_be_empty=True,
    ),
    Asset(
        name="customer_attribute_source",
        query=sql.SQL("select customer_key from core.customer_attribute_source"),
        key=("customer_key",),
    ),
    # An insurer of enterprises has no households, and who insures only himself no relatives.
    Asset(
        name="household",
        query=sql.SQL("select customer_key from core.household"),
        key=("customer_key",),
        may_be_empty=True,
    ),
    Asset(
        name="household_head",
        query=sql.SQL(
            "select household_key, count(*) filter (where is_key_person) as key_persons from core.household"
            " group by household_key"
        ),
        key=("household_key",),
        may_be_empty=True,
    ),
    Asset(
        name="customer_relationship",
        query=sql.SQL(
            "select customer_key, related_customer_key, relationship, count(*) over (partition by"
            " least(customer_key, related_customer_key), greatest(customer_key, related_customer_key)) > 1"
            " as has_other_side from core.customer_relationship"
        ),
        key=("customer_key", "related_customer_key", "relationship"),
        may_be_empty=True,
    ),
)
