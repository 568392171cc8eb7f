"""Lifecycles: the phases of a customer's journey and the contacts that belong to each, read from a file."""

from models.lifecycle.errors import LifecycleError
from models.lifecycle.loading import (
    check_lifecycle,
    lifecycle_document,
    load_lifecycle,
    read_catalogue,
    shipped_lifecycles,
)
from models.lifecycle.rules import EVENT_COLUMNS, RULE_COLUMNS, SESSION_COLUMNS
from models.lifecycle.shapes import Lifecycle, Phase, Touchpoint
from models.shipped import shipped_names

__all__ = [
    "EVENT_COLUMNS",
    "RULE_COLUMNS",
    "SESSION_COLUMNS",
    "Lifecycle",
    "LifecycleError",
    "Phase",
    "Touchpoint",
    "check_lifecycle",
    "lifecycle_document",
    "load_lifecycle",
    "read_catalogue",
    "shipped_lifecycles",
    "shipped_names",
]
