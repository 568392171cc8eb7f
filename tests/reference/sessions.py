"""Sections 2 and 3 of the definitions: whose device it is, and where one session ends and the next starts."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from tests.reference.channels import ChannelOf
from tests.reference.events import event_order, is_named
from tests.reference.values import Row, bare_host, host_of, is_blank, is_same_site

SessionKey = Callable[[str, int, int], Any]
Arrival = tuple[str | None, str | None, str | None, str | None]
Origin = tuple[str | None, str | None, str | None]
UNPAID = {"", "organic", "referral", "(none)", "(not set)"}
FIRST_SEEN = [
    "device_category",
    "operating_system",
    "browser",
    "language",
    "country",
    "city",
    "hostname",
    "platform",
]


def devices_of(events: list[Row]) -> dict[str, list[Row]]:
    """The events of each device that can be followed, in event order."""
    devices: dict[str, list[Row]] = {}
    for event in events:
        if event["device_id"] is not None:
            devices.setdefault(event["device_id"], []).append(event)
    return {device: sorted(devices[device], key=event_order) for device in sorted(devices)}


def person_of(device: str, history: list[Row], identity: str) -> str:
    """The person a device belongs to: the last user seen on it, else the device."""
    users = [event["user_id"] for event in history if not is_blank(event["user_id"])]
    return f"u:{users[-1]}" if users and identity == "stitched" else f"d:{device}"


def own_source(event: Row, ignored: Collection[str]) -> bool:
    """Whether the event names a source of its own."""
    source = event["source"]
    if not is_named(source):
        return False
    if is_same_site(source, host_of(event["page_location"])):
        return False
    return bare_host(source) not in {bare_host(host) for host in ignored}


def origin(event: Row, ignored: Collection[str]) -> Origin | None:
    """Source, medium and campaign that an event tells; none where it has no source and no click id of a search ad."""
    named = (event["source"], event["medium"], event["campaign"]) if own_source(event, ignored) else None
    network = {"gclid": "google", "wbraid": "google", "gbraid": "google", "msclkid": "bing"}.get(event["click_id"])
    if network and (named is None or (named[1] or "").strip().lower() in UNPAID):
        return network, "cpc", named and named[2]
    return named


def cut(history: list[Row], gap: int, split: Collection[str], ignored: Collection[str]) -> list[list[Row]]:
    """The sessions of a device: cut after a silence longer than the gap, and where a setting asks for it.

    Where it asks for both, first by ga_session_id, then each of these sessions by campaign. Refunds cut nothing: they
    fall into the session under way, if any is.
    """
    others = [event for event in history if event["event_name"] != "refund"]
    if not others:
        return []
    sessions = part(others, lambda session, event: event["at"] - session[-1]["at"] > gap)
    if "ga_session_id" in split:
        sessions = [piece for session in sessions for piece in part(session, changes_id)]
    if "campaign" in split:
        changes = partial(changes_source, ignored=ignored)
        sessions = [piece for session in sessions for piece in part(session, changes)]
    return with_refunds(history, sessions, gap)


def with_refunds(history: list[Row], sessions: list[list[Row]], gap: int) -> list[list[Row]]:
    """The sessions with the refunds that came at most a gap after the event before them that is none."""
    place = {id(event): number for number, session in enumerate(sessions) for event in session}
    found: list[list[Row]] = [[] for _ in sessions]
    before: Row | None = None
    for event in history:
        if id(event) in place:
            before = event
        if before is not None and event["at"] - before["at"] <= gap:
            found[place[id(before)]].append(event)
    return found


def part(events: list[Row], is_cut: Callable[[list[Row], Row], bool]) -> list[list[Row]]:
    """Events cut wherever the next one does not go with the piece before it."""
    pieces = [[events[0]]]
    for event in events[1:]:
        if is_cut(pieces[-1], event):
            pieces.append([event])
        else:
            pieces[-1].append(event)
    return pieces


def changes_id(session: list[Row], event: Row) -> bool:
    """The event carries another ga_session_id than the last one named in the session."""
    named = [e["ga_session_id"] for e in session if e["ga_session_id"] is not None]
    return bool(named) and event["ga_session_id"] is not None and event["ga_session_id"] != named[-1]


def changes_source(session: list[Row], event: Row, ignored: Collection[str]) -> bool:
    """The event names another source, medium or campaign than the last one named in the session."""
    named = [told for told in (origin(e, ignored) for e in session) if told]
    told = origin(event, ignored)
    return bool(named) and told is not None and told != named[-1]


def to_session(events: list[Row], number: int, person: str, ignored: Collection[str], channel_of: ChannelOf) -> Row:
    """What a session says, of its events; its conversions are added later."""
    pages = [event for event in events if event["event_name"] == "page_view"]
    last = [event for event in events if event["event_name"] != "refund"][-1]
    session: Row = {"events": events, "device_id": events[0]["device_id"], "person_id": person}
    session |= {"device_session_number": number, "started_at": events[0]["at"], "ended_at": last["at"]}
    session |= {"event_count": len(events), "page_view_count": len(pages)}
    milliseconds = sum(
        round(event["engagement_seconds"] * 1_000_000) for event in events if event["engagement_seconds"]
    )
    session["engagement_seconds"] = milliseconds / 1_000_000
    session["landing_page"] = pages[0]["page_location"] if pages else None
    session["landing_path"] = pages[0]["page_path"] if pages else None
    session["exit_path"] = pages[-1]["page_path"] if pages else None
    session["exit_page"] = pages[-1]["page_location"] if pages else None
    for name in FIRST_SEEN:
        session[name] = next((event[name] for event in events if event[name] is not None), None)
    return session | arrival(events, ignored, channel_of)


def give_keys(sessions: list[Row], key_of: SessionKey) -> None:
    """Give the sessions of one device, in order, their keys: of device and start, and how many started then."""
    starts: list[int] = []
    for session in sessions:
        starts.append(session["started_at"])
        session["session_key"] = key_of(session["device_id"], session["started_at"], starts.count(starts[-1]))


def arrival(events: list[Row], ignored: Collection[str], channel_of: ChannelOf) -> Row:
    """Source, medium, campaign and channel of a session, from its first event with a source or a click id."""
    found: Arrival = ("(direct)", "(none)", None, None)
    for event in events:
        if told := origin(event, ignored):
            found = (*told, event["click_id"])
            break
        if event["click_id"] is not None:
            found = (None, None, None, event["click_id"])
            break
    exported = (event["default_channel_group"] for event in events if event["default_channel_group"] is not None)
    source, medium, campaign, _ = found
    channel = next(exported, None) or channel_of(*found)
    return {"source": source, "medium": medium, "campaign": campaign, "channel": channel}


def session_order(row: Row) -> tuple[int, Any]:
    """Order of a person's sessions, for a session or a touchpoint of it: start, then session_id."""
    return row.get("session_started_at", row.get("started_at")), row["session_key"]
