"""The words of every language are whole: the same texts, placeholders and plural forms, and each of them is said."""

from string import Formatter
from typing import get_args

import pytest
import yaml
from babel import Locale

from models.lifecycle import shipped_lifecycles
from models.lifecycle.yaml_file import read_yaml
from models.words import HERE, Conversion, Language
from transforms.wording import LOCALES

KINDS = list(get_args(Conversion))
LANGUAGES = get_args(Language)
FILES = {language: HERE / f"{language}.yaml" for language in LANGUAGES}
TEXTS = {language: yaml.safe_load(file.read_text("utf-8")) for language, file in FILES.items()}
ALIKE = {"under", "over", "seconds", "minutes", "period_of_month", "key_median", "touchpoints_median"} | {
    "dimension_persona", "head_segment", "term_kaplan_meier",
    "device_category_tablet", "owner_Brand", "owner_CRM", "owner_PR", "owner_SEO",
}  # fmt: skip
others = pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
each = pytest.mark.parametrize("language", LANGUAGES)


def forms(text):
    """All the ways in which a text is written: by kind of conversion, and by number."""
    return [text] if isinstance(text, str) else [form for inner in text.values() for form in forms(inner)]


def plurals(text):
    """The plural forms that a text has, one set for each place that has any."""
    if isinstance(text, str):
        return []
    return [part for kind in KINDS for part in plurals(text[kind])] if list(text) == KINDS else [set(text)]


def placeholders(form):
    return {name for _, name, _, _ in Formatter().parse(form) if name is not None}


def test_every_language_that_can_be_set_has_a_file_and_none_is_left_over():
    assert {file.stem for file in HERE.glob("*.yaml")} == set(LANGUAGES) == set(LOCALES)


@others
def test_a_language_has_the_texts_of_english_in_the_same_order(language):
    assert list(TEXTS[language]) == list(TEXTS["en"])


@each
def test_a_text_stands_once(language):
    assert list(read_yaml(FILES[language])) == list(TEXTS[language])


@each
def test_a_text_that_tells_purchases_from_conversions_does_so_in_every_language(language):
    for name, text in TEXTS["en"].items():
        has_kinds = isinstance(text, dict) and list(text) == KINDS
        assert (isinstance(TEXTS[language][name], dict) and list(TEXTS[language][name]) == KINDS) == has_kinds, name


@each
def test_a_text_has_the_same_placeholders_in_every_form_of_every_language(language):
    for name, text in TEXTS[language].items():
        expected = placeholders(forms(TEXTS["en"][name])[0])
        assert all(placeholders(form) == expected for form in forms(text)), name


@each
def test_a_text_has_the_plural_forms_of_its_language(language):
    of_language = Locale.parse(LOCALES[language]).plural_form.tags | {"other"}
    assert [name for name, text in TEXTS[language].items() if any(has != of_language for has in plurals(text))] == []


@each
def test_no_text_is_blank_or_has_a_blank_too_many(language):
    for name, text in TEXTS[language].items():
        assert all(form and form == form.strip() and "  " not in form for form in forms(text)), name


@others
def test_a_text_is_translated(language):
    same = {name for name, text in TEXTS[language].items() if set(forms(text)) & set(forms(TEXTS["en"][name]))}
    assert same <= ALIKE


def test_every_owner_of_the_lifecycles_that_ship_has_a_name_in_every_language():
    owners = {touchpoint.owner for lifecycle in shipped_lifecycles() for touchpoint in lifecycle.touchpoints}
    assert {name.removeprefix("owner_") for name in TEXTS["en"] if name.startswith("owner_")} == owners
