"""A player's style in numbers: which filters, in what order, how bright and how warm, on the photos that they did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from editing.game import rules
from editing.game.filters import FILTERS, apply_steps, luminance
from editing.photos.colour import Pixels
from editing.photos.photo_error import PhotoError
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


# On fewer photos in common, a difference is one of the photos, or chance: nothing is said of it.
LEAST_PHOTOS = 5


@dataclass
class Style:
    """What a player, or several, did to some photos, each of which counts the same however many pictures there are.

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
class OthersStyle(Style):
    """The style of others on the photos that the player did too: so many ``photos``, and ``you`` on the same ones."""

    photos: int
    you: Style


@dataclass(frozen=True)
class _Picture:
    """The filters of a picture, in order, and how bright and how warm it came out."""

    filters: tuple[str, ...]
    brightness: float
    warmth: float

    def place(self, slug: str) -> int:
        """Return in which place the filter stands, from 1; 0 where it is not used."""
        return self.filters.index(slug) + 1 if slug in self.filters else 0


_Pictures = Mapping[str, Sequence[_Picture]]  # by the photo's SHA-256; none of them empty


def profile(study: Study, participant: Participant) -> dict[str, Style | None]:
    """Return the styles of ``you``, of ``others`` and of the ``agent`` on the photos that the participant did last.

    ``you`` is of all these photos; the other two are of those that they did too, with ``you`` on the same ones. None
    where there is nothing, where that are fewer than ``LEAST_PHOTOS``, or where the study does not show it (yet).
    """
    own = (
        comparable(study, participant)
        .filter(participant=participant)
        .select_related("photo")
        .order_by("-started", "pk")
    )
    photos = list(dict.fromkeys(episode.photo for episode in own))[:MOST_PHOTOS]
    groups: dict[str, dict[str, list[_Picture]]] = {"you": {}, "others": {}, "agent": {}}
    with_others = may_see_others(study, participant)
    for photo in photos:
        pixels = _small(photo)
        if pixels is None:
            continue
        for group, episode in _episodes(study, participant, photo, with_others):
            groups[group].setdefault(photo.pk, []).append(_picture(episode, pixels))
    you = groups["you"]
    return {
        "you": _style(you) if you else None,
        "others": _others_style(groups["others"], you),
        "agent": _others_style(groups["agent"], you),
    }


def _others_style(others: _Pictures, you: _Pictures) -> OthersStyle | None:
    """Return what they did, with the player's own; None where too few photos were done by both."""
    common = others.keys() & you.keys()
    if len(common) < LEAST_PHOTOS:
        return None
    style = _style({photo: others[photo] for photo in common})
    return OthersStyle(**asdict(style), photos=len(common), you=_style({photo: you[photo] for photo in common}))


def _style(by_photo: _Pictures) -> Style:
    """Sum up the pictures of at least one photo."""
    pictures = [picture for of_photo in by_photo.values() for picture in of_photo]
    weights = [1 / len(of_photo) for of_photo in by_photo.values() for _ in of_photo]

    def mean(values: Iterable[float]) -> float:
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / len(by_photo)

    shares = {slug: share for slug in FILTERS if (share := mean(slug in picture.filters for picture in pictures))}
    return Style(
        pictures=len(pictures),
        steps=mean(len(picture.filters) for picture in pictures),
        shares=shares,
        places={slug: mean(picture.place(slug) for picture in pictures) / share for slug, share in shares.items()},
        brightness=mean(picture.brightness for picture in pictures),
        warmth=mean(picture.warmth for picture in pictures),
    )


def _picture(episode: Episode, pixels: Pixels) -> _Picture:
    steps = [rules.Step(row.filter, row.parameters) for row in episode.steps.all()]
    red, green, blue = np.moveaxis(np.clip(apply_steps(pixels, steps), 0, 1), -1, 0)
    brightness, warmth = float(np.mean(luminance((red, green, blue)))), float(np.mean(red - blue))
    return _Picture(tuple(step.filter for step in steps), brightness, warmth)


def _small(photo: Photo) -> Pixels | None:
    """Return the photo's linear light at few pixels; None where its preview is lost."""
    try:
        pixels = photo.load_preview()
    except PhotoError:
        return None
    every = -(-max(pixels.shape[:2]) // LONG_EDGE)
    return pixels[::every, ::every]


def _episodes(study: Study, participant: Participant, photo: Photo, with_others: bool) -> list[tuple[str, Episode]]:
    """Return the treatments of a photo that count, each with whose it is."""
    # Ids are random, so that the first few of them are as good as any.
    treatments = comparable(study, participant).filter(photo=photo).order_by("pk").prefetch_related("steps")
    groups = {"you": treatments.filter(participant=participant)}
    if with_others:
        foreign = treatments.exclude(participant=participant)
        groups["others"] = foreign.filter(by_people())
        groups["agent"] = foreign.filter(by_agent(study))
    return [(maker, episode) for maker, group in groups.items() for episode in group[:MOST_PICTURES]]
