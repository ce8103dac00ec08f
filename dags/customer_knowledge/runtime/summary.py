"""What a person wants to know when a day is published, told in one page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from customer_knowledge.profile import Profile
from customer_knowledge.runtime import airflow_home
from customer_knowledge.runtime.airflow_home import USER
from customer_knowledge.runtime.day import Outcome
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import BI, Connection, connect, warehouse
from customer_knowledge.warehouse.editions import Edition

WORKLIST_ROWS = 10
Rows = list[tuple[Any, ...]]

BATCHES = """
select source_system, sum(rows_read)::bigint, sum(rows_new)::bigint, sum(rows_changed)::bigint,
    sum(rows_deleted)::bigint, sum(rows_duplicate)::bigint, sum(rows_rejected)::bigint, sum(rows_unreadable)::bigint,
    coalesce(sum(rows_released), 0)::bigint
from ops.batch b where as_of_date = %s and attempt = (
    select max(attempt) from ops.batch o where o.as_of_date = b.as_of_date
    and o.source_system = b.source_system and o.source_table = b.source_table)
group by 1 order by 1
"""
GATES = """
select distinct on (gate) gate, state, message,
    (select count(*) from quality.check_result c where c.run_id = r.run_id),
    (select count(*) from quality.check_result c where c.run_id = r.run_id and status = 'failed')
from quality.check_run r where as_of_date = %s order by gate, run_id desc
"""
SEGMENTS = """
select s.segment_id, s.label_zh, s.label_en, count(*) from ml.customer_segment c
join ml.segment s using (model_run_id, segment_id) where as_of_date = %s group by 1, 2, 3 order by 4 desc
"""
GRADES = """
select value_grade, count(*), sum(clv)::numeric(18, 0), sum(naive_premium_12m)::numeric(18, 0),
    sum(expected_premium_12m)::numeric(18, 0)
from ml.customer_value where as_of_date = %s group by 1 order by 1
"""
BACKTEST = (
    "select metrics, baseline, (metrics ->> 'rows')::bigint from ml.model_run"
    " where model_name = 'churn' and is_champion limit 1"
)
WORKLIST = """
select rank, customer_key, expected_gain, premium_at_risk, p_lose_any, value_grade, reason_zh, reason_en,
    strategy_zh, strategy_en, due_by
from marts.retention_worklist where not is_holdout order by rank limit %s
"""
RECONCILED = """
select measure, count(*), sum(source_value), sum(published), sum(quarantined), sum(abs(difference))
from marts.reconciliation group by 1 order by 1
"""


def _rows(connection: Connection, statement: str, *parameters: Any) -> Rows:
    return connection.execute(statement.encode(), parameters).fetchall()


def _table(title: str, headings: list[str], rows: Rows, numeric_from: int = 1) -> Group:
    """A titled table; columns from `numeric_from` on stand to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_header=any(headings))
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="right" if position >= numeric_from else "left")
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    return Group(Text(title, style="bold"), table)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3f}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _money(value: Any) -> str:
    return "–" if value is None else f"{value:,.0f}"


def show(console: Console, profile: Profile, outcome: Outcome) -> None:
    """Print the summary of a published edition."""
    edition = outcome.edition
    with warehouse(profile) as connection, connect(profile.database, BI) as bi:
        parts = [
            _headline(profile, outcome, editions.published(connection)),
            _batches(connection, edition.as_of_date),
            _gates(connection, edition.as_of_date),
            _segments(connection, edition.as_of_date),
            _grades(connection, profile, edition.as_of_date),
            *_backtest(connection),
            _worklist(bi, profile),
            _reconciliation(bi),
            _timings(outcome),
            _where_next(profile, edition.edition_id),
        ]
    console.print()
    for part in parts:
        console.print(part)
        console.print()


def _headline(profile: Profile, outcome: Outcome, shown: Edition | None) -> Panel:
    """What was published; and where readers see another edition, that they do."""
    edition = outcome.edition
    how = "was published already: nothing new since" if outcome.was_published_already else "published"
    lines = [
        f"[bold]{profile.label_en} · {profile.label_zh}[/]",
        f"edition [bold]{edition.edition_id}[/] of business date [bold]{edition.as_of_date}[/] {how}",
        f"content {(edition.content_hash or '')[:16]}…   code {edition.code_version}   {outcome.seconds:.0f} s",
    ]
    if shown is not None and shown.as_of_date > edition.as_of_date:
        lines += [
            f"[yellow]Readers do not see it, but edition {shown.edition_id} of a later date, {shown.as_of_date}.[/]",
            f"[yellow]读者看到的仍是日期更晚的版本 {shown.edition_id}（{shown.as_of_date}）。[/]",
        ]
    return Panel("\n".join(lines), border_style="yellow" if len(lines) > 3 else "green", expand=False)


def _batches(connection: Connection, day: Any) -> Group:
    headings = ["source 来源", "read 读取", "new 新增", "changed 变更", "gone 删除", "duplicate 重复"]
    rows = _rows(connection, BATCHES, day)
    return _table("Rows 数据行", [*headings, "quarantined 隔离", "unreadable 不可读", "released 放行"], rows)


def _gates(connection: Connection, day: Any) -> Group:
    marks = {"passed": "[green]open[/]", "closed": "[red]closed[/]"}
    rows = [(gate, marks[state], rules, failed) for gate, state, _, rules, failed in _rows(connection, GATES, day)]
    return _table("Gates 质量闸门", ["gate", "state", "rules", "with findings"], rows, 2)


def _segments(connection: Connection, day: Any) -> Group:
    rows = _rows(connection, SEGMENTS, day)
    total = sum(row[3] for row in rows) or 1
    shown = [(f"{zh} · {en}", size, f"{size / total:.0%}") for _, zh, en, size in rows]
    return _table("Segments 客群", ["name", "customers", "share"], shown)


def _grades(connection: Connection, profile: Profile, day: Any) -> Group:
    headings = ["grade", "customers", f"value ({profile.currency})", "naive premium 12 m", "expected premium 12 m"]
    rows = [(g, n, *map(_money, money)) for g, n, *money in _rows(connection, GRADES, day)]
    return _table("Value 客户价值", headings, rows)


def _backtest(connection: Connection) -> list[Group | Text]:
    found = _rows(connection, BACKTEST)
    if not found:
        return [Text("no churn model yet")]
    metrics, baseline, rows = found[0]
    names = ("auc", "pr_auc", "brier", "expected_over_actual", "lift_10")
    shown: Rows = [("our model 本模型", *(metrics.get(n) for n in names))]
    for name, scores in sorted(baseline.items()):
        if isinstance(scores, dict):
            shown.append((name.replace("_", " "), *(scores.get(n) for n in names)))
    low, high = metrics.get("auc_low"), metrics.get("auc_high")
    interval = f", AUC 95 % interval {low:.3f}–{high:.3f}" if low and high else ""
    title = (
        f"Churn, backtest in time 流失模型时间回测 ({rows:,} rows tested{interval}; grade {metrics.get('grade', '–')})"
    )
    return [_table(title, ["model", "AUC", "PR-AUC", "Brier", "E/O", "lift@10%"], shown)]


def _worklist(bi: Connection, profile: Profile) -> Group | Text:
    rows = _rows(bi, WORKLIST, WORKLIST_ROWS)
    title = (
        "Retention worklist by expected gain, first ten to contact; ranks that are missing are the holdout, left alone"
        " on purpose 挽留名单(按预期收益)前十;缺号为特意不联系的留出组"
    )
    if not rows:
        return Text(f"{title}: empty — nobody at risk has given marketing consent.")
    shown = [
        (rank, key[:8], gain, risk, f"{chance:.0%}", grade, f"{reason_zh}\n{reason_en}", f"{do_zh}\n{do_en}", due)
        for rank, key, gain, risk, chance, grade, reason_zh, reason_en, do_zh, do_en, due in rows
    ]
    gain, at_risk = (f"{what} ({profile.currency})" for what in ("expected gain", "premium at risk"))
    return _table(title, ["", "customer", gain, at_risk, "may leave", "grade", "because", "what to do", "by"], shown, 9)


def _reconciliation(bi: Connection) -> Group:
    headings = ["measure", "years", "source 来源", "published 发布", "quarantined 隔离", "difference 差额"]
    return _table("Reconciliation 对账: source = published + quarantined", headings, _rows(bi, RECONCILED))


def _timings(outcome: Outcome) -> Group:
    by_dag: dict[str, float] = {}
    for (dag_id, _), seconds in outcome.task_seconds.items():
        by_dag[dag_id] = by_dag.get(dag_id, 0.0) + seconds
    rows: Rows = [(dag_id, f"{seconds:.1f} s") for dag_id, seconds in by_dag.items()]
    work = sum(by_dag.values())
    rows.append(("all, start-up and orchestration included", f"{outcome.seconds:.1f} s"))
    return _table(f"Time 用时 (tasks {work:.0f} s)", ["DAG", "tasks' seconds"], rows)


def _where_next(profile: Profile, edition_id: int) -> Group:
    at = settings()
    home = airflow_home.locate(at, profile.insurer)
    runs = at.runs_dir if at.insurer == profile.insurer else at.data_dir / "runs" / profile.insurer
    documents = runs / "editions" / str(edition_id) / "static_index.html"
    insurer = "" if profile.insurer == "sample" else f" --insurer {profile.insurer}"
    rows: Rows = [
        ("Airflow", f"{home.url}  (user {USER}, password in {at.secrets_dir / 'airflow_login'})"),
        ("Data Docs", str(runs / "data_docs" / "index.html")),
        ("dbt docs", str(documents)),
        ("SQL", f".venv/bin/ck psql{insurer}   and then: table marts.edition;"),
        ("BI tools", f".venv/bin/ck dsn{insurer} --role bi"),
        ("editions", f".venv/bin/ck edition list{insurer}   ·   .venv/bin/ck edition rollback{insurer}"),
        ("next day", "make demo, once more" if profile.calendar == "source" else "this portfolio has one date"),
    ]
    return _table("Where to look next 接下来看哪里", ["", ""], rows, 9)
