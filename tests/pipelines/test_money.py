"""Money: amounts are in the property's currency, and what has no rate is in no sum and told."""

from contextlib import closing
from datetime import date, datetime

import pytest

from models.settings import SettingsError, read_settings
from pipelines.rates import read_rates
from pipelines.rebuilding import rebuild
from tests.exports_by_hand import DAY, Build, params, row, write

NEXT = "events_20210102.parquet"
DAYS = 86400


def sale(at, who, amount, currency=None, order="T", name="purchase"):
    """A purchase, or what it names, with an amount and the currency that it says."""
    kind = "purchase_revenue" if name == "purchase" else "refund_value"
    told = params(currency=currency) if currency is not None else []
    day = f"2021010{1 + at // DAYS}"
    return row(at, name, who, event_date=day, event_params=told, ecommerce={kind: amount, "transaction_id": order})


def rates(tmp_path, *lines, header="day,currency,rate"):
    path = tmp_path / "rates.csv"
    path.write_text("\n".join([header, *lines, ""]))
    return path


# What an amount is worth.


def test_amounts_are_worth_their_fixed_rate_and_stand_as_exported(build):
    build.load(
        sale(0, "a", 100.0, "EUR"),
        sale(1, "b", 1000.0, " sek "),
        sale(2, "c", 700.0, "dkk"),
        sale(3, "d", 5.0),
        sale(4, "e", 6.0, "(not set)"),
        sale(5, "a", -10.0, "EUR", name="refund"),
        sale(6, "f", 9.0, "NOK"),
        currency="DKK",
        exchange_rates={"eur": 7.46, "SEK": 0.65},
    )
    said = "revenue, refund, revenue_as_exported, refund_as_exported, currency"
    assert build.ask(f"SELECT {said} FROM events ORDER BY occurred_at") == [
        (746.0, None, 100.0, None, "EUR"),
        (650.0, None, 1000.0, None, " sek "),
        (700.0, None, 700.0, None, "dkk"),
        (5.0, None, 5.0, None, None),
        (6.0, None, 6.0, None, "(not set)"),
        (None, 74.6, None, -10.0, "EUR"),
        (None, None, 9.0, None, "NOK"),
    ]


def test_a_rate_is_that_of_the_export_day_or_before(build, tmp_path):
    path = rates(tmp_path, "2021-01-04,EUR,9", "2021-01-02,EUR,7.5", "2021-01-01,SEK,0.6")
    for day in range(4):
        one, other = sale(day * DAYS, "a", 100.0, "EUR"), sale(day * DAYS + 1, "a", 10.0, "SEK")
        build.write(f"events_2021010{day + 1}.parquet", one, other)
    build.load(currency="DKK", exchange_rates=path)
    assert build.column("revenue") == [None, 6.0, 750.0, 6.0, 750.0, 6.0, 900.0, 6.0]


@pytest.mark.parametrize(
    ("codes", "currency"),
    [
        (["EUR", "dkk", "DKK "], "DKK"),
        (["SEK", "EUR"], "EUR"),
        ([None, None, "SEK"], "SEK"),
        ([None, " ", "(not set)"], None),
    ],
)
def test_without_a_setting_money_is_in_the_currency_of_most_purchases(build, codes, currency):
    refunds = [sale(60 + at, "r", 1.0, "NOK", name="refund") for at in range(5)]
    build.load(*(sale(at, "a", 1.0, code) for at, code in enumerate(codes)), *refunds)
    assert build.column("value", "memory WHERE name = 'currency'", "1") == [currency or ""]
    own = [code is None or code.strip().upper() in (currency, "", "(NOT SET)") for code in codes]
    assert build.column("revenue IS NOT NULL", "events WHERE event_name = 'purchase'") == own
    assert build.column("refund", "events WHERE event_name = 'refund'") == [None] * 5


# What changes afterwards.


def touched(build):
    """Whom the next rebuild looks at, and which days the next checks do; nobody and none from then on."""
    found = build.column("device_id", "waiting", "1"), build.column("export_date", "unchecked_days", "1")
    build.connection.execute("DELETE FROM waiting")
    build.connection.execute("DELETE FROM unchecked_days")
    return found


@pytest.mark.parametrize(
    ("before", "after", "devices"),
    [
        ({}, {"exchange_rates": {"EUR": 7.46}}, ["b", "u:tills"]),
        ({"exchange_rates": {"EUR": 7.46, "NOK": 1}}, {"exchange_rates": {"EUR": 7.5, "GBP": 9}}, ["b", "u:tills"]),
        ({}, {"currency": "EUR"}, ["a", "b", "c", "u:tills"]),
        ({"currency": "DKK"}, {"currency": None}, []),
    ],
)
def test_other_rates_convert_anew_without_reading_a_file(build, tmp_path, before, after, devices):
    """As everything would be read with them, and only whose money is another is looked at."""

    def export(build):
        build.write(DAY, sale(0, "a", 8.0, "DKK"), sale(1, "b", 9.0, "EUR"), row(2, "scroll", "d"))
        build.write(NEXT, sale(DAYS, "c", 7.0), sale(DAYS + 1, "c", 3.0, "DKK"), row(DAYS + 2, "scroll", "d"))
        line = "2021-01-02T12:00:00Z,tills,purchase,5,EUR"
        build.feed("tills.csv", line, header="occurred_at,user_id,event_name,revenue,currency")

    export(build)
    build.load(**before)
    touched(build)
    assert build.load(**after).days == []
    assert touched(build)[0] == devices
    with closing(Build(tmp_path / "fresh")) as fresh:
        export(fresh)
        fresh.load(**before | after)
        assert build.events() == fresh.events()


def test_the_currency_of_most_purchases_may_change_with_a_day(build):
    build.load(sale(0, "a", 1.0, "EUR"), row(1, "scroll", "d"))
    touched(build)
    build.write(NEXT, sale(DAYS, "b", 2.0, "DKK"), sale(DAYS + 1, "c", 2.0, "DKK"))
    build.load()
    assert build.column("revenue", "events WHERE event_name = 'purchase'") == [None, 2.0, 2.0]
    assert touched(build) == (["a", "b", "c"], [date(2021, 1, 1), date(2021, 1, 2)])
    assert (None, "a changed currency or exchange rate") in build.ask("FROM arrivals")


# What is refused.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,currency\n2021-01-01,EUR\n", "it has no column rate; its columns are day, currency and rate"),
        ("", "it cannot be read"),
        ("day,currency,rate\n2021-01-01,EUR,\n", "line 2: rate '' is no positive number"),
        ("day,currency,rate\n2021-01-01,EUR,7.4\n2021-01-02,EUR,x\n", "line 3: rate 'x' is no positive number"),
        ("day,currency,rate\n2021-01-01,EUR,-7.4\n", "line 2: rate '-7.4' is no positive number"),
        ("day,currency,rate\n2021-01-01,EUR,inf\n", "line 2: rate 'inf' is no positive number"),
        ("day,currency,rate\n2021-01-01,EUR,7.4\n2021-01-01,eur,7.4\n", "line 3: day '2021-01-01' has a second rate"),
        ("day,currency,rate\n2021-13-01,EUR,7.4\n", "line 2: day '2021-13-01' is no day such as 2026-01-31"),
        ("day,currency,rate\n2021-01-01, ,7.4\n", "line 2: currency '' names no currency"),
        ("day,currency,rate\n2021-01-01,EUR,7,4\n", "it cannot be read"),
        ("day,currency,rate\n2021-01-01,DKK,2\n", "says that DKK is worth 2, but DKK is the property's own currency"),
    ],
)
def test_a_broken_csv_of_rates_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_rates(read_settings(currency="DKK", exchange_rates=str(path)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_csv_of_rates_may_come_from_a_spreadsheet(tmp_path):
    path = rates(tmp_path, "2021-01-01;eur ;7,46;ecb", ";;;", header="\ufeffDay; Currency;RATE;source")
    assert read_rates(read_settings(exchange_rates=str(path))).rows() == [(date(2021, 1, 1), "EUR", 7.46)]
    with pytest.raises(SettingsError, match=r"none\.csv: it cannot be read"):
        read_rates(read_settings(exchange_rates="none.csv"))


def test_a_rate_of_the_currency_of_most_purchases_is_refused(build):
    with pytest.raises(SettingsError, match="set 'currency' to the property's"):
        build.load(sale(0, "a", 1.0, "EUR"), exchange_rates={"EUR": 7.46})
    assert build.load(exchange_rates={"EUR": 1.0}).days == []
    assert build.column("revenue") == [1.0]


# Refunds.


def journeys_of(build):
    rebuild(build.connection, build.settings)
    return build.ask("SELECT person_id, revenue, refund, ended_at FROM journeys ORDER BY ALL")


def test_a_refund_of_a_later_night_is_taken_off_its_purchase(build):
    build.load(sale(0, "a", 100.0, "EUR"), currency="DKK", exchange_rates={"EUR": 7.5})
    at = datetime(2021, 1, 1)
    assert journeys_of(build) == [("d:a", 750.0, None, at)]
    build.write(NEXT, sale(DAYS, "a", -20.0, "EUR", name="refund"), sale(DAYS + 60, "a", 20.0, "EUR", name="refund"))
    build.load()
    assert journeys_of(build) == [("d:a", 600.0, 150.0, at)]
    assert build.ask("SELECT count(*), count(session_id), count(person_id) FROM events") == [(3, 1, 3)]
    build.load(exchange_rates={"EUR": 7.0})
    assert journeys_of(build) == [("d:a", 560.0, 140.0, at)]


def test_the_time_to_a_refund_beyond_the_last_day_grows(build):
    """It lies after the end of its session, which as_of passed before."""
    build.load(sale(DAYS - 60, "a", 9.0), sale(DAYS + 600, "a", 9.0, name="refund"))
    journeys_of(build)
    wait = "SELECT seconds_to_next FROM touchpoints WHERE is_conversion"
    assert build.ask(wait) == [(60.0,)]
    build.write(NEXT, row(DAYS + 1, "scroll", "b", event_date="20210102"))
    build.load()
    journeys_of(build)
    assert build.ask(wait) == [(660.0,)]


# What is told.


def test_a_night_names_the_amounts_that_are_in_no_sum(night):
    amounts = [(100.0, "EUR", "A"), (1000.0, "SEK", "B"), (700.0, "DKK", "C"), (50.0, "DKK", "D")]
    sales = [sale(DAYS + at, order, amount, code, order) for at, (amount, code, order) in enumerate(amounts)]
    write(night.exports / NEXT, [*sales, sale(DAYS + 9, "A", 20.0, "EUR", "A", "refund")])
    code, out, _ = night.run("--accept-shrunken")
    assert code == 0
    assert "money is in DKK, which most purchases have; setting currency names another" in out
    unrated = (
        "EUR revenue of 100.00 in 1 purchase and refunds of 20.00 in 1 event; SEK revenue of 1,000.00 in 1 purchase"
    )
    assert f"look at   currencies: have_rates: {unrated}: without an exchange rate, so in no sum" in out
