"""What those above the studies may want to hear."""

from django.dispatch import Signal

# Sent inside the transaction that takes a photo out of a study, with ``study`` and ``photo``.
photo_taken_out = Signal()
# Sent as an episode begins, with ``participant``: a receiver answers whether they were shown what others had made.
reveal_seen = Signal()
