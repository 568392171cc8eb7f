"""The first settings of one's own exports: what was found in them, told in lines and written as a settings file."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from textwrap import fill

from models.inspection import FEWEST_SILENCES, Counts, Inspection
from models.lifecycle import Lifecycle
from models.periods import day_ranges

MOST_NAMES = 8
WIDTH = 118
HEAD = """\
# Settings of Sojourn, written by `sojourn init` on what it found; docs/settings.md has all there are.
# Paths are seen from this file. A flag beats a SOJOURN_... variable beats what stands here.
"""
REST = """\
# database = "data/sojourn.duckdb"  # the file that analysts open
# reports = "data/reports"          # directory of the pages
# feeds = ["data/feeds"]            # offline contacts and surveys, CSV or Parquet; docs/feeds.md says what they hold
# language = "da"                   # of the page and of titles: en, da, nb or sv
# session_gap = "30m"               # silence that ends a session
# ignored_referrers = ["pay.example.com"]  # hosts that are no source, such as a payment provider
# segments = ["browser"]            # further journey columns to cut the figures by
# health = "block"                  # days that look as if tracking broke: "warn", "block" publishing, or "off"

# [personas]                        # named conditions over journeys and persons
# "mobile prospects" = "device_category = 'mobile' AND customer = 'prospect'"

# [mail]                            # the server that alerts and reports go through
# from = "sojourn@shop.example"
# smtp_host = "smtp.shop.example"

# [alerts]                          # who is told when a night or a check fails
# email_to = ["data@shop.example"]

# [audiences.board]                 # who gets the report, and how often; docs/delivery.md has more
# email_to = ["ana@shop.example"]
# rhythm = "monthly"
"""


def findings(found: Inspection, lifecycle: Lifecycle) -> dict[str, str]:
    """Tell what was found, a line for each thing, by the name of the thing.

    Args:
        found: what the exports hold.
        lifecycle: the one that is used where settings name none.
    """
    return {
        "exports": _exports(found),
        "looked at": _looked_at(found),
        "time zone": _time_zone(found),
        "currency": _currency(found.currencies),
        "events": _shares(found.names, found.events),
        "unknown": _unknown(found, lifecycle),
        "user ids": f"{_share(found.signed_in, found.events)} of events have one",
        "consent": f"{_share(found.unfollowed, found.events)} of events have no device id, and cannot be followed",
        "hosts": _shares(found.hosts, found.events) if found.hosts else "no event tells the host of its page",
        "window": _window(found),
    }


def first_settings(found: Inspection, lifecycle: Lifecycle, exports: str) -> str:
    """Write the settings file: what was found is set; what else is often wanted is there to be taken in.

    Args:
        found: what the exports hold.
        lifecycle: the one that is used where settings name none.
        exports: their address, as seen from the file.
    """
    told = {name: f"{name}: {line}" for name, line in findings(found, lifecycle).items()}
    window, zone = found.window_days, found.zones[0] if found.zones else None
    parts = [
        _part([told["exports"], told["looked at"]], _line("exports", exports)),
        _part([told["time zone"]], _line("timezone", zone or "UTC", is_set=zone is not None)),
        _part([told["currency"]], *_money(list(found.currencies))),
        _part([told["window"]], _line("journey_window", f"{window or 30}d", is_set=window is not None)),
        _part([told["events"], told["unknown"]], _line("lifecycle", lifecycle.name, is_set=False)),
        _part([told["user ids"], told["consent"]], _line("identity", "device", is_set=False)),
        _part([told["hosts"]], _line("exclude", "hostname = 'staging.shop.example'", is_set=False)),
    ]
    return "\n".join([HEAD, *parts, REST])


def _part(comments: Sequence[str], *lines: str) -> str:
    told = (fill(line, WIDTH, initial_indent="# ", subsequent_indent="#   ") for line in comments)
    return "".join(f"{line}\n" for line in (*told, *lines))


def _line(name: str, value: object, is_set: bool = True) -> str:
    """A setting as TOML writes it, which takes texts and numbers as JSON does."""
    return f"{'' if is_set else '# '}{name} = {json.dumps(value, ensure_ascii=False)}"


def _money(currencies: Sequence[str]) -> list[str]:
    own, *others = currencies or ["DKK"]
    rates = ", ".join(f"{code} = 1.0" for code in others)
    lines = [_line("currency", own, is_set=bool(currencies))]
    return [*lines, f"# exchange_rates = {{{rates}}}  # what one of each is worth in {own}"] if rates else lines


def _exports(found: Inspection) -> str:
    first, last = found.days[0], found.days[-1]
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.items())
    files = sum(found.formats.values())
    return (
        f"{_count(len(found.days), 'day')} ({kinds}), {first} to {last}, {_gaps(found.gaps)};"
        f" {_count(files, 'file')} ({', '.join(found.formats)}), {found.size / 1e6:,.1f} MB"
    )


def _gaps(gaps: Sequence[date]) -> str:
    return (
        f"{_count(len(gaps), 'day')} between without a file: {day_ranges(gaps)}" if gaps else "no day between missing"
    )


def _looked_at(found: Inspection) -> str:
    """The latest days, and the one of half a year before."""
    days = found.looked_at
    alone = [day for day in days[:1] if days[-1] - day >= timedelta(days=found.days_in_a_row)]
    latest = days[len(alone) :]
    also = f" and, of {alone[0]}, a file" if alone else ""
    return f"the rows of {latest[0]} to {latest[-1]}{also}: {found.events:,} events"


def _time_zone(found: Inspection) -> str:
    if not found.zones:
        return f"none fits: in the nearest, event_date is another than the local day for {_share(found.off)} of events"
    fits = f"event_date is the local day of {_share(1 - found.off)} of events; it is that of UTC for"
    others = ", ".join(found.zones[1 : MOST_NAMES + 1]) + (" and more" if len(found.zones) > MOST_NAMES + 1 else "")
    also = f"; these fit as well: {others}" if others else ""
    return f"{found.zones[0]}: {fits} {_share(1 - found.off_in_utc)}{also}"


def _currency(currencies: Counts) -> str:
    if not currencies:
        return "no purchase has an amount with a currency"
    told = ", ".join(f"{code} ({_count(count, 'purchase')})" for code, count in currencies.items())
    return f"{told}; amounts in another than the first count in no sum without a rate" if len(currencies) > 1 else told


def _unknown(found: Inspection, lifecycle: Lifecycle) -> str:
    names = found.unknown_names(lifecycle)
    if not names:
        return f"lifecycle {lifecycle.name} has a rule for every event, but for those that GA4 sends by itself"
    share = _share(sum(found.names[name] for name in names), found.events)
    shown = ", ".join(names[:MOST_NAMES]) + (" and more" if len(names) > MOST_NAMES else "")
    return f"{share} of events have names that lifecycle {lifecycle.name} has no rule for: {shown}"


def _window(found: Inspection) -> str:
    days = found.window_days
    if days is None:
        return (
            f"30 days, the default: between visits before a purchase lie {_count(found.silences, 'silence')}, and fewer"
            f" than {FEWEST_SILENCES} tell of no other"
        )
    told = (
        f"95 % of {found.silences:,} silences between visits before a purchase are at most {found.silent_days:.1f} days"
    )
    is_bounded = days < (found.silent_days or 0)
    bound = (
        f"; half of the {found.days_in_a_row} days looked at is the longest that they can tell" if is_bounded else ""
    )
    return f"{_count(days, 'day')}: {told}{bound}"


def _shares(counts: Counts, events: int) -> str:
    shown = ", ".join(f"{name} {_share(count, events)}" for name, count in list(counts.items())[:MOST_NAMES])
    return shown + (" and more" if len(counts) > MOST_NAMES else "")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _share(part: float, whole: float = 1) -> str:
    """A share in percent; one that only rounding would make all or nothing is not called so.

    >>> _share(1, 8), _share(1, 9999), _share(0, 9999), _share(9998, 9999)
    ('12.5%', 'less than 0.1%', '0%', 'more than 99.9%')
    """
    share = part / whole if whole else 0.0
    if 0 < share < 0.001:
        return "less than 0.1%"
    if 0.999 < share < 1:
        return "more than 99.9%"
    return f"{share:.1%}" if 0 < share < 1 else f"{share:.0%}"
