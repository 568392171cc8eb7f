"""Who walks: the persons of the sample with their country, devices, consent and past."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DEVICES_PER_PERSON: Final = 2
SECOND_DEVICE_SHARE: Final = 0.2
MEMBER_SHARE: Final = 0.15
DENIED_SHARE: Final = 0.04
KNOWN_BEFORE_SHARE: Final = 0.15


@dataclass(frozen=True)
class Place:
    """Where people live: the words of the export's `geo`, with a language."""

    country: str
    region: str
    city: str
    sub_continent: str
    language: str
    weight: float
    continent: str = "Europe"


@dataclass(frozen=True)
class Model:
    """A kind of device: the words of the export's `device`."""

    category: str
    brand: str
    model: str
    system: str
    system_version: str
    browser: str
    browser_version: str
    weight: float


PLACES: Final = (
    Place("Denmark", "Capital Region of Denmark", "Copenhagen", "Northern Europe", "da-dk", 30),
    Place("Denmark", "Central Denmark Region", "Aarhus", "Northern Europe", "da-dk", 16),
    Place("Denmark", "Region of Southern Denmark", "Odense", "Northern Europe", "da-dk", 10),
    Place("Norway", "Oslo", "Oslo", "Northern Europe", "nb-no", 12),
    Place("Norway", "Vestland", "Bergen", "Northern Europe", "nb-no", 5),
    Place("Sweden", "Stockholm County", "Stockholm", "Northern Europe", "sv-se", 12),
    Place("Sweden", "Skåne County", "Malmö", "Northern Europe", "sv-se", 7),
    Place("Finland", "Uusimaa", "Helsinki", "Northern Europe", "fi-fi", 3),
    Place("Germany", "Hamburg", "Hamburg", "Western Europe", "de-de", 4),
    Place("United States", "(not set)", "(not set)", "Northern America", "en-us", 1, "Americas"),
)
MODELS: Final = (
    Model("mobile", "Apple", "iPhone", "iOS", "iOS 19.5", "Safari", "19.5", 34),
    Model("mobile", "Samsung", "SM-S931B", "Android", "Android 16", "Chrome", "148.0.0.0", 18),
    Model("mobile", "Samsung", "SM-A556B", "Android", "Android 15", "Samsung Internet", "29.0", 6),
    Model("desktop", "Google", "Chrome", "Windows", "Windows 11", "Chrome", "148.0.0.0", 18),
    Model("desktop", "Microsoft", "Edge", "Windows", "Windows 11", "Edge", "148.0.0.0", 8),
    Model("desktop", "Apple", "Safari", "Macintosh", "Macintosh Intel 10.15", "Safari", "19.5", 9),
    Model("tablet", "Apple", "iPad", "iOS", "iPadOS 19.5", "Safari", "19.5", 5),
    Model("desktop", "Mozilla", "Firefox", "Linux", "Linux", "Firefox", "140.0", 2),
)


@dataclass(frozen=True)
class People:
    """The persons, one position of every array each.

    Attributes:
        place: code in PLACES.
        model: codes in MODELS, one a device; the second column is only used where has_second.
        has_second: owns two devices.
        is_member: has an account and signs in now and then.
        is_denied: gave no consent: the events carry no id of any kind.
        known_visits: visits of the first device before the period.
        first: number of the first of them among all people of the sample.
    """

    place: Ints
    model: Ints
    has_second: Bools
    is_member: Bools
    is_denied: Bools
    known_visits: Ints
    first: int = 0

    @property
    def count(self) -> int:
        """Number of persons."""
        return len(self.place)


def draw_people(rng: np.random.Generator, count: int, first: int = 0) -> People:
    """Draw persons independently of each other.

    Args:
        rng: source of all chance.
        count: number of persons, whether or not they consent.
        first: number of the first of them.

    Returns:
        The persons; nobody without consent has an account or a second device.
    """
    is_denied = rng.random(count) < DENIED_SHARE
    has_second = ~is_denied & (rng.random(count) < SECOND_DEVICE_SHARE)
    known = np.where(rng.random(count) < KNOWN_BEFORE_SHARE, rng.integers(1, 6, count), 0)
    return People(
        place=_choose(rng, count, [place.weight for place in PLACES]),
        model=_choose(rng, count * DEVICES_PER_PERSON, [model.weight for model in MODELS]).reshape(count, -1),
        has_second=has_second,
        is_member=has_second | (~is_denied & (rng.random(count) < MEMBER_SHARE)),
        is_denied=is_denied,
        known_visits=known,
        first=first,
    )


def _choose(rng: np.random.Generator, count: int, weights: list[float]) -> Ints:
    chances = np.array(weights) / sum(weights)
    return rng.choice(len(weights), size=count, p=chances)
