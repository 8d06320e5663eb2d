"""The game in German: chosen by the browser's languages, or by hand; and in English where the texts do not arrive."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.player import Person
from tests.browser.tasks import configure, judging, treat_all
from tests.browser.treatments import AGENT, treat
from tests.browser.visitor import visitor
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.studies.models import Study
from webapp.studies.texts import default_consent_text

MakePhoto = Callable[..., Photo]
WIDTHS = (360, 820, 1440)
LABELS = ["Belichtung", "Gamma", "Weißabgleich", "Sättigung", "Tonwerte", "Kontrast", "Schwarzweiß", "Farbe"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody in Austria."""
    with visitor(browser, locale="de-AT") as one:
        yield one


def labels(person: Person) -> list[str]:
    """The names in the palette, less the hyphens at which they may break."""
    names = person.page.locator("[data-filter] .name").all_text_contents()
    return [name.replace("\N{SOFT HYPHEN}", "") for name in names]


# The words that are wider than the button in which they stand.
CUT_OFF = """all => all.filter(words => {
    const range = document.createRange();
    range.selectNodeContents(words);
    const [text, button] = [range, words.closest("button")].map(one => one.getBoundingClientRect());
    return words.textContent.trim() && (text.left < button.left - 1 || text.right > button.right + 1);
}).map(words => words.textContent)"""
# The filters that lie beyond it, but where they are a row to swipe.
PAST_THE_PANEL = """panel => [...panel.querySelectorAll(".filter")].filter(filter =>
    getComputedStyle(filter.parentElement).overflowX === "visible" &&
    filter.getBoundingClientRect().right > panel.getBoundingClientRect().right
).map(filter => filter.dataset.filter)"""
WORDS = ".filter .name, button:not(.filter, .cell, .pick-layer):visible"


def assert_nothing_is_cut_off(person: Person) -> None:
    """At no width does the page scroll sideways, or a word leave its button, or a filter the palette."""
    page = person.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        # The photo is fitted once the page has been laid out.
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        assert page.locator(WORDS).evaluate_all(CUT_OFF) == [], f"at {width}"
        for panel in page.locator("aside").all():
            assert panel.evaluate(PAST_THE_PANEL) == [], f"at {width}"
    page.set_viewport_size({"width": 1000, "height": 700})


def test_from_the_start_to_the_first_step_all_is_german(
    person: Person, study: Study, make_photo: MakePhoto, live_server: Any, complaints: list[str]
) -> None:
    study.consent_text = default_consent_text()
    study.save()
    make_photo()
    page = person.page
    page.goto(live_server.url)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("figcaption")).to_contain_text("In Ihrem Browser gezeichnet: Belichtung +1,30 EV")
    assert_nothing_is_cut_off(person)
    page.get_by_role("link", name="Spielen", exact=True).click()
    assert_nothing_is_cut_off(person)
    person.button("Ich stimme zu: beginnen").click()

    expect(page.locator("main.playing")).to_be_visible()
    assert labels(person) == LABELS
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    person.press("Shift+ArrowRight", "Shift+ArrowRight")
    field = page.get_by_label("Belichtung, als Zahl")
    expect(field).to_have_value("1,00")
    field.fill("1,25")
    field.press("Enter")
    expect(page.get_by_label("Schritt 1: Belichtung, +1,25 EV")).to_be_visible()
    field.fill("viel")
    field.press("Enter")
    expect(page.locator(".field-hint")).to_have_text("„viel“ ist keine Zahl; nichts wurde geändert.")
    expect(page.locator("header [role=status]")).to_have_text("alles gespeichert")
    assert_nothing_is_cut_off(person)
    assert complaints == []


@pytest.mark.long
def test_from_what_is_handed_in_to_ones_style_all_is_german(
    person: Person, make_photo: MakePhoto, live_server: Any, complaints: list[str]
) -> None:
    photo = make_photo()
    treat(photo, (("exposure", {"ev": 1.25}),), AGENT)
    treat(photo, (("exposure", {"ev": 2.0}),))
    page = person.page
    page.goto(person.address)
    expect(page.locator("main.playing")).to_be_visible()
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    person.press("Shift+ArrowRight")
    person.button("Fertig").click()
    person.button("Abgeben").click()
    person.button("Nebeneinander").click()
    expect(page.get_by_role("heading", name="Welches gefällt Ihnen am besten?")).to_be_visible()
    page.locator(".treatment label").first.click()
    page.locator(".reveal-bar [type=submit]").click()
    expect(page.locator("[data-maker=agent]")).to_contain_text("Der Agent")
    assert_nothing_is_cut_off(person)
    person.button("Ihren Stil ansehen").click()
    expect(page.get_by_role("img", name="Ihr Stil als Zeichnung")).to_be_visible()
    assert_nothing_is_cut_off(person)

    episode = Episode.objects.get(events__kind="submit")
    page.goto(f"{live_server.url}/episodes/{episode.pk}/")
    expect(page.locator(".by")).to_have_text(f"von Ihnen, {episode.participant.pseudonym}")
    expect(page).to_have_title(re.compile("Schritt für Schritt · Safelight"))
    assert_nothing_is_cut_off(person)
    assert complaints == []


@pytest.mark.long
def test_questions_and_pictures_to_judge_are_german(
    person: Person, study: Study, make_photo: MakePhoto, complaints: list[str]
) -> None:
    treat_all([make_photo(seed) for seed in range(2)])
    before = {"kind": "questionnaire", "name": "before"}
    configure([before, judging("rating", 1), judging("turing_pair", 1)])
    page = person.page
    page.goto(person.address)
    expect(page.get_by_text("Wie oft bearbeiten Sie Fotos?")).to_be_visible()
    person.button("Weiter").click()
    expect(page.get_by_text("Bitte beantworten Sie diese Frage")).to_be_visible()
    page.get_by_text("Jeden Monat").click()
    assert_nothing_is_cut_off(person)
    person.button("Weiter").click()
    expect(page.get_by_text("Noch etwas?")).to_be_visible()
    person.button("Absenden").click()

    expect(page.get_by_role("heading", name="Bilder bewerten").last).to_be_visible()
    assert_nothing_is_cut_off(person)
    person.button("Beginnen").click()
    expect(page.get_by_role("heading", name="Wie gut ist dieses Bild?")).to_be_visible()
    expect(page.locator("header .count")).to_have_text("1 von 1")
    assert page.locator(".scale .word").all_text_contents() == [
        "Sehr schlecht",
        "Schlecht",
        "Mittel",
        "Gut",
        "Sehr gut",
    ]
    assert_nothing_is_cut_off(person)
    page.get_by_role("radio", name="Sehr gut").check()
    person.button("Weiter").click()
    person.button("Beginnen").click()
    expect(page.get_by_role("radio", name="Bild B")).to_be_attached()
    assert_nothing_is_cut_off(person)
    page.get_by_role("radio", name="Bild B").check()
    person.button("Weiter").click()
    expect(page).to_have_url(f"{person.address}end/")
    assert complaints == []


def test_a_refusal_is_told_in_german(person: Person, make_photo: MakePhoto, live_server: Any) -> None:
    old = treat(make_photo(), ())
    Study.objects.update(public_replays=True)
    Episode.objects.update(contract_version=0)
    person.page.goto(f"{live_server.url}/episodes/{old.pk}/")
    expect(person.notice()).to_contain_text("Das kann nicht gezeigt werden")
    expect(person.notice()).to_contain_text("Die Filter haben sich seither geändert")


def test_the_choice_of_a_language_stays_and_needs_no_javascript(
    browser: Browser, make_photo: MakePhoto, live_server: Any, study: Study
) -> None:
    make_photo()
    with visitor(browser, locale="de-DE", java_script_enabled=False) as one:
        page = one.new_page()
        page.goto(f"{live_server.url}/credits/")
        expect(page.get_by_role("heading", name="Bildnachweise")).to_be_visible()
        page.get_by_role("button", name="English", exact=True).click()
        expect(page.get_by_role("heading", name="Photo credits")).to_be_visible()
        page.goto(live_server.url)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("button", name="Deutsch", exact=True).click()
        expect(page.get_by_role("link", name="Spielen", exact=True)).to_be_visible()


@pytest.mark.long
def test_without_its_texts_the_game_is_english_and_works(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    context.route("**/texts/**", lambda route: route.abort())
    person.arrive()
    assert labels(person)[:2] == ["Exposure", "Gamma"]
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    person.press("Shift+ArrowRight")
    expect(person.page.get_by_label("Exposure, as a number")).to_have_value("0.50")
    person.hand_in()
    expect(person.notice()).to_contain_text("That was the last photo")
