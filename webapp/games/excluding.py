"""Excluding single episodes by hand, with a reason, and taking them in again. Nothing is deleted."""

from django.db import transaction
from django.utils.translation import gettext

from webapp.games.episodes import rejection_reason
from webapp.games.models import Episode
from webapp.http.refusals import Refusal
from webapp.studies.leases import accept_lease, exclude_lease
from webapp.studies.models import Participation

_LONGEST_REASON = Episode._meta.get_field("exclusion_reason").max_length or 0


@transaction.atomic
def exclude_episode(episode: Episode, reason: str) -> None:
    """Exclude what was handed in, for a reason that is kept; its place is free for somebody else.

    Raises:
        Refusal: ``no_reason``, or ``conflict``: it was not handed in, or is excluded by hand already.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("no_reason", gettext("Say why."))
    participation, stored = _locked(episode)
    is_rejected = participation is not None and participation.rejected is not None
    if stored.status != Episode.Status.SUBMITTED and not (is_rejected and _was_handed_in(stored)):
        raise Refusal("conflict", gettext("Only what was handed in can be excluded."))
    if stored.lease_id is not None:
        exclude_lease(stored.lease_id)
    _keep(episode, stored, Episode.Status.EXCLUDED, reason[:_LONGEST_REASON])


@transaction.atomic
def accept_episode(episode: Episode) -> None:
    """Take an episode in again that was excluded by hand; it is surplus where its place was filled meanwhile.

    That of a participant who was rejected stays excluded with all of theirs, and comes back with them.

    Raises:
        Refusal: ``conflict``: it is not excluded, or was never handed in.
    """
    participation, stored = _locked(episode)
    if stored.status != Episode.Status.EXCLUDED or not _was_handed_in(stored):
        raise Refusal("conflict", gettext("Only what was handed in, and excluded, can be taken in again."))
    if stored.lease_id is not None:
        stored.surplus = accept_lease(stored.lease_id).surplus
    if participation is not None and participation.rejected is not None:
        _keep(episode, stored, Episode.Status.EXCLUDED, rejection_reason(participation))
    else:
        _keep(episode, stored, Episode.Status.SUBMITTED, "")


def _locked(episode: Episode) -> tuple[Participation | None, Episode]:
    """Return an episode as it is stored, and whose it is, both locked; agents take part in nothing."""
    own = Participation.objects.filter(study=episode.study_id, participant=episode.participant_id)
    participation = own.select_for_update(no_key=True).first()
    return participation, Episode.objects.select_for_update(no_key=True).get(pk=episode.pk)


def _was_handed_in(episode: Episode) -> bool:
    """Tell whether it was ever submitted: an open one is excluded where its photo is removed."""
    return episode.events.filter(kind="submit").exists()


def _keep(episode: Episode, stored: Episode, status: Episode.Status, reason: str) -> None:
    stored.status, stored.exclusion_reason = status, reason
    stored.save(update_fields=["status", "exclusion_reason", "surplus"])
    episode.status, episode.exclusion_reason, episode.surplus = stored.status, reason, stored.surplus
