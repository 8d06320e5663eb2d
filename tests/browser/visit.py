"""Somebody in front of the site, in any of its pages."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.player import Person
from webapp.photos.models import Photo
from webapp.studies.models import Study


@dataclass
class Visit:
    """Somebody in front of the site, whose study has as many photos as are added.

    crowd: how many people, and photos, the desk is shown with.
    """

    person: Person
    site: str
    add_photos: Callable[[int], list[Photo]]
    crowd: tuple[int, int] = (4, 10)

    @property
    def page(self) -> Page:
        return self.person.page

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def choose(self, shortcut: str, control: str, *keys: str) -> None:
        """Choose a filter by its key and move its first control, which takes the focus."""
        self.person.press(shortcut)
        expect(self.page.locator(control)).to_be_focused()
        self.person.press(*keys)

    def change_study(self, **fields: object) -> None:
        study = Study.objects.get()
        for name, value in fields.items():
            setattr(study, name, value)
        study.save()
