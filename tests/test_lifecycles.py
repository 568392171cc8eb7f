"""The lifecycles that ship: cut as practice cuts them, and each runs on the sample and on real days as it is."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from models.lifecycle import Lifecycle, load_lifecycle, shipped_lifecycles, shipped_names
from models.lifecycle.shapes import Language
from models.settings import Settings
from pipelines.days import load_days
from pipelines.exports import by_day, find_exports
from pipelines.marts import write_lifecycle
from pipelines.rebuilding import rebuild
from pipelines.sample import write_sample
from tests.real_days import open_real_days, with_real_days
from tests.reference import rebuild as reference
from tests.reference.channels import channel_of_product
from tests.reference.events import read_exports
from tests.shops import open_new_build
from tests.test_equals_reference import breaches, writers
from tests.worlds import path, rebuilt
from transforms.overall import conversion_kind

DOCS = Path(__file__).parents[1] / "docs" / "lifecycles.md"
LANGUAGES = get_args(Language)
END_OF_SAMPLE = datetime(2026, 6, 30, 22, tzinfo=UTC)
QUICK = ("app-onboarding", "service-and-loyalty")
COMPARED = {
    "touchpoints": ("person_id", "touchpoint", "phase", "event_count", "is_conversion"),
    "journeys": ("person_id", "outcome", "furthest_phase", "customer"),
}
PHASES = {  # language, and the phases in it, the one of the conversion in stars
    "six-phases": ("da", "Opmærksomhed · Interesse · Begær · Evaluering · *Konvertering* · Fastholdelse"),
    "customer-lifecycle": ("en", "Awareness · Engagement · Evaluation · *Purchase* · Experience · Bonding"),
    "app-onboarding": ("en", "Website visit · *Registration* · Onboarding · Retention"),
    "buyers-journey": ("en", "Awareness · Consideration · *Decision*"),
    "before-during-after": ("en", "Before the purchase · *During the purchase* · After the purchase"),
    "quote-to-signature": ("en", "Research · Comparison · Workshop · Quote · *Sign-off*"),
    "persona-grid": ("en", "Discovery · Research · *Conversion* · Post-sale engagement"),
    "service-and-loyalty": ("en", "Awareness · Consideration · *Acquisition* · Service · Loyalty"),
    "kundereise": ("nb", "Bevissthet · Vurdering · *Kjøp* · Oppfølging · Lojalitet"),
    "kundens-vei-til-kjop": ("nb", "Oppdagelse · Vurdering · Beslutning · *Kjøp* · Etterbehandling"),
    "kundresa": ("sv", "Medvetenhet · Övervägande · Leads · *Köp* · Kunder · Promoters"),
}
SHOPS = [lifecycle for lifecycle in shipped_lifecycles() if lifecycle.name != "app-onboarding"]
Build = tuple[duckdb.DuckDBPyConnection, Settings]

by_name = pytest.mark.parametrize("name", shipped_names())
of_shops = pytest.mark.parametrize("lifecycle", SHOPS, ids=lambda lifecycle: lifecycle.name)


def loaded(folder: Path, exports: Path) -> Iterator[Build]:
    settings = Settings(exports=str(exports), database=folder / "lifecycles.duckdb", timezone="Europe/Copenhagen")
    with open_new_build(settings) as connection:
        load_days(connection, by_day(find_exports(settings.exports)), settings)
        yield connection, settings


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """A small sample, loaded once."""
    folder = tmp_path_factory.mktemp("lifecycles")
    write_sample(folder / "exports", days=60, users=250, seed=4)
    yield from loaded(folder, folder / "exports")


@pytest.fixture(scope="module")
def real_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    with open_real_days(tmp_path_factory) as built:
        yield built


@pytest.fixture(scope="session")
def accepted(sample: Build) -> list[dict[str, Any]]:
    """The events of the same sample, as the reference reads them."""
    _, settings = sample
    files = [str(file) for file in sorted(Path(settings.exports).glob("events_2*"))]
    return read_exports(files, settings.timezone)[0]


def cut_by(name: str, build: Build) -> duckdb.DuckDBPyConnection:
    """Rebuild what was loaded by this lifecycle, marts and all."""
    connection, settings = build
    settings = settings.model_copy(update={"lifecycle": name})
    rebuild(connection, settings)
    for write in writers(settings):
        write(connection.cursor())
    return connection


def values(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return [value for (value,) in connection.cursor().execute(query).fetchall()]


def test_the_eleven_ship_with_their_phases_in_order() -> None:
    found = {}
    for lifecycle in shipped_lifecycles():
        language = PHASES[lifecycle.name][0]
        titles = [(phase.title_in(language), phase.stage) for phase in lifecycle.phases]  # type: ignore[arg-type]
        found[lifecycle.name] = language, " · ".join(f"*{t}*" if at == "during" else t for t, at in titles)
    assert found == PHASES


@by_name
def test_the_sample_reaches_every_phase_and_the_reference_cuts_it_alike(
    name: str, sample: Build, accepted: list[dict[str, Any]]
) -> None:
    connection = cut_by(name, sample)
    phases = [phase.key for phase in load_lifecycle(name).phases]
    assert sorted(values(connection, "SELECT DISTINCT phase FROM touchpoints")) == sorted(phases)
    assert breaches(connection) == []
    assert values(connection, "SELECT count(*) > 0 FROM journeys WHERE outcome = 'converted'") == [True]
    events = [dict(event) for event in accepted]
    expected = reference(events, load_lifecycle(name), END_OF_SAMPLE, channel_of=channel_of_product())
    for table, columns in COMPARED.items():
        found = connection.cursor().execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        assert Counter(found) == Counter(tuple(row[column] for column in columns) for row in expected[table])


def test_the_grid_of_personas_has_a_row_for_each_touchpoint_and_a_column_for_each_device(sample: Build) -> None:
    connection = cut_by("persona-grid", sample)
    query = re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)[-1]
    grid = connection.cursor().sql(query).pl()
    assert grid.columns == ["phase_index", "phase_title", "touchpoint_title", "desktop", "mobile", "tablet"]
    assert grid.height == values(connection, "SELECT count(DISTINCT touchpoint) FROM touchpoints")[0]
    assert set(grid["desktop"]) == {"✓", ""}


@with_real_days
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in shipped_names()]
)
def test_every_lifecycle_runs_on_the_real_days(name: str, real_days: Build) -> None:
    connection = cut_by(name, real_days)
    assert values(connection, "SELECT count(*) FROM events") == [442_139]
    assert values(connection, "SELECT count(*) > 400 FROM journeys WHERE outcome = 'converted'") == [True]
    assert breaches(connection) == []


@pytest.mark.parametrize("language", LANGUAGES)
@by_name
def test_table_lifecycle_is_titled_in_the_language_of_the_settings(name: str, language: Any, sample: Build) -> None:
    connection, settings = sample
    lifecycle = load_lifecycle(name)
    write_lifecycle(connection.cursor(), lifecycle, settings.model_copy(update={"language": language}))
    told = connection.cursor().execute("SELECT phase, phase_title, touchpoint, touchpoint_title FROM lifecycle")
    assert set(told.fetchall()) == {
        (phase.key, phase.title[language], touchpoint.key, touchpoint.title[language])  # type: ignore[index]
        for phase in lifecycle.phases
        for touchpoint in lifecycle.touchpoints_of(phase.key)
    }


@by_name
def test_table_lifecycle_says_what_converts_and_so_whether_that_is_a_purchase(name: str, sample: Build) -> None:
    connection, settings = sample
    lifecycle = load_lifecycle(name)
    write_lifecycle(connection.cursor(), lifecycle, settings)
    told = connection.cursor().sql("FROM lifecycle").pl()
    assert told.filter("is_conversion")["touchpoint"].to_list() == [lifecycle.conversion]
    assert conversion_kind(told) == ("conversion" if name in ("app-onboarding", "quote-to-signature") else "purchase")


def test_service_and_loyalty_names_the_department_of_each_of_some_forty_touchpoints() -> None:
    owners = [touchpoint.owner for touchpoint in load_lifecycle("service-and-loyalty").touchpoints]
    assert 38 <= len(owners) <= 45
    assert all(owners)
    assert len(set(owners)) >= 12


@of_shops
def test_a_customer_who_comes_for_help_does_not_begin_to_shop(lifecycle: Lifecycle) -> None:
    bought = "purchase@0[tid=T1,revenue=9] page_view@1[page_path=/account/orders]"
    pages = "page_view@1d[page_path=/help] page_view@2d[page_path=/returns] page_view@3d[page_path=/kontakt]"
    care = "phone_call@4d login@5d chat@6d contact_form@7d refund@8d[tid=T1]"
    assert rebuilt(f"ana: {bought} {pages} {care}", lifecycle=lifecycle).journeys.height == 1


@of_shops
def test_a_customer_who_fills_the_cart_again_begins_a_new_journey(lifecycle: Lifecycle) -> None:
    world = "ana: view_item@0 purchase@1[tid=T1,revenue=9] add_to_cart@1d"
    assert rebuilt(world, lifecycle=lifecycle).journeys.height == 2


def test_a_member_who_comes_back_is_no_new_visitor() -> None:
    visits = "page_view@0[page_path=/] sign_up@1 view_item@2 page_view@1d[page_path=/] add_to_cart@2d purchase@3d"
    found = path(rebuilt(f"ana: {visits}", lifecycle=load_lifecycle("app-onboarding")))
    first, *later = found.removeprefix("direct_first_visit ").split(" member_return ")
    assert first == "home_page account_created member_browsing"
    assert later == ["member_browsing", "member_cart", "member_order"]


def test_a_purchase_without_an_account_is_no_registration() -> None:
    journeys = rebuilt("ana: view_item@0 purchase@5", lifecycle=load_lifecycle("app-onboarding"), days=1).journeys
    assert journeys["outcome"].to_list() == ["open"]
    assert journeys["furthest_phase"].to_list() == ["website_visit"]


@pytest.mark.parametrize("event", ["purchase", "contract_signed", "close_convert_lead"])
def test_a_signature_converts_by_any_of_its_names(event: str) -> None:
    lifecycle = load_lifecycle("quote-to-signature")
    assert path(rebuilt(f"ana: request_quote@0 {event}@9", lifecycle=lifecycle)).endswith("quote sign_off")


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ("survey_answer@2[score=9]", "promoters"),
        ("survey_answer@2[score=8]", "kunder"),
        ("survey_answer@2", "kunder"),
        ("review_written@2", "promoters"),
    ],
)
def test_promoters_are_those_who_recommend_and_not_every_customer(answer: str, phase: str) -> None:
    found = rebuilt(f"ana: purchase@0 {answer}", lifecycle=load_lifecycle("kundresa"))
    assert found.touchpoints["phase"].to_list()[-1] == phase


def test_a_lead_is_qualified_between_leads_and_the_purchase() -> None:
    lifecycle = load_lifecycle("kundresa")
    found = rebuilt("ana: ebook_download@0 lead_scored@1 purchase@2", lifecycle=lifecycle)
    assert path(found).endswith("download qualified_lead purchase")
    assert lifecycle.touchpoint("qualified_lead").phase == "leads"
