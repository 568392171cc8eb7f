"""Numbers, times and days as people write them: the one place that rounds for reading."""

from datetime import date

NBSP = "\u00a0"
UNITS = ((1.0, 60, "s"), (60.0, 60, "min"), (3600.0, 24, "h"), (86400.0, float("inf"), "day"))


def written_count(number: float) -> str:
    """Write a count with its thousands apart, and a half where a median has one.

    >>> written_count(10240), written_count(6.5)
    ('10,240', '6.5')
    """
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def written_share(share: float | None) -> str:
    """Write a share as a percentage: a decimal below ten, and never 0 or 100 for what is neither.

    Args:
        share: from 0 to 1; null is written as a dash.

    >>> [written_share(x).replace(NBSP, " ") for x in (0.417, 0.0231, 0.0001, 0.9999, 1.0, 0.0)]
    ['42 %', '2.3 %', 'under 0.1 %', 'over 99.9 %', '100 %', '0 %']
    """
    if share is None:
        return "–"
    if 0 < share < 0.0005:
        return f"under 0.1{NBSP}%"
    if 0.9995 <= share < 1:
        return f"over 99.9{NBSP}%"
    return f"{_percent(share, _decimals(share))}{NBSP}%"


def written_interval(low: float | None, high: float | None) -> str:
    """Write an interval of shares with one percent sign and the same decimals at both ends.

    Args:
        low: lower end, from 0 to 1.
        high: upper end, from 0 to 1.

    >>> written_interval(0.391, 0.452).replace(NBSP, " "), written_interval(0.012, 0.12).replace(NBSP, " ")
    ('39–45 %', '1.2–12.0 %')
    """
    if low is None or high is None:
        return "–"
    decimals = max(_decimals(low), _decimals(high))
    return f"{_percent(low, decimals)}–{_percent(high, decimals)}{NBSP}%"


def written_rate(rate: float | None, low: float | None, high: float | None) -> str:
    """Write a rate and, in brackets, its interval; null is written as a dash.

    >>> written_rate(0.42, 0.39, 0.45).replace(NBSP, " "), written_rate(None, None, None)
    ('42 % (39–45 %)', '–')
    """
    return "–" if rate is None else f"{written_share(rate)} ({written_interval(low, high)})"


def written_duration(seconds: float | None) -> str:
    """Write a length of time in the unit that suits it; what rounds up to a unit is written in that unit.

    Args:
        seconds: not negative; null is written as a dash.

    >>> [written_duration(s).replace(NBSP, " ") for s in (0, 0.2, 59.7, 5400, 86400, 466560)]
    ['0 s', 'under 1 s', '1 min', '1.5 h', '1 day', '5.4 days']
    """
    if seconds is None:
        return "–"
    if 0 < seconds < 1:
        return f"under 1{NBSP}s"
    amounts = ((_rounded(seconds / size), limit, unit) for size, limit, unit in UNITS)
    number, unit = next((number, unit) for number, limit, unit in amounts if number < limit)
    plural = "s" if unit == "day" and number != 1 else ""
    return f"{number:,g}{NBSP}{unit}{plural}"


def written_day(day: date) -> str:
    """Write a day in full.

    >>> written_day(date(2026, 1, 31))
    '31 January 2026'
    """
    return f"{day.day} {day:%B} {day.year}"


def written_period(first: date, last: date) -> str:
    """Write a period of days, saying once what both ends share.

    >>> written_period(date(2026, 1, 1), date(2026, 1, 31))
    '1–31 January 2026'
    >>> written_period(date(2026, 1, 1), date(2026, 2, 3)).replace(NBSP, " ")
    '1 January – 3 February 2026'
    """
    if first == last:
        return written_day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{written_day(last)}"
    start = f"{first.day} {first:%B}" if first.year == last.year else written_day(first)
    return f"{start}{NBSP}– {written_day(last)}"


def shortened(title: str, length: int = 30) -> str:
    r"""Make one printable line of a title that came from outside; what is cut off leaves an ellipsis.

    >>> shortened("Retention\n\x1b[31m!"), shortened("abcdef", 4)
    ('Retention [31m!', 'abc…')
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _decimals(share: float) -> int:
    near_an_end = 0 < share < 0.0995 or 0.995 <= share < 1
    return int(near_an_end)


def _percent(share: float, decimals: int) -> str:
    return f"{share * 100:.{decimals}f}"


def _rounded(number: float) -> float:
    return round(number, 1) if number < 9.95 else float(round(number))
