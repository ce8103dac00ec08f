"""A made file of the actual motor portfolio's shape: 30 columns, policy-years, ends that depend on what is known.

Nothing in it is copied from the actual file; only its shape, its rates of missing values and its habits are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from customer_knowledge.profile import load

FIRST, LAST = date(2015, 11, 2), date(2018, 11, 30)
Row = dict[str, str]


@dataclass(frozen=True)
class Written:
    """What stands in a made file."""

    rows: int
    contracts: int
    ended: int
    premium: Decimal


def columns() -> list[str]:
    """The file's columns as the profile declares them."""
    form = load("motor_portfolio").connectors[0].tables[0].file
    assert form is not None
    return [column.name for column in form.columns]


def write_motor_file(path: Path, contracts: int = 3000, seed: int = 7) -> Written:
    """Write the file, semicolons and CRLF as in the actual one; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    by_contract = [_contract(rng, number) for number in range(1, contracts + 1)]
    rows = [row for years in by_contract for row in years]
    names = columns()
    lines = [";".join(names), *(";".join(row[name] for name in names) for row in rows)]
    path.write_bytes("".join(line + "\r\n" for line in lines).encode())
    return Written(
        rows=len(rows),
        contracts=contracts,
        ended=sum(bool(years[0]["Date_lapse"]) for years in by_contract),
        premium=sum((Decimal(row["Premium"]) for row in rows), Decimal(0)),
    )


def _text(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _years_after(day: date, years: int) -> date:
    return day.replace(year=day.year + years)


def _chance_of_end(premium: float, term: int, fuel: str, claims: int) -> float:
    """Dearer, younger, petrol and claim-laden contracts end more often."""
    score = -3.05 + 1.4 * (premium > 350) + 0.8 * (term == 0) + 0.5 * (fuel == "P") + 0.7 * min(claims, 2)
    return float(1 / (1 + np.exp(-score)))


def _day_of_end(rng: np.random.Generator, begins: date) -> date:
    """Mostly the renewal itself, else within the term or at its close; a few before it, as in the actual file."""
    how = rng.choice(["renewal", "within", "close", "before"], p=[0.68, 0.18, 0.12, 0.02])
    offset = {"renewal": 0, "within": int(rng.integers(30, 330)), "before": -int(rng.integers(5, 60))}
    return _years_after(begins, 1) if how == "close" else begins + timedelta(days=offset[str(how)])


def _contract(rng: np.random.Generator, number: int) -> list[Row]:
    """The policy-years of one contract, oldest first; its end is written on all of them."""
    fixed, premium, fuel = _standing(rng, number)
    begins = FIRST + timedelta(days=int(rng.integers(0, (LAST - FIRST).days + 1)))
    begins = begins.replace(day=min(begins.day, 28))  # so that every year has the day
    begins = max(begins, FIRST)
    started = _years_after(begins, -int(rng.integers(1, 12))) if rng.random() < 0.45 else begins
    rows: list[Row] = []
    ends: date | None = None
    while begins <= LAST and ends is None:
        claims = int(rng.poisson(0.35))
        cost = round(float(rng.gamma(1.2, 600)) * claims, 2)
        rows.append(
            fixed
            | {
                "Date_last_renewal": _text(begins),
                "Date_next_renewal": _text(_years_after(begins, 1)),
                "Premium": f"{premium:.2f}",
                "Cost_claims_year": f"{cost:g}" if cost < 1 else f"{cost:.2f}",
                "N_claims_year": str(claims),
            }
        )
        if rng.random() < _chance_of_end(premium, begins.year - started.year, fuel, claims):
            ends = _day_of_end(rng, begins)
        begins, premium = _years_after(begins, 1), premium * float(rng.uniform(0.93, 1.08))
    history = sum(int(row["N_claims_year"]) for row in rows)
    stamped = {
        "Date_start_contract": _text(started),
        "Date_lapse": _text(ends) if ends else "",
        "Lapse": str(int(ends is not None)),
        "Seniority": str(max(1, LAST.year - started.year)),
        "N_claims_history": str(history),
        "R_Claims_history": f"{history / max(1, LAST.year - started.year):.2f}",
    }
    return [row | stamped for row in rows]


def _standing(rng: np.random.Generator, number: int) -> tuple[Row, float, str]:
    """What does not change from year to year: the person, the vehicle; with the first premium and the fuel."""
    born = date(1940, 1, 1) + timedelta(days=int(rng.integers(0, 20_000)))
    licensed = born + timedelta(days=int(rng.integers(18 * 366, 32 * 365)))
    fuel = str(rng.choice(["D", "P"], p=[0.62, 0.38]))
    power = int(rng.integers(55, 180))
    premium = 120 + 1.1 * power + float(rng.gamma(2.0, 55))
    fixed = {
        "ID": str(number),
        "Date_birth": _text(born),
        "Date_driving_licence": _text(licensed),
        "Distribution_channel": str(int(rng.random() < 0.45)),
        "Policies_in_force": str(int(rng.integers(1, 4))),
        "Max_policies": str(int(rng.integers(1, 5))),
        "Max_products": "1",
        "Payment": str(int(rng.random() < 0.32)),
        "Type_risk": str(rng.choice([1, 2, 3, 4], p=[0.08, 0.13, 0.78, 0.01])),
        "Area": str(int(rng.random() < 0.27)),
        "Second_driver": str(int(rng.random() < 0.12)),
        "Year_matriculation": str(int(rng.integers(1992, 2016))),
        "Power": str(power),
        "Cylinder_capacity": str(int(rng.integers(900, 2600))),
        "Value_vehicle": f"{rng.uniform(4000, 42000):.2f}",
        "N_doors": str(rng.choice([0, 2, 3, 4, 5], p=[0.09, 0.03, 0.14, 0.13, 0.61])),
        "Type_fuel": "NA" if rng.random() < 0.017 else fuel,
        "Length": "NA" if rng.random() < 0.098 else f"{rng.uniform(3.2, 5.1):.2f}",
        "Weight": str(int(rng.integers(800, 2200))),
    }
    return fixed, premium, fuel
