"""What a researcher does about Prolific's submissions: approve, see what does not match, pay bonuses, check the set-up.

Nothing here happens by itself, and nothing here rejects anybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from webapp.recruiting.models import Payment, Submission
from webapp.recruiting.payments import PAID, bonus_lines, due_bonuses, mark_paid
from webapp.recruiting.prolific import BonusBatch, Prolific, ProlificError, SubmissionReport, Unclear, client
from webapp.studies.entries import OUTCOMES, code_for, identity_digest, outcome_of
from webapp.studies.models import Lease, Participation, Study, Withdrawal

HANDED_IN = "AWAITING REVIEW"


@dataclass(frozen=True)
class Approval:
    """What became of submissions that were to be approved.

    Attributes:
        asked: how many Prolific was asked to approve; it does so soon after.
        refused: what it said of those that it refused, by the ids of submissions.
    """

    asked: int
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mismatch:
    """A submission that does not fit what is here.

    Attributes:
        submission_id: empty where Prolific has none.
        here: what is here of that person, in words.
    """

    platform_id: str
    submission_id: str
    status: str
    code: str
    here: str


def approvable(study: Study, *, failed_attention: bool = False) -> QuerySet[Submission]:
    """Return the submissions that await review of people who have done all here, and are not rejected.

    Args:
        failed_attention: whether those are among them who failed more attention items than the study allows.
    """
    own = Submission.objects.filter(identity__study=study, status=HANDED_IN)
    own = own.filter(identity__participation__completed__isnull=False, identity__participation__rejected=None)
    waiting = own.select_related("identity__participation__study")
    kept = [row.pk for row in waiting if failed_attention or outcome_of(row.identity.participation) == "completed"]
    return waiting.filter(pk__in=kept)


def approve(submissions: Iterable[Submission], prolific: Prolific | None = None) -> Approval:
    """Ask Prolific to approve submissions of people who have done all here; each is paid once that is done.

    Raises:
        ProlificError: it could not be asked, or said no; one of them has not done all, or was rejected.
    """
    rows = list(submissions)
    for row in rows:
        own = row.identity.participation
        if own.completed is None or own.rejected is not None:
            sentence = "Somebody among them has not done all here, or was rejected: nothing was approved."
            raise ProlificError(sentence, str(own.participant))
    refused = (prolific or client()).approve([row.submission_id for row in rows]) if rows else {}
    asked = [row.pk for row in rows if row.submission_id not in refused]
    Submission.objects.filter(pk__in=asked).update(approval_asked=timezone.now())
    return Approval(len(asked), refused)


def list_without_data(study: Study, prolific: Prolific | None = None) -> list[Mismatch]:
    """Return what was handed in, or approved, at Prolific by people who have not done all here.

    Raises:
        ProlificError: it could not be asked, or said no; the study has no id there.
    """
    if not study.prolific_studies:
        raise ProlificError("There is no id in prolific_study.")
    prolific = prolific or client()
    reports = [report for key in study.prolific_studies for report in prolific.submissions(key)]
    handed_in = [report for report in reports if report.status in PAID | {HANDED_IN}]
    own = Participation.objects.filter(study=study, identity__isnull=False).select_related("identity", "participant")
    people = {participation.identity.platform_id: participation for participation in own}
    digests = set(Withdrawal.objects.filter(study=study, completed=True).values_list("identity_digest", flat=True))
    missing = []
    for report in handed_in:
        participation = people.get(report.participant_id)
        is_complete = participation is not None and participation.completed is not None
        if is_complete or identity_digest(study, report.participant_id) in digests:
            continue
        missing.append(_mismatch(report, _here(study, report, participation)))
    return missing


def list_not_handed_in(study: Study) -> list[Mismatch]:
    """Return people who have done all here and whose submission was, when it was last heard of, not handed in."""
    done = Submission.objects.filter(identity__study=study, identity__participation__completed__isnull=False)
    rows = done.filter(identity__participation__rejected=None).select_related("identity__participation__participant")
    return [
        Mismatch(row.identity.platform_id, row.submission_id, row.status, row.code, "has done all")
        for row in rows.exclude(status__in=PAID | {HANDED_IN})
        if not Submission.objects.filter(identity=row.identity, status__in=PAID | {HANDED_IN}).exists()
    ]


def set_up_bonuses(study: Study, prolific: Prolific | None = None) -> list[BonusBatch]:
    """Set up the bonuses that are due at Prolific, which says what they cost; none is paid by that.

    Returns:
        A batch for each of the study's ids there.

    Raises:
        ProlificError: it could not be asked, or said no; there are none.
    """
    prolific = prolific or client()
    return [prolific.set_up_bonuses(key, bonus_lines(rows)) for key, rows in _by_study(study).items()]


def pay_bonuses(study: Study, prolific: Prolific | None = None) -> list[BonusBatch]:
    """Pay the bonuses that are due, by Prolific. Where no answer comes they stay ``sent``, and are not sent again.

    Raises:
        Unclear: no answer came: look there, then say by ``mark_paid`` or ``mark_unpaid`` how it ended.
        ProlificError: it could not be asked, or said no: what it said no to was not paid; there are none.
    """
    prolific = prolific or client()
    return [_pay(key, rows, prolific) for key, rows in _by_study(study).items()]


def _pay(key: str, bonuses: Sequence[Payment], prolific: Prolific) -> BonusBatch:
    batch = prolific.set_up_bonuses(key, bonus_lines(bonuses))
    rows = Payment.objects.filter(pk__in=[bonus.pk for bonus in bonuses], batch="", paid=None)
    # Before they are sent: were this process killed meanwhile, nobody would be paid twice.
    sent = Payment.objects.filter(batch=batch.key)
    if rows.update(batch=batch.key) != len(bonuses):
        mark_unpaid(sent)
        raise ProlificError("The bonuses were changed, or sent by somebody else, at this moment. None was paid by you.")
    try:
        prolific.pay_bonuses(batch.key)
    except Unclear:
        sentence = "It is not known whether Prolific pays these bonuses: look there, then use payments paid or unpaid."
        raise Unclear(sentence) from None
    except ProlificError:
        mark_unpaid(sent)
        raise
    mark_paid(sent)
    return batch


def _by_study(study: Study) -> dict[str, list[Payment]]:
    """Return the bonuses that are due by the study at Prolific that each belongs to."""
    bonuses = due_bonuses(study)
    keys = study.prolific_studies
    if not bonuses or not keys:
        raise ProlificError("There are no bonuses to pay." if keys else "There is no id in prolific_study.")
    own = Submission.objects.filter(identity__study=study).exclude(study_key="")
    known = dict(own.values_list("submission_id", "study_key"))
    together: dict[str, list[Payment]] = {}
    for bonus in bonuses:
        key = keys[0] if len(keys) == 1 else known.get(bonus.submission_id, "")
        together.setdefault(key, []).append(bonus)
    if "" in together:
        raise ProlificError("Of some people it is not known by which study there they came: run prolific poll first.")
    return together


def mark_unpaid(payments: QuerySet[Payment]) -> int:
    """Take down that payments which were sent did not arrive: they are due again. Return how many."""
    return payments.filter(paid=None).exclude(batch="").update(batch="")


def check_setup(study: Study, site: str, prolific: Prolific | None = None) -> list[str]:
    """Return, in sentences, what at Prolific does not fit the study's configuration here; none where all fits.

    Args:
        site: the site's address; empty where it has none that others reach.

    Raises:
        ProlificError: it could not be asked, or said no.
    """
    if not study.prolific_studies:
        return ["There is no id in prolific_study."]
    prolific = prolific or client()
    problems = []
    for key in study.prolific_studies:
        there = prolific.study(key)
        found = [*_code_problems(study, there), *_reward_problems(study, there), *_link_problems(study, site, there)]
        problems += [f"{key}: {sentence}" for sentence in found]
    return problems


def _code_problems(study: Study, there: dict[str, object]) -> list[str]:
    listed = there.get("completion_codes")
    codes = {str(row.get("code")) for row in listed if isinstance(row, dict)} if isinstance(listed, list) else set()
    codes |= {str(there["completion_code"])} if there.get("completion_code") else set()
    own = {outcome: code_for(study, outcome) for outcome in OUTCOMES}
    missing = {name: code for name, code in own.items() if code and code not in codes}
    problems = [f"it has no code {code}, which is given here for {name}." for name, code in missing.items()]
    if not own["completed"]:
        problems.append("completion_code is empty here: who has done all is given no code.")
    return problems + [f"its code {code} is given to nobody here." for code in sorted(codes - set(own.values()))]


def _reward_problems(study: Study, there: dict[str, object]) -> list[str]:
    reward = there.get("reward")
    if study.reward is None or not isinstance(reward, int | float):
        return []
    amount = Decimal(str(reward)) / 100
    is_same = amount == study.reward
    return [] if is_same else [f"it pays {amount:.2f}, and the reward here is {study.reward:.2f} {study.currency}."]


def _link_problems(study: Study, site: str, there: dict[str, object]) -> list[str]:
    link = str(there.get("external_study_url") or "")
    address = urlsplit(link)
    problems = []
    own = f"{site.rstrip('/')}{reverse('play', args=[study.slug])}"
    if link and (address.path != urlsplit(own).path or (site and address.netloc != urlsplit(site).netloc)):
        problems.append(f"it sends people elsewhere than to {own}.")
    wanted = f"{study.entry_parameter}={{{{%PROLIFIC_PID%}}}}"
    if link and (not study.entry_parameter or wanted not in link):
        problems.append(f"its link lacks {wanted}: entry_parameter here is the name before the =.")
    return problems


def _mismatch(report: SubmissionReport, here: str) -> Mismatch:
    return Mismatch(report.participant_id, report.submission_id, report.status, report.code or "", here)


def _here(study: Study, report: SubmissionReport, participation: Participation | None) -> str:
    """Return in words what is here of somebody who has not done all."""
    if participation is None:
        given = [name for name in OUTCOMES if code_for(study, name) and code_for(study, name) == report.code]
        return f"has not joined; came back with the code for {given[0]}" if given else "has not joined"
    leases = Lease.objects.filter(participation=participation)
    if not leases.exists():
        return f"{participation.participant} has joined, and not done all"
    done = leases.filter(state=Lease.State.HANDED_IN).count()
    return f"{participation.participant} has handed in {done} of {leases.count()} photos"
