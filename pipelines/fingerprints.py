"""Fingerprints of what decides tables besides the data: where one changed, what was made with it is made anew."""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from models.settings import Settings

CHECKS = ("checks.py", "rules.py", "unchecked.py")
READING = (
    "accepting.py",
    "candidates.py",
    "conforming.py",
    "days.py",
    "engines/spark/files.py",
    "engines/spark/reading.py",
    "exports.py",
    "feed_conforming.py",
    "feed_reading.py",
    "feeds.py",
    "instants.py",
    "json_lines.py",
    "listing.py",
    "loading.py",
    "naming.py",
    "odd_fields.py",
    "rates.py",
    "reading.py",
    "shapes.py",
)
REBUILDING = (
    "ageing.py",
    "batches.py",
    "engines/local.py",
    "engines/spark/histories.py",
    "followed.py",
    "marking.py",
    "rebuilding.py",
    "touched.py",
)
COUNTING = ("counting.py", "personas.py", "stale.py")
HISTORIES = ("journey_window", "session_gap", "session_split", "ignored_referrers", "sites", "identity", "timezone")


def of_reading(settings: Settings) -> str:
    """What decides which events a file gives: time zones, placeholder ids, `exclude`, and the code that reads."""
    chosen = [settings.timezone, settings.feed_timezone, repr(settings.placeholder_ids), str(settings.exclude)]
    return _digest([*chosen, _code_of_reading()])


def of_histories(settings: Settings) -> str:
    """What decides which histories events give: lifecycle, windows, identity, and the code that rebuilds."""
    from models.lifecycle import load_lifecycle  # it takes Polars, which who only asks how files are read does without

    chosen = [repr(getattr(settings, name)) for name in HISTORIES]
    return _digest([load_lifecycle(settings.lifecycle).judgement(), *chosen, _code_of_histories()])


def of_counts(settings: Settings) -> str:
    """What decides which counts journeys give: segments, personas, and the code that counts."""
    return _digest([repr(settings.segments), repr(settings.personas), _code_of_counts()])


@cache
def of_checks() -> str:
    """What decides what checks find: contracts, reconciliations, and the code that holds tables against them."""
    code = [*_files("models.tables"), *_files("models.checks"), *(files("pipelines") / name for name in CHECKS)]
    return _digest(file.read_text("utf-8") for file in code)


@cache
def _code_of_reading() -> str:
    own = [_macros(), *(files("models") / name for name in ("ga4.py", "ids.py"))]
    code = [*own, *_files("models.expressions"), *_files("models.loading"), *_of_pipelines(READING)]
    return _digest(file.read_text("utf-8") for file in code)


@cache
def _code_of_histories() -> str:
    own = [_macros(), *(files("models") / name for name in ("channels.py", "sites.yaml")), *_of_pipelines(REBUILDING)]
    packages = ("models.expressions", "models.rebuilding", "models.lifecycle", "models.tables", "transforms")
    code = [*own, *(file for package in packages for file in _files(package))]
    return _digest(file.read_text("utf-8") for file in code)


@cache
def _code_of_counts() -> str:
    packages = ("models.counting", "models.expressions", "models.marts", "models.tables")
    code = [*_of_pipelines(COUNTING), *(file for package in packages for file in _files(package))]
    return _digest(file.read_text("utf-8") for file in code)


def _macros() -> Traversable:
    """Macros that reading and rebuilding read too: those in the build file are replaced when it is opened."""
    return files("models.marts") / "macros.sql"


def _of_pipelines(names: Iterable[str]) -> Iterable[Traversable]:
    return (files("pipelines") / name for name in names)


def _files(package: str) -> list[Traversable]:
    found = (file for file in files(package).iterdir() if file.name.endswith((".py", ".sql")))
    return sorted(found, key=lambda file: file.name)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
