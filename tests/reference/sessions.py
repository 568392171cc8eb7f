"""Sections 2 and 3 of the definitions: whose device it is, and where one session ends and the next starts."""

from collections.abc import Collection
from itertools import pairwise

from tests.reference.channels import ChannelOf
from tests.reference.events import event_order
from tests.reference.values import Row, bare_host, host_of, is_blank, is_same_site

Arrival = tuple[str | None, str | None, str | None, str | None]
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
    if is_blank(source) or source.strip() == "(direct)":
        return False
    if is_same_site(source, host_of(event["page_location"])):
        return False
    return bare_host(source) not in {bare_host(host) for host in ignored}


def triple(event: Row) -> tuple[str | None, str | None, str | None]:
    """Source, medium and campaign."""
    return event["source"], event["medium"], event["campaign"]


def cut(history: list[Row], gap: int, split: Collection[str], ignored: Collection[str]) -> list[list[Row]]:
    """The sessions of a device: cut after a silence longer than the gap, and where a setting asks for it."""
    sessions: list[list[Row]] = [[history[0]]]
    for before, event in pairwise(history):
        session = sessions[-1]
        is_cut = event["at"] - before["at"] > gap
        is_cut = is_cut or ("ga_session_id" in split and changes_id(session, event))
        is_cut = is_cut or ("campaign" in split and changes_source(session, event, ignored))
        if is_cut:
            sessions.append([event])
        else:
            session.append(event)
    return sessions


def changes_id(session: list[Row], event: Row) -> bool:
    """The event carries another ga_session_id than the last one named in the session."""
    named = [e["ga_session_id"] for e in session if e["ga_session_id"] is not None]
    return bool(named) and event["ga_session_id"] is not None and event["ga_session_id"] != named[-1]


def changes_source(session: list[Row], event: Row, ignored: Collection[str]) -> bool:
    """The event names another source, medium or campaign than the last one named in the session."""
    named = [triple(e) for e in session if own_source(e, ignored)]
    return bool(named) and own_source(event, ignored) and triple(event) != named[-1]


def to_session(events: list[Row], number: int, person: str, ignored: Collection[str], channel_of: ChannelOf) -> Row:
    """What a session says, of its events; its conversions are added later."""
    pages = [event for event in events if event["event_name"] == "page_view"]
    session: Row = {"events": events, "device_id": events[0]["device_id"], "person_id": person}
    session |= {"device_session_number": number, "started_at": events[0]["at"], "ended_at": events[-1]["at"]}
    session |= {"event_count": len(events), "page_view_count": len(pages)}
    milliseconds = sum(
        round(event["engagement_seconds"] * 1_000_000) for event in events if event["engagement_seconds"]
    )
    session["engagement_seconds"] = milliseconds / 1_000_000
    session["landing_page"] = pages[0]["page_location"] if pages else None
    session["landing_path"] = pages[0]["page_path"] if pages else None
    session["exit_page"] = pages[-1]["page_location"] if pages else None
    for name in FIRST_SEEN:
        session[name] = next((event[name] for event in events if event[name] is not None), None)
    return session | arrival(events, ignored, channel_of)


def arrival(events: list[Row], ignored: Collection[str], channel_of: ChannelOf) -> Row:
    """Source, medium, campaign and channel of a session, from its first event with a source or a click id."""
    found: Arrival = ("(direct)", "(none)", None, None)
    for event in events:
        if own_source(event, ignored):
            found = (*triple(event), event["click_id"])
            break
        if event["click_id"] is not None:
            found = (None, None, None, event["click_id"])
            break
    exported = (event["default_channel_group"] for event in events if event["default_channel_group"] is not None)
    source, medium, campaign, _ = found
    channel = next(exported, None) or channel_of(*found)
    return {"source": source, "medium": medium, "campaign": campaign, "channel": channel}


def session_order(session: Row) -> tuple[int, str, int]:
    """Order of a person's sessions: start, then a stand-in for session_id."""
    return session["started_at"], session["device_id"], session["device_session_number"]
