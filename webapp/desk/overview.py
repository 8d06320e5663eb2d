"""A study's first page: its state and what it still lacks, the links to share, and how far it is, live."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from editing.game.attention import AttentionRule
from editing.game.filters import FILTERS
from webapp.desk.access import for_members, render_desk
from webapp.desk.coverage import photos_covered
from webapp.desk.progress import progress_of
from webapp.photos.models import Photo
from webapp.studies.copying import account_of
from webapp.studies.members import Role
from webapp.studies.models import Study

# From each state the others that a study goes on to, and what the button says.
TRANSITIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "draft": (("preview", "Let researchers try it"), ("open", "Open it")),
    "preview": (("open", "Open it"), ("draft", "Back to a draft")),
    "open": (("paused", "Pause it"), ("closed", "Close it")),
    "paused": (("open", "Go on"), ("closed", "Close it")),
    "closed": (("open", "Open it again"),),
}
# How recruiters fill their ids into a link, by the parameter that they use.
PLACEHOLDERS = {
    "PROLIFIC_PID": "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}",
    "id": "id=%SURVEY_CODE%",
}


@dataclass(frozen=True)
class Link:
    """A link to share, and for whom it is."""

    label: str
    address: str


@for_members(Role.VIEWER)
def study_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render how a study stands."""
    return _page(request, study)


@for_members(Role.VIEWER)
def live_progress(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the part of the page whose numbers move; asked for again and again."""
    return render_desk(request, "progress", study, progress=progress_of(study), coverage=photos_covered(study))


@require_POST
@for_members(Role.EDITOR)
def change_state(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Take a study to another state, or say what it lacks for that."""
    wanted = request.POST.get("state", "")
    if wanted not in dict(TRANSITIONS[study.state]):
        message = f"A study that is {study.state} cannot become {wanted[:20]!r}: perhaps somebody else has changed it."
        return _page(request, study, [message], 409)
    before = study.state
    study.state = wanted
    try:
        study.full_clean()
    except ValidationError as error:
        study.state = before
        return _page(request, study, _sentences(error), 409)
    study.changed_by = account_of(request.user)
    study.save()
    return redirect("desk-study", study.slug)


def lacks(study: Study) -> list[str]:
    """Return what a study needs before it can open."""
    candidate = Study.objects.get(pk=study.pk)
    candidate.state = Study.State.OPEN
    try:
        candidate.full_clean()
    except ValidationError as error:
        return _sentences(error)
    return []


def doubts(study: Study, photos: list[Photo]) -> list[str]:
    """Return what makes one doubt that a study is ready, though it can open."""
    warned = sum(bool(photo.reading.warnings) for photo in photos)
    shown_alone = {item["photo"] for item in study.attention_items}
    said = {
        "It has no photos.": not photos,
        f"{warned} of its photos come with a warning: look at them before they count.": bool(warned),
        "An attention item shows a photo that is not in the study.": bool(shown_alone - {photo.pk for photo in photos}),
        "An attention item can be done by no filter that the study offers.": not all(
            _can_be_kept(AttentionRule.of(item), study.filters or list(FILTERS)) for item in study.attention_items
        ),
        "Nobody is asked to agree: its text of consent is empty.": not study.consent_text,
        "People come from a recruiter, and there is no completion code for them.": bool(study.entry_parameter)
        and not study.completion_code,
        "People come from a recruiter, and no link leads them back.": bool(study.entry_parameter)
        and not study.return_link,
        "It is listed on the start page, where anybody can join without the recruiter's link.": bool(
            study.entry_parameter and study.listed and not study.entry_required
        ),
    }
    return [sentence for sentence, holds in said.items() if holds]


def _can_be_kept(rule: AttentionRule, offered: Sequence[str]) -> bool:
    """Tell whether the filters that a study offers can do what an attention item asks."""
    return (all if rule.needs_all else any)(asked.filter in offered for asked in rule.rules)


def links(study: Study, site_url: str) -> list[Link]:
    """Return the links to share."""
    address = f"{site_url}{reverse('play', args=[study.slug])}"
    result = [] if study.entry_parameter and study.entry_required else [Link("For anybody", address)]
    if study.entry_parameter:
        query = PLACEHOLDERS.get(study.entry_parameter, f"{quote(study.entry_parameter)}=…")
        result.append(Link("For the recruiter, who puts in who comes", f"{address}?{query}"))
    return [
        *result,
        Link("For participants who ask about their data", f"{site_url}{reverse('mine', args=[study.slug])}"),
    ]


def _sentences(error: ValidationError) -> list[str]:
    """Return what is wrong, with the name of each setting as the form has it."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        f"{capfirst(name.replace('_', ' '))}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    ]


def _page(request: HttpRequest, study: Study, problems: list[str] | None = None, status: int = 200) -> HttpResponseBase:
    is_prepared = study.state in (Study.State.DRAFT, Study.State.PREVIEW)
    photos = list(study.playable) if is_prepared else []
    site_url = request.build_absolute_uri("/").rstrip("/")
    return render_desk(
        request,
        "study",
        study,
        status,
        tab="study",
        problems=problems or [],
        transitions=TRANSITIONS[study.state],
        lacks=lacks(study) if is_prepared else [],
        doubts=doubts(study, photos) if is_prepared else [],
        links=links(study, site_url),
        progress=progress_of(study),
        coverage=photos_covered(study),
    )
