"""After play: the same photo by several people and the agent, side by side and blind; then one's own style."""

from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.player import Person
from tests.browser.treatments import AGENT, treat
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.models import Study

MakePhoto = Callable[..., Photo]
DARKER = (("exposure", {"ev": -1.0}),)
BRIGHTER = (("exposure", {"ev": 1.25}), ("contrast", {"amount": 0.5}))
WIDTHS = (360, 820, 1440)


def play(person: Person) -> None:
    """Make a step by keys, and hand the picture in."""
    person.wait_for_photo()
    person.press("1")
    expect(person.slider("ev")).to_be_focused()
    person.press("Shift+ArrowRight")
    person.hand_in()


def assert_nothing_is_cut_off(person: Person) -> None:
    """At no width does the page scroll sideways."""
    for width in WIDTHS:
        person.resize(width, 800)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width


def test_at_the_end_the_favourite_is_chosen_blindly_and_the_style_follows(
    person: Person, make_photo: MakePhoto, complaints: list[str], tmp_path
) -> None:
    photo = make_photo()
    treat(photo, DARKER)
    treat(photo, BRIGHTER, AGENT)
    person.page.goto(person.address)
    play(person)
    # A style is compared from five photos on; these have one other picture each, too few for a reveal.
    expect(person.button("Side by side")).to_be_visible()
    own = Participant.objects.get(episodes__events__kind="submit").pseudonym
    for seed in range(2, 6):
        more = make_photo(seed)
        treat(more, BRIGHTER, AGENT)
        treat(more, DARKER, own)
    person.page.reload()
    person.button("Side by side").click()

    pictures = person.page.locator(".treatment")
    expect(pictures).to_have_count(3)
    expect(person.page.get_by_role("heading", name="Which do you like best?")).to_be_visible()
    for word in ("agent", "pretrained", "Another player", "Exposure", "Contrast", "EV"):
        assert word not in person.page.content()
    strips = person.page.locator(".small-strip")
    expect(strips).to_have_count(0)
    assert_nothing_is_cut_off(person)
    answer = person.page.locator(".reveal-bar [type=submit]")
    expect(answer).to_have_attribute("aria-disabled", "true")
    answer.click(force=True)  # it is never really disabled: it says what is missing
    assert not Judgement.objects.exists()

    agents_place = Place.objects.get(episode__participant__pseudonym=AGENT).index
    person.press("ABC"[agents_place])
    expect(person.page.get_by_role("radio", name=f"Picture {'ABC'[agents_place]}")).to_be_checked()
    person.press("Enter")
    expect(person.page.get_by_role("heading", name="You like the agent’s best")).to_be_visible()
    row = Judgement.objects.get()
    assert (row.kind, row.answer) == ("favourite", agents_place)
    assert 0 < row.ms < 600_000
    expect(pictures.nth(agents_place)).to_contain_text("The agent")
    expect(pictures.nth(agents_place)).to_contain_text("your favourite")
    expect(strips.nth(agents_place).get_by_text("+1.25 EV")).to_be_visible()
    assert_nothing_is_cut_off(person)

    person.press("Enter")
    expect(person.page.get_by_role("img", name="Your style, drawn")).to_be_visible()
    assert_nothing_is_cut_off(person)
    with person.page.expect_download() as download:
        person.button("Save as a picture").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    card = Image.open(saved)
    assert (card.format, card.width) == ("PNG", 800)
    assert len(card.convert("RGB").getcolors(2**24)) > 50
    person.page.locator("summary").click()
    expect(person.page.get_by_text("than the agent on the same 5 photos.").first).to_be_visible()
    expect(person.page.get_by_role("row", name="Exposure 100 % 100 % (0 %)")).to_be_visible()
    assert complaints == []


@pytest.mark.long
def test_after_each_photo_the_reveal_comes_between_and_later_play_is_marked(
    person: Person, make_photo: MakePhoto, complaints: list[str]
) -> None:
    Study.objects.update(reveal="each")
    for seed in (1, 2):
        photo = make_photo(seed)
        treat(photo, BRIGHTER, AGENT)
        treat(photo, DARKER)
    person.page.goto(person.address)
    play(person)
    person.page.locator(".treatment label").first.click()
    person.page.locator(".reveal-bar [type=submit]").click()
    person.button("Go on playing").click()
    play(person)
    person.button("Skip").click()
    expect(person.notice()).to_contain_text("That was the last photo")
    own = Episode.objects.filter(participant__kind="human").exclude(events=None).order_by("started").distinct()
    assert [episode.saw_reveal for episode in own] == [False, True]
    assert (Showing.objects.count(), Judgement.objects.count()) == (2, 1)
    assert complaints == []


@pytest.mark.long
@pytest.mark.parametrize("reveal", ["off", "end"])
def test_where_there_is_nothing_to_compare_the_style_comes_at_once(
    person: Person, make_photo: MakePhoto, reveal: str
) -> None:
    Study.objects.update(reveal=reveal)
    photo = make_photo()
    if reveal == "off":
        treat(photo, BRIGHTER, AGENT)
    person.page.goto(person.address)
    play(person)
    person.button("Your style").click()
    expect(person.page.get_by_text("From the one picture")).to_be_visible()
    expect(person.page.get_by_text("Others, and the agent, are not shown here")).to_be_visible()


@pytest.mark.long
def test_who_comes_too_early_is_sent_back_to_the_photos(person: Person, make_photo: MakePhoto) -> None:
    for seed in (1, 2):
        treat(make_photo(seed), BRIGHTER, AGENT)
    person.arrive()
    person.page.goto(f"{person.address}reveal/")
    expect(person.notice()).to_contain_text("First the other photos")
    person.button("Go on playing").click()
    person.wait_for_photo()
