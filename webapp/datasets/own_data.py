"""A participant's own page: what is stored of them, to be taken along, and erased."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from django.contrib.staticfiles import finders
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from webapp.games.models import Episode, Event
from webapp.http.pace import refusal
from webapp.participants.sessions import holder_of, participant_key, participant_of, remember, ticket_for
from webapp.personal_agents.models import PersonalAgent
from webapp.quality.models import Measure
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement
from webapp.recruiting.models import Payment, Submission
from webapp.recruiting.payments import payments_of
from webapp.studies.entries import code_for, has_withdrawn, return_link
from webapp.studies.models import Consent, Identity, Participation, Study
from webapp.studies.pages import page_of_study
from webapp.studies.withdrawing import withdraw

_MEASURES = [field.name for field in Measure._meta.fields if field.name not in ("episode", "version", "colours")]


@dataclass(frozen=True)
class Stored:
    """How much there is of a participation."""

    episodes: int
    events: int
    favourites: int
    judgements: int
    questions: int
    agents: int


def stored_of(participation: Participation) -> Stored:
    """Count what is stored of a participation."""
    episodes = _episodes(participation)
    events = Event.objects.filter(episode__in=episodes.order_by())
    judgements = _judgements(participation)
    answers = Answers.objects.filter(participation=participation)
    return Stored(
        episodes.count(),
        events.count(),
        judgements.filter(showing__task="").count(),
        judgements.exclude(showing__task="").count(),
        sum(len(stored.values) for stored in answers),
        PersonalAgent.objects.filter(participation=participation).count(),
    )


def own_data(participation: Participation) -> dict[str, Any]:
    """Return all that is stored of a participation, as JSON values."""
    identity = Identity.objects.filter(participation=participation).first()
    consents = Consent.objects.filter(study=participation.study, participant=participation.participant)
    return {
        "study": participation.study.slug,
        "pseudonym": participation.pseudonym,
        "joined": participation.joined.isoformat(),
        "completed": participation.completed and participation.completed.isoformat(),
        "condition": participation.condition,
        "recruiter": identity and {"id": identity.platform_id, "parameters": identity.parameters},
        "submissions": [
            {"id": row.submission_id, "status": row.status, "since": row.since.isoformat(), "code": row.code}
            for row in Submission.objects.filter(identity__participation=participation)
        ],
        "payments": [
            {
                "purpose": row.purpose,
                "amount": None if row.amount is None else str(row.amount),
                "currency": row.currency,
                "state": row.state,
                "deadline": row.deadline.isoformat(),
            }
            for row in _payments(participation)
        ],
        "consents": [
            {"version": row.version, "language": row.language, "given": row.given.isoformat(), "text": row.text}
            for row in consents.order_by("version")
        ],
        "episodes": [_episode(episode) for episode in _episodes(participation)],
        "personal_agent": _personal_agent(participation),
        "judgements": [
            {
                "task": row.showing.task,
                "photo": row.showing.photo_id,
                "kind": row.kind,
                "answer": row.answer,
                "ms": row.ms,
                "made": row.made.isoformat(),
            }
            for row in _judgements(participation)
        ],
        "answers": [
            {
                "questionnaire": row.questionnaire,
                "answers": row.values,
                "language": row.language,
                "ms": row.ms,
                "made": row.made.isoformat(),
            }
            for row in Answers.objects.filter(participation=participation)
        ],
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "id": str(episode.pk),
        "photo": episode.photo_id,
        "status": episode.status,
        "started": episode.started.isoformat(),
        "tutorial": episode.tutorial,
        "repeat": episode.repeat,
        "attention": episode.attention,
        "steps": [
            {"filter": step.filter, "parameters": step.parameters, "ms_spent": step.ms_spent}
            for step in episode.steps.order_by("index")
        ],
        "measures": Measure.objects.filter(pk=episode.pk).values(*_MEASURES).first(),
        "events": [
            {**event.as_played().to_json(), "received_at": event.received_at.isoformat()}
            for event in episode.events.order_by("seq")
        ],
    }


def _personal_agent(participation: Participation) -> dict[str, Any] | None:
    agent = PersonalAgent.objects.filter(participation=participation).first()
    if agent is None:
        return None
    pictures = [
        {"photo": picture.photo_id, "learned": picture.learned, "steps": picture.steps}
        for picture in agent.pictures.all()
    ]
    return {"made": agent.tried.isoformat(), "state": agent.state, "numbers": agent.numbers, "pictures": pictures}


def _episodes(participation: Participation) -> Any:
    own = Episode.objects.filter(study=participation.study, participant=participation.participant)
    return own.order_by("started", "pk")


def _payments(participation: Participation) -> QuerySet[Payment]:
    return payments_of(participation.study).filter(participation=participation)


def _judgements(participation: Participation) -> Any:
    own = Judgement.objects.filter(showing__study=participation.study, showing__participant=participation.participant)
    return own.select_related("showing").order_by("made", "pk")


def _as_csv(data: dict[str, Any]) -> str:
    """Return the actions, one a line."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(["photo", "episode", "seq", "kind", "step", "filter", "parameters", "ms", "gesture", "received_at"])
    for episode in data["episodes"]:
        for event in episode["events"]:
            parameters = json.dumps(event["parameters"]) if event["parameters"] else ""
            row = [episode["photo"], episode["id"], event["seq"], event["kind"], event["step"], event["filter"]]
            gesture = json.dumps(event["gesture"]) if event["gesture"] else ""
            table.writerow([*row, parameters, event["ms"], gesture, event["received_at"]])
    return file.getvalue()


def _participation(request: HttpRequest, study: Study) -> Participation | None:
    participant = participant_of(request)
    if participant is None:
        return None
    own = Participation.objects.filter(study=study, participant=participant)
    return own.select_related("study", "participant").first()


@never_cache
@page_of_study
def mine(request: HttpRequest, study: Study) -> HttpResponse:
    """Render what is stored of the visitor; who is not known gives the ticket that their page shows."""
    problem = ""
    if request.method == "POST":
        if refused := refusal(request, "join"):
            return refused
        holder = holder_of(request.POST.get("ticket", "").strip())
        if holder is not None and Participation.objects.filter(study=study, participant=holder).exists():
            remember(request, holder)
            return redirect("mine", study.slug)
        problem = gettext("This is no text of a page in this study, or what it stood for has been erased.")
    participation = _participation(request, study)
    if participation is None and has_withdrawn(study, participant_key(request)):
        return render(request, "withdrawn.html", {"study": study})
    if participation is None or problem:
        context: dict[str, Any] = {"study": study, "problem": problem, "built": finders.find("consent.js") is not None}
        return render(request, "mine_ticket.html", context)
    context = {
        "study": study,
        "participation": participation,
        "pseudonym": participation.pseudonym,
        "stored": stored_of(participation),
        "identity": Identity.objects.filter(participation=participation).first(),
        "payments": [payment for payment in _payments(participation) if payment.sum],
        "ticket": ticket_for(participation.participant),
    }
    return render(request, "mine.html", context)


@never_cache
def mine_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Send what is stored of the visitor, as JSON, or its actions as CSV."""
    study = Study.objects.at(slug)
    participation = _participation(request, study) if study is not None else None
    if participation is None or form not in ("json", "csv"):
        raise Http404
    data = own_data(participation)
    is_json = form == "json"
    text = json.dumps(data, indent=1, ensure_ascii=False) if is_json else _as_csv(data)
    name = f"{participation.study.slug}-{data['pseudonym']}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="application/json" if is_json else "text/csv", headers=headers)


@never_cache
@require_POST
@page_of_study
def withdraw_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Erase what is stored of the visitor in this study; they have ticked that they want it."""
    participation = _participation(request, study)
    if participation is None or request.POST.get("sure") != "yes":
        return redirect("mine", study.slug)
    identity = Identity.objects.filter(participation=participation).first()
    platform_id = identity.platform_id if identity else ""
    # The session keeps naming whom it named: pages that are still open are told that they have withdrawn.
    row = withdraw(participation)
    code = code_for(study, "completed") if row.completed else ""
    context = {"study": study, "code": code, "link": return_link(study, code, platform_id) if row.completed else ""}
    return render(request, "withdrawn.html", context)
