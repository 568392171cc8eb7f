"""The macros of the published file, in SQL alone: what each answers, with an example that runs."""

from dataclasses import dataclass

from models.sql import quoted_text, read_sql


@dataclass(frozen=True)
class Macro:
    """A table macro of the published file.

    Args:
        name: as analysts call it; its SQL is the file of that name.
        call: the call with what it takes, and what stands where nothing is given.
        comment: the grain of its rows first, then what the arguments mean.
        example: a query that runs on the sample.
    """

    name: str
    call: str
    comment: str
    example: str

    @property
    def ddl(self) -> str:
        """The statement that makes it, without its end."""
        return read_sql(f"macros/{self.name}").strip()

    @property
    def described(self) -> str:
        """The statement that puts its comment into the file."""
        return f"COMMENT ON MACRO TABLE {self.name} IS {quoted_text(f'{self.comment} Example: {self.example}')}"


PATH_ARGUMENTS = (
    "state is a touchpoint, with level := 'phase' a phase, or (start), (converted), (drop-off), (open), (end). part is"
    " to_purchase or after_purchase, as in transitions, whose very counts a depth of 1 has. Paths that end sooner are"
    " shorter; none is cut off."
)

STEPS = (
    "steps are touchpoints, with level := 'phase' or 'event' phases or event names; 'a|b' is a or b. loose: one after"
    " the other, whatever lies between. strict: each directly after the one before. any: in whatever order. within is"
    " the time from the first of these steps to the last, such as INTERVAL 7 DAY."
)

MACROS = (
    Macro(
        "steps_of",
        "steps_of(steps, within := NULL, ordered := 'loose', level := 'touchpoint')",
        f"One row per journey that took the first step: how many it took, steps_taken. {STEPS}",
        "SELECT steps_taken, count(*) AS journeys FROM steps_of(['product_view', 'add_to_cart', 'purchase'])"
        " GROUP BY ALL ORDER BY ALL",
    ),
    Macro(
        "funnel",
        "funnel(steps, within := NULL, ordered := 'loose', level := 'touchpoint', dimension := 'all')",
        "One row per segment and step: the journeys that took it and all steps before, and what became of those that"
        f" went no further. {STEPS}"
        " Journeys that are open are still open, not lost; drop_off_rate is over mature journeys, with its 95 %"
        " Wilson interval.",
        "FROM funnel(['product_view', 'add_to_cart', 'purchase'])",
    ),
    Macro(
        "funnel_journeys",
        "funnel_journeys(steps, step, figure := 'reached', within := NULL, ordered := 'loose', level := 'touchpoint',"
        " dimension := 'all', segment := 'all')",
        "One row per journey behind a row of funnel, as in journeys, with how many steps it took, steps_taken. Give the"
        " steps and what else the funnel was asked for, and step, the number of the row. figure is reached, progressed,"
        " dropped_off, still_open, stopped, or drop_off_rate: those that the rate is over.",
        "FROM funnel_journeys(['product_view', 'add_to_cart', 'purchase'], 2, figure := 'dropped_off') LIMIT 5",
    ),
    Macro(
        "paths_of",
        "paths_of(part := 'to_purchase', level := 'touchpoint')",
        "One row per journey: its states in order, from (start) to (converted), (drop-off) or (open); with part :="
        " 'after_purchase' one per converted journey, from (converted) to (end) or (open). level is touchpoint or"
        " phase, of which repeats in a row are one.",
        "FROM paths_of(level := 'phase') ORDER BY len(states) DESC, journey_id LIMIT 5",
    ),
    Macro(
        "paths_around",
        "paths_around(state, before, after, part := 'to_purchase', level := 'touchpoint', dimension := 'all')",
        "One row per segment and path: how often journeys went so through a state, with so many states before it and"
        f" after it, and their share. {PATH_ARGUMENTS}",
        "FROM paths_around('cart_page', 1, 1) LIMIT 5",
    ),
    Macro(
        "paths_from",
        "paths_from(state, depth, part := 'to_purchase', level := 'touchpoint', dimension := 'all')",
        "One row per segment and path: how often journeys went so from a state, over the next depth states, and their"
        f" share. {PATH_ARGUMENTS}",
        "FROM paths_from('add_to_cart', 2) LIMIT 5",
    ),
    Macro(
        "paths_to",
        "paths_to(state, depth, part := 'to_purchase', level := 'touchpoint', dimension := 'all')",
        "One row per segment and path: how often journeys came so to a state, over the depth states before it, and"
        " their"
        f" share. {PATH_ARGUMENTS}",
        "FROM paths_to('(converted)', 3, level := 'phase') LIMIT 5",
    ),
    Macro(
        "journey_of",
        "journey_of(person_id)",
        "One row per touchpoint of a person, journey by journey in order.",
        "FROM journey_of((SELECT min(person_id) FROM persons WHERE purchase_count > 1))",
    ),
    Macro(
        "events_of",
        "events_of(journey_id)",
        "One row per event of a journey, in event order. touchpoint, phase and position stand at the event that"
        " begins a touchpoint; an arrival is of a session, so it stands at none.",
        "FROM events_of((SELECT min(journey_id) FROM journeys WHERE outcome = 'converted'))",
    ),
    Macro(
        "sessions_since",
        "sessions_since(period)",
        "One row per session: the local day, week or month (period is 'day', 'week' or 'month'; weeks begin on Monday)"
        " of the first session seen of its person, cohort, and how many such periods later it started, period_number.",
        "SELECT cohort, period_number, count(*) AS sessions FROM sessions_since('month') GROUP BY ALL ORDER BY ALL",
    ),
    Macro(
        "drill",
        "drill(mart, dimension := 'all', segment := 'all', figure := NULL, ...)",
        "One row per journey behind a row of a mart, as in journeys. Give the key columns of the row by their names,"
        " and the figure where the row has several: kpis, phase_metrics (phase), comparisons (figure, phase),"
        " transitions (part, level, from_state, to_state), states (level, state), touchpoints_before_purchase"
        " (touchpoint_count), touchpoint_metrics (touchpoint), leaks (phase, touchpoint), levers (level, state: those"
        " who left there), sentiment (level, state, scale), contacts_by (phase, dimension, value), handovers"
        " (dimension, first, buying), dwell_curves (phase, seconds; at_risk or moved), repurchase_curves (kind,"
        " seconds; at_risk or happened: their journeys with a purchase), cohorts (day), day_figures (day, figure),"
        " page_exits (page_path), unmatched (event_name, page_path), retention (period, cohort, period_number: the"
        " journeys of the sessions of those who returned, or with purchasers bought). A rate, a share, a probability, a"
        " mean or a median opens into the journeys that it is over, revenue into those that have some, bounce_rate into"
        " those with a session that bounced. Sessions of journeys without a touchpoint are in no table of journeys and"
        " cannot be opened: bounce_rate of all and retention count them. funnel opens by funnel_journeys. Without a"
        " figure it is the first: journeys, reached, at_risk, contacts, sessions, events, returned. events_of opens"
        " each journey.",
        "FROM drill('phase_metrics', figure := 'dropped_off', phase := 'conversion') LIMIT 5",
    ),
    Macro(
        "compare_segments",
        "compare_segments(dimension)",
        "One row per segment of a dimension, largest first: its share of journeys beside that of conversions and"
        " revenue, its conversion rate beside that of all others, and whether the difference is more than chance (see"
        " comparisons).",
        "FROM compare_segments('device_category')",
    ),
    Macro(
        "retention",
        "retention(period)",
        "One row per cohort and period since: of the persons whose first session seen is in one local day, week or"
        " month (period is 'day', 'week' or 'month'; weeks begin on Monday), those who came again in the period so"
        " many later, period_number, and those who bought in it. A period that is not over has no share yet.",
        "FROM retention('month')",
    ),
)
"""Macros that others use stand before them."""
