"""The contract of every table that analysts query; DDL, asset checks and the data dictionary come from here."""

from dataclasses import replace

from models.tables.aggregates import (
    AGGREGATES,
    COUNTED,
    COUNTED_PEOPLE,
    PURCHASER_SEGMENTS,
    RUNNING_WATCH_COUNTS,
    SEGMENTS,
    SURVEY_ANSWERS,
)
from models.tables.contract import Column, Table
from models.tables.coverage import UNMATCHED, UNMATCHED_SESSIONS
from models.tables.events import DEVICES, EVENTS, ITEMS, LOADS, QUARANTINE
from models.tables.figures import COHORTS, COMPARISONS, DWELL_CURVES, REPURCHASE_CURVES
from models.tables.handovers import CONTACTS_BY, HANDOVERS
from models.tables.journeys import JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS
from models.tables.maps import JOURNEY_MAP, LEAKS, LEVERS, TOUCHPOINT_METRICS
from models.tables.marts import (
    JOURNEY_SEGMENTS,
    KPIS,
    LIFECYCLE,
    NOBODY,
    PERSONA,
    PERSONS,
    PHASE_METRICS,
    QUALITY,
    RUN_SETTINGS,
    SENTIMENT,
    STATES,
    TOUCHPOINTS_BEFORE_PURCHASE,
    TRANSITIONS,
)
from models.tables.money import CURRENCIES
from models.tables.nights import (
    ARRIVALS,
    DAY_FIGURES,
    DEVICE_DAYS,
    JUDGED_DAYS,
    MEMORY,
    RESTATEMENTS,
    STALE_JOURNEYS,
    STALE_PEOPLE,
    TOUCHED,
    UNCHECKED_DAYS,
    UNSETTLED,
    WAITING,
)
from models.tables.pages import PAGE_EXITS, PAGES_SEEN

LOADED = (EVENTS, ITEMS, LOADS, QUARANTINE)
REBUILT = (DEVICES, SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS)
MARTS = (
    LIFECYCLE,
    JOURNEY_SEGMENTS,
    PERSONS,
    PHASE_METRICS,
    TRANSITIONS,
    TOUCHPOINTS_BEFORE_PURCHASE,
    REPURCHASE_CURVES,
    KPIS,
    TOUCHPOINT_METRICS,
    LEAKS,
    LEVERS,
    SENTIMENT,
    JOURNEY_MAP,
    STATES,
    DWELL_CURVES,
    COMPARISONS,
    CONTACTS_BY,
    HANDOVERS,
    COHORTS,
    PAGE_EXITS,
    UNMATCHED,
    CURRENCIES,
    QUALITY,
    DAY_FIGURES,
    RESTATEMENTS,
)
BY_PERIOD = tuple(table for table in MARTS if "dimension" in table.column_names and table is not JOURNEY_SEGMENTS)
"""The marts over journeys: schema recent has each once more, over those that began in the recent weeks alone."""
RECENT = tuple(
    replace(
        table,
        name=f"recent.{table.name}",
        grain=f"{table.grain} Over journeys that began from recent_from to recent_to (run_settings).",
        example=table.example.replace(f"FROM {table.name}", f"FROM recent.{table.name}"),
    )
    for table in BY_PERIOD
)
TABLES = {table.name: table for table in (*LOADED, *REBUILT, *MARTS)}
OWN = (
    RUN_SETTINGS,
    DEVICE_DAYS,
    UNSETTLED,
    WAITING,
    TOUCHED,
    UNCHECKED_DAYS,
    STALE_PEOPLE,
    STALE_JOURNEYS,
    ARRIVALS,
    JUDGED_DAYS,
    MEMORY,
    *COUNTED,
    UNMATCHED_SESSIONS,
    PAGES_SEEN,
)
"""What Sojourn keeps for itself, beside the tables that are promised to analysts."""

__all__ = [
    "AGGREGATES",
    "ARRIVALS",
    "BY_PERIOD",
    "COHORTS",
    "COMPARISONS",
    "CONTACTS_BY",
    "COUNTED",
    "COUNTED_PEOPLE",
    "CURRENCIES",
    "DAY_FIGURES",
    "DEVICES",
    "DEVICE_DAYS",
    "DWELL_CURVES",
    "EVENTS",
    "HANDOVERS",
    "ITEMS",
    "JOURNEYS",
    "JOURNEY_MAP",
    "JOURNEY_SEGMENTS",
    "JUDGED_DAYS",
    "KPIS",
    "LEAKS",
    "LEVERS",
    "LIFECYCLE",
    "LOADED",
    "LOADS",
    "MARTS",
    "MEMORY",
    "NOBODY",
    "OWN",
    "PAGES_SEEN",
    "PAGE_EXITS",
    "PERSONA",
    "PERSONS",
    "PHASE_METRICS",
    "PURCHASER_SEGMENTS",
    "QUALITY",
    "QUARANTINE",
    "REBUILT",
    "RECENT",
    "REPURCHASE_CURVES",
    "RESTATEMENTS",
    "RUNNING_WATCH_COUNTS",
    "RUN_SETTINGS",
    "SEGMENTS",
    "SENTIMENT",
    "SESSIONS",
    "STALE_JOURNEYS",
    "STALE_PEOPLE",
    "STATES",
    "STAYS",
    "SURVEY_ANSWERS",
    "TABLES",
    "TOUCHED",
    "TOUCHPOINTS",
    "TOUCHPOINTS_BEFORE_PURCHASE",
    "TOUCHPOINT_METRICS",
    "TRANSITIONS",
    "UNCHECKED_DAYS",
    "UNMATCHED",
    "UNMATCHED_SESSIONS",
    "UNSETTLED",
    "WAITING",
    "Column",
    "Table",
]
