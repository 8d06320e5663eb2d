"""What people said of pictures: what was chosen, how often and how fast, and each answer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

from webapp.desk.access import for_members, render_desk
from webapp.desk.people import query_without_page
from webapp.judging.results import task_results
from webapp.questionnaires.results import question_results
from webapp.ratings.models import Judgement, Place
from webapp.studies.members import Role
from webapp.studies.models import Study, pseudonym_in_study

ANSWERS_ON_A_PAGE = 100


@dataclass(frozen=True)
class Answer:
    """An answer, and what it chose.

    Attributes:
        task: in which it was given; empty for the reveal.
        chosen: who made the picture that was chosen, or the number that was given.
        places: how many pictures were shown side by side.
    """

    kind: str
    task: str
    player: str
    photo_name: str
    chosen: str
    places: int
    ms: int
    made: datetime


@dataclass(frozen=True)
class KindOfAnswer:
    """All answers of a kind: how often each was given, the most frequent first."""

    name: str
    count: int
    people: int
    ms: float
    chosen: list[tuple[str, int]]


@for_members(Role.VIEWER)
def answers_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the answers of a study: those of tasks summed up, those to the reveal by their kind, and one by one."""
    page = Paginator(answers_of(study), ANSWERS_ON_A_PAGE).get_page(request.GET.get("page"))
    results: dict[str, Any] = {"tasks": task_results(study), "questions": question_results(study)}
    of_reveal = answers_of(study).filter(showing__task="")
    return render_desk(
        request,
        "answers",
        study,
        tab="answers",
        kinds=kinds_of(read_answers(of_reveal)),
        page=page,
        answers=read_answers(page.object_list),
        query=query_without_page(request.GET),
        **results,
    )


def read_answers(rows: Iterable[Judgement]) -> list[Answer]:
    """Return answers, with what each has chosen."""
    return [_answer(row) for row in rows]


def answers_of(study: Study) -> QuerySet[Judgement]:
    """Return what people answered in a study, the latest first; researchers who tried it are left out."""
    rows = Judgement.objects.filter(showing__study=study).order_by("-made", "-pk")
    tried = study.participation_set.filter(preview=True).values("participant")
    rows = rows.exclude(showing__participant__in=tried).select_related("showing__photo")
    rows = rows.annotate(player=pseudonym_in_study("showing__study", "showing__participant"))
    return rows.prefetch_related("showing__places__episode__participant")


def kinds_of(answers: Sequence[Answer]) -> list[KindOfAnswer]:
    """Return the answers summed up by their kind."""
    kinds = []
    for name in sorted({answer.kind for answer in answers}):
        own = [answer for answer in answers if answer.kind == name]
        kinds.append(
            KindOfAnswer(
                name=name,
                count=len(own),
                people=len({answer.player for answer in own}),
                ms=median(answer.ms for answer in own),
                chosen=Counter(answer.chosen for answer in own).most_common(),
            )
        )
    return kinds


def _answer(row: Any) -> Answer:
    places = list(row.showing.places.all())
    return Answer(
        kind=row.kind,
        task=row.showing.task,
        player=row.player,
        photo_name=row.showing.photo.name,
        chosen=_chosen(row, places),
        places=len(places),
        ms=row.ms,
        made=row.made,
    )


def _chosen(row: Judgement, places: Sequence[Place]) -> str:
    """Return what was chosen: a mark, a guess of who made the picture, or who made the one that was chosen."""
    if row.kind == Judgement.Kind.TURING:
        return ("a person", "a program")[row.answer]
    chosen = next((place for place in places if place.index == row.answer), None)
    if row.kind == Judgement.Kind.RATING or chosen is None:
        return str(row.answer)
    return _maker(chosen, row.showing.participant_id)


def _maker(place: Place, player: int) -> str:
    if place.episode is None:
        return place.maker
    maker = place.episode.participant
    if maker.pk == player:
        return "their own"
    return "another person’s" if maker.kind == "human" else f"that of {maker.pseudonym}"
