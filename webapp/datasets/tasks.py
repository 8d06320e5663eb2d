"""What the worker does: exports, comparisons and plans, forgetting who people are at a recruiter, and agents' play."""

from contextlib import suppress

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.job_context import JobContext

from webapp.datasets.models import Comparison, ConvertedVersion, PowerAnalysis
from webapp.datasets.queueing import BUILD_VERSION
from webapp.downloads.tasks import AFTER_DOWNLOADS, QUEUE


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_identities", queue=QUEUE, queueing_lock="forget identities")
def forget_identities(timestamp: int) -> None:
    """Every night: erase who people are, where that is due, and exports and invitations that are old."""
    from webapp.datasets.leaving import write_journal
    from webapp.datasets.old_exports import delete_old_exports
    from webapp.studies.entries import erase_identities
    from webapp.studies.invitations import forget_invitations
    from webapp.studies.log import forget_old_actions
    from webapp.studies.retention import anonymise_due

    erase_identities()
    anonymise_due()
    forget_invitations()
    forget_old_actions()
    delete_old_exports()
    write_journal()


@app.task(name="prepare_export", queue=QUEUE)
def prepare_export(*, export: int) -> None:
    """Write an export that a researcher has asked for."""
    from webapp.datasets.prepared_exports import prepare

    prepare(export)


@app.task(name=Comparison.TASK, queue=QUEUE, pass_context=True, priority=AFTER_DOWNLOADS)
def compare_export(context: JobContext, *, comparison: int) -> None:
    """Compare the agents of an export with its people, as a researcher has asked."""
    from webapp.datasets import comparing

    comparing.compare_export(comparison, context.should_abort)


@app.task(name=PowerAnalysis.TASK, queue=QUEUE, pass_context=True, priority=AFTER_DOWNLOADS)
def analyse_power(context: JobContext, *, analysis: int) -> None:
    """Say how many people and photos a study needs, by its play so far, as a researcher has asked."""
    from webapp.datasets import power_analysis

    power_analysis.analyse(analysis, context.should_abort)


@app.task(name=BUILD_VERSION, queue=QUEUE)
def build_version(*, version: int) -> None:
    """Write a numbered version of a study's data."""
    from webapp.datasets.building import build

    build(version)


@app.task(name=ConvertedVersion.TASK, queue=QUEUE, pass_context=True, priority=AFTER_DOWNLOADS)
def convert_version(context: JobContext, *, conversion: int) -> None:
    """Write a version in the form of another program."""
    from webapp.datasets import converting

    converting.convert(conversion, context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="take_up_versions", queue=QUEUE, queueing_lock="take up versions")
def take_up_versions(timestamp: int) -> None:
    """Every minute: build versions and what commands make, whose worker or job is gone; not for ever."""
    from webapp.datasets.taking_up import take_up, take_up_jobs

    take_up()
    take_up_jobs()


@app.periodic(cron="* * * * *")
@app.task(
    name="let_agent_play",
    aliases=["webapp.datasets.tasks.let_agent_play"],
    queue=QUEUE,
    pass_context=True,
    queueing_lock="agent plays",
    priority=AFTER_DOWNLOADS,
)
def let_agent_play(context: JobContext, timestamp: int) -> None:
    """Every minute, and again as long as photos wait: downloads come in between."""
    # Only here: the web processes import this module too.
    from webapp.datasets.agent_play import play_some

    if play_some(context.should_abort):
        with suppress(AlreadyEnqueued):
            let_agent_play.configure().defer(timestamp=timestamp)


@app.periodic(cron="* * * * *")
@app.task(
    name="make_personal_agents",
    queue=QUEUE,
    pass_context=True,
    queueing_lock="personal agents",
    priority=AFTER_DOWNLOADS,
)
def make_personal_agents(context: JobContext, timestamp: int) -> None:
    """Every minute, and again as long as somebody waits: fit an agent to who has finished enough photos."""
    from webapp.datasets.personal_play import make_next

    if make_next(context.should_abort):
        with suppress(AlreadyEnqueued):
            make_personal_agents.configure().defer(timestamp=timestamp)
