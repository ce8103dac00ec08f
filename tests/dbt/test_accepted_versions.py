"""Which landed versions an edition is made of: every history a record can have, one key each."""

from __future__ import annotations

from datetime import date

import pytest

from tests.dbt import rows as make
from tests.dbt.conftest import build, rows
from tests.dbt.landing import Landing

PA, DAY_1, DAY_2, DAY_3 = "policy_admin", date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2)
PRODUCTS = "select product_code, name_en, is_stale from staging.stg_policy_admin__products order by 1"
pytestmark = pytest.mark.postgres


def land(landing: Landing, day: date, version: str, *codes: str, deleted: bool = False) -> dict[str, int]:
    versions = [make.product(code, "life", product_name_en=version) for code in codes]
    return dict(zip(codes, landing.land(PA, "product", day, versions, deleted=deleted), strict=True))


@pytest.fixture(scope="module")
def histories(sample_landing: Landing) -> Landing:
    """Three days of versions, accepted, rejected, released and deleted."""
    codes = (
        "good",
        "update",
        "bad_update",
        "mended",
        "bad",
        "released",
        "deleted",
        "back",
        "back_bad",
        "two_rules",
    )
    first = land(sample_landing, DAY_1, "v1", *codes)
    for code in ("bad", "released", "two_rules"):
        sample_landing.reject(PA, "product", [first[code]])
    sample_landing.reject(PA, "product", [first["two_rules"]], rule="another_rule")
    sample_landing.edition(DAY_1)
    second = land(sample_landing, DAY_2, "v2", "update", "bad_update", "mended")
    sample_landing.reject(PA, "product", [second["bad_update"], second["mended"]])
    land(sample_landing, DAY_2, "gone", "deleted", "back", "back_bad", deleted=True)
    third = land(sample_landing, DAY_3, "v3", "mended", "back", "back_bad", "tomorrow")
    sample_landing.reject(PA, "product", [third["back_bad"]])
    arrival = sample_landing.batch(PA, "product", DAY_3)
    sample_landing.release(PA, "product", [first["released"]], arrival)
    sample_landing.connection.execute(
        "update ops.rejected_version set released_batch_id = %s where version_id = %s and rule_id = 'another_rule'",
        (arrival, first["two_rules"]),
    )
    sample_landing.connection.commit()
    return sample_landing


def test_the_newest_accepted_version_counts_and_says_when_it_is_stale(histories: Landing) -> None:
    build(histories, DAY_3, "stg_policy_admin__products")
    assert rows(histories, PRODUCTS) == [
        ("back", "v3", False),
        ("bad_update", "v1", True),
        ("good", "v1", False),
        ("mended", "v3", False),
        ("released", "v1", False),
        ("tomorrow", "v3", False),
        ("update", "v2", False),
    ]


def test_an_edition_of_a_past_day_knows_nothing_of_later_batches(histories: Landing) -> None:
    build(histories, DAY_2, "stg_policy_admin__products")
    assert rows(histories, PRODUCTS) == [
        ("bad_update", "v1", True),
        ("good", "v1", False),
        ("mended", "v1", True),  # the good third version is not of this edition,
        ("update", "v2", False),
    ]  # and neither is the batch that released the orphan
