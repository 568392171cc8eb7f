"""The four tables together: their contracts, their keys, and that persons do not touch one another."""

from typing import Any

import polars as pl
import pytest

from models.tables import JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS, Table
from tests.worlds import column, events, path, rebuilt, rules
from transforms.histories import Histories, rebuild_histories

TABLES = (SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS)
TYPES: dict[str, Any] = {
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "VARCHAR": pl.String,
    "TIMESTAMP": pl.Datetime("us"),
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "VARCHAR[]": pl.List(pl.String),
}
LINES = (
    "ana: read@0[user=eve] view_item@9 purchase@45[tid=T1,revenue=9] help@40d",
    "bo: read@0 view_item@0 scroll@60 purchase@61[tid=T1,revenue=7] refund@90[tid=T1,refund=2]",
    "cy: scroll@10[user=eve] purchase@31d[tid=T1] view_item@31.1d[source=x,medium=cpc]",
    "di: scroll@0",
)


def frame(histories: Histories, table: Table) -> pl.DataFrame:
    found: pl.DataFrame = getattr(histories, table.name)
    return found.select(table.found_names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize("lines", [LINES, (), ("di: scroll@0",)], ids=["some", "nothing", "no touchpoint"])
@pytest.mark.parametrize("split", [(), ("ga_session_id", "campaign")], ids=["plain", "split"])
def test_every_table_has_the_columns_and_types_of_its_contract_even_when_empty(
    table: Table, lines: tuple[str, ...], split: tuple[str, ...]
) -> None:
    found = frame(rebuilt(*lines, session_split=split), table)
    columns = [column for column in table.columns if column.day_of is None]
    assert dict(found.schema) == {column.name: TYPES[column.type] for column in columns}
    assert found.is_empty() is (not lines or (lines != LINES and table is not SESSIONS))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_are_unique_and_required_columns_are_full(table: Table) -> None:
    found = frame(rebuilt(*LINES), table)
    assert found.select(table.key).is_unique().all()
    required = [column.name for column in table.columns if column.required and column.day_of is None]
    assert found.select(pl.col(required).null_count()).sum_horizontal().item() == 0


def test_batches_may_be_cut_anywhere_between_persons() -> None:
    whole = events(*LINES)
    together = rebuild_histories(whole, rules())
    parts = [rebuild_histories(person, rules()) for person in whole.partition_by("person_id", maintain_order=True)]
    for table in TABLES:
        stacked = pl.concat([frame(part, table) for part in parts])
        assert frame(together, table).sort(table.key).equals(stacked.sort(table.key))


def test_what_a_person_does_changes_nothing_for_another() -> None:
    alone = rebuilt("bo: read@0 purchase@60[tid=T]").journeys
    among = rebuilt("ana: purchase@0[tid=T]", "bo: read@0 purchase@60[tid=T]", "cy: read@0").journeys
    names = JOURNEYS.found_names
    assert among.filter(pl.col("person_id") == "d:bo").select(names).equals(alone.select(names))


def test_sessions_and_journeys_of_a_person_are_numbered_in_their_order() -> None:
    histories = rebuilt("a: read@0[user=eve] purchase@1 read@90", "b: read@60[user=eve] read@40d", "c: read@5")
    assert column(histories.sessions, "session_number") == [1, 1, 2, 3, 4]
    assert column(histories.journeys, "journey_number") == [1, 1, 2, 3]
    assert path(histories) == "read | read purchase | back read back read | back read"


def test_a_session_sums_up_its_touchpoints() -> None:
    histories = rebuilt("ana: purchase@0[tid=T,revenue=5] purchase@1[revenue=2] purchase@2[tid=T] scroll@60")
    assert column(histories.sessions, "has_conversion") == [True, False]
    assert column(histories.sessions, "revenue") == [7.0, None]
    assert column(histories.sessions, "repeat_purchase_count") == [1, 0]


def test_an_amount_is_the_same_in_a_batch_of_one_person_and_of_many() -> None:
    lines = [f"{who}: purchase@0[tid=T1,revenue=0.1] view_item@0.0016666667" for who in ("ana", "bo", "cy")]
    for histories in (rebuilt(lines[0]), rebuilt(*lines)):
        assert set(column(histories.sessions, "revenue")) == {0.1}
        assert set(column(histories.touchpoints, "seconds_to_next")) == {0.1, None}
