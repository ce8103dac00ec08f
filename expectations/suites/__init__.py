"""The suites, a file per gated layer. A gate without a suite stays closed."""

from __future__ import annotations

from customer_knowledge.errors import GateClosed
from expectations.suite import Suite
from expectations.suites.core import SUITE as CORE
from expectations.suites.landing_crm import SUITE as LANDING_CRM
from expectations.suites.landing_motor_portfolio import SUITE as LANDING_MOTOR_PORTFOLIO
from expectations.suites.landing_policy_admin import SUITE as LANDING_POLICY_ADMIN
from expectations.suites.marts import SUITE as MARTS
from expectations.suites.ml import SUITE as ML

SUITES: dict[str, Suite] = {
    found.gate: found for found in (LANDING_POLICY_ADMIN, LANDING_CRM, LANDING_MOTOR_PORTFOLIO, CORE, ML, MARTS)
}


def suite(gate: str) -> Suite:
    """The suite of a gate.

    Raises:
        GateClosed: when the gate has no suite or an empty one: nothing passes unasked.
    """
    found = SUITES.get(gate)
    if found is None or not found.rules:
        raise GateClosed(
            f"gate {gate} has no rules, and what nobody checks does not pass",
            hint=f"write expectations/suites/{gate}.py and name it in expectations/suites/__init__.py",
        )
    return found
