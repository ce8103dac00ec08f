"""Rejections: failing versions, versions nobody judged, and children without a parent, which may come back.

Judging is repeatable: what a table's open batches were judged before is taken back first. That is safe, for
no edition is ever made of a batch before its gate has passed.
"""

from __future__ import annotations

from psycopg import sql

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Connector, Table
from customer_knowledge.warehouse.connections import Connection
from expectations.judge import Count
from expectations.ledger import Open
from expectations.rules import Rule

ORPHAN = "orphan"
SUPERSEDED = "superseded"
# Reasons that are no rules of a suite, in both languages.
REASONS = {
    ORPHAN: (
        "The row belongs to another that is not there or was refused; it comes back when that one does.",
        "该行所属的上级记录不存在或已被拒收；上级记录到达后自动恢复。",
    ),
    SUPERSEDED: (
        "A newer version of the row came before any gate had passed this one.",
        "在通过闸门之前，该行已被更新的版本取代。",
    ),
}
_TECHNICAL = ["_version_id", "_batch_id", "_row_hash", "_is_deleted"]


def parents_first(connector: Connector) -> list[Table]:
    """The tables of a system, each after its parents.

    Raises:
        ConfigurationError: the profile declares parents in a circle.
    """
    ordered: list[Table] = []
    waiting = list(connector.tables)
    while waiting:
        done = {table.name for table in ordered}
        ready = [t for t in waiting if set(t.parents.values()) - {t.name} <= done]
        if not ready:
            raise ConfigurationError(
                f"{connector.system}: tables are each other's parents, or a parent is not declared:"
                f" {', '.join(t.name for t in waiting)}"
            )
        ordered += ready
        waiting = [t for t in waiting if t not in ready]
    return ordered


def take_back(conn: Connection, batch: Open) -> None:
    """Forget what an earlier, unfinished or closed gate run decided about the open batches."""
    arguments = {"open": list(batch.batch_ids)}
    conn.execute("delete from quarantine.rejected_row where batch_id = any(%(open)s)", arguments)
    conn.execute("delete from ops.rejected_version where batch_id = any(%(open)s)", arguments)
    conn.execute(
        "update ops.rejected_version set released_batch_id = null where released_batch_id = any(%(open)s)",
        arguments,
    )


def reject_failing(conn: Connection, batch: Open, rules: tuple[Rule, ...]) -> None:
    """Reject the candidates that failed a quarantine rule."""
    conn.execute(
        sql.SQL(
            "insert into ops.rejected_version (source_system, source_table, version_id, rule_id, batch_id)"
            " select %s, %s, v._version_id, f.rule_id, v._batch_id from pg_temp.failing as f"
            " join {} as v on v._version_id = f.version_id where f.asset = %s and f.rule_id = any(%s)"
        ).format(batch.landing),
        (
            batch.system,
            batch.table.name,
            batch.table.name,
            [rule.id for rule in rules if rule.severity == "quarantine"],
        ),
    )


def reject_superseded(conn: Connection, batch: Open) -> None:
    """Reject the versions of open batches that a newer one replaced before a gate had passed them.

    They are no candidates, so nobody answers for them; accepting one when its successor is rejected would
    let an unjudged row in.
    """
    if len(batch.batch_ids) == 1:
        return
    conn.execute(
        sql.SQL(
            "insert into ops.rejected_version (source_system, source_table, version_id, rule_id, batch_id)"
            " select %s, %s, v._version_id, %s, v._batch_id from {} as v where v._batch_id = any(%s)"
            " and not v._is_deleted and v._version_id not in (select _version_id from ({}) as newest)"
        ).format(batch.landing, batch.newest()),
        (batch.system, batch.table.name, SUPERSEDED, list(batch.batch_ids)),
    )


def settle_orphans(conn: Connection, batch: Open, parents: dict[str, Open]) -> Count:
    """Reject candidates whose parent has no accepted live version; release earlier orphans whose parent has.

    Args:
        conn: a connection in a transaction; the table's parents must be settled already.
        batch: the open batches of the children.
        parents: column → the parent's open batches.

    Returns:
        Candidates looked at, and how many of them are orphans.
    """
    _collect_children(conn, batch, list(parents))
    for column, parent in parents.items():
        _mark_orphans(conn, column, batch.table.parent_keys.get(column, column), parent)
    row = conn.execute(
        "with rejected as (insert into ops.rejected_version"
        "  (source_system, source_table, version_id, rule_id, batch_id)"
        "  select %(system)s, %(table)s, version_id, %(rule)s, batch_id from pg_temp.child"
        "  where is_orphan and not was_orphan),"
        " released as (update ops.rejected_version as r set released_batch_id = %(batch)s"
        "  from pg_temp.child as c where r.source_system = %(system)s"
        "  and r.source_table = %(table)s and r.rule_id = %(rule)s"
        "  and r.version_id = c.version_id and c.was_orphan and not c.is_orphan)"
        " select count(*) filter (where not was_orphan), count(*) filter (where is_orphan and not was_orphan)"
        " from pg_temp.child",
        {"system": batch.system, "table": batch.table.name, "rule": ORPHAN, "batch": batch.batch_id},
    ).fetchone()
    assert row is not None  # noqa: S101 — an aggregate gives a row
    return Count(evaluated=row[0], failed=row[1])


def _collect_children(conn: Connection, batch: Open, columns: list[str]) -> None:
    """`pg_temp.child`: the candidates, and the orphans of passed batches that nobody has released yet."""
    conn.execute("drop table if exists pg_temp.child")
    conn.execute(
        sql.SQL(
            "create temporary table child on commit drop as"
            " select _version_id as version_id, _batch_id as batch_id, false as was_orphan,"
            " false as is_orphan, {columns} from ({candidates}) as candidate"
            " union all select v._version_id, v._batch_id, true, false, {columns} from {landing} as v"
            " join ops.rejected_version as r on r.version_id = v._version_id"
            " where r.source_system = {system} and r.source_table = {table} and r.rule_id = {rule}"
            " and r.released_batch_id is null and r.batch_id <= {passed}"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            candidates=batch.candidates(),
            landing=batch.landing,
            system=sql.Literal(batch.system),
            table=sql.Literal(batch.table.name),
            rule=sql.Literal(ORPHAN),
            passed=sql.Literal(batch.passed_id),
        )
    )
    conn.execute("analyze pg_temp.child")


def _mark_orphans(conn: Connection, column: str, parent_column: str, parent: Open) -> None:
    conn.execute(
        sql.SQL(
            "with needed as materialized (select distinct {column} as k from pg_temp.child),"
            " newest as (select distinct on (v.{key}) v.{key} as k, v._is_deleted from needed as n"
            "  join {landing} as v on v.{key} = n.k where v._batch_id <= {batch}"
            "  and not exists (select from ops.rejected_version as r where r.version_id = v._version_id"
            "   and r.source_system = {system} and r.source_table = {table} and r.released_batch_id is null)"
            "  order by v.{key}, v._batch_id desc)"
            " update pg_temp.child as c set is_orphan = true where not c.is_orphan and c.{column} is not null"
            " and not exists (select from newest as p where p.k = c.{column} and not p._is_deleted)"
        ).format(
            column=sql.Identifier(column),
            key=sql.Identifier(parent_column),
            landing=parent.landing,
            batch=sql.Literal(parent.batch_id),
            system=sql.Literal(parent.system),
            table=sql.Literal(parent.table.name),
        )
    )


def keep_payloads(conn: Connection, batch: Open, rules: tuple[Rule, ...]) -> int:
    """Put the rows of the open batches' rejected versions aside, with the reason, in `quarantine`.

    Returns:
        Versions rejected.
    """
    reasons = REASONS | {rule.id: (rule.sentence_en, rule.sentence_zh) for rule in rules}
    conn.execute(
        sql.SQL(
            "insert into quarantine.rejected_row"
            " (source_system, source_table, version_id, rule_id, batch_id, reason_en, reason_zh, payload)"
            " select r.source_system, r.source_table, r.version_id, r.rule_id, r.batch_id, w.en, w.zh,"
            " to_jsonb(v) - %(technical)s::text[] from ops.rejected_version as r"
            " join {} as v on v._version_id = r.version_id"
            " join unnest(%(ids)s::text[], %(en)s::text[], %(zh)s::text[]) as w (rule_id, en, zh)"
            "  on w.rule_id = r.rule_id where r.batch_id = any(%(open)s)"
        ).format(batch.landing),
        {
            "technical": _TECHNICAL,
            "ids": list(reasons),
            "en": [en for en, _ in reasons.values()],
            "zh": [zh for _, zh in reasons.values()],
            "open": list(batch.batch_ids),
        },
    )
    row = conn.execute(
        "select count(distinct version_id) from ops.rejected_version where batch_id = any(%s)",
        (list(batch.batch_ids),),
    ).fetchone()
    return int(row[0]) if row else 0
