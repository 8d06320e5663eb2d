"""The address at which Prolific tells of submissions: it is known by its signature, each event is taken in once."""

import base64
import hashlib
import hmac
import json
import math
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from webapp.http.refusals import body as refusal
from webapp.recruiting.models import Payment, ReceivedEvent, Submission
from webapp.recruiting.prolific import EVENT, SubmissionReport, normal_status
from webapp.recruiting.submissions import take_in
from webapp.studies.models import Identity, Study

WINDOW = 300  # seconds by which the clocks may differ, and a request may be under way
_LONGEST_ID = 200
_LONGEST_VALUE = 40


@never_cache
@csrf_exempt
@require_POST
def prolific_events(request: HttpRequest) -> HttpResponse:
    """Take in an event; any answer but 2xx lets Prolific send it again."""
    timestamp = request.headers.get("X-Prolific-Request-Timestamp", "")
    signature = request.headers.get("X-Prolific-Request-Signature", "")
    if not is_signed(request.body, timestamp, signature):
        return _refused(HTTPStatus.FORBIDDEN, "forbidden", "The signature is missing, wrong or too old.")
    try:
        event = json.loads(request.body)
    except ValueError:
        return _refused(HTTPStatus.BAD_REQUEST, "malformed", "This is not JSON.")
    report = _report(event, _moment(request.headers.get("X-Timestamp", ""), timestamp))
    if report is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # signed, and nothing to this site
    digest = hashlib.sha256(signature.encode()).hexdigest()
    event_id = request.headers.get("X-Event-ID", "")[:_LONGEST_ID] or digest
    try:
        with transaction.atomic():
            ReceivedEvent.objects.create(event_id=event_id, signature=digest)
            study = _study_of(report)
            if study is not None:
                take_in(study, report)
    except IntegrityError:
        if not ReceivedEvent.objects.filter(event_id=event_id).exists() and not _is_here(digest):
            raise
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def is_signed(text: bytes, timestamp: str, signature: str) -> bool:
    """Tell whether a request was signed under one of the secrets, just now.

    Args:
        text: the body as it came.
        timestamp: seconds since 1970, which are signed with it.
    """
    try:
        seconds = float(timestamp)
    except ValueError:
        return False
    if not math.isfinite(seconds) or abs(timezone.now().timestamp() - seconds) > WINDOW:
        return False
    given = signature.encode()
    secrets = [secret for secret in settings.PROLIFIC_SECRETS if secret]  # an empty one anybody has
    return any(hmac.compare_digest(sign(text, timestamp, secret), given) for secret in secrets)


def sign(text: bytes, timestamp: str, secret: str) -> bytes:
    """Return the signature of a request: https://docs.prolific.com/api-reference/webhooks/verifying."""
    code = hmac.new(secret.encode(), timestamp.encode() + text, hashlib.sha256)
    return base64.b64encode(code.digest())


def _is_here(digest: str) -> bool:
    return ReceivedEvent.objects.filter(signature=digest).exists()


def _report(event: Any, at: datetime) -> SubmissionReport | None:
    """Return what an event says of a submission; None where it is about something else."""
    if not isinstance(event, dict) or event.get("event_type") != EVENT:
        return None
    values = [event.get(name) for name in ("resource_id", "participant_id", "status")]
    if not all(isinstance(value, str) and 0 < len(value) <= _LONGEST_VALUE for value in values):
        return None
    submission, participant, status = map(str, values)
    return SubmissionReport(submission, participant, normal_status(status), at)


def _moment(sent: str, signed: str) -> datetime:
    """Return when an event happened: as it says, but not after it was signed."""
    latest = float(signed)
    try:
        seconds = float(sent)
    except ValueError:
        seconds = latest
    if not 0 < seconds <= latest:
        seconds = latest
    return datetime.fromtimestamp(int(seconds), UTC)


def _study_of(report: SubmissionReport) -> Study | None:
    """Return the study whose submission it is; None where nobody has joined by it, which a poll may find out later."""
    known = Submission.objects.filter(submission_id=report.submission_id).select_related("identity__study").first()
    if known is not None:
        return known.identity.study
    identities = Identity.objects.filter(platform_id=report.participant_id).exclude(study__prolific_study="")
    named = list(identities.select_related("study"))
    if len(named) > 1:
        named = [identity for identity in named if report.submission_id in identity.parameters.values()]
    if named:
        return named[0].study if len(named) == 1 else None
    alone = Payment.objects.filter(participation=None, platform_id=report.participant_id).select_related("study")
    studies = {payment.study for payment in alone}
    return studies.pop() if len(studies) == 1 else None


def _refused(status: HTTPStatus, code: str, sentence: str) -> HttpResponse:
    return JsonResponse(refusal(code, sentence), status=status)
