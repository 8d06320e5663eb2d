"""What the play page says, and offers, when it cannot go on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.player import Person
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import Participation, Study

MakePhoto = Callable[..., Photo]

WITHOUT_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return kind === "webgl2" ? null : getContext.call(this, kind, options);
};
"""


def test_photo_removed_in_mid_game_leads_to_the_next(person: Person, make_photo: MakePhoto) -> None:
    make_photo(1)
    make_photo(2)
    person.arrive()
    episode = Episode.objects.get()
    remove(episode.photo)
    person.press("1")
    expect(person.notice()).to_contain_text("This photo was withdrawn")
    person.button("Next photo").click()
    person.wait_for_photo()
    person.press("2")
    person.wait_until_saved()
    follower = Episode.objects.exclude(pk=episode.pk).get()
    assert follower.photo_id != episode.photo_id
    assert follower.status == Episode.Status.OPEN


def test_who_withdraws_in_another_tab_is_told_in_this_one_and_nothing_comes_back(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.arrive()
    tab = context.new_page()
    tab.goto(f"{person.address}mine/")
    tab.get_by_label("Erase everything that is stored of me in this study.").check()
    tab.get_by_role("button", name="Withdraw").click()
    expect(tab.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    person.press("1")
    expect(person.notice()).to_contain_text("You have withdrawn")
    expect(person.button("To the start")).to_be_visible()
    assert not Episode.objects.exists()
    assert not Participation.objects.exists()


@pytest.mark.long
def test_stale_contract_at_arrival_or_in_mid_game_asks_to_load_again(
    person: Person, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo()
    monkeypatch.setattr("editing.game.filters.VERSION", 2)
    person.page.goto(person.address)
    expect(person.notice()).to_contain_text("The game has been updated")
    monkeypatch.undo()
    person.button("Load again").click()
    person.wait_for_photo()
    monkeypatch.setattr("editing.game.filters.VERSION", 2)
    person.press("1")
    expect(person.notice()).to_contain_text("The game has been updated")
    expect(person.button("Load again")).to_be_visible()


@pytest.mark.long
def test_lost_csrf_cookie_is_fetched_again_and_nothing_is_lost(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.arrive()
    context.clear_cookies(name="csrftoken")
    person.press("1")
    expect(person.page.locator("header [role=status]")).to_contain_text("all saved")
    assert [event.kind for event in Episode.objects.get().replayable_events()][-1] == "choose"


def test_study_that_is_closed_or_has_no_photos_says_so(person: Person, study: Study) -> None:
    for state, said in (("closed", "This study is closed"), ("open", "There is no photo to edit yet")):
        study.state = state
        study.save()
        person.page.goto(person.address)
        expect(person.notice()).to_contain_text(said)


@pytest.mark.long
def test_what_was_done_elsewhere_asks_to_load_again(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    # Without locks, as on plain http, two windows play: the server tells the second.
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    make_photo()
    person.arrive()
    other = Person(context.new_page(), person.address)
    other.arrive()
    person.press("1")
    expect(person.notice()).to_contain_text("open in another window")
    expect(person.notice()).to_contain_text("what you did last in this window was not saved")
    expect(person.page.locator("header [role=status]")).to_contain_text("not saved")
    other.press("2")
    other.wait_until_saved()
    assert len(other.steps_shown()) == 1


def test_browser_without_webgl_is_told_what_is_missing(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    context.add_init_script(WITHOUT_WEBGL)
    person.page.goto(person.address)
    expect(person.notice()).to_contain_text("needs WebGL 2")
    expect(person.button("Try again")).to_be_visible()


def test_without_an_answer_it_goes_on_by_itself_and_a_preview_that_is_lost_or_broken_can_be_tried_again(
    person: Person, make_photo: MakePhoto
) -> None:
    make_photo()
    previews = re.compile("/preview/1/")
    person.page.route("**/api/**", lambda route: route.abort())
    person.page.goto(person.address)
    expect(person.notice()).to_contain_text("No answer from the server")
    person.page.unroute("**/api/**")
    person.page.route(previews, lambda route: route.abort())
    with person.page.expect_request(previews):
        person.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(person.button("Try again")).to_be_visible()
    person.page.unroute(previews)
    person.page.route(previews, lambda route: route.fulfill(body=b"no photo"))
    with person.page.expect_response(previews):
        person.button("Try again").click()
    expect(person.notice()).to_be_visible()
    person.page.unroute(previews)
    person.button("Try again").click()
    person.wait_for_photo()
