"""What the walk knows of everybody at one moment, and the rules that need nothing else."""

from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.sample.clock import DAY, Period
from pipelines.sample.people import DEVICES_PER_PERSON, People
from pipelines.sample.process import LEAVE
from pipelines.sample.shop import NO_PHASE, PRICES

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WINDOW: Final = 30 * DAY
CART_SIZE: Final = 3
NOTHING: Final = -1  # an empty place in a cart, an unusable order number, no page before


class State:
    """One position of every array for each person; times are UTC microseconds, money whole øre."""

    def __init__(
        self, rng: np.random.Generator, people: People, period: Period, visit_count: int = 0, order_count: int = 0
    ) -> None:
        """Put everybody before their first visit.

        Args:
            rng: source of all chance.
            people: who walks.
            period: when.
            visit_count: visits of people who walked before them, so that no number is given twice.
            order_count: orders of theirs.
        """
        count = people.count
        self.rng, self.people, self.period = rng, people, period
        self.now = np.zeros(count, np.int64)
        self.ended = np.full(count, -WINDOW * 2)  # the latest event so far
        self.was_here = self.ended.copy()  # until then; a refund comes from the shop's own server
        self._before_the_first_visit(count)
        self._before_the_first_purchase(count)
        self.visit_count, self.order_count = visit_count, order_count

    def _before_the_first_visit(self, count: int) -> None:
        self.action = np.full(count, LEAVE)
        self.came_from = np.full(count, NOTHING)
        self.journey = np.full(count, -1)
        self.visit = np.full(count, -1)
        self.device = np.zeros(count, np.int64)
        self.device_visits = np.zeros((count, DEVICES_PER_PERSON), np.int64)
        self.device_visits[:, 0] = self.people.known_visits
        self.channel = np.zeros(count, np.int64)
        self.arrival_phase = np.full(count, NO_PHASE)
        self.is_signed_in = np.zeros(count, bool)  # on this visit
        self.has_signed_in = np.zeros(count, bool)  # ever
        self.has_account = self.people.is_member.copy()
        self.has_just_come = np.zeros(count, bool)
        self.has_looked = np.zeros(count, bool)

    def _before_the_first_purchase(self, count: int) -> None:
        self.product = np.zeros(count, np.int64)
        self.product_before = np.zeros(count, np.int64)  # on the page before
        self.cart = np.full((count, CART_SIZE), NOTHING)
        self.order = np.full(count, NOTHING)
        self.paid = np.zeros(count, np.int64)  # for that order
        self.is_refundable = np.zeros(count, bool)
        self.is_customer = np.zeros(count, bool)
        self.has_converted = np.zeros(count, bool)  # in the journey that is going on

    def seen_visits(self, who: Ints) -> Ints:
        """Count the visits of the device within the period; only a first device has a past before it."""
        before = np.where(self.device[who] == 0, self.people.known_visits[who], 0)
        return self.device_visits[who, self.device[who]] - before

    def has_cart(self, who: Ints) -> Bools:
        """Say whose cart holds something; carts fill from the first place on."""
        filled: Bools = self.cart[who, 0] != NOTHING
        return filled


def cart_value(cart: Ints) -> Ints:
    """Sum the price of carts, whole øre; `quantity_of` says how many of each product are bought.

    Args:
        cart: one row per cart, product codes, NOTHING where a place is empty.
    """
    lines = np.where(cart == NOTHING, 0, PRICES[cart] * quantity_of(cart))
    value: Ints = lines.sum(axis=1)
    return value


def quantity_of(product: Ints) -> Ints:
    """Say how many of a product are bought at a time: two of every fifth product, one of the others.

    >>> quantity_of(np.array([4, 5])).tolist()
    [1, 2]
    """
    return np.where(product % 5 == 0, 2, 1)
