"""Contracts of the marts: what is counted over journeys, for all of them and for each segment."""

from models.tables.contract import Column, Table

PARTS = ("to_purchase", "after_purchase")
LEVELS = ("phase", "touchpoint")
SCALES = ("nps", "csat")
PERSONA = "persona"
"""The dimension of personas. A journey may count in several of its segments; in every other dimension it is one."""
HORIZONS = (30, 90, 365)
"""The numbers of days after a first purchase that kpis looks at."""
AGAIN = {"repurchase": "another purchase in a later session", "return": "a later session"}
"""The kinds of curves after a first purchase, and what ends each."""
NOBODY = "(none)"
"""The segment of journeys that no persona's condition holds for."""

DIMENSION = Column("dimension", "VARCHAR", "`all`, `persona`, or the journey column that segments come from.", True)
SEGMENT = Column("segment", "VARCHAR", "Value of that column, '(not set)' for null; a persona; `all` for all.", True)

JOURNEY_SEGMENTS = Table(
    "journey_segments",
    "One row per journey, dimension and segment that the journey counts in: one segment, but any number of personas.",
    ("journey_id", "dimension", "segment"),
    (
        Column("journey_id", "BIGINT", "Journey.", True, references="journeys.journey_id"),
        DIMENSION,
        SEGMENT,
    ),
    example="SELECT segment, avg(session_count) AS sessions FROM journey_segments JOIN journeys USING (journey_id)"
    " WHERE dimension = 'channel' GROUP BY ALL",
)

LIFECYCLE = Table(
    "lifecycle",
    "One row per phase and touchpoint of the lifecycle that the journeys are cut by.",
    ("phase", "touchpoint"),
    (
        Column("lifecycle", "VARCHAR", "Name of the lifecycle.", True),
        Column("phase_index", "INTEGER", "Order of the phase, from 1.", True),
        Column("phase", "VARCHAR", "Key of the phase.", True),
        Column("stage", "VARCHAR", "before, during or after the purchase.", True, ("before", "during", "after")),
        Column("phase_title", "VARCHAR", "Title in the language of the settings.", True),
        Column("touchpoint", "VARCHAR", "Key of the touchpoint; null for a phase without any."),
        Column("touchpoint_title", "VARCHAR", "Title in the language of the settings."),
        Column("is_conversion", "BOOLEAN", "It is the touchpoint that converts a journey.", True),
        Column("owner", "VARCHAR", "Who answers for it."),
        Column("kpi", "VARCHAR", "How its success is measured."),
        Column("control", "VARCHAR", "owned, paid or earned."),
        Column("realm", "VARCHAR", "digital or physical."),
    ),
    example="SELECT phase, list(touchpoint) AS touchpoints FROM lifecycle GROUP BY phase, phase_index"
    " ORDER BY phase_index",
)

PERSONS = Table(
    "persons",
    "One row per person with a session.",
    ("person_id",),
    (
        Column("person_id", "VARCHAR", "Key: u: and user_id, or d: and device_id.", True),
        Column("first_seen_at", "TIMESTAMP", "Start of the first session, UTC.", True),
        Column("last_seen_at", "TIMESTAMP", "Latest end of a session, UTC.", True),
        Column("device_count", "BIGINT", "Devices.", True),
        Column("session_count", "BIGINT", "Sessions.", True),
        Column("journey_count", "BIGINT", "Journeys, those without a touchpoint included.", True),
        Column("purchase_count", "BIGINT", "Counted conversions.", True),
        Column("revenue", "DOUBLE", "Revenue of them net of refunds; null where none."),
        Column("first_channel", "VARCHAR", "Channel of the first session.", True),
    ),
    example="SELECT person_id, purchase_count, revenue FROM persons ORDER BY revenue DESC NULLS LAST, person_id LIMIT"
    " 10",
)

PHASE_METRICS = Table(
    "phase_metrics",
    "One row per phase and segment. reached = progressed + dropped_off + still_open + stopped.",
    ("dimension", "segment", "phase"),
    (
        DIMENSION,
        SEGMENT,
        Column("phase", "VARCHAR", "Phase.", True),
        Column("phase_index", "INTEGER", "Order of the phase, from 1.", True),
        Column("reached", "BIGINT", "Journeys whose furthest phase is this one or later.", True),
        Column("visited", "BIGINT", "Journeys with a touchpoint in it.", True),
        Column("entered_here", "BIGINT", "Journeys whose first touchpoint is in it.", True),
        Column("progressed", "BIGINT", "Reached the next phase or later.", True),
        Column("dropped_off", "BIGINT", "Furthest phase is this one, outcome dropped_off.", True),
        Column("still_open", "BIGINT", "Furthest phase is this one, outcome open.", True),
        Column("stopped", "BIGINT", "Furthest phase is this one, outcome converted.", True),
        Column("mature_reached", "BIGINT", "Mature journeys among reached.", True),
        Column("mature_dropped_off", "BIGINT", "Mature journeys among dropped_off.", True),
        Column("mature_still_open", "BIGINT", "Mature journeys among still_open.", True),
        Column(
            "drop_off_rate",
            "DOUBLE",
            "mature_dropped_off / (mature_reached - mature_still_open); null over nothing and for after phases.",
            share=True,
        ),
        Column("drop_off_low", "DOUBLE", "Lower end of its 95 % Wilson interval.", share=True),
        Column("drop_off_high", "DOUBLE", "Upper end of its 95 % Wilson interval.", share=True),
        Column("stays", "BIGINT", "Stays in the phase, completed or not.", True),
        Column("median_dwell_seconds", "DOUBLE", "Median dwell of completed stays, seconds (biased low)."),
        Column("mean_dwell_seconds", "DOUBLE", "Mean dwell of completed stays, seconds."),
        Column("p90_dwell_seconds", "DOUBLE", "90th percentile of dwell of completed stays, seconds."),
        Column("median_active_seconds", "DOUBLE", "Median active time of completed stays, seconds."),
        Column("mean_active_seconds", "DOUBLE", "Mean active time of completed stays, seconds."),
        Column("km_median_dwell_seconds", "DOUBLE", "Kaplan-Meier median time until moving on, seconds."),
        Column("p90_active_seconds", "DOUBLE", "90th percentile of active time of completed stays, seconds."),
        Column("completed_stays", "BIGINT", "Stays that were left for another phase.", True),
    ),
    example="SELECT phase, reached, dropped_off, still_open, drop_off_rate FROM phase_metrics"
    " WHERE dimension = 'all' ORDER BY phase_index",
)

TRANSITIONS = Table(
    "transitions",
    "One row per transition between states, part, level and segment. All are counted; none is cut off.",
    ("part", "level", "dimension", "segment", "from_state", "to_state"),
    (
        Column("part", "VARCHAR", "Up to the first conversion, or after it.", True, PARTS),
        Column("level", "VARCHAR", "Between phases or between touchpoints.", True, LEVELS),
        DIMENSION,
        SEGMENT,
        Column("from_state", "VARCHAR", "State left: (start), (converted), a phase or a touchpoint.", True),
        Column("to_state", "VARCHAR", "State entered: a phase, a touchpoint or an end in brackets.", True),
        Column("transition_count", "BIGINT", "How often.", True),
        Column("probability", "DOUBLE", "Count over all that leave from_state in this part.", True, share=True),
        Column("median_seconds", "DOUBLE", "Median time from entering the one to entering the next, seconds."),
        Column("p90_seconds", "DOUBLE", "90th percentile of that time, seconds."),
        Column(
            "decided_count",
            "BIGINT",
            "How often in mature journeys that converted or dropped off: the chain's; null after the purchase.",
        ),
    ),
    example="FROM transitions WHERE dimension = 'all' AND level = 'phase' AND part = 'to_purchase'"
    " ORDER BY transition_count DESC",
)

TOUCHPOINTS_BEFORE_PURCHASE = Table(
    "touchpoints_before_purchase",
    "One row per number of touchpoints before the first conversion and segment, over converted journeys.",
    ("dimension", "segment", "touchpoint_count"),
    (
        DIMENSION,
        SEGMENT,
        Column("touchpoint_count", "BIGINT", "Touchpoints before the purchase.", True),
        Column("journeys", "BIGINT", "Converted journeys with just so many.", True),
        Column("share", "DOUBLE", "Their share of converted journeys.", True, share=True),
        Column("cumulative_share", "DOUBLE", "Share that bought after at most so many.", True, share=True),
    ),
    example="SELECT touchpoint_count, cumulative_share FROM touchpoints_before_purchase WHERE dimension = 'all'"
    " ORDER BY ALL",
)


def _shares_of(kind: str, meaning: str) -> list[Column]:
    """The columns of kpis that read the curve of a kind at each horizon."""
    what = (
        "Kaplan-Meier share of purchasers with {meaning} within {days} days of the first purchase (repurchase_curves);"
    )
    return [
        Column(
            f"{kind}_{days}d",
            "DOUBLE",
            f"{what.format(meaning=meaning, days=days)} null where the curve does not reach so far.",
            share=True,
        )
        for days in HORIZONS
    ]


def _worth_within(days: int) -> list[Column]:
    """The columns of kpis on what purchasers are worth within a horizon."""
    name = f"lifetime_value_{days}d"
    return [
        Column(
            name,
            "DOUBLE",
            f"Mean revenue net of refunds within {days} days of a purchaser's first purchase, wherever bought, over"
            " those who were watched so long; null where nobody was, or no revenue is known.",
        ),
        Column(f"{name}_low", "DOUBLE", "Lower end of its 95 % interval (Student's t); null below ten persons."),
        Column(f"{name}_high", "DOUBLE", "Upper end of that interval; null below ten persons."),
    ]


KPIS = Table(
    "kpis",
    "One row per segment. A person counts in each segment that one of their journeys falls in.",
    ("dimension", "segment"),
    (
        DIMENSION,
        SEGMENT,
        Column("journeys", "BIGINT", "Journeys.", True),
        Column("converted", "BIGINT", "Journeys that converted.", True),
        Column("dropped_off", "BIGINT", "Journeys that dropped off.", True),
        Column("still_open", "BIGINT", "Journeys not decided yet.", True),
        Column("mature_journeys", "BIGINT", "Journeys that started more than a window before as_of.", True),
        Column("conversion_rate", "DOUBLE", "converted / (converted + dropped_off), mature journeys.", share=True),
        Column("conversion_low", "DOUBLE", "Lower end of its 95 % Wilson interval.", share=True),
        Column("conversion_high", "DOUBLE", "Upper end of its 95 % Wilson interval.", share=True),
        Column("median_touchpoints_before_purchase", "DOUBLE", "Median over converted journeys."),
        Column("median_seconds_to_purchase", "DOUBLE", "Median over converted journeys, seconds."),
        Column("purchasers", "BIGINT", "Persons with a conversion in a journey of the segment.", True),
        Column(
            "repurchase_rate_to_date",
            "DOUBLE",
            "Purchasers with another conversion in a session after that of their first, however long watched.",
            share=True,
        ),
        Column(
            "return_rate_to_date",
            "DOUBLE",
            "Purchasers with a session after that of their first conversion, however long watched.",
            share=True,
        ),
        Column("revenue", "DOUBLE", "Revenue of the segment's journeys net of refunds; null where none."),
        Column("lifetime_value_to_date", "DOUBLE", "That revenue per purchaser, however long watched."),
        Column(
            "bounce_rate",
            "DOUBLE",
            "Share of sessions that bounced, offline ones left out; for all, all others.",
            share=True,
        ),
        Column("nps", "DOUBLE", "Share of answers 9-10 minus share of 0-6, from -1 to 1."),
        Column("open_share", "DOUBLE", "Share of mature journeys not decided yet.", share=True),
        Column("mean_touchpoints_before_purchase", "DOUBLE", "Mean over converted journeys."),
        Column("p90_touchpoints_before_purchase", "DOUBLE", "90th percentile over converted journeys."),
        Column("mature_converted", "BIGINT", "Mature journeys among converted.", True),
        Column("mature_dropped_off", "BIGINT", "Mature journeys among dropped_off.", True),
        *(column for kind, meaning in AGAIN.items() for column in _shares_of(kind, meaning)),
        *(column for days in HORIZONS for column in _worth_within(days)),
    ),
    example="SELECT segment, journeys, conversion_rate, conversion_low, conversion_high FROM kpis"
    " WHERE dimension = 'channel' ORDER BY journeys DESC",
)

STATES = Table(
    "states",
    "One row per phase or touchpoint and segment, as a state of the chain up to the purchase: over mature journeys that"
    " converted or dropped off, so that the chance from (start) is the conversion rate. Segments are all journeys,"
    " personas, device categories, and customers.",
    ("dimension", "segment", "level", "state"),
    (
        DIMENSION,
        SEGMENT,
        Column("level", "VARCHAR", "Phases or touchpoints.", True, LEVELS),
        Column("state", "VARCHAR", "Phase or touchpoint; (start) for where all journeys begin.", True),
        Column("visits", "BIGINT", "How often it was entered, by open and immature journeys, too.", True),
        Column(
            "purchase_probability",
            "DOUBLE",
            "Chance to end in a purchase from here; null if unknown.",
            share=True,
        ),
        Column("expected_touchpoints", "DOUBLE", "Expected further states entered until the end."),
        Column("removal_effect", "DOUBLE", "Share of purchases lost if nobody could pass through it.", share=True),
    ),
    example="FROM states WHERE dimension = 'all' AND level = 'touchpoint'"
    " ORDER BY removal_effect DESC NULLS LAST LIMIT 10",
)

SENTIMENT = Table(
    "sentiment",
    "One row per phase or touchpoint that answers to surveys belong to, scale and segment; 95 % intervals.",
    ("dimension", "segment", "level", "state", "scale"),
    (
        DIMENSION,
        SEGMENT,
        Column("level", "VARCHAR", "Phases or touchpoints.", True, LEVELS),
        Column("state", "VARCHAR", "Phase or touchpoint last before the answer; (none) without one.", True),
        Column("scale", "VARCHAR", "nps: scores 0-10; csat: scores 1-5, by the param survey.", True, SCALES),
        Column("answers", "BIGINT", "Answers with a score of the scale.", True),
        Column("mean_score", "DOUBLE", "Mean score; null below ten answers."),
        Column("mean_low", "DOUBLE", "Lower end of its interval by Student's t, within the scale."),
        Column("mean_high", "DOUBLE", "Upper end of its interval by Student's t, within the scale."),
        Column("nps", "DOUBLE", "Share of 9-10 minus share of 0-6, -1 to 1; null for csat and below ten answers."),
        Column("nps_low", "DOUBLE", "Lower end of its adjusted Wald interval."),
        Column("nps_high", "DOUBLE", "Upper end of its adjusted Wald interval."),
        Column("is_withheld", "BOOLEAN", "Fewer than ten answers: the figures are null.", True),
    ),
    example="SELECT state, answers, nps, nps_low, nps_high FROM sentiment WHERE dimension = 'all' AND level = 'phase'"
    " AND scale = 'nps'",
)

QUALITY = Table(
    "quality",
    "One row per figure on how far the data can be trusted.",
    ("name",),
    (
        Column("name", "VARCHAR", "Name of the figure.", True),
        Column("value", "DOUBLE", "Its value where it is a number."),
        Column("meaning", "VARCHAR", "What it means, with its unit.", True),
        Column("value_at", "TIMESTAMP", "Its value where it is an instant, UTC."),
        Column("value_on", "DATE", "Its value where it is a day."),
        Column("value_text", "VARCHAR", "Its value where it is a text."),
    ),
    example="SELECT name, coalesce(value::VARCHAR, value_at::VARCHAR, value_on::VARCHAR, value_text) AS value, meaning"
    " FROM quality ORDER BY name",
)

RUN_SETTINGS = Table(
    "run_settings",
    "One row: what the figures depend on besides the events.",
    (),
    (
        Column(
            "as_of", "TIMESTAMP", "End of the last export day with events of its own, UTC: now, for all figures.", True
        ),
        Column("journey_window_seconds", "BIGINT", "Silence that ends a journey, seconds.", True),
        Column("session_gap_seconds", "BIGINT", "Silence that ends a session, seconds.", True),
        Column("timezone", "VARCHAR", "Time zone of the property.", True),
        Column("language", "VARCHAR", "Language of titles and of the page.", True),
        Column("currency", "VARCHAR", "The property's currency, that of all money; null where no purchase names one."),
        Column("is_currency_inferred", "BOOLEAN", "Most purchases have it; setting currency names none.", True),
        Column("recent_from", "DATE", "First local day of the recent weeks, of which schema recent tells.", True),
        Column("recent_to", "DATE", "Last of them: all journeys that began by then are mature.", True),
    ),
    example="FROM run_settings",
)
