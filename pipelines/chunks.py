"""Cutting things into chunks of a bounded size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def chunks(things: Iterable[Thing], size_of: Callable[[Thing], float], limit: float) -> Iterator[list[Thing]]:
    """Cut things, in their order, into chunks that end where they reach the limit.

    >>> list(chunks([1, 5, 2, 4], float, 6))
    [[1, 5], [2, 4]]
    """
    chunk: list[Thing] = []
    size = 0.0
    for thing in things:
        chunk.append(thing)
        size += size_of(thing)
        if size >= limit:
            yield chunk
            chunk, size = [], 0.0
    if chunk:
        yield chunk
