"""What the worker does for the measures of quality: it takes those of episodes that were handed in since."""

from contextlib import suppress

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.job_context import JobContext

from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE


@app.periodic(cron="* * * * *")
@app.task(
    name="measure_episodes", queue=QUEUE, pass_context=True, queueing_lock="measure episodes", priority=AFTER_DOWNLOADS
)
def measure_episodes(context: JobContext, timestamp: int) -> None:
    """Every minute, and again as long as there are some: downloads come in between."""
    from webapp.quality.measuring import PORTION, measure_new

    if measure_new(limit=PORTION, should_stop=context.should_abort) == PORTION:
        with suppress(AlreadyEnqueued):
            measure_episodes.configure().defer(timestamp=timestamp)
