"""The macros `paths_of`, `paths_from` and `paths_to`, worked out by hand, and held to the counts of `transitions`."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tests.models.mart_rows import Warehouse


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    made.journey("display@0 search@60 article@70 search@80 purchase@90 help@100", "converted")
    made.journey("display@0 article@60 search@120")
    made.journey("search@0 display@60", "open")
    made.journey("search@0 purchase@60", "converted", closed=False)
    yield made
    made.connection.close()


def paths(warehouse: Warehouse, call: str) -> dict[str, Any]:
    return {" > ".join(row["path"]): row["path_count"] for row in warehouse.rows(f"FROM {call}")}


def test_a_journey_is_its_states_from_start_to_end(warehouse: Warehouse) -> None:
    found = {row["journey_id"]: " ".join(row["states"]) for row in warehouse.rows("FROM paths_of(level := 'phase')")}
    assert found == {
        1: "(start) awareness interest awareness interest conversion (converted)",
        2: "(start) awareness interest (drop-off)",
        3: "(start) interest awareness (open)",
        4: "(start) interest conversion (converted)",
    }
    after = warehouse.rows("FROM paths_of(part := 'after_purchase') ORDER BY journey_id")
    assert [" ".join(row["states"]) for row in after] == ["(converted) help (end)", "(converted) (open)"]


def test_paths_from_a_state_are_counted_each_time_it_is_entered(warehouse: Warehouse) -> None:
    assert paths(warehouse, "paths_from('search', 2)") == {
        "search > article > search": 1,
        "search > purchase > (converted)": 2,
        "search > (drop-off)": 1,
        "search > display > (open)": 1,
    }
    rows = warehouse.rows("FROM paths_from('search', 1)")
    assert (rows[0]["path"], rows[0]["path_count"], rows[0]["share"]) == (["search", "purchase"], 2, 2 / 5)


def test_paths_to_a_state_are_those_before_it(warehouse: Warehouse) -> None:
    assert paths(warehouse, "paths_to('(converted)', 2)") == {"search > purchase > (converted)": 2}
    assert paths(warehouse, "paths_to('search', 2)") == {
        "(start) > display > search": 1,
        "search > article > search": 1,
        "display > article > search": 1,
        "(start) > search": 2,
    }
    assert paths(warehouse, "paths_to('(end)', 5, part := 'after_purchase')") == {"(converted) > help > (end)": 1}


def test_paths_around_a_state_have_both_sides(warehouse: Warehouse) -> None:
    around = paths(warehouse, "paths_around('search', 1, 1)")
    came, went = paths(warehouse, "paths_to('search', 1)"), paths(warehouse, "paths_from('search', 1)")
    assert sum(around.values()) == sum(came.values()) == sum(went.values()) > 0
    for side, ends in ((came, slice(None, 2)), (went, slice(1, None))):
        sums: dict[str, int] = {}
        for path, count in around.items():
            part = " > ".join(path.split(" > ")[ends])
            sums[part] = sums.get(part, 0) + count
        assert sums == side


def test_a_journey_that_goes_the_same_way_twice_is_one_journey(warehouse: Warehouse) -> None:
    warehouse.journey("display@0 article@1 display@2 article@3")
    [row] = [row for row in warehouse.rows("FROM paths_from('display', 1)") if row["path"][1] == "article"]
    assert (row["path_count"], row["journeys"]) == (3, 2)


@pytest.mark.parametrize("part", ["to_purchase", "after_purchase"])
@pytest.mark.parametrize("level", ["phase", "touchpoint"])
@pytest.mark.parametrize("way", ["from", "to"])
def test_paths_of_one_step_are_the_transitions(warehouse: Warehouse, part: str, level: str, way: str) -> None:
    told = [row for row in warehouse.mart("transitions") if (row["part"], row["level"]) == (part, level)]
    found = {}
    for state in {row[f"{way}_state"] for row in told}:
        found |= paths(warehouse, f"paths_{way}('{state}', 1, part := '{part}', level := '{level}')")
    assert found == {f"{row['from_state']} > {row['to_state']}": row["transition_count"] for row in told}


def test_what_cannot_be_asked_is_said(warehouse: Warehouse) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="part is 'before'; it is to_purchase or after_purchase"):
        warehouse.rows("FROM paths_from('search', 1, part := 'before')")
    with pytest.raises(duckdb.InvalidInputException, match="level is 'event'; it is touchpoint or phase"):
        warehouse.rows("FROM paths_to('search', 1, level := 'event')")
    with pytest.raises(duckdb.InvalidInputException, match="no touchpoint is called 'nope'; table lifecycle names"):
        warehouse.rows("FROM paths_from('nope', 2)")
    with pytest.raises(duckdb.InvalidInputException, match="steps back and on are numbers from 0"):
        warehouse.rows("FROM paths_from('search', -1)")
