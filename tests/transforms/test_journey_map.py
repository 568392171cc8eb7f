"""What the cells of the map and of the grid say, from marts made by hand."""

from tests.marts_by_hand import COUNTS, TITLES, empty_marts, marts
from transforms.journey_map import Cell, JourneyMap, Line, journey_maps
from transforms.persona_grid import persona_grid
from transforms.wording import words_in

EN = words_in("en")


def maps(**choices: bool) -> list[JourneyMap]:
    tables = marts(**choices)
    return journey_maps(tables["journey_map"], tables["lifecycle"], EN)


def cells(title: str, **choices: bool) -> tuple[Cell, ...]:
    return dict(maps(**choices)[0].rows)[title]


def said(cell: Cell) -> list[str]:
    return [f"{line.words} {line.figure}".strip().replace("\u00a0", " ") for line in cell.lines]


def test_there_is_a_map_of_all_and_one_for_each_persona() -> None:
    assert [one.title for one in maps()] == ["All journeys", "phones"]
    assert maps()[0].phases == tuple(TITLES)


def test_touchpoints_are_called_by_their_titles() -> None:
    assert cells("What they do")[2].lines == (Line("Desire 1", "61\u00a0%", 0.61),)


def test_a_bar_divides_those_who_reached_a_phase_into_what_became_of_them() -> None:
    cell = cells("Come and go")[1]
    assert said(cell) == [
        "reached it 7,410", "moved on 4,120", "still open 310", "dropped off 2,980", "drop-off rate 31 %",
    ]  # fmt: skip
    reached, _, _, progressed, dropped, still_open, stopped = COUNTS[1]
    shares = (progressed / reached, stopped / reached, still_open / reached, dropped / reached)
    assert cell.parts == tuple(zip(("progressed", "stopped", "still_open", "dropped_off"), shares, strict=True))
    assert sum(dict(cell.parts).values()) == 1


def test_what_is_not_known_is_left_out_or_said() -> None:
    assert said(cells("Come and go", is_mature=False)[1])[-1] == "dropped off 2,980"
    assert said(cells("How long it takes")[3]) == ["fewer than half move on while watched –"]


def test_money_and_owners_are_written_short() -> None:
    assert said(cells("Where it hurts")[0]) == ["Awareness 1 2,590 ended here · +12 purchases · 12,000"]
    assert said(cells("Who owns it")[0]) == ["Owner 1 20 %", "Owner 2 20 %", "Owner 3 20 %", "and 2 more"]


def test_a_gap_names_the_segment_and_how_much_more_it_loses() -> None:
    assert said(cells("What could be done")[0]) == ["mobile: 12 points more lost than of all others, 45 journeys"]


def test_the_grid_has_a_column_for_all_each_persona_and_none() -> None:
    tables = marts()
    grid = persona_grid(tables["touchpoint_metrics"], tables["lifecycle"], EN)
    assert grid
    assert grid.columns == ("All journeys", "phones", "None of the personas")
    assert [phase for phase, _ in grid.phases] == TITLES
    row = grid.phases[0][1][0]
    assert [written.replace("\u00a0", " ") for _, written in row.shares] == ["40 %", "90 %", "under 0.1 %"]


def test_there_is_no_grid_without_personas_and_no_map_without_journeys() -> None:
    tables = empty_marts()
    assert persona_grid(tables["touchpoint_metrics"], tables["lifecycle"], EN) is None
    assert journey_maps(tables["journey_map"], tables["lifecycle"], EN) == []


def test_feelings_are_told_where_there_are_answers() -> None:
    assert said(cells("How they feel")[4]) == [
        "NPS, −100 to 100 -13", "mean score, 0–10 7.2", "answers 40", "mean score, 1–5 4", "answers, too few to tell 9",
    ]  # fmt: skip
    assert cells("How they feel")[0].lines == ()
