"""Measuring episodes that were handed in, one after the other, in the worker."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from editing.game.events import Event as PlayedEvent
from editing.game.filters import FILTERS
from editing.game.progress import LONGEST_LOOK_MS
from editing.game.rules import CHANGES, Step, why_unknown
from editing.photos.colour import Pixels
from editing.photos.photo_error import PhotoError
from webapp.games.models import Episode, Event
from webapp.photos.models import Photo
from webapp.quality.colours import colours_after, distance, mean_colours
from webapp.quality.models import VERSION, Measure
from webapp.studies.models import Study

# At a time: between two such portions the worker looks after other things.
PORTION = 200
_ACTIONS = CHANGES | {"undo", "redo", "compare"}
# Steps are alike whose values differ by less than this share of a parameter's range.
_ALIKE = 0.01


def measure_events(events: Iterable[PlayedEvent]) -> dict[str, int]:
    """Return what the events of one episode, in order, say of how it was played: fields of a ``Measure``."""
    names = ("active_ms", "away_ms", "focus_lost", "actions", "gestures", "untrusted")
    counts = dict.fromkeys((*names, "by_keyboard", "by_touch", "moves", "reversals"), 0)
    before, is_away = 0, False
    for event in events:
        # A clock that runs backwards counts as standing still; a sleeping machine is not a long look.
        elapsed = max(0, event.ms - before)
        counts["away_ms" if is_away else "active_ms"] += elapsed if is_away else min(elapsed, LONGEST_LOOK_MS)
        before = max(before, event.ms)
        counts["focus_lost"] += event.kind == "blur" and not is_away
        is_away = event.kind == "blur" or (is_away and event.kind not in ("focus", "resume"))
        counts["actions"] += event.kind in _ACTIONS
        if (gesture := event.gesture) is not None:
            counts["gestures"] += 1
            counts["untrusted"] += not gesture.trusted
            counts["by_keyboard"] += gesture.device == "keyboard"
            counts["by_touch"] += gesture.device in ("touch", "pen")
            counts["moves"] += gesture.moves
            counts["reversals"] += gesture.reversals
    return counts


def signature(steps: Sequence[Step]) -> str:
    """Return a text that is the same for steps that are alike, in the same order; empty for none."""
    rounded = [
        [step.filter, *(round(step.parameters[each.name] / (_ALIKE * (each.high - each.low))) for each in parameters)]
        for step in steps
        for parameters in [FILTERS[step.filter].parameters]
    ]
    return hashlib.sha256(json.dumps(rounded).encode()).hexdigest()[:16] if rounded else ""


def unmeasured(study: Study | None = None) -> QuerySet[Episode]:
    """Return the episodes that were handed in and are not measured yet; tutorials are not."""
    submits = Exists(Event.objects.filter(episode=OuterRef("pk"), kind="submit"))
    handed_in = Q(status=Episode.Status.SUBMITTED) | (Q(status=Episode.Status.EXCLUDED) & submits)
    # Agents' play has no events, and nothing to be said of its making.
    episodes = Episode.objects.filter(handed_in, tutorial=False, participant__kind__in=("human", "robot"))
    waiting = episodes.exclude(measure__version=VERSION)
    return waiting if study is None else waiting.filter(study=study)


def measure_new(
    study: Study | None = None, *, limit: int | None = None, should_stop: Callable[[], bool] = lambda: False
) -> int:
    """Measure the episodes that are not measured yet, photo by photo, and return how many were."""
    waiting = unmeasured(study).select_related("photo").order_by("photo", "pk")
    photo, light, count = None, None, 0
    for episode in waiting[:limit].prefetch_related("steps", "events").iterator(PORTION):
        if should_stop():
            break
        if episode.photo != photo:
            photo, light = episode.photo, _light(episode.photo)
        Measure.objects.update_or_create(pk=episode.pk, defaults=_measured(episode, light))
        count += 1
    return count


def _measured(episode: Episode, light: Pixels | None) -> dict[str, Any]:
    steps = [Step(row.filter, row.parameters) for row in episode.steps.all()]
    values: dict[str, Any] = {"version": VERSION, "signature": signature(steps), "change": None, "colours": None}
    if light is not None and not why_unknown(episode.contract_version):
        values["colours"] = colours_after(light, steps)
        values["change"] = distance(values["colours"], colours_after(light, []))
    return values | measure_events(event.as_played() for event in episode.events.all())


def _light(photo: Photo) -> Pixels | None:
    try:
        return mean_colours(photo.load_preview())
    except PhotoError:
        return None
