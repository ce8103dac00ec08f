"""Made rows of the sample insurer's tables: every builder gives a good row, changed by keywords."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
STAMP = {"updated_at": "2026-06-30T10:00:00+08:00"}


def product(product_code: str, line_of_business: str, **changes: Any) -> Row:
    row = {
        "product_code": product_code,
        "product_name": "产品",
        "product_name_en": "Product",
        "line_of_business": line_of_business,
        "is_long_term": line_of_business == "life",
        "first_year_commission_rate": 0.2,
        "renewal_commission_rate": 0.05,
        "on_sale_from": "2018-01-01",
        "recorded_on": "2018-01-01",
    }
    return row | STAMP | changes


def agent(agent_id: int, **changes: Any) -> Row:
    row = {"agent_id": agent_id, "agent_name": "王芳", "channel": "agency", "hired_on": "2018-01-01"}
    return row | {"recorded_on": "2018-01-01"} | STAMP | changes


def party(party_id: int, **changes: Any) -> Row:
    row = {
        "party_id": party_id,
        "party_type": "person",
        "name": f"当事人{party_id}",
        "id_number": None,
        "credit_code": None,
        "birth_date": "1980-01-01",
        "sex": "F",
        "recorded_on": "2020-01-01",
    }
    return row | STAMP | changes


def policy(policy_id: int, product_code: str, **changes: Any) -> Row:
    row = {
        "policy_id": policy_id,
        "policy_no": f"P{policy_id}",
        "product_code": product_code,
        "agent_id": 1,
        "channel": "agency",
        "issued_on": "2020-01-01",
        "effective_on": "2020-01-01",
        "premium_mode": "annual",
        "annual_premium": 1000,
        "sum_assured": 50000,
        "currency": "CNY",
        "status": "active",
        "recorded_on": "2020-01-01",
    }
    return row | STAMP | changes


def policy_party(number: int, policy_id: int, party_id: int, role: str) -> Row:
    row = {"policy_party_id": number, "policy_id": policy_id, "party_id": party_id, "role": role}
    return row | {"recorded_on": "2020-01-01"} | STAMP


def event(event_id: int, policy_id: int, event_type: str, occurred_on: str, **changes: Any) -> Row:
    row = {"event_id": event_id, "policy_id": policy_id, "event_type": event_type, "occurred_on": occurred_on}
    return row | {"recorded_on": occurred_on} | STAMP | changes


def due(due_id: int, policy_id: int, due_on: str, policy_year: int, amount: float = 1000) -> Row:
    row = {
        "due_id": due_id,
        "policy_id": policy_id,
        "due_on": due_on,
        "amount": amount,
        "policy_year": policy_year,
    }
    return row | {"recorded_on": due_on} | STAMP


def payment(payment_id: int, due_id: int, policy_id: int, paid_on: str, amount: float) -> Row:
    row = {"payment_id": payment_id, "due_id": due_id, "policy_id": policy_id, "paid_on": paid_on}
    return row | {"amount": amount, "recorded_on": paid_on} | STAMP


def claim(claim_id: int, policy_id: int, **changes: Any) -> Row:
    row = {
        "claim_id": claim_id,
        "policy_id": policy_id,
        "party_id": 1,
        "incurred_on": "2025-01-01",
        "reported_on": "2025-01-02",
        "claimed_amount": 500,
        "reserve_amount": 100,
        "recorded_on": "2025-01-02",
    }
    return row | STAMP | changes


def claim_payment(number: int, claim_id: int, paid_on: str, amount: float) -> Row:
    row = {"claim_payment_id": number, "claim_id": claim_id, "paid_on": paid_on, "amount": amount}
    return row | {"recorded_on": paid_on} | STAMP


def contact(contact_id: str, **changes: Any) -> Row:
    row = {
        "contact_id": contact_id,
        "contact_type": "person",
        "name": f"联系人{contact_id}",
        "id_number": None,
        "credit_code": None,
        "mobile": "13800000000",
        "is_app_user": False,
        "recorded_on": "2021-01-01",
    }
    return row | STAMP | changes


def interaction(interaction_id: int, contact_id: str, occurred_at: str) -> Row:
    row = {
        "interaction_id": interaction_id,
        "contact_id": contact_id,
        "channel": "phone",
        "direction": "inbound",
    }
    return row | {"occurred_at": occurred_at, "recorded_on": "2026-06-01"} | STAMP


def complaint(complaint_id: int, contact_id: str, **changes: Any) -> Row:
    row = {
        "complaint_id": complaint_id,
        "contact_id": contact_id,
        "policy_no": None,
        "opened_on": "2026-01-01",
    }
    return row | {"is_regulator_forwarded": False, "recorded_on": "2026-01-01"} | STAMP | changes


def retention_task(task_id: int, contact_id: str, arm: str, offered_on: str, **changes: Any) -> Row:
    row = {"task_id": task_id, "contact_id": contact_id, "policy_no": None, "offered_on": offered_on, "arm": arm}
    row |= {"value_grade": "B", "risk_band": "high", "contacted_on": None, "outcome": None, "closed_on": None}
    return row | {"recorded_on": offered_on} | STAMP | changes


def consent(consent_id: int, contact_id: str, state: str | None, occurred_on: str, **changes: Any) -> Row:
    row = {"consent_id": consent_id, "contact_id": contact_id, "purpose": "marketing", "state": state}
    return row | {"occurred_on": occurred_on, "recorded_on": occurred_on} | STAMP | changes
