"""A player's style in numbers: which filters, in what order, how bright and how warm, on the photos that they did."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from editing.game import rules
from editing.game.filters import FILTERS, apply_steps, luminance
from editing.photos.colour import Pixels
from editing.photos.photo_error import PhotoError
from editing.photos.preview import load_preview
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.ratings.revealing import by_agent, by_people, comparable, may_see_others
from webapp.studies.models import Study

# Of the photos that somebody did, the last ones: so many, and of each so many pictures by others, and by the agent.
MOST_PHOTOS = 24
MOST_PICTURES = 6
# Enough pixels, on the longer edge, to say how bright and how warm a picture is.
LONG_EDGE = 96


@dataclass
class Style:
    """What a player, or several, did to some photos.

    ``shares`` and ``places`` go by the filter's slug: the share of the pictures that use it, 0 to 1, and the place in
    which it stands there on average, from 1. ``brightness`` is the mean luminance of the pictures as a screen shows
    them, 0 to 1; ``warmth`` the mean of red less blue, -1 to 1.
    """

    pictures: int
    steps: float
    shares: dict[str, float]
    places: dict[str, float]
    brightness: float
    warmth: float


@dataclass
class _Tally:
    """Counts what the pictures of one player, or of several, have in common."""

    steps: list[int] = field(default_factory=list)
    places: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    levels: list[tuple[float, float]] = field(default_factory=list)

    def add(self, steps: Sequence[rules.Step], pixels: Pixels) -> None:
        self.steps.append(len(steps))
        for index, step in enumerate(steps):
            self.places[step.filter].append(index + 1)
        red, green, blue = np.moveaxis(np.clip(apply_steps(pixels, steps), 0, 1), -1, 0)
        self.levels.append((float(np.mean(luminance((red, green, blue)))), float(np.mean(red - blue))))

    def style(self) -> Style | None:
        """None where nothing was counted."""
        count = len(self.steps)
        if not count:
            return None
        used = {slug: self.places[slug] for slug in FILTERS if self.places[slug]}
        brightness, warmth = np.mean(self.levels, axis=0)
        return Style(
            pictures=count,
            steps=sum(self.steps) / count,
            shares={slug: len(places) / count for slug, places in used.items()},
            places={slug: sum(places) / len(places) for slug, places in used.items()},
            brightness=float(brightness),
            warmth=float(warmth),
        )


def profile(study: Study, participant: Participant) -> dict[str, Style | None]:
    """Return the styles of ``you``, of ``others`` and of the ``agent`` on the photos that the participant did last.

    None where there is nothing, or where the study does not show it (yet).
    """
    own = comparable(study).filter(participant=participant)
    photos = [episode.photo for episode in own.select_related("photo").order_by("-started", "pk")[:MOST_PHOTOS]]
    tallies = {"you": _Tally(), "others": _Tally(), "agent": _Tally()}
    with_others = may_see_others(study, participant)
    for photo in photos:
        pixels = _small(photo)
        if pixels is None:
            continue
        for group, episode in _pictures(study, participant, photo, with_others):
            tallies[group].add([rules.Step(row.filter, row.parameters) for row in episode.steps.all()], pixels)
    return {group: tally.style() for group, tally in tallies.items()}


def _small(photo: Photo) -> Pixels | None:
    """Return the photo's linear light at few pixels; None where its preview is lost."""
    try:
        pixels = load_preview(photo.preview_path)
    except PhotoError:
        return None
    every = -(-max(pixels.shape[:2]) // LONG_EDGE)
    return pixels[::every, ::every]


def _pictures(study: Study, participant: Participant, photo: Photo, with_others: bool) -> list[tuple[str, Episode]]:
    """Return the pictures made of a photo that count, each with whose it is."""
    # Ids are random, so that the first few of them are as good as any.
    treatments = comparable(study).filter(photo=photo).order_by("pk").prefetch_related("steps")
    groups = {"you": treatments.filter(participant=participant)}
    if with_others:
        foreign = treatments.exclude(participant=participant)
        groups["others"] = foreign.filter(by_people())
        groups["agent"] = foreign.filter(by_agent(study))
    return [(maker, episode) for maker, group in groups.items() for episode in group[:MOST_PICTURES]]
