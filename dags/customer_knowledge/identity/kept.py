"""What stays from day to day: what the model learnt, and how each party is found when others change."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from psycopg import sql
from psycopg.types.json import Jsonb

from customer_knowledge.identity.cleaning import BLOCKS
from customer_knowledge.identity.exact import SHARED
from customer_knowledge.identity.linkage import Model, Parameters
from customer_knowledge.identity.resolve import Resolution
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.frames import copy_frame, lists, read_frame

OUTGROWN = 1.5
"""The model learns again when there are this many times the parties that it learnt from."""
# Of an edition that readers never got nothing is believed, unless it is this one, begun again.
_MODELS = """
select kind, settings, counted from identity.model
where method = %s
    and parties * %s >= (select count(*) from input_layer.input__parties)
    and (
        edition_id = %s
        or exists (
            select 1 from ops.edition where edition.edition_id = model.edition_id and edition.state = 'published'
        )
    )
"""
_TIMES = "select value_hash, times from identity.term_frequency where kind = {} and attribute = {}"
_KEEP_BEFORE = """
insert into identity.party_before (party_key, digest, is_open, component, strayed_key, exact, blocks)
select
    those.party_key, party.digest, party.is_open, party.component, party.strayed_key, party.exact, party.blocks
from {} as those
left join identity.party on those.party_key = party.party_key
on conflict (party_key) do nothing
"""
_BLOCKS = (
    "insert into identity.block (hash, party_key) select unnest(exact || blocks) as hash, party_key"
    " from identity.party order by hash"
)
_BACK = (
    "delete from identity.block using (select party.party_key, unnest(party.exact || party.blocks) as hash"
    " from identity.party inner join identity.party_before using (party_key)) as now"
    " where block.hash = now.hash and block.party_key = now.party_key",
    "delete from identity.party using identity.party_before where party.party_key = party_before.party_key",
    "insert into identity.party (party_key, digest, is_open, component, strayed_key, exact, blocks)"
    " select party_key, digest, is_open, component, strayed_key, exact, blocks"
    " from identity.party_before where digest is not null",
    "insert into identity.block (hash, party_key) select unnest(exact || blocks), party_key"
    " from identity.party_before where digest is not null",
)


class NotByChanges(Exception):
    """Why everybody is to be resolved."""


@dataclass(frozen=True)
class State:
    """The row of `identity.state`: of which edition the rows are, and of which they were before."""

    edition_id: int
    base_edition_id: int | None
    method: str


def parameters(connection: Connection, edition_id: int, method: str) -> Parameters:
    """What was learnt by this method, unless parties have become many more since."""
    found = {}
    for kind, settings, counted in connection.execute(_MODELS, (method, OUTGROWN, edition_id)).fetchall():
        often = {}
        for name in counted:
            query = sql.SQL(_TIMES).format(sql.Literal(kind), sql.Literal(name))
            often[name] = read_frame(connection, query, dtype="int64").set_index("value_hash")["times"]
        found[kind] = Model(settings, counted, often)
    return found


def keep_parameters(connection: Connection, edition_id: int, method: str, found: Resolution, known: Parameters) -> None:
    """Keep what an edition's parties taught that was not known."""
    for kind, model in found.parameters.items():
        if kind in known:
            continue
        for table in ("model", "term_frequency"):
            name = sql.Identifier("identity", table)
            connection.execute(sql.SQL("delete from {} where kind = %s").format(name), (kind,))
        connection.execute(
            "insert into identity.model (kind, method, edition_id, parties, settings, counted)"
            " values (%s, %s, %s, %s, %s, %s)",
            (kind, method, edition_id, len(found.parties), Jsonb(model.settings), Jsonb(model.counted)),
        )
        for attribute, times in model.often.items():
            rows = pd.DataFrame({"value_hash": times.index, "times": times.to_numpy()})
            rows = rows.assign(kind=kind, attribute=attribute)
            copy_frame(connection, sql.Identifier("identity", "term_frequency"), rows)


def take_up(connection: Connection, base: int | None, method: str) -> None:
    """Have the rows be those of the edition that customers keep their keys from.

    What an edition changed that was not published, or is resolved again, is put back.

    Raises:
        NotByChanges: they are neither that edition's nor can be made so.
    """
    row = connection.execute("select edition_id, base_edition_id, method from identity.state").fetchone()
    state = None if row is None else State(*row)
    if state is None or base is None:
        raise NotByChanges("there is no edition to go on from")
    if state.method != method:
        raise NotByChanges("the method has changed")
    if state.edition_id != base:
        if state.base_edition_id != base:
            raise NotByChanges(f"what is known of each party is of edition {state.edition_id}, not of {base}")
        for statement in _BACK:
            connection.execute(statement.encode())
    connection.execute("delete from identity.party_before")


def keep_before(connection: Connection, table: str) -> None:
    """Write down how parties were, those whose keys stand in a temporary table, before they are changed."""
    connection.execute(sql.SQL(_KEEP_BEFORE).format(sql.Identifier(table)))
    # Else the planner takes them for many and reads the table of blocks whole.
    connection.execute("analyze identity.party_before")


def move(connection: Connection, edition_id: int, base: int | None, method: str) -> None:
    """Note which edition the rows are of now; they can be made those of `base` again."""
    connection.execute("delete from identity.state")
    connection.execute(
        "insert into identity.state (edition_id, base_edition_id, method) values (%s, %s, %s)",
        (edition_id, base, method),
    )


def keep_all(connection: Connection, found: Resolution, digests: pd.DataFrame) -> None:
    """Keep how each party is found, in place of what was known.

    Args:
        connection: to the insurer's warehouse.
        found: the resolution of all parties.
        digests: party_key, digest.
    """
    connection.execute("truncate identity.party, identity.block, identity.party_before")
    rows = found.found_by.merge(digests, on="party_key", validate="one_to_one")
    rows = with_lists(rows)
    copy_frame(connection, sql.Identifier("identity", "party"), rows)
    # Rows of one key lie together; the index is made of all at once, which takes a fraction of the time.
    connection.execute("drop index if exists identity.block_hash")
    connection.execute(_BLOCKS)
    connection.execute("create index block_hash on identity.block (hash)")
    connection.execute("analyze identity.party, identity.block")


def with_lists(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the numbers that find a party as the two arrays that are kept."""
    arrays = {"exact": lists(rows, list(SHARED)), "blocks": lists(rows, list(BLOCKS))}
    return rows.drop(columns=[*SHARED, *BLOCKS]).assign(**arrays)
