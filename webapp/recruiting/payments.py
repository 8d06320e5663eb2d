"""Payment of people whom a recruiter sent: what is due, to whom, until when, and that it was paid."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from webapp.participants.models import Participant
from webapp.recruiting.models import Payment, Submission
from webapp.studies.configuration import setting
from webapp.studies.erasing import erasing_study
from webapp.studies.leases import judged
from webapp.studies.models import Identity, Participation, Study
from webapp.studies.withdrawing import erasing_traces

# Of a submission whose participant Prolific pays, and of one whose participant is not to be paid by us.
PAID = frozenset({"APPROVED", "PARTIALLY APPROVED"})
UNPAID = frozenset({"RETURNED", "REJECTED", "SCREENED OUT"})
_HUNDREDTH = Decimal("0.01")


def settle(study: Study) -> None:
    """Take down the payment of everybody who has done all and for whom there is none yet.

    It is asked for before payments are read: to store them with the last event would make every submit slower.
    """
    done = Participation.objects.filter(study=study, preview=False, participant__kind=Participant.Kind.HUMAN)
    done = done.filter(identity__isnull=False).exclude(completed=None).exclude(payments__purpose=Payment.Purpose.REWARD)
    for participation in done.select_related("study", "identity", "began_under"):
        _settle(participation)


def payments_of(study: Study) -> QuerySet[Payment]:
    """Return all payments of a study, those that have just fallen due among them."""
    settle(study)
    return Payment.objects.filter(study=study).select_related("participation__participant", "study")


def is_due(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Return those of the payments that are still to be paid."""
    return payments.filter(paid=None, withheld=False, deadline__gt=timezone.now())


@transaction.atomic
def _settle(participation: Participation) -> None:
    """Store the reward of somebody who has done all, as it was when they joined."""
    study, since = participation.study, participation.completed
    assert since is not None  # noqa: S101 (they have done all)
    promised = participation.began_under.values if participation.began_under else {}
    reward = promised.get("reward", study.reward)
    payment = Payment(
        study=study,
        participation=participation,
        amount=None if reward is None else Decimal(reward),
        currency=promised.get("currency", study.currency),
        since=since,
        deadline=since + timedelta(days=study.payment_days),
        platform_id=participation.identity.platform_id,
        submission_id=_submission_id(participation.identity),
    )
    Payment.objects.bulk_create([payment], ignore_conflicts=True)  # somebody else may just have stored it
    follow(participation)


def follow(participation: Participation) -> None:
    """Bring the payments of a participation up to what was decided here, and what is known of their submissions."""
    own = Payment.objects.filter(participation=participation)
    statuses = set(Submission.objects.filter(identity__participation=participation).values_list("status", flat=True))
    own.filter(submission_id="", paid=None).exclude(platform_id="").update(submission_id=_own_submission(participation))
    is_withheld = participation.rejected is not None or (bool(statuses) and statuses <= UNPAID)
    rewards = own.filter(purpose=Payment.Purpose.REWARD, paid=None)
    rewards.update(withheld=is_withheld)
    if statuses & PAID:
        mark_paid(rewards)


def set_bonus(participation: Participation, amount: Decimal) -> Payment | None:
    """Let somebody be paid a bonus of so much, in place of one that was set and not yet paid; 0 takes that back.

    Raises:
        ValidationError: it is no amount, it is not known who they are at the recruiter, or the bonus before has been
            sent to Prolific and it is not known yet whether it was paid.
    """
    if not _is_amount(amount):
        raise ValidationError(f"{amount} is no amount: a bonus has at most two decimals, and is not below 0.")
    setting("reward").clean(amount, None)
    identity = Identity.objects.filter(participation=participation).first()
    if identity is None:
        raise ValidationError("Who they are at the recruiter is not known, or no longer.")
    study = participation.study
    with transaction.atomic():
        Participation.objects.select_for_update().get(pk=participation.pk)
        unpaid = Payment.objects.filter(participation=participation, purpose=Payment.Purpose.BONUS, paid=None)
        if unpaid.exclude(batch="").exists():
            raise ValidationError("A bonus was sent to Prolific: first say whether it was paid.")
        unpaid.delete()
        if not amount:
            return None
        return Payment.objects.create(
            study=study,
            participation=participation,
            purpose=Payment.Purpose.BONUS,
            platform_id=identity.platform_id,
            submission_id=_submission_id(identity),
            amount=amount,
            currency=study.currency,
            deadline=timezone.now() + timedelta(days=study.payment_days),
        )


def _is_amount(amount: Decimal) -> bool:
    try:
        return amount >= 0 and amount == amount.quantize(_HUNDREDTH)
    except InvalidOperation:  # no number, or beyond all measure
        return False


def bonus_file(study: Study) -> str:
    """Return the bonuses that are due as Prolific takes them: a line ``id,amount`` for each.

    The ids are those of submissions where all are known, else those of participants.
    """
    return bonus_lines(due_bonuses(study))


def due_bonuses(study: Study) -> list[Payment]:
    """Return the bonuses that are to be paid, and have not been sent."""
    own = Payment.objects.filter(study=study, purpose=Payment.Purpose.BONUS, batch="")
    return list(is_due(own))


def bonus_lines(bonuses: Iterable[Payment]) -> str:
    """Return bonuses as Prolific takes them."""
    rows = list(bonuses)
    by_submission = all(row.submission_id for row in rows)
    return "".join(f"{row.submission_id if by_submission else row.platform_id},{row.amount:.2f}\n" for row in rows)


def mark_paid(payments: QuerySet[Payment]) -> int:
    """Take down that payments were made, and forget whom they were for; return how many were.

    What is left of them where somebody has withdrawn goes.
    """
    unpaid = payments.filter(paid=None)
    with transaction.atomic():
        count = unpaid.count()
        unpaid.filter(participation=None).delete()
        unpaid.update(paid=timezone.now(), platform_id="", submission_id="")
    return count


def lapse_payments() -> int:
    """Forget whom payments were for whose deadline has come, or retention date; return how many were still due.

    What is left of them where somebody has withdrawn goes.
    """
    for study in Study.objects.exclude(entry_parameter=""):
        settle(study)
    now = timezone.now()
    unpaid = Payment.objects.filter(paid=None).exclude(platform_id="")
    # By the retention date all personal data of a study go.
    unpaid.filter(study__retention_date__lte=now.date(), deadline__gt=now).update(deadline=now)
    over = unpaid.filter(deadline__lte=now)
    count = over.filter(withheld=False).count()
    over.filter(participation=None).delete()
    over.update(platform_id="", submission_id="")
    return count


@receiver(judged)
def follow_judgement(participation: Participation, **kwargs: Any) -> None:
    """Withhold the reward of somebody who is rejected, and no longer of somebody who is accepted again."""
    follow(participation)


@receiver(erasing_traces)
def keep_what_is_due(participation: Participation, **kwargs: Any) -> None:
    """As somebody withdraws, keep payments that are due, and no other."""
    if participation.completed is not None and Identity.objects.filter(participation=participation).exists():
        is_person = participation.participant.kind == Participant.Kind.HUMAN
        if is_person and not participation.preview:
            _settle(participation)
    own = Payment.objects.filter(participation=participation)
    own.exclude(pk__in=is_due(own).values("pk")).delete()


@receiver(erasing_study)
def refuse_while_due(study: Study, **kwargs: Any) -> None:
    """Keep a study from being erased as long as somebody is to be paid."""
    if count := is_due(Payment.objects.filter(study=study)).count():
        raise ValidationError(f"Payments still due: {count}. Take them down as paid, or wait until they lapse.")


def people_by_id(study: Study, keys: Iterable[str]) -> dict[str, Participation]:
    """Return participations by their pseudonyms, or by their ids at the recruiter, as far as there are any."""
    wanted = set(keys)
    own = Participation.objects.filter(study=study).select_related("study", "participant", "identity")
    named = own.filter(Q(pseudonym__in=wanted) | Q(identity__platform_id__in=wanted))
    people: dict[str, Participation] = {}
    for participation in named:
        names = {participation.pseudonym}
        names |= {participation.identity.platform_id} if hasattr(participation, "identity") else set()
        people |= dict.fromkeys(names & wanted, participation)
    return people


def _submission_id(identity: Identity) -> str:
    """Return the submission under which somebody is paid: one that was approved or handed in before others."""
    submissions = list(identity.submissions.all())
    submissions.sort(key=lambda submission: (submission.status not in PAID, submission.status in UNPAID))
    return submissions[0].submission_id if submissions else ""


def _own_submission(participation: Participation) -> str:
    identity = Identity.objects.filter(participation=participation).first()
    return _submission_id(identity) if identity else ""
