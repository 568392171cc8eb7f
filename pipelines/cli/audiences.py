"""How far each audience of the report is, in a line: for `sojourn send` and `sojourn status`."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from models.settings import Settings
from pipelines.ledger import Entry, Ledger
from pipelines.locking import is_running
from pipelines.turns import Turn
from pipelines.zones import told_time


def standing_of(turn: Turn, ledger: Ledger, settings: Settings) -> str:
    """What an audience had last, what waits for it and why, and of what it is unsure whether it arrived."""
    parts = [*_had(ledger.entries(turn.name), settings), *_waiting(turn, ledger), *_unsure(turn, settings)]
    if turn.why_not:
        parts.append(turn.why_not)
    return f"{turn.name}: {'; '.join(parts)}"


def _had(entries: list[Entry], settings: Settings) -> Iterator[str]:
    sent = [entry for entry in entries if entry.state == "sent"]
    if sent:
        last = max(sent, key=lambda entry: entry.at)
        when = told_time(datetime.fromisoformat(last.at), settings.timezone)
        ways = ", ".join(entry.way for entry in sent if entry.period == last.period)
        yield f"{last.period} was sent {when} by {ways}"


def _waiting(turn: Turn, ledger: Ledger) -> Iterator[str]:
    """What waits, the ways that wait for the same reason together."""
    if turn.period is None:
        return
    steps = [(way, ledger.last(turn.name, turn.period.name, way)) for way in turn.ways]
    reasons = [(step.why if step and step.state == "failed" else "", way) for way, step in steps]
    for why, ways in groupby(sorted(reasons, key=lambda reason: reason[0]), key=lambda reason: reason[0]):
        told = ", ".join(way for _, way in ways)
        yield f"{turn.period.name} waits for {told}{f' ({why})' if why else ''}"


def _unsure(turn: Turn, settings: Settings) -> Iterator[str]:
    """A sending that was begun and not ended, unless a run is at it now."""
    if turn.unsure and not is_running(settings):
        ways = ", ".join(f"{entry.way} ({entry.why})" if entry.why else entry.way for entry in turn.unsure)
        again = f"`sojourn send --audience {turn.name} --again` sends it anew"
        yield f"unsure whether {turn.unsure[0].period} arrived by {ways}: {again}"
