"""How each participant of a study has played, in numbers: two queries, whatever the study's size."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import sqrt
from statistics import fmean as mean
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from webapp.games.models import Episode
from webapp.quality.colours import as_points
from webapp.quality.models import Measure
from webapp.studies.models import Study

# A picture that lies nearer to the untouched one, in ΔE, looks untouched.
UNTOUCHED_BELOW = 1.0

_OF_PEOPLE = """
WITH played AS (
    SELECT episode.participant_id, episode.photo_id, episode.attention, episode.repeat, measure.*,
        count(*) FILTER (WHERE NOT (episode.attention OR episode.repeat) AND measure.signature <> '')
            OVER (PARTITION BY episode.participant_id, measure.signature) AS alike
    FROM games_episode episode JOIN quality_measure measure ON measure.episode_id = episode.id
    WHERE episode.study_id = %(study)s AND NOT episode.tutorial
), items AS (
    SELECT lease.participation_id, count(*) AS handed_in, count(*) FILTER (WHERE lease.failed) AS failed
    FROM studies_lease lease WHERE lease.purpose = 'attention' AND lease.state = 'handed in'
    GROUP BY lease.participation_id
)
SELECT participation.id AS participation, participation.participant_id, participation.pseudonym, participant.kind,
    participation.condition,
    participation.preview, participation.rejected IS NOT NULL AS rejected,
    count(*) FILTER (WHERE NOT attention) AS photos,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY active_ms) FILTER (WHERE NOT attention) / 1000 AS seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY actions) FILTER (WHERE NOT attention) AS actions,
    avg((change < %(untouched)s)::int) FILTER (WHERE NOT attention) AS untouched,
    avg((alike > 1)::int) FILTER (WHERE NOT (attention OR repeat)) AS identical,
    sum(focus_lost) FILTER (WHERE NOT attention)::float / nullif(count(*) FILTER (WHERE NOT attention), 0)
        AS focus_lost,
    sum(away_ms)::float / nullif(sum(away_ms + active_ms), 0) AS away,
    coalesce(sum(gestures), 0) AS gestures,
    sum(untrusted)::float / nullif(sum(gestures), 0) AS synthetic,
    sum(by_keyboard)::float / nullif(sum(gestures), 0) AS keyboard,
    sum(by_touch)::float / nullif(sum(gestures), 0) AS touch,
    sum(moves)::float / nullif(sum(gestures), 0) AS moves,
    sum(reversals)::float / nullif(sum(gestures), 0) AS reversals,
    coalesce(max(items.handed_in), 0) AS attention_items, coalesce(max(items.failed), 0) AS attention_failed
FROM studies_participation participation
JOIN participants_participant participant ON participant.id = participation.participant_id
LEFT JOIN played ON played.participant_id = participation.participant_id
LEFT JOIN items ON items.participation_id = participation.id
WHERE participation.study_id = %(study)s
GROUP BY participation.id, participant.kind
ORDER BY participation.pseudonym
"""


@dataclass(frozen=True)
class PersonMeasures:
    """How somebody has played, attention items aside; None where there is nothing to say.

    Attributes:
        participation: its primary key.
        photos: handed in and measured, repeats included.
        seconds: with the page in sight, for a photo; the median. ``actions`` likewise.
        untouched: the share of the photos that look as they did, 0 to 1.
        identical: the share whose steps are, to a hundredth of each range, those of another photo of theirs.
        focus_lost: how often the page was left, for a photo; ``away`` the share of the time.
        gestures: moves of a control that say how they were made; of these ``synthetic``, ``keyboard`` and ``touch`` are
            the shares made by a program, by keys, by a finger or a pen, and ``moves`` and ``reversals`` the means.
        repeats: photos that were handed in a second time, and that others have handed in.
        repeat_distance: between their two treatments, the root of the mean square of ΔE; ``others_distance`` between
            their first and other people's of the same photos.
    """

    participation: int
    pseudonym: str
    kind: str
    condition: str
    preview: bool
    rejected: bool
    photos: int
    seconds: float | None
    actions: float | None
    untouched: float | None
    identical: float | None
    focus_lost: float | None
    away: float | None
    gestures: int
    synthetic: float | None
    keyboard: float | None
    touch: float | None
    moves: float | None
    reversals: float | None
    attention_items: int
    attention_failed: int
    repeats: int = 0
    repeat_distance: float | None = None
    others_distance: float | None = None

    @property
    def repeat_ratio(self) -> float | None:
        """How far apart their own two treatments lie, against those of different people: 1 is as far."""
        if self.repeat_distance is None or not self.others_distance:
            return None
        return self.repeat_distance / self.others_distance


def measure_people(study: Study) -> list[PersonMeasures]:
    """Return how each participant of a study has played, by pseudonym, previews and robots too."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_PEOPLE, {"study": study.pk, "untouched": UNTOUCHED_BELOW})
        names = [column.name for column in cursor.description or ()]
        people = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    repeats = _repeats(study)
    return [_measures(person, repeats) for person in people]


def _measures(row: dict[str, Any], repeats: dict[int, dict[str, Any]]) -> PersonMeasures:
    """Return a row of Postgres, with numbers of Python's own, and what is known of the repeats."""
    own: dict[str, Any] = {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
    return PersonMeasures(**repeats.get(own.pop("participant_id"), {}), **own)


def _repeats(study: Study) -> dict[int, dict[str, Any]]:
    """Return, by the key of the participant, how many repeats there are, and the two distances."""
    twice = Episode.objects.filter(study=study, repeat=True, measure__colours__isnull=False)
    treatments = Measure.objects.filter(
        episode__study=study,
        episode__photo__in=twice.order_by().values("photo"),
        episode__tutorial=False,
        episode__attention=False,
        colours__isnull=False,
    )
    # People are compared with people, and robots with robots.
    of = ("episode__photo", "episode__participant__kind")
    columns = (*of, "episode__participant", "episode__repeat", "colours")
    rows = list(treatments.order_by(*of).values_list(*columns))
    points = as_points(bytes(row[4]) for row in rows)
    squares: dict[int, list[tuple[float, float]]] = {}
    start = 0
    for _, group in groupby(rows, key=lambda row: row[:2]):
        of_photo = [(player, is_repeat) for *_, player, is_repeat, _ in group]
        end = start + len(of_photo)
        for player, own, others in _of_photo(of_photo, points[start:end]):
            squares.setdefault(player, []).append((own, others))
        start = end
    return {
        player: {
            "repeats": len(pairs),
            "repeat_distance": sqrt(mean(own for own, _ in pairs)),
            "others_distance": sqrt(mean(others for _, others in pairs)),
        }
        for player, pairs in squares.items()
    }


def _of_photo(rows: list[tuple[int, bool]], points: NDArray[np.float32]) -> list[tuple[int, float, float]]:
    """Return, for each who has treated a photo twice, the squared distance of the two, and the mean to others' first.

    The mean of the squared distances to several points follows from their mean and the mean of their squares.
    """
    first = {player: index for index, (player, is_repeat) in enumerate(rows) if not is_repeat}
    second = {player: index for index, (player, is_repeat) in enumerate(rows) if is_repeat}
    others = len(first) - 1
    if others < 1:
        return []
    firsts = points[list(first.values())].astype(np.float64)
    total, squares = firsts.sum(axis=0), float((firsts**2).sum())
    measured = []
    for player in second.keys() & first.keys():
        point = points[first[player]].astype(np.float64)
        length = float(point @ point)
        apart = float(((points[second[player]] - point) ** 2).sum())
        to_others = length - 2 * float(point @ (total - point)) / others + (squares - length) / others
        measured.append((player, apart, max(0.0, to_others)))
    return measured
