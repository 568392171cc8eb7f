"""Personas: conditions over a journey and its person, each as the settings say it and as plain Python."""

from collections.abc import Callable, Mapping

from tests.reference.values import Row

Holds = Callable[[Row, Row], bool]
PERSONAS: Mapping[str, tuple[str, Holds]] = {
    "phones": ("device_category = 'mobile'", lambda journey, person: journey["device_category"] == "mobile"),
    "keen": (
        "journeys.session_count > 1 OR persons.purchase_count > 0",
        lambda journey, person: journey["session_count"] > 1 or person["purchase_count"] > 0,
    ),
}


def personas_of(journey: Row, person: Row, names: list[str]) -> list[str]:
    """The personas that a journey is in; (none) where it is in none of them."""
    return [name for name in names if PERSONAS[name][1](journey, person)] or ["(none)"]
