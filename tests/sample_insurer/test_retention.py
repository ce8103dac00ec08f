"""The CRM acts on a worklist: what it writes down, what contacts change, and whether the trial finds the truth."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from customer_knowledge import pipeline
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.sample_insurer.paths import STATUS_AFTER
from customer_knowledge.sample_insurer.retention import Offer
from customer_knowledge.warehouse import dbt
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.server import Server
from tests.harness.day import build_to_core, land
from tests.sample_insurer.conftest import read

CUSTOMERS, SEED, FIRST_DAY = 3000, 11, date(2026, 6, 30)
OFFERED = 1500
pytestmark = pytest.mark.postgres
IN_FORCE = "('active', 'grace', 'paid_up', 'premium_waived')"
LEAVING = "('suspended', 'surrendered', 'expired')"


@pytest.fixture(scope="module")
def offers(postgres: Server) -> list[Offer]:
    """A day passes with half of some policyholders drawn to be treated; who they are is drawn by policy number."""
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    query = f"select policy_no from policy where status in {IN_FORCE} order by md5(policy_no) limit {OFFERED}"
    found = read("policy_admin", query)["policy_no"]
    made = [Offer(number, n % 2 == 0, "B", "high") for n, number in enumerate(found)]
    assert advance.advance_day(SEED, made) == FIRST_DAY + timedelta(days=1)
    return made


def test_a_day_makes_a_task_for_each_customer_and_arm(offers: list[Offer]) -> None:
    tasks = read("crm", "select * from retention_task")
    assert 0.7 * OFFERED < len(tasks) <= OFFERED
    assert tasks["contact_id"].is_unique
    drawn = {offer.policy_number: "holdout" if offer.is_holdout else "treated" for offer in offers}
    assert (tasks["policy_no"].map(drawn) == tasks["arm"]).all()
    assert set(tasks["offered_on"]) == {FIRST_DAY}
    assert set(tasks["recorded_on"]) == {FIRST_DAY + timedelta(days=1)}


def test_the_same_list_again_makes_no_second_task(offers: list[Offer]) -> None:
    before = len(read("crm", "select 1 from retention_task"))
    turned = [offer._replace(is_holdout=not offer.is_holdout) for offer in offers]
    advance.advance_day(SEED, turned)
    assert len(read("crm", "select 1 from retention_task")) == before


@pytest.fixture(scope="module")
def later(offers: list[Offer]) -> pd.DataFrame:
    """Tasks 60 days on, with the truth and the first day the customer left a policy held when drawn.

    Days not played yet are read where they wait.
    """
    for _ in range(60):
        advance.advance_day(SEED)
    tasks = read("crm", "select * from retention_task order by task_id").set_index("task_id")
    truth = read("ck_truth", "select * from truth.retention_task").set_index("task_id")
    exits = read(
        "ck_truth",
        f"""select policy_id, min(occurred_on) as left_on from policy_admin.policy_event where event_type in {LEAVING}
        and occurred_on > '{FIRST_DAY}' and occurred_on <= '{FIRST_DAY + timedelta(days=365)}' group by 1""",
    )
    held = read(
        "policy_admin",
        f"""select policy_id, party_id::text as party_id from policy_party join policy as p using (policy_id)
        where role = 'policyholder' and p.recorded_on <= '{FIRST_DAY}'""",
    )
    persons = read("ck_truth", "select * from truth.person_party")
    parties = persons[persons["source_system"] == "policy_admin"]
    left = exits.merge(held, on="policy_id").merge(parties, on="party_id").groupby("person_id")["left_on"].min()
    person = persons[persons["source_system"] == "crm"].set_index("party_id")["person_id"]
    return tasks.join(truth).assign(left_on=tasks["contact_id"].map(person).map(left))


def test_only_the_treated_are_contacted_and_tasks_are_closed(later: pd.DataFrame) -> None:
    treated, holdout = (later[later["arm"] == arm] for arm in ("treated", "holdout"))
    assert holdout[["contacted_on", "outcome", "closed_on"]].isna().all(axis=None)
    assert treated[["contacted_on", "outcome", "closed_on"]].notna().all(axis=None)
    shares = treated["outcome"].value_counts(normalize=True)
    assert shares["unreachable"] == pytest.approx(0.2, abs=0.08)
    assert shares["accepted"] == pytest.approx(0.48, abs=0.1)


def test_who_accepts_stays_and_who_is_left_alone_does_as_was_to_come(later: pd.DataFrame) -> None:
    accepted = later[later["outcome"] == "accepted"]
    assert not (accepted["left_on"] > accepted["contacted_on"]).any()
    stays = later[(later["arm"] == "holdout") & ~later["leaves_if_left_alone"].astype(bool)]
    assert stays["left_on"].isna().all()
    assert later.loc[later["arm"] == "holdout", "left_on"].notna().mean() > 0.03


def test_the_status_follows_from_the_events(later: pd.DataFrame) -> None:
    events = read("policy_admin", "select * from policy_event").sort_values(["occurred_on", "event_id"])
    replayed = events["event_type"].map(STATUS_AFTER).groupby(events["policy_id"]).last()
    status = read("policy_admin", "select policy_id, status from policy").set_index("policy_id")["status"]
    both = pd.concat([replayed.rename("replayed"), status], axis=1, join="inner")
    assert len(both) > CUSTOMERS
    assert both[both["replayed"] != both["status"]].empty


def test_who_stays_by_a_contact_pays_on(later: pd.DataFrame) -> None:
    renewed = read(
        "policy_admin",
        f"""select e.amount, p.expires_on, e.occurred_on, d.amount as due, y.amount as paid
        from policy_event as e join policy as p using (policy_id)
        left join premium_due as d on d.policy_id = e.policy_id and d.due_on = e.occurred_on
        left join premium_payment as y on y.due_id = d.due_id
        where e.event_type = 'renewed' and e.reason is null and e.recorded_on > '{FIRST_DAY + timedelta(days=10)}'
        and p.policy_no in (select unnest(array[{", ".join(f"'{n}'" for n in saved(later))}]))""",
    )
    assert len(renewed) > 0
    assert (renewed["due"].astype(float) > 0).all()
    assert (renewed["expires_on"] > renewed["occurred_on"]).all()


def saved(later: pd.DataFrame) -> list[str]:
    would = later["leaves_if_left_alone"].astype(bool) & ~later["leaves_if_treated"].astype(bool)
    return later.loc[would & (later["arm"] == "treated"), "policy_no"].tolist()


def test_the_sign_of_the_planted_uplift_is_found(later: pd.DataFrame) -> None:
    """By the outcomes that come true, within 2.6 standard errors of the truth of these very customers."""
    alone, treated = (later[c].astype(float) for c in ("leaves_if_left_alone", "leaves_if_treated"))
    gain = alone.mean() - treated.mean()
    left = later["left_on"].notna()
    # What comes true is what was planned for the arm.
    assert (left == alone.where(later["arm"] == "holdout", treated).astype(bool)).mean() > 0.98
    rates = (~left).groupby(later["arm"]).agg(["mean", "size"])
    effect = rates.loc["treated", "mean"] - rates.loc["holdout", "mean"]
    error = ((rates["mean"] * (1 - rates["mean"]) / rates["size"]).sum()) ** 0.5
    assert gain > 0.05
    assert effect > 2 * error
    assert effect == pytest.approx(gain, abs=2.6 * error)


def test_the_mart_finds_it_too(later: pd.DataFrame, module_sample: Profile) -> None:
    """A year on, `retention_effect` says what the outcomes of all say, and its interval holds the truth."""
    day = FIRST_DAY + timedelta(days=366)
    while advance.current_day() != day:
        advance.advance_day(SEED)
    land(module_sample, day)
    build_to_core(module_sample, day)
    edition = pipeline.building(module_sample, day)
    dbt.run("run", module_sample, edition_id=edition, as_of_date=day, select="retention_effect", target_name="effect")
    with warehouse(module_sample) as connection:
        [(treated, holdout, effect, low, high)] = connection.execute(
            "select treated, holdout, effect::float, effect_low::float, effect_high::float"
            " from marts_build.retention_effect where horizon_months = 12"
            " and (cohort_month, value_grade, risk_band) = ('all', 'all', 'all')"
        ).fetchall()
    kept = later["left_on"].isna()
    seen = kept[later["arm"] == "treated"].mean() - kept[later["arm"] == "holdout"].mean()
    alone, if_treated = (later[c].astype(float).mean() for c in ("leaves_if_left_alone", "leaves_if_treated"))
    assert treated + holdout > 0.95 * len(later)
    assert effect == pytest.approx(seen, abs=0.01)
    assert 0 < low < alone - if_treated < high
