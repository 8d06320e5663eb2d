"""The list of studies, and the beginning of new ones."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, for_researchers, render_desk
from webapp.desk.health import conditions
from webapp.participants.models import Participant
from webapp.studies.copying import begin_copy, free_slug
from webapp.studies.log import log
from webapp.studies.members import Membership, Role, studies_of
from webapp.studies.models import Coverage, Participation, Study, StudyPhoto

_PEOPLE = Q(preview=False, participant__kind=Participant.Kind.HUMAN)


@dataclass(frozen=True)
class StudyLine:
    """A study in the list: how many photos and people it has, and how many places of its photos are taken."""

    study: Study
    role: str
    photos: int
    joined: int
    completed: int
    taken: int

    @property
    def wanted(self) -> int:
        """How many treatments are wanted; 0 where any number is."""
        return wanted_places(self.study, self.photos)


class NewStudy(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy alone
    """What a study begins with; all else has a default."""

    class Meta:
        model = Study
        fields = ("title", "slug")


def wanted_places(study: Study, photos: int) -> int:
    """Return how many treatments a study wants, in all conditions; 0 where it takes any number."""
    if study.episodes_per_photo is None:
        return 0
    conditions = max(1, len(study.conditions)) if study.count_by_condition else 1
    return study.episodes_per_photo * conditions * max(0, photos - len(study.attention_items))


@for_researchers
def desk(request: HttpRequest) -> HttpResponseBase:
    """Render the studies of which the researcher is a member."""
    wrong = [condition.name.lower() for condition in conditions() if condition.meaning]
    return render_desk(request, "studies", lines=_lines(request), wrong=wrong)


@for_researchers
def new_study(request: HttpRequest) -> HttpResponseBase:
    """Begin a study: its maker is its owner."""
    form = NewStudy(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.changed_by = request.user
        study = form.save()
        return redirect("desk-configure", study.slug)
    return render_desk(request, "new", form=form)


@require_POST
@for_members(Role.VIEWER)
def copy_study(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Begin a draft with the configuration and the photos of a study; its maker is its owner."""
    try:
        made = begin_copy(study, free_slug(study.slug), request.user)
    except ValidationError as error:
        return render_desk(request, "refused", study, 400, problems=error.messages)
    log(made, request.user, f"began it as a copy of {study.slug}")
    return redirect("desk-study", made.slug)


def _lines(request: HttpRequest) -> list[StudyLine]:
    studies = list(studies_of(request))
    in_play = StudyPhoto.objects.filter(study__in=studies, photo__removed_at=None).order_by()
    photos = {row["study"]: row["count"] for row in in_play.values("study").annotate(count=Count("pk"))}
    people = Participation.objects.filter(_PEOPLE, study__in=studies).order_by().values("study")
    counts: dict[int, dict[str, Any]] = {
        row["study"]: dict(row)
        for row in people.annotate(joined=Count("pk"), done=Count("pk", filter=~Q(completed=None)))
    }
    coverage = Coverage.objects.filter(study__in=studies).order_by().values("study")
    taken = {row["study"]: row["total"] for row in coverage.annotate(total=Sum("taken"))}
    roles = dict(Membership.objects.filter(user=request.user.pk).values_list("study", "role"))
    return [
        StudyLine(
            study=study,
            role=roles.get(study.pk, "superuser"),
            photos=photos.get(study.pk, 0),
            joined=counts.get(study.pk, {}).get("joined", 0),
            completed=counts.get(study.pk, {}).get("done", 0),
            taken=taken.get(study.pk, 0),
        )
        for study in studies
    ]
