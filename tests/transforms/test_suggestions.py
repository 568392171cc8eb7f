"""Suggested touchpoints: where they are placed, what they are called, and that strangers' text stays text."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.ga4 import AUTOMATIC_EVENTS
from models.lifecycle import check_lifecycle, lifecycle_document, load_lifecycle, read_catalogue, shipped_names
from models.suggestions import read_hints
from transforms.suggestions.placing import Suggestion, suggest
from transforms.suggestions.writing import Coverage, write_lifecycle_file

PLAIN = Path(__file__).parents[1] / "golden" / "lifecycles" / "plain.yaml"


def candidate(name: str, group: str | None = None, *pages: str, whole: bool = True, **more: Any) -> dict[str, Any]:
    """An event name, or a group of pages that are viewed, in 30 events of 20 sessions."""
    found = {"event_name": name, "page_group": group, "is_whole": whole, "pages": list(pages or [group])}
    return found | {"page_count": len(pages) or 1, "events": 30, "sessions": 20, "session_share": 0.02} | more


def page(group: str, *pages: str, whole: bool = True) -> dict[str, Any]:
    return candidate("page_view", group, *pages, whole=whole)


def suggested(*candidates: dict[str, Any], lifecycle: str | Path = "six-phases") -> list[Suggestion]:
    return suggest(candidates, load_lifecycle(lifecycle), read_catalogue())


def places(*candidates: dict[str, Any], lifecycle: str | Path = "six-phases") -> list[tuple[str, str, str | None]]:
    return [(s.touchpoint.key, s.touchpoint.phase, s.like) for s in suggested(*candidates, lifecycle=lifecycle)]


def written(found: list[Suggestion], folder: Path, lifecycle: str | Path = "six-phases", unmatched: int = 0) -> str:
    """The file that is written of suggestions; it is one that loads."""
    coverage = Coverage(1000, unmatched, {"purchase": 1234}, [candidate("scroll", events=400)], 5, 60)
    text = write_lifecycle_file(lifecycle_document(lifecycle), found, coverage)
    file = folder / "own.yaml"
    file.write_bytes(text.encode())
    assert check_lifecycle(file) == []
    return text


def test_words_tell_which_contact_it_is_like_and_that_its_phase() -> None:
    found = places(page("/konto-oversigt"), candidate("newsletter_popup"), page("/da/betaling"), page("/order-status"))
    assert found == [
        ("page_konto_oversigt", "retention", "account_page"),
        ("newsletter_popup", "interest", "newsletter_signup"),
        ("page_da_betaling", "conversion", "checkout_start"),
        ("page_order_status", "retention", "order_tracking"),
    ]


def test_a_word_counts_where_it_begins_one() -> None:
    assert places(page("/area"), page("/rea"))[0][2] is None
    assert places(page("/area"), page("/rea"))[1][2] == "campaign_page"


def test_where_no_word_tells_anything_the_phase_is_a_guess_and_nothing_else_is_copied() -> None:
    [found] = suggested(page("/xyzzy"))
    assert (found.touchpoint.phase, found.like, found.touchpoint.owner) == ("interest", None, None)


def test_a_lifecycle_without_the_likely_contacts_places_by_stage() -> None:
    found = places(candidate("wish"), page("/help"), lifecycle=PLAIN)
    assert found == [("wish", "look", None)]  # no phase comes after the purchase there


def test_keys_are_plain_letters_and_never_taken_twice() -> None:
    keys = [key for key, *_ in places(page("/A b"), page("/a-b"), candidate("purchase"), page("/設定"), page("/"))]
    assert keys == ["page_a_b", "page_a_b_2", "purchase_2", "page", "page_2"]


def test_the_catalogue_has_every_contact_that_a_hint_names_and_the_last_hint_matches_all() -> None:
    named = {key for hint in read_hints() for key in hint.like}
    assert named <= set(read_catalogue())
    assert read_hints()[-1].match == ""
    assert {"scroll", "user_engagement", "session_start", "first_visit"} <= set(AUTOMATIC_EVENTS)


@pytest.mark.parametrize("name", shipped_names())
def test_any_lifecycle_that_ships_can_be_the_base(name: str, tmp_path: Path) -> None:
    found = suggested(page("/xyzzy"), candidate("popup"), lifecycle=name)
    written(found, tmp_path, name)
    own, base = load_lifecycle(tmp_path / "own.yaml"), load_lifecycle(name)
    added = [suggestion.touchpoint for suggestion in found]
    assert [point for point in own.touchpoints if point not in added] == list(base.touchpoints)
    assert len(own.touchpoints) == len(base.touchpoints) + 2
    assert (own.name, own.title, own.phases) == (f"{name}-own", base.title, base.phases)
    assert own.conversion == base.conversion


def test_long_titles_and_those_of_other_alphabets_are_written_as_they_are(tmp_path: Path) -> None:
    title = "Når man først har set noget, " * 9 + "日本語: [x] # y"
    phases = f"[{{key: look, stage: before, title: {{da: '{title}', en: 'no'}}}}, {{key: 'no', stage: during}}]"
    order = "{key: 'yes', phase: 'no', scope: event, when: event_name = 'purchase'}"
    base = tmp_path / "base.yaml"
    base.write_text(f"name: base\nconversion: 'yes'\nphases: {phases}\ntouchpoints: [{order}]\n", encoding="utf-8")
    text = written(suggested(page("/eco"), lifecycle=base), tmp_path, base)
    own = load_lifecycle(tmp_path / "own.yaml")
    assert own.phases == load_lifecycle(base).phases
    assert [point.key for point in own.touchpoints] == ["yes", "page_eco"]
    assert title in text


def test_counts_stand_beside_each_contact_and_what_is_not_suggested_is_told(tmp_path: Path) -> None:
    found = suggested(page("/eco", "/eco/a", "/eco/b"))
    text = written(found, tmp_path, unmatched=530)
    assert "- purchase  # 1,234\n" in text
    assert "- display_ad  # not met\n" in text
    assert "# 30 events in 20 sessions (2.0 %); its phase is a guess\n  # 2 pages, such as /eco/a, /eco/b\n" in text
    assert "# Not suggested: scroll, 400 events in 20 sessions (2.0 %); GA4 sends it by itself.\n" in text
    assert "# Not suggested: 100 more events, of names and pages in fewer than 5 sessions" in text


def test_a_file_that_was_suggested_can_be_the_base_of_the_next(tmp_path: Path) -> None:
    written(suggested(page("/eco")), tmp_path)
    first = tmp_path / "first.yaml"
    (tmp_path / "own.yaml").rename(first)
    written(suggested(page("/new"), lifecycle=first), tmp_path, first)
    own = load_lifecycle(tmp_path / "own.yaml")
    assert [point.key for point in own.touchpoints[:2]] == ["page_eco", "page_new"]
    assert own.name == "six-phases-own"


AWKWARD = (
    "it's",
    "a\n- key: evil",
    "# no",
    "yes",
    "'; DROP",
    "a: b",
    "\u2028x",
    "\x85x",
    "\x1b[31m",
    "{x}",
    "%27",
    "\\'",
)
TEXTS = st.text(min_size=1, max_size=12) | st.sampled_from(AWKWARD)


@given(TEXTS, TEXTS)
@settings(deadline=None, max_examples=150, derandomize=True)
def test_strangers_text_stays_text_in_rules_titles_and_comments(tmp_path_factory: Any, one: str, two: str) -> None:
    folder = tmp_path_factory.mktemp("own")
    group = f"/{one}"
    found = suggested(
        candidate(two), page(group), page(f"/{two}", f"/{two}", f"/{one}/b", whole=False), lifecycle=PLAIN
    )
    assume(
        len(found) == 3
    )  # a text that says what comes after a purchase has no place in a lifecycle that ends with it
    text = written(found, folder, PLAIN)
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    rules = {point.key: pl.sql_expr(point.when) for point in load_lifecycle(folder / "own.yaml").touchpoints}
    events = pl.DataFrame(
        {
            "event_name": [two, "page_view", "page_view", "page_view"],
            "page_path": [None, group, f"{group}/b", f"{group}b"],
        },
        schema={"event_name": pl.String, "page_path": pl.String},
    )
    by_name, whole = (events.select(rules[s.touchpoint.key].fill_null(False)).to_series() for s in found[:2])
    assert by_name.to_list() == [name == two for name in events["event_name"]]
    assert whole.to_list() == [False, True, True, False]
