"""What those above the photos may want to hear."""

from django.dispatch import Signal

# Sent inside the transaction that removes a photo, with ``photo``.
photo_removed = Signal()
