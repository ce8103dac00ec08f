"""What BI reads describes itself: the project's own marts, published empty, looked up in PostgreSQL's catalogue."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from psycopg import sql

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import manifest
from customer_knowledge.warehouse.connections import connect, warehouse
from customer_knowledge.warehouse.manifest import Mart
from customer_knowledge.warehouse.publish import publish_marts
from tests.architecture.test_layer_law import INSURERS, bilingual, parse
from tests.warehouse.test_publish import new_edition

DAY = date(2026, 6, 30)
# Every relation of the schema BI reads, then every column of each; whoever adds one by another way is seen as well.
COMMENTS = (
    "select c.relname, coalesce(a.attname, ''),"
    " coalesce(case when a.attnum is null then obj_description(c.oid, 'pg_class')"
    " else col_description(c.oid, a.attnum) end, '')"
    " from pg_class as c cross join lateral ("
    " select null::name as attname, null::smallint as attnum union all"
    " select attname, attnum from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as a"
    " where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1, 2"
)


def publish_empty(profile: Profile, marts: tuple[Mart, ...]) -> None:
    """Publish tables of the declared shapes, without rows."""
    with warehouse(profile) as connection:
        edition_id = new_edition(connection, DAY)
        for mart in marts:
            columns = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in mart.columns]
            connection.execute(
                sql.SQL("create table {} ({})").format(
                    sql.Identifier("marts_build", mart.name), sql.SQL(", ").join(columns)
                )
            )
        connection.commit()
    publish_marts(profile, edition_id, marts)


def comments(profile: Profile) -> dict[str, dict[str, str]]:
    """Comments as BI's own role finds them: by relation, then by column, the relation's own under the empty name."""
    found: dict[str, dict[str, str]] = {}
    with connect(profile.database, "bi") as connection:
        for relation, column, text in connection.execute(COMMENTS).fetchall():
            found.setdefault(str(relation), {})[str(column)] = str(text)
    return found


@pytest.mark.postgres
@pytest.mark.parametrize("insurer", sorted(INSURERS))
def test_every_table_and_column_of_bi_is_commented_in_both_languages(
    insurer: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    profile: Profile = request.getfixturevalue({"sample": "sample", "motor_portfolio": "motor"}[insurer])
    parse(insurer, INSURERS[insurer], tmp_path)
    marts = manifest.marts(tmp_path / "manifest.json")
    publish_empty(profile, marts)
    found = comments(profile)
    assert {name: set(columns) - {""} for name, columns in found.items()} == {
        mart.name: {column.name for column in mart.columns} for mart in marts
    }
    bare = [f"{name}.{column}" for name, texts in found.items() for column in texts if not bilingual(texts[column])]
    assert bare == []
