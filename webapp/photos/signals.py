"""What those above the photos may want to hear."""

from django.dispatch import Signal

# Sent with ``photo``, a removed one: a receiver answers whether it needs the preview and the original still.
files_needed = Signal()
# Sent inside the transaction that removes a photo, with ``photo``.
photo_removed = Signal()
