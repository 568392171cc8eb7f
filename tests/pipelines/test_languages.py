"""The page and the terminal speak the language of the settings throughout, and of the conversion that there is."""

import re
import sys
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from models.words import read_words
from pipelines.cli.app import main
from tests.marts_by_hand import FACTS, marts, page_of
from tests.pages_by_hand import ASKED, Seen, everything, pages, printed, said, words_of
from transforms.wording import NBSP

LANGUAGES = ("en", "da", "nb", "sv")
BOUGHT = {"en": r"\b(buy|bought|purchas)", "da": r"\bkøb", "nb": r"\bkjøp", "sv": r"\bköp"}
ALIKE = {  # what is a word in English and in that language
    "da": {
        "at",
        "brand",
        "end",
        "feb",
        "for",
        "interval",
        "jan",
        "median",
        "min",
        "over",
        "persona",
        "personas",
        "persons",
        "rate",
        "segment",
        "session",
        "tablet",
        "time",
        "to",
        "under",
    },
    "nb": {
        "feb",
        "for",
        "jan",
        "last",
        "median",
        "min",
        "over",
        "per",
        "persona",
        "persons",
        "rate",
        "segment",
        "time",
        "to",
        "under",
    },
    "sv": {
        "band",
        "data",
        "feb",
        "in",
        "jan",
        "median",
        "min",
        "per",
        "persona",
        "personas",
        "persons",
        "segment",
        "session",
        "under",
    },
}

each = pytest.mark.parametrize("language", LANGUAGES)
others = pytest.mark.parametrize("language", LANGUAGES[1:])
both = pytest.mark.parametrize("conversion", ["purchase", "sign_up"])


def answer(language, conversion="purchase"):
    return said(pages(language, conversion)[0])


def sojourn(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["sojourn", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, capsys.readouterr()


@others
@both
def test_no_english_word_is_left(language, conversion):
    english = words_of(everything("en", conversion))
    assert len(english) > 150
    assert words_of(everything(language, conversion)) & english - ALIKE[language] == set()


@each
@both
def test_a_page_says_its_language(language, conversion):
    assert {Seen(page).lang for page in pages(language, conversion)} == {language}


@each
def test_where_the_conversion_is_no_purchase_nobody_buys(language):
    assert re.search(BOUGHT[language], everything(language, "purchase"), re.IGNORECASE)
    assert re.findall(BOUGHT[language] + ".*", everything(language, "sign_up"), re.IGNORECASE) == []


@both
def test_every_text_is_said(conversion):
    everything("en", conversion)
    unsaid = {"answer_conversion"} if conversion == "purchase" else set()
    assert set(read_words("en", "purchase")) - ASKED["en", conversion] == unsaid


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["2.3 % of journeys end in a conversion", "The conversion is “Conversion 3”."]),
        ("da", ["2,3 % af rejserne ender med en konvertering", "Konverteringen er »Konvertering 3«."]),
        ("nb", ["2,3 % av reisene ender med en konvertering", "Konverteringen er «Konvertering 3»."]),
        ("sv", ["2,3 % av resorna slutar med en konvertering", "Konverteringen är ”Konvertering 3”."]),
    ],
)
def test_where_the_conversion_is_no_purchase_the_answer_says_what_it_is(language, parts):
    shown = answer(language, "sign_up")
    assert [part for part in parts if part not in shown] == []


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "da",
            [
                "Kunderejser, 1. januar – 28. februar 2026",
                "2,3 % af rejserne ender med et køb (95 %-interval 2,0–2,7 %).",
                "var 8.120 af 10.240 rejser fulgt i et helt rejsevindue på 30 dage, og 1.228 (12 %) var stadig åbne.",
                "Tallene for 25.–28. februar 2026 kan stadig ændre sig",
                "Opgjort pr. 28. februar 2026 (Europe/Copenhagen).",
                "3,2 dage",
                "17 eller flere",
            ],
        ),
        (
            "nb",
            [
                "Kundereiser, 1. januar – 28. februar 2026",
                "2,3 % av reisene ender med et kjøp (95 %-intervall 2,0–2,7 %).",
                "8 120 av 10 240 reiser fulgt gjennom et helt reisevindu på 30 dager",
                "og 1 228 (12 %) var fortsatt åpne.",
                "Tallene for 25.–28. februar 2026 kan fortsatt endre seg",
                "Status per 28. februar 2026 (Europe/Copenhagen).",
                "3,2 dager",
                "17 eller flere",
            ],
        ),
        (
            "sv",
            [
                "Kundresor, 1 januari – 28 februari 2026",
                "2,3 % av resorna slutar med ett köp (95-procentsintervall 2,0–2,7 %).",
                "8 120 av 10 240 resor följts under ett helt resefönster på 30 dagar, och 1 228 (12 %) var ännu öppna.",
                "Siffrorna för 25–28 februari 2026 kan fortfarande ändras",
                "Uppgifterna gäller per den 28 februari 2026 (Europe/Copenhagen).",
                "3,2 dagar",
                "17 eller fler",
            ],
        ),
    ],
)
def test_sentences_numbers_and_days_are_written_as_the_language_writes_them(language, parts):
    shown = answer(language)
    assert [part for part in parts if part not in shown] == []


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "was still open.", "were still open."),
        ("da", "var stadig åben.", "var stadig åbne."),
        ("nb", "var fortsatt åpen.", "var fortsatt åpne."),
        ("sv", "var ännu öppen.", "var ännu öppna."),
    ],
)
def test_one_journey_is_spoken_of_as_one(language, one, many):
    tables = marts()
    single = tables | {"kpis": tables["kpis"].with_columns(still_open=pl.lit(1))}
    facts = replace(FACTS, language=language)
    assert one in said(page_of(single, facts))
    assert many in answer(language)


@each
@both
def test_the_terminal_shows_the_funnel_in_eighty_columns(language, conversion):
    shown = printed(language, conversion)
    assert max(len(line) for text in shown for line in text.splitlines()) <= 80
    assert "…" not in " ".join(shown)


def test_the_lifecycles_are_listed_in_the_language_asked_for(monkeypatch, capsys):
    assert "Opmærksomhed · Interesse · Begær" in sojourn(monkeypatch, capsys, "lifecycles", "--language", "da")[1].out
    monkeypatch.setenv("SOJOURN_LANGUAGE", "sv")
    assert "Uppmärksamhet · Intresse · Begär" in sojourn(monkeypatch, capsys, "lifecycles")[1].out


def test_a_language_that_there_is_not_is_said(monkeypatch, capsys):
    code, shown = sojourn(monkeypatch, capsys, "lifecycles", "--language", "fi")
    assert (code, shown.err.count("\n")) == (2, 1)
    assert "setting 'language' is 'fi'" in shown.err


def shown(night):
    """The language of the page, and the title of the first phase in the published file and on the page."""
    page = (night.folder / "made" / "reports" / "funnel.html").read_text("utf-8")
    with duckdb.connect(night.database, read_only=True) as connection:
        title = connection.execute("SELECT phase_title FROM lifecycle ORDER BY phase_index").fetchone()[0]
    return Seen(page).lang, title, f">{title}</th>" in page


def test_a_run_speaks_the_language_of_the_settings_and_a_rollback_that_of_its_version(night):
    assert shown(night) == ("en", "Awareness", True)
    code, out, _ = night.run("--language", "sv")
    assert code == 0
    assert "Preliminärt: Siffrorna för 1–2 januari 2021" in out.replace(NBSP, " ")
    assert shown(night) == ("sv", "Uppmärksamhet", True)
    sojourn(
        night.monkeypatch, night.capsys, "rollback", "--database", "made/sojourn.duckdb", "--reports", "made/reports"
    )
    assert shown(night) == ("en", "Awareness", True)
