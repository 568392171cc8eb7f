"""Batches of events: whole people, and each read while the one before it is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl


def batches_of_people(frames: Iterator[pl.DataFrame], rows: int) -> Generator[pl.DataFrame]:
    """Cut events in the order of people into batches that end where a person does.

    Args:
        frames: the events in pieces, each with person_id.
        rows: a batch is cut off where that many wait; one person may have more.
    """
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(piece.height for piece in waiting) >= rows:
            whole = pl.concat(waiting)
            cut = _start_of_last(whole)
            waiting = [whole.slice(cut)]
            if cut:
                yield whole.slice(0, cut)
    if waiting:
        yield pl.concat(waiting)


def ahead(batches: Iterator[pl.DataFrame]) -> Generator[pl.DataFrame]:
    """Hand over batches, each while the next is read."""
    with ThreadPoolExecutor(1) as reading:
        waiting = reading.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = reading.submit(next, batches, None)
            yield batch


def _start_of_last(events: pl.DataFrame) -> int:
    """The row where the last person of a batch begins."""
    is_last = pl.col("person_id") == pl.col("person_id").last()
    return events.height - int(events.select(is_last.sum()).item())
