"""What the worker does by itself: it asks Prolific how submissions stand, and forgets whom payments were for."""

import logging

from procrastinate.contrib.django import app

from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE

_logger = logging.getLogger(__name__)


@app.periodic(cron="*/10 * * * *")
@app.task(name="poll_prolific", queue=QUEUE, queueing_lock="poll prolific", priority=AFTER_DOWNLOADS)
def poll_prolific(timestamp: int) -> None:
    """Every ten minutes: ask for the states of all studies' submissions."""
    from django.conf import settings

    from webapp.recruiting.submissions import poll_all

    if settings.PROLIFIC_TOKEN:
        poll_all()


# Before `forget_identities`, which knows nothing of payments: what has fallen due meanwhile is taken down first.
@app.periodic(cron="7 3 * * *")
@app.task(name="lapse_payments", queue=QUEUE, queueing_lock="lapse payments")
def lapse_payments(timestamp: int) -> None:
    """Every night: forget whom payments were for that have lapsed."""
    from webapp.recruiting import payments
    from webapp.recruiting.submissions import forget_events

    if count := payments.lapse_payments():
        _logger.warning("%s payments have lapsed unpaid.", count)
    forget_events()
