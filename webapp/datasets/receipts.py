"""The receipts of a study, computed from the database; ``editing.trajectories.receipts`` says what they are."""

from collections.abc import Iterable

from editing.trajectories.receipts import Receipt, digest, event_problems
from webapp.datasets.participations import PLAYERS
from webapp.games.models import Episode
from webapp.studies.leases import has_open_leases
from webapp.studies.models import Lease, Participation, Study


def receipts_of_study(study: Study, *, checked: bool = True) -> list[Receipt]:
    """Return a receipt for each participation of a study that is still there.

    Args:
        checked: whether to look for what does not add up.
    """
    participations = Participation.objects.filter(study=study, participant__kind__in=PLAYERS)
    in_order = participations.select_related("study", "participant").order_by("participant__pseudonym")
    return [_receipt(participation, checked=checked) for participation in in_order.iterator(200)]


def _receipt(participation: Participation, *, checked: bool) -> Receipt:
    own = Episode.objects.filter(study=participation.study, participant=participation.participant, tutorial=False)
    episodes = list(own.filter(status=Episode.Status.SUBMITTED).prefetch_related("events"))
    events = {str(episode.pk): [event.as_played().to_json() for event in episode.events.all()] for episode in episodes}
    every = [event for of_episode in events.values() for event in of_episode]
    receipt = Receipt(
        player=participation.participant.pseudonym,
        study=participation.study.slug,
        condition=participation.condition,
        complete=participation.completed is not None,
        episodes=len(episodes),
        events=len(every),
        digest=digest(every),
    )
    if checked:
        for key, of_episode in events.items():
            receipt.problems += event_problems(key, of_episode)
        receipt.problems += _lease_problems(participation, own)
    return receipt


def _lease_problems(participation: Participation, own: Iterable[Episode]) -> list[str]:
    """Return where a participation's leases, its episodes and its completion contradict each other."""
    if not participation.study.is_planned:
        return []
    done = (Episode.Status.SUBMITTED, Episode.Status.EXCLUDED)
    played = {episode.lease_id for episode in own if episode.status in done}
    handed_in = set(Lease.objects.filter(participation=participation, state="handed in").values_list("pk", flat=True))
    problems = [f"lease {key} was handed in, and there is no episode of it" for key in sorted(handed_in - played)]
    is_cut_short = participation.study.state == Study.State.CLOSED
    if participation.completed and has_open_leases(participation) and not is_cut_short:
        problems.append("it is complete, and there are photos left to play")
    if not participation.completed and handed_in and not has_open_leases(participation):
        problems.append("it is not complete, and there is no photo left to play")
    return problems
