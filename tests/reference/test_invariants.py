"""What holds of every world, tried by Hypothesis."""

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import events, rebuild
from tests.reference.cases import LIFE, day

NAMES = st.sampled_from(["read", "view_item", "purchase", "help", "other", "begin_checkout"])
STEP = st.tuples(NAMES, st.sampled_from([0, 1, 29, 31, 600, 5000]), st.sampled_from(["a", "b", "c"]))


@settings(deadline=None, max_examples=40)
@given(st.lists(STEP, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_shopping_follows_the_form_without_recursion(steps, shuffler):
    at = 0
    rows = []
    for name, pause, device in steps:
        at += pause
        rows += events(f"{device}: {name}@{at}" + ("[user=u]" if device != "c" else ""))
    for number, row in enumerate(rows):
        row["content"] = f"{number:06}"
    window = timedelta(hours=8)
    expected = rebuild([dict(row) for row in rows], LIFE, day(20), window)
    shuffled = list(rows)
    random.Random(shuffler.random()).shuffle(shuffled)
    found = rebuild(shuffled, LIFE, day(20), window)
    assert {name: expected[name] for name in expected} == {name: found[name] for name in found}
    check_openings(expected, int(window.total_seconds()) * 1_000_000)


def check_openings(tables, window):
    shopping = {"purchase", "view", "read", "checkout"}
    kinds = {}
    for t in tables["touchpoints"]:
        kinds.setdefault((t["device_id"], t["device_session_number"]), set()).add(t["touchpoint"])
    latest, converted, number, person = 0, False, 0, None
    for session in tables["sessions"]:
        mine = kinds.get((session["device_id"], session["device_session_number"]), set())
        if session["person_id"] != person:
            latest, converted, number, person = session["started_at"], False, 1, session["person_id"]
        elif session["started_at"] - latest > window:
            number, converted = number + 1, False
        elif mine & shopping and converted:
            number += 1
        if mine & shopping:
            converted = "purchase" in mine
        assert session["journey_number"] == number
        latest = max(latest, session["ended_at"])
