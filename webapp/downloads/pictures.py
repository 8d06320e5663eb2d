"""Whether the picture that an episode came to can be had at full size."""

from http import HTTPStatus

from django.utils.translation import gettext, gettext_noop

from editing.game import filters
from webapp.games.models import Episode
from webapp.http.refusals import Refusal

READ_OTHERWISE = gettext_noop(
    "The reading of photos has been corrected since: at full size this one would no longer look as you played it."
)


def why_not(episode: Episode) -> str:
    """Say why an episode's picture cannot be had at full size, in a sentence for the player; empty where it can."""
    try:
        check_offered(episode)
    except Refusal as refusal:
        return str(refusal.detail)
    return ""


def check_offered(episode: Episode) -> None:
    """Refuse, by name and with a sentence for the player, what cannot be developed.

    Raises:
        Refusal: ``not_submitted``, ``no_downloads``, ``photo_removed``, ``no_original``, ``original_lost``,
            ``reads_otherwise`` or ``other_version``.
    """
    photo = episode.photo
    if not episode.study.allow_downloads:
        raise Refusal(
            "no_downloads", gettext("This study does not offer its pictures at full size."), HTTPStatus.FORBIDDEN
        )
    if episode.status != Episode.Status.SUBMITTED:
        raise Refusal("not_submitted", gettext("Only a picture that was handed in can be downloaded."))
    if not episode.study.playable.filter(pk=photo.pk).exists():
        raise Refusal("photo_removed", gettext("The photo was withdrawn from the study."), HTTPStatus.GONE)
    if not photo.original_suffix:
        raise Refusal("no_original", gettext("This site has only a small preview of the photo, not its original."))
    if not photo.has_original:
        message = gettext("The original of this photo is missing on the server; its log says which file.")
        raise Refusal("original_lost", message, HTTPStatus.GONE)
    if photo.would_be_read_otherwise:
        raise Refusal("reads_otherwise", gettext(READ_OTHERWISE))
    if episode.contract_version not in filters.known_versions():
        message = gettext("The filters have changed since: this picture can no longer be made as you saw it.")
        raise Refusal("other_version", message)
