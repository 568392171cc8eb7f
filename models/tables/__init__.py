"""The contract of every table that analysts query; DDL, asset checks and the data dictionary come from here."""

from models.tables.contract import Column, Table
from models.tables.counts import (
    COUNTED_JOURNEYS,
    COUNTED_PEOPLE,
    FACT_COUNTS,
    FACT_KINDS,
    JOURNEY_FACTS,
    PROFILES,
    SEGMENTS,
)
from models.tables.coverage import UNMATCHED, UNMATCHED_SESSIONS
from models.tables.events import DEVICES, EVENTS, ITEMS, LOADS, QUARANTINE
from models.tables.journeys import JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS
from models.tables.maps import JOURNEY_MAP, LEAKS, TOUCHPOINT_METRICS
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
from models.tables.nights import (
    ARRIVALS,
    DAY_FIGURES,
    DEVICE_DAYS,
    MEMORY,
    RESTATEMENTS,
    STALE_JOURNEYS,
    STALE_PEOPLE,
    TOUCHED,
    UNCHECKED_DAYS,
    UNSETTLED,
    WAITING,
)

LOADED = (EVENTS, ITEMS, LOADS, QUARANTINE)
REBUILT = (DEVICES, SESSIONS, TOUCHPOINTS, STAYS, JOURNEYS)
MARTS = (
    LIFECYCLE,
    JOURNEY_SEGMENTS,
    PERSONS,
    PHASE_METRICS,
    TRANSITIONS,
    TOUCHPOINTS_BEFORE_PURCHASE,
    KPIS,
    TOUCHPOINT_METRICS,
    LEAKS,
    SENTIMENT,
    JOURNEY_MAP,
    STATES,
    UNMATCHED,
    QUALITY,
    DAY_FIGURES,
    RESTATEMENTS,
)
TABLES = {table.name: table for table in (*LOADED, *REBUILT, *MARTS)}
COUNTED = (SEGMENTS, PROFILES, COUNTED_JOURNEYS, COUNTED_PEOPLE, FACT_KINDS, JOURNEY_FACTS, FACT_COUNTS)
"""What the marts are counted from."""
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
    MEMORY,
    *COUNTED,
    UNMATCHED_SESSIONS,
)
"""What Sojourn keeps for itself, beside the tables that are promised to analysts."""

__all__ = [
    "ARRIVALS",
    "COUNTED",
    "COUNTED_JOURNEYS",
    "COUNTED_PEOPLE",
    "DAY_FIGURES",
    "DEVICES",
    "DEVICE_DAYS",
    "EVENTS",
    "FACT_COUNTS",
    "FACT_KINDS",
    "ITEMS",
    "JOURNEYS",
    "JOURNEY_FACTS",
    "JOURNEY_MAP",
    "JOURNEY_SEGMENTS",
    "KPIS",
    "LEAKS",
    "LIFECYCLE",
    "LOADED",
    "LOADS",
    "MARTS",
    "MEMORY",
    "NOBODY",
    "OWN",
    "PERSONA",
    "PERSONS",
    "PHASE_METRICS",
    "PROFILES",
    "QUALITY",
    "QUARANTINE",
    "REBUILT",
    "RESTATEMENTS",
    "RUN_SETTINGS",
    "SEGMENTS",
    "SENTIMENT",
    "SESSIONS",
    "STALE_JOURNEYS",
    "STALE_PEOPLE",
    "STATES",
    "STAYS",
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
