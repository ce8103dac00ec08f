"""The sources day by day: replay, recording, amounts, dirt, silent updates, deletions."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import psycopg
import pytest

from customer_knowledge.errors import ConfigurationError, ServerError
from customer_knowledge.profile import load
from customer_knowledge.sample_insurer import advance
from customer_knowledge.sample_insurer.catalogue import SEGMENTS
from customer_knowledge.sample_insurer.changes import KEYS
from customer_knowledge.sample_insurer.paths import STATUS_AFTER
from customer_knowledge.warehouse.connections import READER, SIMULATOR, connect
from tests.sample_insurer.conftest import FIRST_DAY, SEED, Day, read

pytestmark = pytest.mark.postgres


def replayed(day: Day) -> pd.Series:
    events = day["policy_event"].reset_index()
    events = events[events["event_type"].isin(STATUS_AFTER)]
    last = events.sort_values(["policy_id", "occurred_on", "event_id"]).groupby("policy_id").last()
    return last["event_type"].map(STATUS_AFTER)


def by_key(day: Day, table: str) -> pd.DataFrame:
    frame = day[table]
    return frame.set_index(frame.index.astype(str))


def test_days_follow_each_other(days: list[Day]) -> None:
    assert [d.day for d in days] == [FIRST_DAY + timedelta(days=i) for i in range(4)]
    assert advance.current_day() == days[-1].day


def test_status_is_the_replay_of_events_on_every_day(days: list[Day]) -> None:
    for day in days:
        status = day["policy"]["status"]
        assert status.to_dict() == replayed(day).reindex(status.index).to_dict()
    assert len(set(days[0]["policy"]["status"])) >= 6


def test_nothing_is_there_before_it_was_recorded(days: list[Day]) -> None:
    for day in days:
        for (system, name), frame in day.tables.items():
            if name == "retention_task":
                assert frame.empty, "no worklist was published, and there are tasks"
                continue
            assert len(frame), f"{system}.{name} is empty"
            assert frame["recorded_on"].max() <= day.day, name
            assert max(frame["updated_at"]).date() <= day.day, name


@pytest.mark.parametrize(
    ("table", "happened"),
    [
        ("policy_event", "occurred_on"),
        ("premium_payment", "paid_on"),
        ("policy", "issued_on"),
        ("claim_payment", "paid_on"),
    ],
)
def test_recording_follows_what_happened_soon(days: list[Day], table: str, happened: str) -> None:
    frame = days[-1][table]
    lag = (pd.to_datetime(frame["recorded_on"]) - pd.to_datetime(frame[happened])).dt.days
    assert lag.min() >= 0
    # Rare rows are few here: three standard errors of their share.
    assert (lag <= 4).mean() > 0.95 - 3 * (0.95 * 0.05 / len(lag)) ** 0.5


def test_payments_settle_their_dues(days: list[Day]) -> None:
    for day in days:
        expected = {k for s, t, k, _ in day.expected if t == "premium_payment"}
        payments = by_key(day, "premium_payment")
        payments = payments[~payments.index.isin(expected)]
        dues = day["premium_due"].add_suffix("_due")
        joined = payments.join(dues, on="due_id")
        assert (joined["amount"] == joined["amount_due"]).all()
        assert (joined["policy_id"] == joined["policy_id_due"]).all()
        assert not payments["due_id"].duplicated().any()


def test_unpaid_dues_belong_to_grace_suspension_or_the_last_days(days: list[Day]) -> None:
    day = days[-1]
    dues = day["premium_due"]
    unpaid = dues[~dues.index.isin(day["premium_payment"]["due_id"])]
    unpaid = unpaid[pd.to_datetime(unpaid["due_on"]) < pd.Timestamp(day.day) - pd.Timedelta(days=20)]
    # A payment may be recorded up to 14 days after the event that it brought about.
    events = day["policy_event"]
    lately = events[pd.to_datetime(events["occurred_on"]) >= pd.Timestamp(day.day) - pd.Timedelta(days=15)]
    unpaid = unpaid[~unpaid["policy_id"].isin(lately["policy_id"])]
    status = day["policy"]["status"].reindex(unpaid["policy_id"])
    assert set(status) <= {"grace", "suspended", "terminated_by_lapse"}
    assert len(unpaid) > 5


def test_no_payment_or_due_comes_after_the_end(days: list[Day]) -> None:
    events = days[-1]["policy_event"]
    final = ("surrendered", "claim_terminated", "matured", "expired", "free_look_cancelled")
    ended = events[events["event_type"].isin(final)].set_index("policy_id")["occurred_on"]
    assert not ended.index.duplicated().any()
    dues = days[-1]["premium_due"].join(ended.rename("ended_on"), on="policy_id").dropna(subset=["ended_on"])
    assert (dues["due_on"] <= dues["ended_on"]).all()
    paid = days[-1]["premium_payment"].join(ended.rename("ended_on"), on="policy_id").dropna(subset=["ended_on"])
    assert (paid["paid_on"] <= paid["ended_on"]).all()


def faults(day: Day) -> set[tuple[str, str, str, str]]:
    """What is wrong in the tables, found without looking at the truth."""
    policy, party, contact = by_key(day, "policy"), by_key(day, "party"), by_key(day, "contact")
    payment, claim, survey = (
        by_key(day, "premium_payment"),
        by_key(day, "claim"),
        by_key(day, "satisfaction_survey"),
    )
    term = policy.dropna(subset=["expires_on"])
    people = party.dropna(subset=["birth_date"])
    scores = survey.dropna(subset=["score"])
    found = [
        ("policy_admin", "policy", policy.index[policy["annual_premium"] < 0], "premium_not_negative"),
        ("policy_admin", "policy", term.index[term["expires_on"] < term["effective_on"]], "term_in_order"),
        ("policy_admin", "policy", policy.index[policy["currency"] != "CNY"], "currency_known"),
        ("policy_admin", "party", party.index[party["name"].isna()], "party_named"),
        ("policy_admin", "party", people.index[people["birth_date"] > day.day], "birth_date_plausible"),
        ("policy_admin", "premium_payment", payment.index[payment["amount"] <= 0], "payment_positive"),
        (
            "policy_admin",
            "claim",
            claim.index[claim["reported_on"] < claim["incurred_on"]],
            "claim_dates_in_order",
        ),
        ("crm", "contact", contact.index[contact["name"].isna()], "contact_named"),
        (
            "crm",
            "satisfaction_survey",
            scores.index[~scores["score"].between(0, 10)],
            "survey_score_in_range",
        ),
    ]
    return {(system, table, key, rule) for system, table, keys, rule in found for key in keys}


def orphans(day: Day) -> set[tuple[str, str, str, str]]:
    """Rows whose parent is not in the source at all."""
    found = set()
    for connector in load("sample").connectors:
        for child in connector.tables:
            frame = by_key(day, child.name)
            for column, parent in child.parents.items():
                lost = frame.index[~frame[column].isin(day[parent].index) & frame[column].notna()]
                found |= {(connector.system, child.name, key, "orphan") for key in lost}
    return found


def test_planted_dirt_is_exactly_what_is_wrong(days: list[Day]) -> None:
    for day in days:
        dirt = read(
            "ck_truth",
            f"""select source_system, source_table, row_key, rule_id from truth.dirt where severity = 'quarantine'
            and planted_on <= '{day.day}' and coalesce(fixed_on, 'infinity') > '{day.day}'""",
        )
        planted = set(dirt.itertuples(index=False, name=None))
        assert planted == faults(day) | orphans(day)


def test_first_day_has_every_kind_of_dirt(days: list[Day]) -> None:
    rules = {rule for *_, rule in days[0].expected | days[0].warned}
    assert len(rules) == 12  # thirteen kinds, two of them orphans


def test_orphans_of_spoilt_parents_are_expected_too(days: list[Day]) -> None:
    spoilt = {k for _, t, k, _ in days[0].expected if t == "policy"}
    children = days[0]["policy_event"]
    events = children.index[children["policy_id"].astype(str).isin(spoilt)]
    assert len(spoilt) == 3
    assert {("policy_admin", "policy_event", str(e), "orphan") for e in events} <= days[0].expected


def test_dirt_comes_and_goes_with_the_days(days: list[Day]) -> None:
    for before, after in pairwise(days):
        assert before.expected - after.expected, f"nothing was put right on {after.day}"
    newly = (days[-1].expected | days[-1].warned) - (days[0].expected | days[0].warned)
    assert {rule for *_, rule in newly} - {"orphan"}, "no new dirt in three days"


def test_a_policy_put_right_releases_its_children(days: list[Day]) -> None:
    gone = {key for _, table, key, rule in days[0].expected - days[1].expected if table == "policy"}
    assert gone, "the first fix is a policy's"
    released = [r for r in days[0].expected - days[1].expected if r[1] == "policy_event"]
    assert released


def test_unstated_consents_and_wrong_check_digits_are_warnings(days: list[Day]) -> None:
    consent = by_key(days[0], "consent")
    empty = {("crm", "consent", k, "consent_state_known") for k in consent.index[consent["state"].isna()]}
    assert empty == {w for w in days[0].warned if w[1] == "consent"}
    assert empty


def test_some_updates_leave_updated_at_alone(days: list[Day]) -> None:
    for before, after in pairwise(days):
        for table, column in (("party", "phone"), ("contact", "mobile")):
            old, new = before[table], after[table].loc[before[table].index]
            silent = (old[column] != new[column]) & (old["updated_at"] == new["updated_at"])
            assert silent.any(), f"no silent change of {table} on {after.day}"


def test_rows_come_and_go(days: list[Day]) -> None:
    for system in ("policy_admin", "crm"):
        places = [p for p in KEYS if p[0] == system]
        for before, after in pairwise(days):
            gone = [set(before.tables[p].index) - set(after.tables[p].index) for p in places]
            assert any(gone), f"nothing was deleted from {system} on {after.day}"
        come = [set(days[-1].tables[p].index) - set(days[0].tables[p].index) for p in places]
        assert sum(map(bool, come)) >= 3, f"hardly anything new in {system} in three days"
    gone = set(days[0]["policy_party"].index) - set(days[-1]["policy_party"].index)
    assert set(days[0]["policy_party"].loc[sorted(gone), "role"]) == {"beneficiary"}


def test_contacts_link_to_the_party_they_are(days: list[Day]) -> None:
    link = read("ck_truth", "select * from truth.contact_link").set_index("contact_id")["party_id"]
    contact = days[0]["contact"]
    known = contact[contact["id_number"].notna()].join(link)
    party = days[0]["party"].reindex(known["party_id"])
    # A spoilt check digit is the party's; the contact has the right one.
    assert (party["id_number"].to_numpy() == known["id_number"].to_numpy()).mean() > 0.98
    assert 0.6 < (contact["id_number"].notna() | contact["credit_code"].notna()).mean() < 0.8
    assert link.reindex(contact.index).isna().sum() > 5


def test_truth_names_every_segment(days: list[Day]) -> None:
    truth = read("ck_truth", "select distinct true_segment from truth.customer")
    assert set(truth["true_segment"]) == {s.code for s in SEGMENTS}


def test_notes_tell_names_phones_and_numbers_now_and_then(days: list[Day]) -> None:
    body = days[-1]["agent_note"]["body"]
    assert 0.3 <= len(body) / 300 <= 0.8
    assert body.str.contains(r"1[3-9]\d{9}").any()
    assert body.str.contains(r"\d{17}[\dX]").any()
    assert not body.str.contains("{", regex=False).any()


def test_the_source_reader_cannot_come_near_the_truth(days: list[Day]) -> None:
    with connect("policy_admin", READER) as connection:
        assert connection.execute("select count(*) from policy").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update policy set status = 'active'")
    with pytest.raises(ServerError, match="CONNECT privilege"):
        connect("ck_truth", READER)


def test_another_seed_is_refused(days: list[Day]) -> None:
    with pytest.raises(ConfigurationError, match="seed"):
        advance.advance_day(SEED + 1)


def test_a_day_played_again_after_a_crash_ends_the_same(days: list[Day]) -> None:
    # CRM committed, policy administration not: the business day still says yesterday.
    before = days[-1].day
    day = before + timedelta(days=1)
    with connect("ck_truth", SIMULATOR) as truth, connect("crm", SIMULATOR) as crm:
        advance._play(truth, crm, "crm", day)
    half = read("crm", "select md5(string_agg(i::text, '' order by interaction_id)) as rows from interaction i")
    assert advance.advance_day(SEED) == day
    whole = read("crm", "select md5(string_agg(i::text, '' order by interaction_id)) as rows from interaction i")
    assert half["rows"][0] == whole["rows"][0]


def test_days_end_where_the_simulation_does(days: list[Day], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "current_day", lambda: date(2027, 12, 31) + timedelta(days=1))
    with pytest.raises(ConfigurationError, match="simulated until"):
        advance.advance_day(SEED)
