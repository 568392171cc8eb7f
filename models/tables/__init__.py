"""The contract of every table that analysts query; DDL, asset checks and the data dictionary come from here."""

from models.tables.contract import Column, Table
from models.tables.events import DEVICES, EVENTS, ITEMS, LOADS, QUARANTINE
from models.tables.journeys import JOURNEYS, SESSIONS, STAYS, TOUCHPOINTS
from models.tables.marts import (
    JOURNEY_SEGMENTS,
    KPIS,
    LIFECYCLE,
    PERSONS,
    PHASE_METRICS,
    QUALITY,
    RUN_SETTINGS,
    STATES,
    TOUCHPOINTS_BEFORE_PURCHASE,
    TRANSITIONS,
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
    STATES,
    QUALITY,
)
TABLES = {table.name: table for table in (*LOADED, *REBUILT, *MARTS)}

__all__ = [
    "DEVICES",
    "EVENTS",
    "ITEMS",
    "JOURNEYS",
    "JOURNEY_SEGMENTS",
    "KPIS",
    "LIFECYCLE",
    "LOADED",
    "LOADS",
    "MARTS",
    "PERSONS",
    "PHASE_METRICS",
    "QUALITY",
    "QUARANTINE",
    "REBUILT",
    "RUN_SETTINGS",
    "SESSIONS",
    "STATES",
    "STAYS",
    "TABLES",
    "TOUCHPOINTS",
    "TOUCHPOINTS_BEFORE_PURCHASE",
    "TRANSITIONS",
    "Column",
    "Table",
]
