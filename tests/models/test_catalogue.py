"""The shared catalogue is whole: every group of contacts has its members, and each says who answers for it."""

from typing import get_args

import pytest

from models.lifecycle import shipped_lifecycles
from models.lifecycle.document import Contact
from models.lifecycle.loading import read_catalogue
from models.lifecycle.shapes import Control, Language, Realm

CATALOGUE = read_catalogue()
GROUPS = {
    "awareness": """display_ad paid_social organic_social influencer press affiliate sponsorship article video
        video_watched audio referral ai_assistant print_ad direct_mail social_talk direct_first_visit fair_visit
        home_page promotion_view about_page""",
    "interest": """organic_search paid_search shopping_site newsletter article organic_social retargeting sms
        push_message direct_visit category_page campaign_page promotion_click site_search""",
    "evaluation": """product_click product_view comparison reviews_read review_site price_info delivery_info size_guide
        trial wish_list stock_alert store_locator store_visit gift_card""",
    "leads": "download newsletter_signup contact_form contact_page lead qualified_lead register_page account_created",
    "decision": """add_to_cart remove_from_cart cart_page cart_reminder quote meeting guarantee return_policy
        advice_chat advice_call login""",
    "purchase": "checkout_start shipping_step payment_step purchase receipt",
    "service": """order_tracking delivery_received store_pickup help_page return_as_customer refund repair support_chat
        support_call contact_as_customer customer_login account_page product_use survey_answer""",
    "loyalty": """customer_return customer_return_email customer_return_message review_written share friend_referral
        loyalty_programme renewal""",
}


@pytest.mark.parametrize("contact", CATALOGUE.values(), ids=CATALOGUE)
def test_a_contact_is_titled_in_four_languages_and_says_whose_it_is_and_how_it_is_judged(contact: Contact) -> None:
    assert list(contact.title) == list(get_args(Language))
    assert all(title.strip() for title in contact.title.values())
    assert contact.owner
    assert contact.kpi
    assert contact.control in get_args(Control)
    assert contact.realm in get_args(Realm)


@pytest.mark.parametrize(("group", "keys"), GROUPS.items(), ids=GROUPS)
def test_every_contact_of_a_group_is_in_the_catalogue(group: str, keys: str) -> None:
    assert set(keys.split()) - set(CATALOGUE) == set()


def test_every_contact_belongs_to_a_group() -> None:
    assert set(CATALOGUE) - {key for keys in GROUPS.values() for key in keys.split()} == set()


def test_every_contact_is_used_by_a_lifecycle() -> None:
    used = {touchpoint.key for lifecycle in shipped_lifecycles() for touchpoint in lifecycle.touchpoints}
    assert set(CATALOGUE) - used == set()


@pytest.mark.parametrize("language", get_args(Language))
def test_no_two_contacts_have_the_same_title(language: Language) -> None:
    titles = [contact.title[language].lower() for contact in CATALOGUE.values()]
    assert sorted(titles) == sorted(set(titles))


def test_there_are_contacts_of_every_control_and_realm() -> None:
    assert {contact.control for contact in CATALOGUE.values()} == set(get_args(Control))
    assert {contact.realm for contact in CATALOGUE.values()} == set(get_args(Realm))
