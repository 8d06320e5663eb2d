"""What the worker does by itself: it draws what is soon to be judged."""

from procrastinate.contrib.django import app

from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE


@app.periodic(cron="* * * * *")
@app.task(name="draw_judged_pictures", queue=QUEUE, queueing_lock="draw judged pictures", priority=AFTER_DOWNLOADS)
def draw_judged_pictures(timestamp: int) -> None:
    """Every minute: draw pictures of trials to come, so that how long one takes to come tells nothing of its maker."""
    from webapp.judging.pictures import draw_some

    draw_some()
