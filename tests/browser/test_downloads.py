"""The picture that was handed in, at full size: beside the next photo, or on the page of finished pictures."""

import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.player import Person
from tests.webapp.downloads.downloading import forget_jobs, run_worker
from webapp.photos.models import Photo
from webapp.studies.models import Study

MakePhoto = Callable[..., Photo]


@pytest.fixture
def work(study: Study) -> Iterator[Callable[[], None]]:
    """Lets a worker do what waits, in a study that offers downloads and shows no agent."""
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="")
    yield run_worker
    forget_jobs()


def bar(person: Person) -> Locator:
    return person.page.get_by_label("The picture that you handed in last")


def play(person: Person) -> None:
    """Make one step, and hand the picture in."""
    person.press("1")
    person.drag("ev", 0.5, 0.8)
    person.hand_in()


def ask(person: Person, button: str = "Download at full size") -> None:
    """Click, and wait until the server knows."""
    with person.page.expect_response(lambda answer: answer.request.method == "POST" and "/downloads/" in answer.url):
        person.button(button).click()


def saved(person: Person, link: Locator) -> Image.Image:
    """The file that a click on the link saves."""
    with person.page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.startswith("photo-")
    with Image.open(download.value.path()) as picture:
        picture.load()
    return picture


def test_the_picture_handed_in_can_be_had_at_full_size_beside_the_next_photo_and_later_on_a_page(
    person: Person, make_photo: MakePhoto, work: Callable[[], None], complaints: list[str]
) -> None:
    for seed in (1, 2):
        make_photo(seed)
    person.arrive()
    play(person)
    person.wait_for_photo()
    expect(bar(person)).to_contain_text("Your picture is handed in.")
    # The name of a photo's file is the researchers' business.
    expect(person.page.get_by_text(re.compile(r"photo \d"))).to_have_count(0)
    ask(person)
    expect(bar(person)).to_contain_text("Waiting for its turn")
    work()
    picture = saved(person, bar(person).get_by_role("link", name="Save the picture"))
    assert (picture.format, picture.size) == ("JPEG", (96, 64))
    # The keys of the game are not the list's, nor the other way round.
    bar(person).get_by_label("Format of the file").focus()
    person.press("1", "Enter")
    assert person.steps_shown() == []
    bar(person).get_by_role("link", name="All your pictures").click()
    expect(person.page.get_by_role("heading", name="Your pictures")).to_be_visible()
    picture = saved(person, person.page.get_by_role("link", name="Save the picture"))
    assert (picture.format, picture.size) == ("JPEG", (96, 64))
    person.page.go_back()
    person.wait_for_photo()
    assert complaints == []


@pytest.mark.long
def test_a_picture_can_be_asked_for_in_another_format_and_waited_for_on_a_page_of_its_own(
    person: Person, make_photo: MakePhoto, work: Callable[[], None], complaints: list[str]
) -> None:
    make_photo()
    person.arrive()
    play(person)
    expect(person.notice()).to_contain_text("Thank you")
    bar(person).get_by_role("link", name="All your pictures").click()
    expect(person.page.get_by_role("heading", name="Your pictures")).to_be_visible()
    person.page.get_by_label("Format of the file").select_option("tiff16")
    ask(person)
    expect(person.page.locator(".download")).to_contain_text("Waiting for its turn")
    person.page.reload()
    work()
    picture = saved(person, person.page.get_by_role("link", name="Save the picture"))
    assert (picture.format, picture.size) == ("TIFF", (96, 64))
    assert complaints == []


@pytest.mark.long
def test_a_failure_is_said_and_can_be_tried_again(
    person: Person, make_photo: MakePhoto, work: Callable[[], None], complaints: list[str]
) -> None:
    photo = make_photo()
    whole = photo.original.path.read_bytes()
    photo.original.path.write_bytes(whole[:100])
    person.arrive()
    play(person)
    ask(person)
    work()
    expect(bar(person)).to_contain_text("The original cannot be developed")
    photo.original.path.write_bytes(whole)
    ask(person, "Try again")
    work()
    expect(bar(person).get_by_role("link", name="Save the picture")).to_be_visible()


@pytest.mark.long
def test_a_photo_without_an_original_says_so(person: Person, make_photo: MakePhoto, work: Callable[[], None]) -> None:
    make_photo()
    Photo.objects.update(original_suffix="")
    person.arrive()
    play(person)
    expect(bar(person)).to_contain_text("only a small preview of the photo")
    expect(person.button("Download at full size")).to_have_count(0)
