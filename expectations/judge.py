"""The judgement by SQL of our own: how many rows each rule judged, how many failed, and which.

Great Expectations is asked the same (`validation`); a rule stands only where both agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from customer_knowledge.warehouse.connections import Connection
from expectations.rules import Rule
from expectations.suite import Asset


@dataclass(frozen=True)
class Count:
    """What a rule found in an asset: rows with something to judge, and those of them that failed."""

    evaluated: int
    failed: int


@dataclass(frozen=True)
class Judged:
    """An asset's number of rows and each rule's count, by rule id."""

    rows: int
    counts: dict[str, Count]


def prepare(conn: Connection) -> None:
    """Make the temporary table that takes the failing rows of this gate run."""
    conn.execute("drop table if exists pg_temp.failing")
    conn.execute(
        "create temporary table failing (asset text, rule_id text, version_id bigint, key_hash text,"
        " key_text text) on commit drop"
    )


def judge(conn: Connection, asset: Asset, rules: tuple[Rule, ...]) -> Judged:
    """Judge an asset's rows in one statement; failing rows go to `pg_temp.failing`.

    Args:
        conn: a connection in a transaction, after `prepare`.
        asset: what is judged.
        rules: the rules asked of it.
    """
    names = [sql.Identifier(f"rule_{number}") for number in range(len(rules))]
    statement = sql.SQL(
        "with candidate as ({query}), judged as materialized"
        " (select {version} as version_id, {key} as key_text {verdicts} from candidate),"
        " kept as (insert into pg_temp.failing select {asset}, v.rule_id, version_id,"
        " {hashed}, {shown}"
        " from judged cross join lateral (values {pairs}) as v (rule_id, holds) where not v.holds)"
        " select count(*) {counts} from judged"
    ).format(
        query=asset.query,
        version=sql.SQL("null::bigint" if asset.system is None else "_version_id"),
        key=sql.SQL("concat_ws('|', {})").format(sql.SQL(", ").join(map(sql.Identifier, asset.key))),
        verdicts=sql.SQL("").join(
            sql.SQL(", ({}) as {}").format(rule.holds(), name) for rule, name in zip(rules, names, strict=True)
        ),
        asset=sql.Literal(asset.name),
        hashed=sql.SQL("key_text")
        if asset.system is None
        else sql.SQL("md5(concat_ws('|', {}::text, key_text))").format(sql.Literal(asset.system)),
        shown=sql.SQL("key_text" if asset.public_key else "null"),
        pairs=sql.SQL(", ").join(
            sql.SQL("({}, {})").format(sql.Literal(rule.id), name) for rule, name in zip(rules, names, strict=True)
        )
        if rules
        else sql.SQL("(null::text, null::boolean)"),
        counts=sql.SQL("").join(
            sql.SQL(", count({0}), count(*) filter (where not {0})").format(name) for name in names
        ),
    )
    row = conn.execute(statement).fetchone() or (0,)
    found = zip(rules, row[1::2], row[2::2], strict=True)
    return Judged(rows=row[0], counts={rule.id: Count(evaluated, failed) for rule, evaluated, failed in found})


def named(conn: Connection, asset: str, rule_id: str, limit: int = 10) -> list[str]:
    """Names of what failed, for assets whose keys are no persons (tables, measures); else nothing."""
    rows = conn.execute(
        "select distinct key_text from pg_temp.failing where asset = %s and rule_id = %s"
        " and key_text is not null order by 1 limit %s",
        (asset, rule_id, limit),
    ).fetchall()
    return [str(row[0]) for row in rows]
