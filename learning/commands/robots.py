"""``safelight robots``: let robots play a site."""

import click

from learning.commands.options import clear_errors


@click.command(
    epilog="""\b
Examples:
  safelight robots --url http://127.0.0.1:8000 --episodes 40
  safelight robots --url https://retouch.example.org --study pilot --episodes 5 --seed 3
  safelight robots --url http://127.0.0.1:8000 --episodes 100 --workers 20 --pace 0.1 --faults 0.1
"""
)
@click.option("--url", required=True, help="The address of the site.")
@click.option("--episodes", type=click.IntRange(min=1), required=True, help="How many episodes to play to their end.")
@click.option("--study", default="default", show_default=True, help="The study's slug.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How each robot plays a photo follows from it.",
)
@click.option(
    "--photos-per-robot",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Photos that one robot plays before the next takes its place.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Robots that play at the same time."
)
@click.option(
    "--pace",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How long robots think: 0 not at all, 1 as long as people.",
)
@click.option(
    "--faults",
    type=click.FloatRange(min=0, max=0.9),
    default=0.0,
    show_default=True,
    help="The share of requests that are lost, cut short, left unanswered, doubled or late.",
)
def command(
    url: str, episodes: int, study: str, seed: int, photos_per_robot: int, workers: int, pace: float, faults: float
) -> None:
    """Let robots play a site over HTTP, as a browser does.

    They have several temperaments, and are recorded as robots, never as people. At the end each asks the site for what
    it has sent: an event that is lost, doubled or changed is an error.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from learning.robots.visitor import Manner, RobotError, play_site

    columns = (TextColumn("robots"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with clear_errors(RobotError), Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=episodes)
        played = play_site(
            url,
            episodes=episodes,
            seed=seed,
            study=study,
            photos_per_robot=photos_per_robot,
            workers=workers,
            manner=Manner(pace, faults),
            on_played=lambda _: progress.advance(bar),
        )
    players = len({episode.player for episode in played})
    click.echo(f"{len(played)} episodes by {players} robots, {sum(episode.events for episode in played)} events")
