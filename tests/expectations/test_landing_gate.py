"""The landing gate over real batches: rejections, orphans, releases, stops, and coming back to it."""

from __future__ import annotations

import re

import pytest

from customer_knowledge.errors import ConfigurationError, GateClosed
from expectations.gate import landing_gate
from expectations.quarantine import parents_first
from expectations.results import GateReport
from tests.expectations.conftest import CANARIES, SYSTEM, Insurer, policies


def hold(insurer: Insurer) -> GateReport:
    return landing_gate(insurer.profile, SYSTEM, insurer.day)


def statuses(report: GateReport) -> dict[tuple[str, str], str]:
    return {(r.asset, r.check_id): r.status for r in report.results}


def test_dirt_is_set_apart_and_the_rest_passes(insurer: Insurer) -> None:
    insurer.put("policy", policy_id=1, annual_premium=-5)
    insurer.put("party", party_id=2, name=None)
    insurer.put("party", party_id=3, birth_date="2026-07-01")
    insurer.put("party", party_id=4, id_type="resident_id", id_number="110105194912310021")
    insurer.put("premium_payment", payment_id=5, amount=0)
    insurer.put("claim", claim_id=6, incurred_on="2025-03-01")
    insurer.put("policy", policy_id=7, expires_on="2023-01-01", currency="ZZZ")
    insurer.put("premium_payment", payment_id=99, due_id=4444, policy_id=8, paid_on="2024-01-02", amount=1)
    insurer.land()
    report = hold(insurer)
    children = {(t, n, "orphan", True) for t in ("policy_party", "premium_due", "claim") for n in (1, 7)}
    assert insurer.rejected() == children | {
        ("policy", 1, "premium_not_negative", True),
        ("policy", 7, "term_in_order", True),
        ("policy", 7, "currency_known", True),
        ("party", 2, "party_named", True),
        ("party", 3, "birth_date_plausible", True),
        ("policy_party", 2, "orphan", True),
        ("policy_party", 3, "orphan", True),
        ("premium_payment", 1, "orphan", True),
        ("premium_payment", 7, "orphan", True),
        ("premium_payment", 5, "payment_positive", True),
        ("premium_payment", 99, "orphan", True),
        ("claim", 6, "claim_dates_in_order", True),
    }
    assert (report.state, report.rejected) == ("passed", 17)
    assert statuses(report)["party", "id_number_checksum"] == "failed"  # a warning closes nothing
    assert insurer.conserved()
    assert insurer.ask("select distinct state from ops.batch") == [("passed",)]
    assert insurer.ask(
        "select rows_new, rows_accepted, rows_rejected from ops.batch where source_table = 'policy'"
    ) == [(30, 28, 2)]
    kept = insurer.ask(
        "select payload ->> 'annual_premium', payload ? '_row_hash', reason_en, reason_zh"
        " from quarantine.rejected_row where rule_id = 'premium_not_negative'"
    )
    assert kept == [("-5.00", False, "A policy's annual premium is not negative.", "保单的年化保费不为负数。")]


def test_orphans_come_back_with_their_parent_and_stale_rows_stay(insurer: Insurer) -> None:
    insurer.put("policy", policy_id=1, annual_premium=-5)
    insurer.land()
    hold(insurer)
    assert 1 not in insurer.accepted("premium_payment")
    insurer.next_day()
    insurer.put("policy", policy_id=1, annual_premium=5)
    insurer.put("policy", policy_id=2, annual_premium=-1)  # an update that is refused: the old one stays
    insurer.put("premium_payment", payment_id=77, due_id=2, policy_id=2, paid_on="2026-07-01", amount=3)
    today = insurer.land()
    report = hold(insurer)
    assert insurer.rejected() == {
        ("policy", 1, "premium_not_negative", True),
        ("policy", 2, "premium_not_negative", True),
        *((t, 1, "orphan", False) for t in ("policy_party", "premium_due", "premium_payment", "claim")),
    }
    released = insurer.ask("select released_batch_id from ops.rejected_version where rule_id = 'orphan'")
    assert {r[0] for r in released} == {today[t] for t in ("policy_party", "premium_due", "premium_payment", "claim")}
    counts = insurer.ask(
        "select source_table, rows_released from ops.batch where as_of_date = %s and rows_released > 0 order by 1",
        insurer.day,
    )
    assert counts == [("claim", 1), ("policy_party", 1), ("premium_due", 1), ("premium_payment", 1)]
    assert insurer.accepted("policy")[2] != today["policy"]
    assert {1, 77} <= insurer.accepted("premium_payment").keys()
    assert statuses(report)["party", "party_named"] == "nothing_new"
    assert statuses(report)["claim", "orphan"] == "nothing_new"
    assert insurer.conserved()


def test_a_released_row_that_broke_another_rule_stays_out(insurer: Insurer) -> None:
    insurer.put("premium_payment", payment_id=99, due_id=1, policy_id=4444, paid_on="2024-01-02", amount=-1)
    insurer.land()
    hold(insurer)
    insurer.next_day()
    policies(insurer, range(4444, 4445))
    insurer.land()
    hold(insurer)
    assert ("premium_payment", 99, "orphan", False) in insurer.rejected()
    assert 99 not in insurer.accepted("premium_payment")
    rows = insurer.ask("select rows_released from ops.batch where source_table = 'premium_payment' order by batch_id")
    assert rows == [(0,), (0,)]


def test_a_passed_gate_is_not_held_again(insurer: Insurer) -> None:
    insurer.put("policy", policy_id=1, annual_premium=-5)
    insurer.land()
    first = hold(insurer)
    before = (
        insurer.ask("select * from ops.rejected_version order by 1, 2, 3, 4"),
        insurer.ask("select * from ops.batch order by 1"),
    )
    again = hold(insurer)
    assert (first.state, again.state, again.run_id) == ("passed", "passed", None)
    assert before == (
        insurer.ask("select * from ops.rejected_version order by 1, 2, 3, 4"),
        insurer.ask("select * from ops.batch order by 1"),
    )
    assert insurer.ask("select count(*) from quality.check_run") == [(1,)]


def test_a_stop_records_everything_and_the_mended_attempt_passes(insurer: Insurer) -> None:
    insurer.land()
    hold(insurer)
    insurer.next_day()
    policies(insurer, range(31, 71))
    for n in range(31, 71):
        insurer.put("policy", policy_id=n, annual_premium=None)
    insurer.put("policy", policy_id=1, annual_premium=-7)
    insurer.land()
    with pytest.raises(GateClosed) as closed:
        hold(insurer)
    assert "policy.policy_premium_filled" in closed.value.message
    assert "fails for 40 of 41 rows" in closed.value.message
    assert "ck gate show landing_policy_admin" in str(closed.value.hint)
    assert insurer.ask("select distinct state from ops.batch where as_of_date = %s", insurer.day) == [("blocked",)]
    assert insurer.ask("select state, blocked_by, as_of_date from ops.edition") == [
        ("blocked", "landing_policy_admin", insurer.day)
    ]
    assert ("policy", 1, "premium_not_negative", True) in insurer.rejected()
    assert insurer.conserved()
    with pytest.raises(GateClosed):  # judging the same batches again finds the same
        hold(insurer)
    assert insurer.conserved()

    for n in range(31, 71):
        insurer.put("policy", policy_id=n, annual_premium=1200)
    insurer.put("policy", policy_id=1, annual_premium=1300)
    second = insurer.land()
    report = hold(insurer)
    assert report.state == "passed"
    assert insurer.conserved()
    superseded = insurer.ask("select count(*) from ops.rejected_version where rule_id = 'superseded'")
    assert superseded == [(41,)]
    newest = insurer.accepted("policy")
    assert len(newest) == 70
    assert {newest[n] for n in (1, *range(31, 71))} == {second["policy"]}
    # What the blocked attempt landed and the second did not change passes with the second.
    assert len(insurer.accepted("premium_payment")) == 70
    assert insurer.ask("select count(*) from quality.check_run where state = 'closed'") == [(2,)]


def test_a_mass_delete_stops_and_does_not_slip_through_on_the_next_attempt(insurer: Insurer) -> None:
    insurer.land()
    hold(insurer)
    insurer.next_day()
    for n in range(1, 7):
        insurer.drop("claim", n)
    for _ in range(2):
        insurer.land()
        with pytest.raises(GateClosed, match=r"no_mass_delete \(claim\)"):
            hold(insurer)
    for n in range(1, 3):
        insurer.put("claim", claim_id=n, policy_id=n, incurred_on="2025-01-01", reported_on="2025-01-02")
    insurer.land()
    assert hold(insurer).state == "passed"
    assert insurer.accepted("claim").keys() == set(range(1, 3)) | set(range(7, 31))


def test_an_empty_table_stops(insurer: Insurer) -> None:
    del insurer.rows["product"]
    insurer.land()
    with pytest.raises(GateClosed, match=r"enough_rows_read \(product\)"):
        hold(insurer)


def test_too_many_rejections_stop(insurer: Insurer) -> None:
    policies(insurer, range(31, 81))
    for n in range(1, 52):
        insurer.put("premium_payment", payment_id=n, amount=-1)
    insurer.land()
    with pytest.raises(GateClosed, match=r"few_rejections \(premium_payment\)"):
        hold(insurer)


def test_landing_that_disagrees_with_the_ledger_stops(insurer: Insurer) -> None:
    insurer.land()
    with insurer.connect() as conn:
        conn.execute("delete from landing.policy_admin__claim where claim_id = 1")
    with pytest.raises(GateClosed, match=r"ledger_agrees \(claim\)"):
        hold(insurer)
    rows = insurer.ask("select rows_accepted, rows_rejected from ops.batch where source_table = 'claim'")
    assert rows == [(None, None)]


def test_nothing_landed_is_no_reason_to_pass(insurer: Insurer) -> None:
    with pytest.raises(GateClosed, match="nothing has landed from policy_admin"):
        hold(insurer)


def test_parents_come_first_and_circles_are_refused(insurer: Insurer) -> None:
    connector = insurer.profile.connector(SYSTEM)
    order = [table.name for table in parents_first(connector)]
    assert order.index("product") < order.index("policy") < order.index("premium_due")
    assert order.index("premium_due") < order.index("premium_payment")
    circle = [
        t.model_copy(update={"parents": {"policy_id": "claim"}}) if t.name == "policy" else t for t in connector.tables
    ]
    with pytest.raises(ConfigurationError, match="each other's parents"):
        parents_first(connector.model_copy(update={"tables": tuple(circle)}))


def test_the_gates_page_says_what_became_of_every_check(insurer: Insurer) -> None:
    from customer_knowledge.settings import settings

    insurer.put("party", party_id=2, name="")
    insurer.land()
    report = hold(insurer)
    place = settings().runs_dir / "data_docs" / report.gate
    page = (place / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr class=\"(\w*)\">(.*?)</tr>", page, re.DOTALL)
    assert len(rows) == len(report.results)
    assert "passed · 通过" in page
    style, named = next(row for row in rows if "<td>party_named</td>" in row[1])
    assert style == "apart"
    assert "set apart 已隔离" in named
    assert re.search(r"<td class=\"n\">1</td><td>set apart", named)
    assert rows[0][0] == "apart"
    assert rows[-1][0] == "quiet"
    [link] = re.findall(r"href=\"([^\"]+)\">party</a>", named)
    assert "当事人有姓名" in (place / link).read_text(encoding="utf-8")


def test_a_closed_gates_page_begins_with_what_closed_it(insurer: Insurer) -> None:
    from customer_knowledge.settings import settings

    for n in range(1, 31):
        insurer.put("policy", policy_id=n, annual_premium=None)
    insurer.land()
    with pytest.raises(GateClosed):
        hold(insurer)
    page = (settings().runs_dir / "data_docs/landing_policy_admin/index.html").read_text(encoding="utf-8")
    assert "closed · 关闭" in page
    first = page[page.index('<tr class="') :].split("</tr>")[0]
    assert 'class="closes"' in first
    assert "policy_premium_filled" in first


def test_no_value_reaches_results_pages_messages_or_logs(insurer: Insurer, caplog: pytest.LogCaptureFixture) -> None:
    from customer_knowledge.settings import settings

    insurer.put("party", party_id=1, id_type="resident_id", id_number=CANARIES[1], name=CANARIES[0])
    insurer.put("party", party_id=2, name="", address=CANARIES[0])
    insurer.put("policy", policy_id=1, annual_premium=f"-{CANARIES[2]}", currency=CANARIES[1][:3])
    for n in range(2, 31):
        insurer.put("policy", policy_id=n, annual_premium=None, policy_no=CANARIES[1])
    insurer.land()
    with caplog.at_level("DEBUG"), pytest.raises(GateClosed) as closed:
        hold(insurer)
    sinks = [str(closed.value), caplog.text]
    for table in ("check_run", "check_result", "failing_key"):
        sinks.append(str(insurer.ask(f"select * from quality.{table}")))
    pages = list((settings().runs_dir / "data_docs").rglob("*"))
    assert any(p.name == "index.html" for p in pages)
    sinks += [p.read_text(encoding="utf-8", errors="ignore") for p in pages if p.is_file()]
    assert insurer.ask("select count(*) from quality.failing_key where check_id = 'party_named'") == [(1,)]
    expected = insurer.ask("select md5('policy_admin|2')")
    assert insurer.ask("select key_hash from quality.failing_key where check_id = 'party_named'") == expected
    html = [p.read_text(encoding="utf-8") for p in pages if p.suffix == ".html"]
    assert any("A party has a name. / 当事人有姓名。" in page for page in html)
    assert not any(re.search(r"<script|(src|href|url\()[=\"' ]*https?:", page) for page in html)
    for canary in CANARIES:
        assert not any(canary in sink for sink in sinks), canary
    # The needle can be found where it may be.
    assert CANARIES[2] in str(insurer.ask("select payload from quarantine.rejected_row"))
