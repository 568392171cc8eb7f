"""Contracts of what figures are drawn from beyond the funnel: curves, segments side by side, and cohorts."""

from models.tables.contract import Column, Table
from models.tables.marts import AGAIN, DIMENSION, SEGMENT

CURVE_DIMENSIONS = ("all", "persona", "customer", "device_category")
COMPARED = ("conversion_rate", "drop_off_rate")

DWELL_CURVES = Table(
    "dwell_curves",
    "One row per segment, phase and step of the Kaplan-Meier curve of the time until moving on, for dimensions all,"
    " persona, customer and device_category. Times have three significant digits, as all durations that are counted."
    " stays = the sums of moved and watch_ends.",
    ("dimension", "segment", "phase", "seconds"),
    (
        Column("dimension", "VARCHAR", "`all`, `persona`, `customer` or `device_category`.", True, CURVE_DIMENSIONS),
        SEGMENT,
        Column("phase", "VARCHAR", "Phase that a stay is in.", True),
        Column(
            "seconds",
            "DOUBLE",
            "Time since entering, seconds: 0, then each time at which somebody moved on, last that at which the last"
            " watch ended.",
            True,
        ),
        Column("at_risk", "BIGINT", "Stays neither left nor out of watch before it; all of the phase at 0.", True),
        Column("moved", "BIGINT", "Those of them that were left at it.", True),
        Column("watch_ends", "BIGINT", "Those whose watch ended at it, or later before the next row.", True),
        Column(
            "surviving",
            "DOUBLE",
            "Share still in the phase after it: the product of 1 - moved / at_risk.",
            True,
            share=True,
        ),
        Column(
            "surviving_low",
            "DOUBLE",
            "Lower end of its 95 % log-log interval (Greenwood); null where nobody is left.",
            share=True,
        ),
        Column("surviving_high", "DOUBLE", "Upper end of that interval; null where nobody is left.", share=True),
    ),
    example="SELECT phase, seconds, surviving FROM dwell_curves WHERE dimension = 'all' ORDER BY phase, seconds",
)

REPURCHASE_CURVES = Table(
    "repurchase_curves",
    "One row per segment, kind and step of the Kaplan-Meier curve of the time from a person's first purchase to the"
    " next one in a later session (repurchase) or to the start of a later session (return). Times are rounded to three"
    " significant digits. A person counts in each segment that one of their journeys with a conversion falls in."
    " purchasers of kpis = the sums of happened and watch_ends.",
    ("dimension", "segment", "kind", "seconds"),
    (
        DIMENSION,
        SEGMENT,
        Column("kind", "VARCHAR", "repurchase or return.", True, tuple(AGAIN)),
        Column(
            "seconds",
            "DOUBLE",
            "Time since the first purchase, seconds: 0, then each time at which somebody bought or came again, last"
            " that at which the last watch ended.",
            True,
        ),
        Column("at_risk", "BIGINT", "Persons neither there again nor out of watch before it; all at 0.", True),
        Column("happened", "BIGINT", "Those of them who bought or came again at it.", True),
        Column("watch_ends", "BIGINT", "Those whose watch ended at it, or later before the next row.", True),
        Column(
            "surviving",
            "DOUBLE",
            "Share that has not bought or come again after it: the product of 1 - happened / at_risk.",
            True,
            share=True,
        ),
        Column(
            "surviving_low",
            "DOUBLE",
            "Lower end of its 95 % log-log interval (Greenwood); null where nobody is left.",
            share=True,
        ),
        Column("surviving_high", "DOUBLE", "Upper end of that interval; null where nobody is left.", share=True),
    ),
    example="SELECT kind, seconds / 86400 AS days, 1 - surviving AS share FROM repurchase_curves"
    " WHERE dimension = 'all' ORDER BY kind, seconds",
)

COMPARISONS = Table(
    "comparisons",
    "One row per segment and rate, beside the same rate over all journeys that are not in the segment. Segments"
    " without a decided journey are left out. The drop-off rate of a channel is compared only after the phase that"
    " coming by it belongs to, beside the other channels that are compared there.",
    ("dimension", "segment", "figure", "phase"),
    (
        DIMENSION,
        SEGMENT,
        Column("figure", "VARCHAR", "conversion_rate, or drop_off_rate of a phase.", True, COMPARED),
        Column("phase", "VARCHAR", "Phase of a drop-off rate, up to the purchase; else empty.", True),
        Column("decided", "BIGINT", "Mature journeys of the segment that the rate is taken over.", True),
        Column("happened", "BIGINT", "Those of them that converted, or dropped off in the phase.", True),
        Column("rate", "DOUBLE", "happened / decided.", True, share=True),
        Column("other_decided", "BIGINT", "Mature journeys outside the segment that the rate is taken over.", True),
        Column("other_happened", "BIGINT", "Those of them that converted, or dropped off in the phase.", True),
        Column("other_rate", "DOUBLE", "other_happened / other_decided; null over nothing.", share=True),
        Column("difference", "DOUBLE", "rate - other_rate, from -1 to 1; null where nothing is outside."),
        Column("difference_low", "DOUBLE", "Lower end of its 95 % hybrid score interval (Newcombe)."),
        Column("difference_high", "DOUBLE", "Upper end of its 95 % hybrid score interval (Newcombe)."),
        Column(
            "p_value",
            "DOUBLE",
            "Chance of a difference so great if there were none, two-sided: z test of two proportions, pooled; Fisher's"
            " exact test where an expected count is under 5. Null where no counts with these totals could tell.",
            share=True,
        ),
        Column("adjusted_p_value", "DOUBLE", "p_value after Holm over all rows that have one.", share=True),
        Column("is_significant", "BOOLEAN", "adjusted_p_value is below 0.05; false without one.", True),
    ),
    example="SELECT dimension, segment, rate, other_rate, adjusted_p_value, is_significant FROM comparisons"
    " WHERE figure = 'conversion_rate' ORDER BY adjusted_p_value",
)

COHORTS = Table(
    "cohorts",
    "One row per local day of the property on which journeys started.",
    ("day",),
    (
        Column("day", "DATE", "Local day of the property.", True),
        Column("journeys", "BIGINT", "Journeys that started on it.", True),
        Column("mature_journeys", "BIGINT", "Those that started more than a window before as_of.", True),
        Column("converted", "BIGINT", "Journeys that converted, on whichever day.", True),
        Column("dropped_off", "BIGINT", "Journeys that dropped off.", True),
        Column("still_open", "BIGINT", "Journeys not decided yet.", True),
        Column("mature_converted", "BIGINT", "Mature journeys among converted.", True),
        Column("mature_dropped_off", "BIGINT", "Mature journeys among dropped_off.", True),
        Column("mature_still_open", "BIGINT", "Mature journeys among still_open.", True),
        Column("revenue", "DOUBLE", "Their revenue net of refunds, the property's currency; null where none."),
    ),
    example="SELECT day, mature_converted / nullif(mature_converted + mature_dropped_off, 0) AS conversion_rate"
    " FROM cohorts ORDER BY day",
)
