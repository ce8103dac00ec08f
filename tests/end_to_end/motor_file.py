"""A made file of the motor portfolio's shape, dirt and dependence, for where the actual one is not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

HEADER = (
    "ID;Date_start_contract;Date_last_renewal;Date_next_renewal;Date_birth;Date_driving_licence;"
    "Distribution_channel;Seniority;Policies_in_force;Max_policies;Max_products;Lapse;Date_lapse;Payment;Premium;"
    "Cost_claims_year;N_claims_year;N_claims_history;R_Claims_history;Type_risk;Area;Second_driver;"
    "Year_matriculation;Power;Cylinder_capacity;Value_vehicle;N_doors;Type_fuel;Length;Weight"
)
LAST_RENEWAL = date(2018, 11, 30)


def _text(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _a_year_after(day: date) -> date:
    return (day + timedelta(days=366)).replace(day=min(day.day, 28), month=day.month)


def _contract(rng: np.random.Generator, number: int) -> list[str]:
    """The policy-years of one contract, oldest first; newer vehicles and dearer policies are left more often."""
    begins = date(2015, 11, 2) + timedelta(days=int(rng.integers(0, 1000)))
    begins = begins.replace(day=min(begins.day, 28))
    born = date(1945, 1, 1) + timedelta(days=int(rng.integers(0, 18000)))
    licensed = born + timedelta(days=int(rng.integers(18 * 366, 30 * 365)))
    channel, risk, built = (
        int(rng.integers(0, 2)),
        int(rng.choice([1, 2, 3], p=[0.2, 0.2, 0.6])),
        int(rng.integers(1995, 2016)),
    )
    premium = float(rng.uniform(120, 600))
    leaves = 0.08 + 0.25 * (premium > 400) + 0.1 * channel
    years: list[tuple[date, float, float, int]] = []
    ends: date | None = None
    while begins <= LAST_RENEWAL and ends is None:
        claims = int(rng.poisson(0.3))
        years.append((begins, round(premium, 2), round(float(rng.gamma(1.5, 400)) * claims, 2), claims))
        if rng.random() < leaves:
            ends = _a_year_after(begins) - timedelta(days=int(rng.integers(0, 60)))
        begins, premium = _a_year_after(begins), premium * float(rng.uniform(0.95, 1.1))
    start, lapsed = _text(years[0][0]), _text(ends) if ends else ""
    length = "NA" if rng.random() < 0.1 else "4.2"
    return [
        f"{number};{start};{_text(at)};{_text(_a_year_after(at))};{_text(born)};{_text(licensed)};{channel};3;1;1;1;"
        f"{int(ends is not None)};{lapsed};0;{paid};{cost};{count};{count};0.1;{risk};{number % 2};0;{built};"
        f"{90 + number % 60};1400;15000;5;{'P' if number % 3 else 'D'};{length};1100"
        for at, paid, cost, count in years
    ]


def write(path: Path, contracts: int = 1500, seed: int = 7) -> int:
    """Write the file and give the number of its policy-years; one more row cannot be read, and says so."""
    rng = np.random.default_rng(seed)
    rows = [row for number in range(1, contracts + 1) for row in _contract(rng, number)]
    unreadable = rows[10].split(";")
    unreadable[0], unreadable[14] = "900001", "not a premium"
    path.write_text("\n".join([HEADER, *rows, ";".join(unreadable)]) + "\n", encoding="utf-8")
    return len(rows)
