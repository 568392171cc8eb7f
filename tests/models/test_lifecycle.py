import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UserError
from models.lifecycle import (
    EVENT_COLUMNS,
    SESSION_COLUMNS,
    LifecycleError,
    check_lifecycle,
    load_lifecycle,
    shipped_lifecycles,
    shipped_names,
)
from models.lifecycle.rules import rule_problem

GOOD: dict[str, Any] = {
    "name": "ours",
    "title": {"en": "Ours", "da": "Vores"},
    "conversion": "purchase",
    "phases": [
        {"key": "awareness", "stage": "before", "title": {"en": "Awareness", "da": "Opmærksomhed"}},
        {"key": "buying", "stage": "during"},
        {"key": "loyalty", "stage": "after"},
    ],
    "touchpoints": [
        {"key": "purchase", "phase": "buying", "scope": "event", "when": "event_name = 'purchase'"},
        {"key": "ad", "phase": "awareness", "scope": "session", "when": "channel = 'Display'"},
        {"key": "back", "phase": "loyalty", "scope": "session", "when": "is_customer AND source = 'x'"},
    ],
}


def changed(place: str, value: object) -> dict[str, Any]:
    """The good file with one place (`phases.0.stage`) set, or taken out where the value is None."""
    document = copy.deepcopy(GOOD)
    *way, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    target: Any = document
    for part in way:
        target = target[part]
    if value is None:
        del target[last]
    elif isinstance(last, int) and last == len(target):
        target.append(value)
    else:
        target[last] = value
    return document


def write(folder: Path, document: object) -> Path:
    file = folder / "ours.yaml"
    text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    lifecycle = load_lifecycle(write(tmp_path, GOOD))
    assert [phase.key for phase in lifecycle.phases] == ["awareness", "buying", "loyalty"]
    assert [touchpoint.key for touchpoint in lifecycle.touchpoints] == ["purchase", "ad", "back"]
    assert lifecycle.phase_index("awareness") == 1
    assert lifecycle.phase_index("loyalty") == 3
    assert [touchpoint.key for touchpoint in lifecycle.touchpoints_of("buying")] == ["purchase"]
    assert lifecycle.columns_of("session") == {"channel", "source", "is_customer"}
    assert lifecycle.columns_of("event") == {"event_name"}
    assert lifecycle.uses_is_customer


def test_a_title_falls_back_to_english_then_to_the_key(tmp_path: Path) -> None:
    lifecycle = load_lifecycle(write(tmp_path, GOOD))
    awareness, buying, _ = lifecycle.phases
    assert awareness.title_in("da") == "Opmærksomhed"
    assert awareness.title_in("sv") == "Awareness"
    assert buying.title_in("da") == "buying"
    assert lifecycle.title_in("nb") == "Ours"


def test_a_title_may_be_plain_english(tmp_path: Path) -> None:
    assert load_lifecycle(write(tmp_path, changed("title", "Ours too"))).title_in("da") == "Ours too"


def test_a_file_without_is_customer_says_so(tmp_path: Path) -> None:
    assert not load_lifecycle(write(tmp_path, changed("touchpoints.2", None))).uses_is_customer


def test_own_touchpoints_come_before_those_of_the_catalogue_in_its_order(tmp_path: Path) -> None:
    document = changed("phases.0.touchpoints", ["organic_search", "newsletter", "product_view"])
    keys = [touchpoint.key for touchpoint in load_lifecycle(write(tmp_path, document)).touchpoints]
    assert keys == ["purchase", "ad", "back", "product_view", "newsletter", "organic_search"]


def touchpoint(**values: object) -> dict[str, object]:
    return {"key": "new", "phase": "awareness", "scope": "event", "when": "event_name = 'x'", **values}


BROKEN = {
    "unknown phase": (
        "touchpoints.1.phase",
        "awarenes",
        "unknown phase 'awarenes'; did you mean 'awareness'?",
    ),
    "not in the catalogue": ("phases.0.touchpoints", ["organc_search"], "did you mean 'organic_search'"),
    "phase twice": ("phases.2.key", "awareness", "phase 'awareness' stands twice"),
    "touchpoint twice": ("touchpoints.1.key", "back", "touchpoint 'back' stands twice"),
    "own and catalogue": ("phases.0.touchpoints", ["purchase"], "touchpoint 'purchase' stands twice"),
    "in two phases": ("phases.0.touchpoints", ["lead", "lead"], "touchpoint 'lead' stands twice"),
    "no during": ("phases.1.stage", "before", "no phase has stage: during"),
    "two during": ("phases.0.stage", "during", "phases 'awareness' and 'buying' have stage: during"),
    "out of order": (
        "phases.0.stage",
        "after",
        "phase 'buying' (stage: during) stands after phase 'awareness'",
    ),
    "no such conversion": ("conversion", "purchas", "conversion 'purchas' is not a touchpoint"),
    "conversion elsewhere": ("touchpoints.0.phase", "loyalty", "it must be in 'buying'"),
    "conversion confirms itself": (
        "touchpoints.0",
        touchpoint(key="purchase", phase="buying", confirms="conversion"),
        "touchpoint 'purchase' confirms the conversion, but is the conversion itself",
    ),
    "conversion of a session": (
        "touchpoints.0",
        touchpoint(key="purchase", phase="buying", scope="session", when="channel = 'x'"),
        "conversion 'purchase' has scope session",
    ),
    "conversion asks": ("touchpoints.0.when", "is_customer", "asks for is_customer"),
    "does not parse": ("touchpoints.1.when", "channel = = 1", "touchpoint 'ad' 'when' does not parse as SQL"),
    "not boolean": ("touchpoints.1.when", "channel", "gives String, not true or false"),
    "aggregate": ("touchpoints.1.when", "count(*) > 1", "looks at other rows"),
    "window": ("touchpoints.1.when", "sum(session_number) over () > 1", "looks at other rows"),
    "another table": ("touchpoints.1.when", "channel IN (SELECT 1)", "asks another table"),
    "unknown column": ("touchpoints.1.when", "chanel = 'x'", "column 'chanel'"),
    "event column": (
        "touchpoints.1.when",
        "event_name = 'x'",
        "column 'event_name', which a rule of scope session",
    ),
    "param of a session": ("touchpoints.1.when", "param_x = 'x'", "params belong to events"),
    "number against text": ("touchpoints.1.when", "channel > 1", "cannot be computed"),
    "careless time": (
        "touchpoints.0.when",
        "occurred_at + INTERVAL '999999 years' > occurred_at",
        "cannot be computed",
    ),
    "careless cast": ("touchpoints.1.when", "CAST(channel AS INT) = 1", "cannot be computed"),
    "unknown stage": (
        "phases.0.stage",
        "befor",
        "phase 'awareness' has stage 'befor'; did you mean 'before'?",
    ),
    "unknown scope": ("touchpoints.1.scope", "page", "scope 'page'; known are event, session"),
    "unknown control": ("touchpoints.1.control", "payed", "did you mean 'paid'"),
    "unknown realm": ("touchpoints.1.realm", "shop", "realm 'shop'; known are digital, physical"),
    "unknown language": ("title", {"no": "Vår"}, "title in unknown language 'no'; write en, da, nb or sv"),
    "missing key": ("touchpoints.1.when", None, "touchpoint 'ad' needs key 'when', which is missing"),
    "missing phases": ("phases", None, "needs key 'phases', which is missing"),
    "missing stage": ("phases.0.stage", None, "phase 'awareness' needs key 'stage'"),
    "unnamed": ("touchpoints.1.key", None, "touchpoint 2 needs key 'key'"),
    "unknown key": (
        "phases.0.stagge",
        "x",
        "phase 'awareness' has unknown key 'stagge'; did you mean 'stage'?",
    ),
    "unknown key of the file": (
        "conversions",
        "x",
        "has unknown key 'conversions'; did you mean 'conversion'?",
    ),
    "odd key": ("phases.0.key", "a b", "a key is letters, digits"),
    "when is no text": ("touchpoints.1.when", True, "when True"),
    "no phases": ("phases", [], "phases"),
    "phases are a text": ("phases", "before", "phases 'before'"),
    "a phase is a text": ("phases.0", "awareness", "phase 1 has 'awareness'"),
    "no touchpoints": ("touchpoints", [], "no touchpoint is given"),
}


@pytest.mark.parametrize(("place", "value", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_in_one_line_that_names_the_file(
    tmp_path: Path, place: str, value: object, says: str
) -> None:
    file = write(tmp_path, changed(place, value))
    with pytest.raises(LifecycleError) as caught:
        load_lifecycle(file)
    assert says in str(caught.value)
    assert all(line.startswith(f"{file}: ") for line in str(caught.value).splitlines())
    assert check_lifecycle(file) == list(caught.value.problems)
    assert isinstance(caught.value, UserError)


def test_a_rule_listed_before_the_conversion_may_not_ask_for_is_customer(tmp_path: Path) -> None:
    document = copy.deepcopy(GOOD)
    document["touchpoints"].reverse()
    assert "touchpoint 'back' asks for is_customer" in check_lifecycle(write(tmp_path, document))[0]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    document = changed("phases.0.stage", "befor")
    document["touchpoints"][1]["when"] = "chanel = 'x'"
    document["touchpoints"][2]["control"] = "mine"
    document["owner"] = "us"
    assert len(check_lifecycle(write(tmp_path, document))) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: a\nname: b\n", "key 'name' twice (line 2)"),
        ("phases:\n  - {key: a, stage: before, key: b}\n", "key 'key' twice (line 2)"),
        ("name: [a\n", "is not YAML at line 2"),
        ("title: {no: Vår}\n", "title in unknown language 'no'"),
        ("", "is empty"),
        ("- a\n", "is a list"),
        ("name: !!python/object:os.system x\n", "has a tag"),
    ],
)
def test_a_text_that_is_no_mapping_of_unique_keys_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in "\n".join(check_lifecycle(write(tmp_path, text)))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_bytes("name: købet".encode("latin-1"))
    assert "UTF-8" in check_lifecycle(tmp_path / "ours.yaml")[0]


def test_a_missing_file_a_directory_and_an_unknown_name_are_told_apart(tmp_path: Path) -> None:
    assert "there is no such file" in check_lifecycle(tmp_path / "none.yaml")[0]
    assert "is a directory" in check_lifecycle(tmp_path)[0]
    assert "did you mean 'six-phases'?" in check_lifecycle("six-phase")[0]
    assert "six-phases" in check_lifecycle("zzz")[0]


@given(st.text(max_size=40), st.sampled_from(["session", "event"]))
def test_no_text_makes_the_check_of_a_rule_fail(text: str, scope: Any) -> None:
    assert rule_problem(text, scope) is None or "\n" not in str(rule_problem(text, scope))


def test_a_bare_true_is_a_rule_for_all_the_rest() -> None:
    assert rule_problem("true", "session") is None


def test_every_listed_column_may_be_used() -> None:
    for scope, columns in (("session", SESSION_COLUMNS), ("event", EVENT_COLUMNS)):
        assert [rule_problem(f"{name} IS NULL", scope) for name in columns] == [None] * len(columns)  # type: ignore[arg-type]


def test_the_default_has_the_six_phases_in_order() -> None:
    lifecycle = load_lifecycle("six-phases")
    stages = {phase.key: phase.stage for phase in lifecycle.phases}
    assert list(stages) == ["awareness", "interest", "desire", "evaluation", "conversion", "retention"]
    assert list(stages.values()) == ["before"] * 4 + ["during", "after"]
    assert lifecycle.conversion == "purchase"


@pytest.mark.parametrize("lifecycle", shipped_lifecycles(), ids=shipped_names())
def test_a_shipped_lifecycle_is_named_as_its_file_and_titled_in_four_languages(lifecycle: Any) -> None:
    assert load_lifecycle(lifecycle.name) == lifecycle
    for thing in (lifecycle, *lifecycle.phases, *lifecycle.touchpoints):
        assert set(thing.title) == {"en", "da", "nb", "sv"}
    for phase in lifecycle.phases:
        assert lifecycle.touchpoints_of(phase.key)
