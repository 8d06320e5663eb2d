"""What Prolific says of submissions, and what follows: places that are given back, payments that were made."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from webapp.recruiting.models import Payment, Poll, ReceivedEvent, Submission
from webapp.recruiting.payments import PAID, follow, mark_paid, settle
from webapp.recruiting.prolific import Prolific, ProlificError, SubmissionReport, client
from webapp.studies.leases import release, restore
from webapp.studies.models import Identity, Participation, Study

# Prolific has given their place to somebody else, or will.
VOID = frozenset({"RETURNED", "TIMED-OUT", "REJECTED", "SCREENED OUT"})
# Of two reports of the same second the one that lies further on is the later one.
_ORDER = ("RESERVED", "ACTIVE", "TIMED-OUT", "AWAITING REVIEW", "RETURNED", "SCREENED OUT", "REJECTED")
_CLOSED_PAUSE = timedelta(hours=1)
_PATIENCE = 15  # seconds: a poll that fails is followed by the next one
_logger = logging.getLogger(__name__)


@transaction.atomic
def take_in(study: Study, report: SubmissionReport) -> bool:
    """Store what Prolific says of a submission, and do what follows; return whether it was news.

    Reports may come in any order, and more than once: an older one than the last is passed over. Of people who have
    not joined here nothing is stored.
    """
    people = Participation.objects.select_for_update(of=("self",)).select_related("study", "participant")
    participation = people.filter(identity__study=study, identity__platform_id=report.participant_id).first()
    if participation is None:
        return _pay_who_has_withdrawn(study, report)
    identity = Identity.objects.get(participation=participation)
    row, is_new = Submission.objects.get_or_create(
        submission_id=report.submission_id,
        defaults={"identity": identity, "status": report.status, "since": report.at},
    )
    if row.identity_id != identity.pk or not (is_new or _is_later(report, row)):
        return False
    changed = is_new or row.status != report.status
    row.status, row.since = report.status, report.at
    row.study_key = report.study or row.study_key
    row.code = row.code if report.code is None else report.code
    row.save(update_fields=["status", "since", "study_key", "code"])
    if changed:
        _follow(participation)
    return changed


def _follow(participation: Participation) -> None:
    statuses = set(Submission.objects.filter(identity__participation=participation).values_list("status", flat=True))
    if statuses <= VOID and participation.released is None:
        release(participation)
    elif not statuses <= VOID and participation.released is not None:
        restore(participation)
    follow(participation)


def _is_later(report: SubmissionReport, row: Submission) -> bool:
    return (report.at, _rank(report.status)) >= (row.since, _rank(row.status))


def _rank(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)


def _pay_who_has_withdrawn(study: Study, report: SubmissionReport) -> bool:
    """Take down that somebody was paid of whom nothing but that was left here."""
    if report.status not in PAID or not report.participant_id:
        return False
    alone = Payment.objects.filter(study=study, participation=None, platform_id=report.participant_id)
    return bool(mark_paid(alone.filter(purpose=Payment.Purpose.REWARD)))


def poll(study: Study, prolific: Prolific | None = None) -> tuple[int, int]:
    """Ask Prolific for the submissions of a study; return how many there are, and of how many there was news.

    Raises:
        ProlificError: it could not be asked, or said no. What was known before stays; it is noted with the study.
    """
    now = timezone.now()
    count, news = 0, 0
    try:
        prolific = prolific or client()
        if not study.prolific_studies:
            raise ProlificError(f"{study.slug} has no study at Prolific: put its id into prolific_study.")
        for key in study.prolific_studies:
            for report in prolific.submissions(key):
                count += 1
                news += take_in(study, report)
    except ProlificError as error:
        _note(study, tried=now, problem=str(error))
        raise
    settle(study)
    _note(study, tried=now, succeeded=now, problem="")
    return count, news


def _note(study: Study, **values: datetime | str) -> None:
    Poll.objects.update_or_create(study=study, defaults=values)


def poll_all() -> None:
    """Ask for the submissions of every study that has any at Prolific; what goes wrong is logged once, and noted."""
    for study in Study.objects.exclude(prolific_study="").exclude(state=Study.State.DRAFT):
        if not _is_worth_asking(study):
            continue
        before = Poll.objects.filter(study=study).values_list("problem", flat=True).first()
        try:
            poll(study, client(_PATIENCE))
        except ProlificError as error:
            if str(error) != before:
                _logger.warning("The study %s could not be asked for at Prolific: %s", study.slug, error)


def _is_worth_asking(study: Study) -> bool:
    """Tell whether Prolific can still say something new: of a closed study seldom, and not once all are forgotten."""
    if study.state != Study.State.CLOSED:
        return True
    last = Poll.objects.filter(study=study).first()
    is_early = last is not None and last.tried > timezone.now() - _CLOSED_PAUSE
    waiting = Payment.objects.filter(study=study, paid=None).exclude(platform_id="")
    return not is_early and (Identity.objects.filter(study=study).exists() or waiting.exists())


def forget_events() -> int:
    """Forget which events were received so long ago that they do not come again; return how many."""
    return ReceivedEvent.objects.filter(received__lt=timezone.now() - ReceivedEvent.KEPT).delete()[0]
