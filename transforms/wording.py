"""What is said to people, in their language: texts, numbers, times and days; the one place that rounds for reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

from models.words import Conversion, Language, Text, read_words

NBSP = "\u00a0"
NOTHING = "–"
LOCALES = {"en": "en_GB", "da": "da", "nb": "nb", "sv": "sv"}
UNITS = ((1.0, 60, "seconds"), (60.0, 60, "minutes"), (3600.0, 24, "hours"), (86400.0, float("inf"), "days"))


@dataclass(frozen=True)
class Words:
    """A language as the page speaks it.

    Args:
        language: of the texts.
        conversion: whether they speak of purchases or of conversions.
        texts: by name.
        locale: how the language writes numbers and days, and which plural forms it has.
        currency: the code of the currency that money is in; null where that is not known.
    """

    language: Language
    conversion: Conversion
    texts: Mapping[str, Text]
    locale: Locale
    currency: str | None = None

    def say(self, name: str, by: float | None = None, /, **values: object) -> str:
        """Look up a text and fill in its placeholders.

        Args:
            name: of the text.
            by: the number that decides between singular and plural, for texts that have both; none is plural.
            values: what its placeholders stand for, already written for reading.

        Raises:
            KeyError: if there is no such text, or a placeholder of it has no value.

        >>> words_in("da").say("key_bought", n="231"), words_in("nb").say("short_still_open", 1, n="1")
        ('231 med køb', '1 åpen')
        """
        text = self.texts[name]
        form = text if isinstance(text, str) else text["other" if by is None else self.locale.plural_form(by)]
        return form.format(**values)

    def counted(self, noun: str, number: float) -> str:
        """Write a count with its noun in the right number.

        >>> words_in("en").counted("journeys", 1), words_in("sv").counted("journeys", 10240).replace(NBSP, " ")
        ('1 journey', '10 240 resor')
        """
        return self.say(noun, number, n=self.count(number))

    def count(self, number: float) -> str:
        """Write a count with its thousands apart, and a half where a median has one.

        >>> words_in("en").count(10240), words_in("da").count(10240), words_in("da").count(6.5)
        ('10,240', '10.240', '6,5')
        """
        return self._number(number, decimals=int(not float(number).is_integer()))

    def money(self, amount: float, currency: str | None = None) -> str:
        """Write an amount in whole units with the code of its currency, which a sign such as kr. would not tell.

        Args:
            amount: of money.
            currency: its code; that of all money, unless told.

        >>> [words_in(one, currency="DKK").money(-1234.5).replace(NBSP, " ") for one in ("en", "da", "sv")]
        ['-DKK 1,234', '-1.234 DKK', '-1 234 DKK']
        >>> words_in("en").money(0.3, "SEK").replace(NBSP, " "), words_in("en").money(1234)
        ('under SEK 1', '1,234')
        """
        code = currency or self.currency
        if 0 < amount < 0.5:
            return self.say("under", n=self.money(1, code))
        if code is None:
            return self.count(round(amount))
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        spaced = pattern.replace("¤#", f"¤{NBSP}#").replace("¤", "¤¤")
        return format_currency(round(amount), code, format=spaced, locale=self.locale, currency_digits=False)

    def estimate(self, number: float) -> str:
        """Write an estimated count, with a decimal below ten; what is less than a tenth says so.

        >>> [words_in("en").estimate(n) for n in (0.04, 0.4, 9.7, 12.4)]
        ['under 0.1', '0.4', '9.7', '12']
        """
        return self.say("under", n=self._number(0.1, 1)) if 0 < number < 0.05 else self.count(_rounded(number))

    def estimates(self, low: float | None, high: float | None) -> str:
        """Write an interval of estimated counts with the same decimals at both ends; null is written as a dash.

        >>> words_in("da").estimates(0, 4.26), words_in("da").estimates(9.7, 21.2), words_in("en").estimates(None, None)
        ('0,0–4,3', '10–21', '–')
        """
        if low is None or high is None:
            return NOTHING
        decimals = int(high < 9.95)
        return f"{self._number(low, decimals)}–{self._number(high, decimals)}"

    def about(self, amount: float) -> str:
        """Write an estimated amount of money: two digits of it are told.

        >>> words_in("da", currency="DKK").about(12345.0).replace(NBSP, " ")
        '12.000 DKK'
        """
        return self.money(float(f"{amount:.1e}"))

    def share(self, share: float | None) -> str:
        """Write a share as a percentage: a decimal below ten, and never 0 or 100 for what is neither.

        Args:
            share: from 0 to 1; null is written as a dash.

        >>> [words_in("en").share(x).replace(NBSP, " ") for x in (0.417, 0.0231, 0.0001, 0.9999, 1.0, 0.0)]
        ['42 %', '2.3 %', 'under 0.1 %', 'over 99.9 %', '100 %', '0 %']
        """
        if share is None:
            return NOTHING
        if 0 < share < 0.0005:
            return self.say("under", n=self._percentage(0.001, 1))
        if 0.9995 <= share < 1:
            return self.say("over", n=self._percentage(0.999, 1))
        return self._percentage(share, _decimals(share))

    def percent(self, share: float) -> str:
        """Write a share as a whole number of percent without the sign, for cells too narrow for more.

        >>> [words_in("en").percent(x) for x in (0.417, 0.004, 0.0, 1.0)]
        ['42', '<1', '0', '100']
        """
        return "<1" if 0 < share < 0.005 else self._number(share * 100, 0)

    def change(self, share: float | None) -> str:
        """Write a change in percent with its sign; null is written as a dash.

        >>> [words_in("da").change(x).replace(NBSP, " ") for x in (0.124, -0.03, 0.0, None)]
        ['+12 %', '−3 %', '0 %', '–']
        """
        if share is None:
            return NOTHING
        sign = "" if round(share, 2) == 0 else "+" if share > 0 else "−"
        return f"{sign}{self._percentage(abs(share), 0)}"

    def interval(self, low: float | None, high: float | None) -> str:
        """Write an interval of shares with one percent sign and the same decimals at both ends.

        Args:
            low: lower end, from 0 to 1.
            high: upper end, from 0 to 1.

        >>> words_in("en").interval(0.391, 0.452).replace(NBSP, " "), words_in("sv").interval(0.012, 0.12)[:-2]
        ('39–45 %', '1,2–12,0')
        """
        if low is None or high is None:
            return NOTHING
        decimals = max(_decimals(low), _decimals(high))
        return f"{self._number(low * 100, decimals)}–{self._percentage(high, decimals)}"

    def rate(self, rate: float | None, low: float | None, high: float | None) -> str:
        """Write a rate and, in brackets, its interval; null is written as a dash.

        >>> words_in("en").rate(0.42, 0.39, 0.45).replace(NBSP, " "), words_in("en").rate(None, None, None)
        ('42 % (39–45 %)', '–')
        """
        return NOTHING if rate is None else f"{self.share(rate)} ({self.interval(low, high)})"

    def duration(self, seconds: float | None) -> str:
        """Write a length of time in the unit that suits it; what rounds up to a unit is written in that unit.

        Args:
            seconds: not negative; null is written as a dash.

        >>> [words_in("en").duration(s).replace(NBSP, " ") for s in (0, 0.2, 59.7, 5400, 86400, 466560)]
        ['0 s', 'under 1 s', '1 min', '1.5 h', '1 day', '5.4 days']
        """
        if seconds is None:
            return NOTHING
        if 0 < seconds < 1:
            return self.say("under", n=self.counted("seconds", 1))
        amounts = ((_rounded(seconds / size), limit, unit) for size, limit, unit in UNITS)
        number, unit = next((number, unit) for number, limit, unit in amounts if number < limit)
        return self.counted(unit, number)

    def day(self, day: date) -> str:
        """Write a day in full, its number never parted from its month.

        >>> [words_in(language).day(date(2026, 1, 31)).replace(NBSP, " ") for language in ("en", "da")]
        ['31 January 2026', '31. januar 2026']
        """
        return format_date(day, "long", locale=self.locale).replace(" ", NBSP, 1)

    def day_short(self, day: date) -> str:
        """Write a day with its month in short and without its year, for axes.

        >>> [words_in(language).day_short(date(2026, 1, 31)).replace(NBSP, " ") for language in ("en", "sv")]
        ['31 Jan', '31 jan.']
        """
        return format_skeleton("MMMd", day, locale=self.locale).replace(" ", NBSP)

    def period(self, first: date, last: date) -> str:
        """Write a period of days, saying once what both ends share.

        >>> words_in("nb").period(date(2026, 1, 1), date(2026, 1, 31)).replace(NBSP, " ")
        '1.–31. januar 2026'
        >>> words_in("en").period(date(2026, 1, 1), date(2026, 2, 3)).replace(NBSP, " ")
        '1 January – 3 February 2026'
        """
        if first == last:
            return self.day(last)
        if (first.year, first.month) == (last.year, last.month):
            return self.say("period_of_month", day=first.day, last=self.day(last))
        in_a_year = first.year == last.year
        start = format_skeleton("MMMMd", first, locale=self.locale) if in_a_year else self.day(first)
        return f"{start.replace(' ', NBSP, 1)}{NBSP}– {self.day(last)}"

    def named(self, kind: str, name: str) -> str:
        """The name of an owner that ships or of a segment that Sojourn knows; what others named stays as it is.

        Args:
            kind: `owner`, or the dimension of the segment.
            name: as it stands in the tables.

        >>> words_in("sv").named("owner", "Sales"), words_in("sv").named("country", "Norway")
        ('Försäljning', 'Norway')
        """
        return self.say(f"{kind}_{name}") if f"{kind}_{name}" in self.texts else name

    def listed(self, names: list[str]) -> str:
        """Write names in a row, with an `and` before the last.

        >>> words_in("sv").listed(["A", "B", "C"]), words_in("sv").listed(["A"])
        ('A, B och C', 'A')
        """
        return names[0] if len(names) == 1 else self.say("list_and", first=", ".join(names[:-1]), last=names[-1])

    @property
    def separators(self) -> str:
        """The decimal sign and what parts thousands, as Plotly takes them.

        >>> words_in("en").separators, words_in("da").separators
        ('.,', ',.')
        """
        symbols = self.locale.number_symbols["latn"]
        return f"{symbols['decimal']}{symbols['group']}"

    def _percentage(self, share: float, decimals: int) -> str:
        return f"{self._number(share * 100, decimals)}{NBSP}%"

    def _number(self, number: float, decimals: int) -> str:
        pattern = "#,##0.0" if decimals else "#,##0"
        return format_decimal(round(number, decimals), format=pattern, locale=self.locale)


@cache
def words_in(language: Language, conversion: Conversion = "purchase", currency: str | None = None) -> Words:
    """The words of a language.

    Args:
        language: of the texts.
        conversion: what the journeys of the lifecycle end in.
        currency: that all money is in, where that is known.
    """
    return Words(language, conversion, read_words(language, conversion), Locale.parse(LOCALES[language]), currency)


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


def _rounded(number: float) -> float:
    return round(number, 1) if number < 9.95 else float(round(number))
