"""Sessions: a device's events cut at silences, and what each session says of itself."""

import polars as pl

from models.channels import OFFLINE
from transforms.combinations import judge
from transforms.events import names_source, own_origin
from transforms.keys import key_of
from transforms.money import from_micros
from transforms.refunds import REFUND
from transforms.rules import Rules
from transforms.runs import begins, last_before, number

TRAITS = (
    "device_category",
    "operating_system",
    "browser",
    "language",
    "country",
    "city",
    "hostname",
    "platform",
    "ga_session_number",
)
OWN = ("own_source", "own_medium", "own_campaign")
CUT_BY = ("device_id", "occurred_at", "ga_session_id", *OWN)
BOUNCE_SECONDS = 10


def sessionize(events: pl.DataFrame, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cut each device's events into sessions: a silence longer than the gap starts a new one.

    A silence of exactly the gap does not split, nor does midnight. Refunds, which a shop's server sends, are left out
    while it is cut: each then falls into the session that is under way, at most the gap after the event before it, and
    else into none; a session ends with its last other event. What a session says of itself is the first non-null
    value in event order; its source is that of the first event that tells one, as `own_origin` says. A session of which
    all events came by feeds is no visit: without a source of its own its channel is Offline.

    Args:
        events: one row per event in person, device and event order.
        rules: gap, further cuts, ignored referrers and channels.

    Returns:
        the events with session_index (0, 1, ... in the order of the rows, null for a refund in no session), and one row
        per session.
    """
    marked = events.with_columns(has_source=_has_source(events, rules)).with_columns(**own_origin())
    marked = marked.with_columns(_place(marked, rules).alias("session_index"))
    inside = marked.filter(pl.col("session_index").is_not_null()) if marked["session_index"].null_count() else marked
    bounds = inside.select(first=pl.col("session_index").ne_missing(pl.col("session_index").shift()).arg_true())
    first = bounds["first"]
    last = pl.concat([first.slice(1).cast(pl.Int64) - 1, pl.Series([inside.height - 1])]) if inside.height else first
    sessions = _describe(inside, first, last.rename("last"), rules)
    return marked.drop("has_source", *OWN), sessions


def _has_source(events: pl.DataFrame, rules: Rules) -> pl.Series:
    """Which events have a source of their own; only those that name any are looked at closely."""
    named = events.select("source", "page_location", row=pl.int_range(pl.len())).filter(pl.col("source").is_not_null())
    judged = judge(named, ["source", "page_location"], "has_source", names_source(rules.ignored_referrers))
    rows = judged.filter("has_source")["row"]
    return pl.repeat(False, events.height, eager=True).scatter(rows, True)


def _place(events: pl.DataFrame, rules: Rules) -> pl.Series:
    """The session of each event: cut by all but refunds, which then fall into what is under way, or into none."""
    known = events.select(CUT_BY, is_refund=pl.col("event_name") == REFUND)
    if not known["is_refund"].any():
        return _cut(known, rules)
    others = known.select((~pl.col("is_refund")).arg_true()).to_series()
    cut = pl.repeat(None, known.height, dtype=pl.Int64, eager=True).scatter(others, _cut(known[others], rules))
    before = {name: pl.when(~pl.col("is_refund")).then(name).forward_fill() for name in ("device_id", "occurred_at")}
    is_under_way = (before["device_id"] == pl.col("device_id")) & (
        pl.col("occurred_at") - before["occurred_at"] <= rules.session_gap
    )
    placed = pl.when(~pl.col("is_refund") | is_under_way).then(pl.col("session").forward_fill())
    return known.with_columns(session=cut).select(placed).to_series()


def _cut(events: pl.DataFrame, rules: Rules) -> pl.Series:
    is_silent = pl.col("occurred_at").diff() > rules.session_gap
    starts = begins("device_id") | is_silent.fill_null(True)
    cut = events.lazy().select(CUT_BY, session=starts.cum_sum().cast(pl.Int64))
    if "ga_session_id" in rules.session_split:
        cut = _cut_where_changed(cut, pl.col("ga_session_id"))
    if "campaign" in rules.session_split:
        cut = _cut_where_changed(cut, pl.when(pl.col("own_source").is_not_null()).then(_triple()))
    return cut.select(pl.col("session") - 1).collect().to_series()


def _triple() -> pl.Expr:
    """Source, medium and campaign as one text, null apart from blank; structs do not compare well in a lazy frame."""
    parts = [pl.col(name).fill_null("\x1e") for name in OWN]
    return pl.concat_str(parts, separator="\x1f")


def _cut_where_changed(cut: pl.LazyFrame, value: pl.Expr) -> pl.LazyFrame:
    """Cut a session again where a value differs from the last one that was set in it."""
    seen = cut.with_columns(value=value)
    changed = (pl.col("value") != last_before(pl.col("value"), "session")).fill_null(False)
    return seen.with_columns(session=(begins("session") | changed).cum_sum().cast(pl.Int64)).drop("value")


def _describe(events: pl.DataFrame, first: pl.Series, last: pl.Series, rules: Rules) -> pl.DataFrame:
    is_view = pl.col("event_name") == "page_view"
    rows = events.select(
        *(_next_row(pl.col(name).is_not_null()).gather(first).alias(name) for name in TRAITS),
        default_channel_group=_next_row(~_is_offline()).gather(first),
        visit=_next_row(_is_offline().not_().fill_null(True)).gather(first),
        view=_next_row(is_view).gather(first),
        exit=_last_row(is_view).gather(last),
        end=_last_row(pl.col("event_name") != REFUND).gather(last),
        origin=_next_row(pl.col("own_source").is_not_null() | pl.col("click_id").is_not_null()).gather(first),
    )
    within = rows.with_columns(
        pl.when(pl.all().is_between(first, last)).then(pl.all()),
    )
    views, engagement = is_view.cum_sum().cast(pl.Int64), _micros().cum_sum()
    described = events.select(
        pl.col("person_id", "device_id").gather(first),
        session_index=pl.col("session_index").gather(first),
        started_at=pl.col("occurred_at").gather(first),
        ended_at=pl.col("occurred_at").gather(within["end"]),
        page_view_count=views.gather(last) - views.gather(first) + is_view.cast(pl.Int64).gather(first),
        engagement_seconds=from_micros(engagement.gather(last) - engagement.gather(first) + _micros().gather(first)),
        **{name: pl.col(name).gather(within[name]) for name in (*TRAITS, "default_channel_group")},
        landing_page=pl.col("page_location").gather(within["view"]),
        landing_path=pl.col("page_path").gather(within["view"]),
        exit_page=pl.col("page_location").gather(within["exit"]),
        exit_path=pl.col("page_path").gather(within["exit"]),
        **_origin(within["origin"]),
    ).with_columns(
        event_count=(last - first.cast(pl.Int64) + 1).cast(pl.Int64),
        has_origin=within["origin"].is_not_null(),
        is_offline=within["visit"].is_null(),
    )
    return _finish(described, rules)


def _is_offline() -> pl.Expr:
    """Whether an event came by a feed; null where it came by an export that names no channel group."""
    return pl.col("default_channel_group") == OFFLINE


def _next_row(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.int_range(pl.len(), dtype=pl.Int64)).backward_fill()


def _last_row(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.int_range(pl.len(), dtype=pl.Int64)).forward_fill()


def _micros() -> pl.Expr:
    """Engagement in whole microseconds, so that the order of a sum cannot change it; none where it is no number."""
    return (pl.col("engagement_seconds") * 1_000_000).round().cast(pl.Int64, strict=False).fill_null(0)


def _origin(rows: pl.Series) -> dict[str, pl.Expr]:
    texts = {name.removeprefix("own_"): pl.col(name).gather(rows) for name in OWN}
    return {**texts, "click_id": pl.col("click_id").gather(rows)}


def _finish(sessions: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    direct = ~pl.col("has_origin")
    repeat = number("device_id", "started_at")
    key = key_of(pl.col("device_id"), pl.col("started_at").dt.epoch("us"))
    key_of_repeat = key_of(pl.col("device_id"), pl.col("started_at").dt.epoch("us"), repeat)
    named = sessions.with_columns(
        source=pl.when(direct).then(pl.lit("(direct)")).otherwise("source"),
        medium=pl.when(direct).then(pl.lit("(none)")).otherwise("medium"),
        session_id=pl.when(repeat > 1).then(key_of_repeat).otherwise(key) if rules.session_split else key,
        device_session_number=number("device_id"),
    )
    told = judge(named, ["source", "medium", "campaign", "click_id"], "channel", rules.channel)
    offline = pl.when(pl.col("is_offline") & direct).then(pl.lit(OFFLINE))
    return told.with_columns(channel=pl.coalesce("default_channel_group", offline, "channel")).drop(
        "has_origin", "is_offline", "default_channel_group", "click_id"
    )
