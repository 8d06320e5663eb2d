"""The receipts of a study, computed from the database; ``editing.trajectories.receipts`` says what they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from editing.trajectories.receipts import Receipt, answers_digest, digest, event_problems
from webapp.datasets.answer_rows import said_in_tasks
from webapp.datasets.participations import PLAYERS
from webapp.games.models import Episode
from webapp.judging.models import Trial
from webapp.recruiting.models import Payment, Submission
from webapp.recruiting.payments import payments_of
from webapp.studies.entries import code_for, outcome_of
from webapp.studies.leases import has_open_leases
from webapp.studies.models import Identity, Lease, Participation, Study
from webapp.studies.task_order import are_others_done

PAYMENT_COLUMNS = (
    "platform_id outcome code completed rejected status reward reward_state bonus bonus_state currency deadline".split()
)


def receipts_of_study(study: Study, *, checked: bool = True) -> list[Receipt]:
    """Return a receipt for each participation of a study that is still there.

    Args:
        checked: whether to look for what does not add up.
    """
    participations = Participation.objects.filter(study=study, participant__kind__in=PLAYERS)
    in_order = participations.select_related("study", "participant").order_by("pseudonym")
    return [_receipt(participation, checked=checked) for participation in in_order.iterator(200)]


def _receipt(participation: Participation, *, checked: bool) -> Receipt:
    own = Episode.objects.filter(study=participation.study, participant=participation.participant, tutorial=False)
    episodes = list(own.filter(status=Episode.Status.SUBMITTED).prefetch_related("events"))
    events = {str(episode.pk): [event.as_played().to_json() for event in episode.events.all()] for episode in episodes}
    every = [event for of_episode in events.values() for event in of_episode]
    judgements, answers = said_in_tasks(participation)
    receipt = Receipt(
        player=participation.pseudonym,
        study=participation.study.slug,
        condition=participation.condition,
        complete=participation.completed is not None,
        episodes=len(episodes),
        events=len(every),
        digest=digest(every),
        judgements=len(judgements),
        answers=len(answers),
        answers_digest=answers_digest(judgements, answers),
    )
    if checked:
        for key, of_episode in events.items():
            receipt.problems += event_problems(key, of_episode)
        receipt.problems += _lease_problems(participation, own)
        receipt.problems += _trial_problems(participation, judgements)
    return receipt


def _lease_problems(participation: Participation, own: QuerySet[Episode]) -> list[str]:
    """Return where a participation's leases, its episodes and its completion contradict each other."""
    if not participation.study.is_planned:
        return []
    done = (Episode.Status.SUBMITTED, Episode.Status.EXCLUDED)
    played = set(own.filter(status__in=done).values_list("lease_id", flat=True))
    handed_in = set(Lease.objects.filter(participation=participation, state="handed in").values_list("pk", flat=True))
    problems = [f"lease {key} was handed in, and there is no episode of it" for key in sorted(handed_in - played)]
    if participation.completed:
        is_cut_short = participation.study.state == Study.State.CLOSED
        if not is_cut_short and has_open_leases(participation):
            problems.append("it is complete, and there are photos left to play")
    # What else there is to do is asked last: it takes as long as all before.
    elif handed_in and not has_open_leases(participation) and are_others_done(participation):
        problems.append("it is not complete, and there is no photo left to play")
    return problems


def _trial_problems(participation: Participation, judgements: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return where a participation's trials and what was stored of them contradict each other."""
    handed_in = Trial.objects.filter(participation=participation, state=Lease.State.HANDED_IN).count()
    if handed_in == len(judgements):
        return []
    return [f"{handed_in} trials were answered, and there are {len(judgements)} judgements"]


def payments_by_player(study: Study) -> dict[str, list[Payment]]:
    """Return the payments of a study by the pseudonym of whom they are for; without those of who has withdrawn."""
    payments: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments_of(study).filter(participation__isnull=False):
        assert payment.participation is not None  # noqa: S101 (asked for)
        payments[payment.participation.pseudonym].append(payment)
    return payments


def payment_rows(study: Study) -> list[dict[str, str]]:
    """Return who is to be paid and what, for the owner: a row for each id at the recruiter, by `PAYMENT_COLUMNS`.

    Those who withdrew after they had done all, and have not been paid, come last.
    """
    payments = payments_by_player(study)
    identities = Identity.objects.filter(study=study).select_related(
        "participation__study", "participation__participant"
    )
    rows = []
    for identity in identities:
        own = identity.participation
        outcome = outcome_of(own)
        submissions = Submission.objects.filter(identity=identity).values_list("status", flat=True)
        row = {
            "platform_id": identity.platform_id,
            "outcome": outcome or "",
            "code": code_for(study, outcome) if outcome else "",
            "completed": own.completed.isoformat() if own.completed else "",
            "rejected": (own.rejection_reason or "yes") if own.rejected else "",
            "status": ", ".join(submissions),
        }
        rows.append(row | _amounts(payments.get(own.pseudonym, [])))
    alone = defaultdict(list)
    for payment in Payment.objects.filter(study=study, participation=None).exclude(platform_id=""):
        alone[payment.platform_id].append(payment)
    for platform_id, left in alone.items():
        has_reward = any(payment.purpose == Payment.Purpose.REWARD for payment in left)
        code = code_for(study, "completed") if has_reward else ""
        row = dict.fromkeys(PAYMENT_COLUMNS, "") | {"platform_id": platform_id, "code": code}
        rows.append(row | {"outcome": "completed" if has_reward else ""} | _amounts(left))
    return rows


def _amounts(payments: Iterable[Payment]) -> dict[str, str]:
    values: dict[str, str] = {}
    for payment in payments:
        amount = "" if payment.amount is None else f"{payment.amount:.2f}"
        values |= {payment.purpose: amount, f"{payment.purpose}_state": payment.state, "currency": payment.currency}
        values["deadline"] = f"{payment.deadline:%Y-%m-%d}"
    return values
