"""What a starting lifecycle is suggested from: how unmatched events are put together, and what their words tell."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from models.lifecycle.shapes import Stage


@dataclass(frozen=True)
class Hint:
    """What a word tells of a contact.

    Args:
        match: regular expression that a word begins with.
        like: keys of the catalogue's contacts that it resembles, the likeliest first.
        stage: where it belongs in a lifecycle that names none of them.
    """

    match: str
    like: tuple[str, ...]
    stage: Stage


@cache
def read_hints() -> tuple[Hint, ...]:
    """The hints in the order in which they are tried; the last one matches everything."""
    document = yaml.safe_load((files("models.suggestions") / "hints.yaml").read_text("utf-8"))
    return tuple(Hint(hint["match"], tuple(hint["like"]), hint["stage"]) for hint in document["hints"])
