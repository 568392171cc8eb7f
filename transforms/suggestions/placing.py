"""Placing: which touchpoint an unmatched name or group of pages could be, and in which phase."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from models.lifecycle import Lifecycle, Touchpoint
from models.lifecycle.document import Contact
from models.sql import quoted_text
from models.suggestions import Hint, read_hints

KEY_LENGTH = 40


@dataclass(frozen=True)
class Suggestion:
    """A touchpoint that could recognise what no rule does.

    Args:
        touchpoint: its key, phase and rule, and what else is likely.
        like: the catalogue's contact that its words resemble; null where they tell of none that the lifecycle names.
        candidate: the row that it comes from: counts and pages.
    """

    touchpoint: Touchpoint
    like: str | None
    candidate: Mapping[str, Any]


def suggest(
    candidates: Sequence[Mapping[str, Any]], lifecycle: Lifecycle, catalogue: Mapping[str, Contact]
) -> list[Suggestion]:
    """Suggest a touchpoint for each candidate that has a place in the lifecycle.

    A candidate takes the phase of the contact that its words are most like, of those that the lifecycle names; else a
    phase of the stage where such contacts belong. Customers' contacts have no place in a lifecycle that ends with the
    purchase.

    Args:
        candidates: rows of `candidates.sql`.
        lifecycle: the one that left them unmatched.
        catalogue: the shared contacts by key.
    """
    taken = {*catalogue, *(touchpoint.key for touchpoint in lifecycle.touchpoints)}
    phases = {touchpoint.key: touchpoint.phase for touchpoint in lifecycle.touchpoints}
    found = []
    for candidate in candidates:
        hint = _hint(_words(candidate))
        like = next((key for key in hint.like if key in phases), None)
        phase = phases[like] if like else _phase_of_stage(lifecycle, hint)
        if phase:
            key = _free(_key(candidate), taken)
            taken.add(key)
            told = like if hint.match else None
            found.append(Suggestion(_touchpoint(candidate, key, phase, catalogue.get(told or "")), told, candidate))
    return found


def rule_of(candidate: Mapping[str, Any]) -> str:
    """The rule over a whole name, a whole group of pages, or some of its pages.

    >>> rule_of({"event_name": "it's", "page_group": None})
    "event_name = 'it''s'"
    >>> rule_of({"event_name": "page_view", "page_group": "/a", "is_whole": True})
    "event_name = 'page_view' AND (page_path = '/a' OR starts_with(page_path, '/a/'))"
    >>> rule_of({"event_name": "page_view", "page_group": "/", "is_whole": False, "pages": ["/a", "/b"]})
    "event_name = 'page_view' AND page_path IN ('/a', '/b')"
    """
    name = f"event_name = {quoted_text(candidate['event_name'])}"
    group = candidate["page_group"]
    if group is None:
        return name
    if candidate["is_whole"]:
        return f"{name} AND (page_path = {quoted_text(group)} OR starts_with(page_path, {quoted_text(group + '/')}))"
    return f"{name} AND page_path IN ({', '.join(map(quoted_text, candidate['pages']))})"


def _touchpoint(candidate: Mapping[str, Any], key: str, phase: str, like: Contact | None) -> Touchpoint:
    traits = {name: getattr(like, name) for name in ("owner", "kpi", "control", "realm")} if like else {}
    title = _words(candidate).capitalize() or key
    return Touchpoint(key, phase, "event", rule_of(candidate), {"en": title}, **traits)


def _words(candidate: Mapping[str, Any]) -> str:
    """The words of a name, or of a group of pages, parted by spaces."""
    name = candidate["event_name"] if candidate["page_group"] is None else unquote_plus(candidate["page_group"])
    return re.sub(r"[\W_]+", " ", name).strip()


def _hint(words: str) -> Hint:
    return next(hint for hint in read_hints() if re.search(rf"(?<!\w)(?:{hint.match})", words, re.IGNORECASE))


def _phase_of_stage(lifecycle: Lifecycle, hint: Hint) -> str | None:
    """The second phase of a stage, where an interest shows, else its only one.

    What would come before the purchase comes with it where nothing is before.
    """
    phases = [phase for phase in lifecycle.phases if phase.stage == hint.stage]
    if not phases and hint.stage == "before":
        phases = [phase for phase in lifecycle.phases if phase.stage == "during"]
    return phases[:2][-1].key if phases else None


def _key(candidate: Mapping[str, Any]) -> str:
    """A key of plain letters, so that it can be typed in a query."""
    plain = re.sub(r"[^a-z0-9]+", "_", _words(candidate).lower()).strip("_")
    whole = plain if candidate["page_group"] is None else f"page_{plain}"
    return whole[:KEY_LENGTH].strip("_") or "event"


def _free(key: str, taken: Collection[str]) -> str:
    numbered = (f"{key}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (key, *numbered) if name not in taken)
