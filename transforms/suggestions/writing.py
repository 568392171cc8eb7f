"""Writing a lifecycle file for people to change: the base as it is, and what is suggested, with counts beside each.

Names of events and pages are strangers' text. As values they are quoted by the YAML writer; in comments they
are one printable line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import yaml

from models.lifecycle.document import LifecycleFile, PhaseEntry
from transforms.suggestions.placing import Suggestion
from transforms.wording import shortened, words_in

ENGLISH = words_in("en")
PAGE_LENGTH = 60
WIDTH, ONE_LINE = 112, 2**31
HEAD = """\
# A starting lifecycle, suggested by `sojourn suggest-touchpoints` from what no rule of {base} recognised:
# {unmatched} of {followed} followed events.
#
# Read every suggestion: names tell little of what people did. What customers do after the purchase belongs in a
# phase with stage: after, or their visit counts as the beginning of a new journey. Delete what tells nothing, move the
# rest to its phase, give titles. `sojourn check-lifecycle FILE` tells what is wrong; `sojourn run --lifecycle FILE`
# uses it. Behind each contact stands how often it was met so far.
"""


@dataclass(frozen=True)
class Coverage:
    """What the export holds, and what of it is recognised.

    Args:
        followed: followed events.
        unmatched: those that no rule recognises.
        met: touchpoints by their key.
        automatic: rows of candidates that GA4 sends by itself, which are not suggested.
        fewest: sessions that a candidate must have been in to be suggested.
        most: candidates that are looked at, the commonest.
    """

    followed: int
    unmatched: int
    met: Mapping[str, int]
    automatic: Sequence[Mapping[str, Any]]
    fewest: int
    most: int


def write_lifecycle_file(base: LifecycleFile, suggestions: Sequence[Suggestion], coverage: Coverage) -> str:
    """Write the base lifecycle with the suggested touchpoints as a file of its own.

    The base's own touchpoints stay first, in their order; the suggestions come behind them, before the catalogue's.

    Args:
        base: the lifecycle that left events unmatched, as its file is written.
        suggestions: in the order in which they are to stand.
        coverage: counts for the comments.
    """
    unmatched, followed = ENGLISH.count(coverage.unmatched), ENGLISH.count(coverage.followed)
    lines = [
        HEAD.format(base=base.name, unmatched=unmatched, followed=followed).rstrip(),
        f"name: {_scalar(base.name.removesuffix('-own') + '-own')}",
        *([f"title: {_scalar(base.title)}"] if base.title else []),
        f"conversion: {_scalar(base.conversion)}",
        "phases:",
        *(line for phase in base.phases for line in _phase(phase, coverage)),
        "",
        *_left_out(suggestions, coverage),
        "touchpoints:" if base.touchpoints or suggestions else "touchpoints: []",
    ]
    for contact in base.touchpoints:
        lines += [f"  # {_met(contact.key, coverage)}", *_block(contact.model_dump(exclude_none=True))]
    for suggestion in suggestions:
        lines += ["", *_suggested(suggestion)]
    return "\n".join(lines) + "\n"


def _phase(phase: PhaseEntry, coverage: Coverage) -> Iterator[str]:
    yield f"  - key: {_scalar(phase.key)}"
    yield f"    stage: {phase.stage}"
    if phase.title:
        yield f"    title: {_scalar(phase.title)}"
    if phase.touchpoints:
        yield "    touchpoints:"
    for key in phase.touchpoints:
        yield f"      - {_scalar(key)}  # {_met(key, coverage)}"


def _met(key: str, coverage: Coverage) -> str:
    count = coverage.met.get(key, 0)
    return ENGLISH.count(count) if count else "not met"


def _left_out(suggestions: Sequence[Suggestion], coverage: Coverage) -> Iterator[str]:
    for candidate in coverage.automatic:
        yield f"# Not suggested: {shortened(candidate['event_name'])}, {_counts(candidate)}; GA4 sends it by itself."
    automatic = sum(candidate["events"] for candidate in coverage.automatic)
    suggested = sum(suggestion.candidate["events"] for suggestion in suggestions)
    rest = coverage.unmatched - automatic - suggested
    if rest:
        yield (
            f"# Not suggested: {ENGLISH.count(rest)} more events, of names and pages in fewer than {coverage.fewest}"
            f" sessions, behind the commonest {coverage.most},"
        )
        yield "# that no rule could tell from what is recognised, or without a phase here; table unmatched has them."


def _suggested(suggestion: Suggestion) -> Iterator[str]:
    candidate = suggestion.candidate
    guess = f"its words are like {suggestion.like}" if suggestion.like else "its phase is a guess"
    yield f"  # {_counts(candidate)}; {guess}"
    if candidate["page_group"] is not None:
        pages = ", ".join(shortened(page, PAGE_LENGTH) for page in candidate["pages"][:3])
        count = candidate["page_count"]
        yield f"  # {ENGLISH.count(count)} page{'s' if count > 1 else ''}, such as {pages}"
    touchpoint = asdict(suggestion.touchpoint)
    yield from _block({name: value for name, value in touchpoint.items() if value})


def _counts(candidate: Mapping[str, Any]) -> str:
    events, sessions = ENGLISH.count(candidate["events"]), ENGLISH.count(candidate["sessions"])
    share = ENGLISH.share(candidate["session_share"]).replace("\u00a0", " ")
    return f"{events} events in {sessions} sessions ({share})"


def _block(touchpoint: Mapping[str, Any]) -> list[str]:
    return [f"  {line}" for line in _dump([dict(touchpoint)], None, WIDTH).splitlines()]


def _scalar(value: object) -> str:
    return _dump(value, True, ONE_LINE).removesuffix("...\n").rstrip("\n")


def _dump(value: object, flow: bool | None, width: int) -> str:
    """YAML as people write it; where a sign would not show, it and all that is not ASCII are escaped."""
    dump = partial(yaml.safe_dump, value, default_flow_style=flow, sort_keys=False, width=width)
    text = str(dump(allow_unicode=True))
    return text if text.replace("\n", "").isprintable() else str(dump(allow_unicode=False))
