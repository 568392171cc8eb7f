"""The known process: where people come from, what they do next, and when they come back.

These are the parameters of the walk in `walk.py`. A pipeline that reads the sample can be held against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.sample.shop import CODES

Floats = npt.NDArray[np.float64]
LEAVE: Final = len(CODES)

NEXT: Final[dict[str, dict[str, float]]] = {
    "home": {
        "category": 32,
        "search": 12,
        "product": 12,
        "article": 4,
        "promotion": 4,
        "lead": 2,
        "sign_up": 4,
        "leave": 30,
    },
    "promotion": {"category": 55, "product": 35, "leave": 10},
    "category": {"product": 48, "category": 14, "search": 5, "home": 4, "leave": 29},
    "search": {"product": 50, "search": 12, "category": 8, "leave": 30},
    "article": {"product": 16, "category": 18, "article": 8, "lead": 4, "leave": 54},
    "product": {
        "product": 22,
        "category": 13,
        "search": 4,
        "delivery": 3,
        "add_to_cart": 13,
        "wishlist": 4,
        "leave": 41,
    },
    "wishlist": {"product": 40, "category": 25, "sign_up": 8, "leave": 27},
    "lead": {"category": 30, "product": 25, "home": 10, "leave": 35},
    "sign_up": {"home": 20, "category": 25, "cart": 30, "leave": 25},
    "delivery": {"product": 30, "add_to_cart": 20, "cart": 15, "leave": 35},
    "add_to_cart": {"cart": 52, "product": 20, "category": 13, "leave": 15},
    "cart": {"checkout": 46, "remove": 8, "product": 11, "category": 5, "delivery": 3, "leave": 27},
    "remove": {"cart": 40, "product": 25, "leave": 35},
    "checkout": {"shipping": 70, "sign_up": 6, "cart": 8, "leave": 16},
    "shipping": {"payment": 82, "checkout": 5, "leave": 13},
    "payment": {"purchase": 86, "shipping": 4, "leave": 10},
    "purchase": {"reload": 5, "orders": 10, "survey": 8, "leave": 77},
    "reload": {"orders": 15, "leave": 85},
    "resend": {"help": 10, "leave": 90},
    "orders": {"help": 12, "returns": 12, "resend": 4, "survey": 5, "leave": 67},
    "help": {"returns": 14, "orders": 14, "leave": 72},
    "returns": {"help": 12, "orders": 10, "leave": 78},
    "review": {"survey": 20, "orders": 10, "leave": 70},
    "survey": {"leave": 100},
    "refund": {"leave": 100},
}
SERVICE_START: Final = {"orders": 46, "help": 14, "returns": 14, "review": 14, "survey": 12}
CART_START: Final = {"cart": 55, "product": 25, "home": 20}


@dataclass(frozen=True)
class Arrival:
    """The phases of a way in, None where the arrival is no touchpoint.

    Attributes:
        first: of the device's first visit.
        later: of its later visits.
        customer: of visits of people who have bought.
    """

    first: str | None
    later: str | None
    customer: str | None


@dataclass(frozen=True)
class Channel:
    """A way in: what the export says of it, how often it is taken, where it lands, and its phase."""

    key: str
    group: str
    source: str | None
    medium: str | None
    campaign: str | None
    first: float
    later: float
    landing: dict[str, float]
    arrival: Arrival
    click_id: str | None = None


AWARE: Final = Arrival("awareness", "awareness", "awareness")
SEEKING: Final = Arrival("interest", "interest", "interest")
BY_LETTER: Final = Arrival("interest", "interest", "retention")
BY_ITSELF: Final = Arrival("awareness", "interest", "retention")
UNKNOWN: Final = Arrival(None, None, None)

BROWSE: Final = {"home": 50.0, "category": 25.0, "product": 25.0}
LOOK: Final = {"product": 60.0, "category": 40.0}
READ: Final = {"article": 55.0, "product": 30.0, "category": 15.0}
HOME: Final = {"home": 100.0}
FEED: Final = {"product": 100.0}
VISIT: Final = "(referral)"
GONE: Final = "(data deleted)"

CHANNELS: Final = (
    Channel("google", "Organic Search", "google", "organic", "(organic)", 24, 17, BROWSE, SEEKING),
    Channel("bing", "Organic Search", "bing", "organic", "(organic)", 3, 2, BROWSE, SEEKING),
    Channel("cpc", "Paid Search", "google", "cpc", "search_dk", 16, 11, LOOK, SEEKING, "gclid"),
    Channel("direct", "Direct", None, None, None, 12, 30, HOME, BY_ITSELF),
    Channel("facebook", "Paid Social", "facebook", "paid_social", "spring_sale", 11, 6, LOOK, AWARE),
    Channel("instagram", "Paid Social", "instagram", "paid_social", "spring_sale", 7, 3, LOOK, AWARE),
    Channel("social", "Organic Social", "facebook.com", "referral", VISIT, 3, 1, READ, AWARE),
    Channel("display", "Display", "dv360", "display", "brand", 7, 4, BROWSE, AWARE, "dclid"),
    Channel("newsletter", "Email", "newsletter", "email", "weekly", 1, 17, LOOK, BY_LETTER),
    Channel("pricerunner", "Paid Shopping", "pricerunner.dk", "cpc", "feed", 5, 3, FEED, SEEKING),
    Channel("prisjakt", "Organic Shopping", "prisjakt.no", "referral", VISIT, 3, 1, LOOK, SEEKING),
    Channel("blog", "Referral", "boligliv.example", "referral", VISIT, 3, 1, READ, AWARE),
    Channel("affiliate", "Affiliates", "partner", "affiliate", "partners", 2, 1, LOOK, AWARE),
    Channel("video", "Organic Video", "youtube.com", "referral", VISIT, 1, 1, READ, AWARE),
    Channel("assistant", "AI Assistant", "chatgpt.com", "referral", VISIT, 1, 1, READ, AWARE),
    Channel("deleted", "Organic Search", GONE, "organic", GONE, 0.5, 0.5, BROWSE, SEEKING),
    Channel("other", "Unassigned", "<Other>", "<Other>", "<Other>", 0.5, 0.5, BROWSE, UNKNOWN),
)
DIRECT: Final = next(code for code, channel in enumerate(CHANNELS) if channel.key == "direct")

# The chance of coming back after a visit, by the best that can be said of the person at its end.
RETURNS: Final = {"cart": 0.6, "customer": 0.65, "looked": 0.38, "bounced": 0.18}
SERVICE_SHARE: Final = 0.62
REFUND_SHARE: Final = 0.08
LONG_ABSENCE_SHARE: Final = 0.08
SAME_DAY_SHARE: Final = 0.25

# Local hours of a first or next visit: quiet at night, busy after dinner.
HOURS: Final = np.array([1, 1, 0.5, 0.5, 0.5, 1, 2, 4, 5, 6, 6, 6, 7, 6, 5, 5, 6, 7, 8, 10, 11, 10, 7, 3])


def cumulate(weights: Mapping[str, float]) -> Floats:
    """Turn weights by action key into cumulative chances by action code, with leaving last.

    >>> float(cumulate({"home": 1, "leave": 3})[CODES["home"]])
    0.25
    """
    chances = np.zeros(LEAVE + 1)
    for key, weight in weights.items():
        chances[LEAVE if key == "leave" else CODES[key]] = weight
    return np.cumsum(chances / chances.sum())


def pick(rng: np.random.Generator, chances: Floats) -> npt.NDArray[np.int64]:
    """Draw one code for each row of cumulative chances."""
    drawn: npt.NDArray[np.int64] = (rng.random((len(chances), 1)) >= chances).sum(axis=1)
    # A sum of floats may end just under 1, and a draw above it must not fall off the end.
    return np.minimum(drawn, np.int64(chances.shape[1] - 1))


NEXT_CHANCES: Final = np.stack([cumulate(NEXT[key]) for key in CODES])
LANDING_CHANCES: Final = np.stack([cumulate(channel.landing) for channel in CHANNELS])
