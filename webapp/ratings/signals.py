"""What those below the ratings ask."""

from typing import Any

from django.dispatch import receiver

from webapp.participants.models import Participant
from webapp.ratings.models import Showing
from webapp.studies.signals import reveal_seen


@receiver(reveal_seen)
def has_seen_a_reveal(participant: Participant, **kwargs: Any) -> bool:
    """Whoever was shown what others made may play otherwise from then on, in any study."""
    return Showing.objects.filter(participant=participant).exists()
