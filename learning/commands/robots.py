"""``safelight robots``: let robots play a site."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import Command, clear_errors
from learning.robots.temperaments import HABITS, TEMPERAMENTS

if TYPE_CHECKING:
    from learning.robots.visitor import Manner, Played, Visit


def _manner_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of how robots behave, which the command is given as one ``manner``."""

    def with_manner(*, entry: tuple[str, ...], configuration: Path | None, habits: tuple[str, ...], **rest: Any) -> Any:
        from learning.robots.visitor import Manner

        names = ("pace", "faults", "withdrawals", "devices")
        manner = Manner(
            entry=_parameters(entry),
            configuration=_settings(configuration),
            temperaments=(*TEMPERAMENTS, *(HABITS[name] for name in habits)),
            **{name: rest.pop(name) for name in names},
        )
        return command(manner=manner, **rest)

    with_manner.__doc__ = command.__doc__
    for option in reversed(_MANNER):
        with_manner = option(with_manner)
    return with_manner


def _share(name: str, most: float, text: str) -> Callable[[Command], Command]:
    return click.option(name, type=click.FloatRange(min=0, max=most), default=0.0, show_default=True, help=text)


_MANNER = (
    click.option(
        "--pace",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        help="How long robots think: 0 not at all, 1 as long as people.",
    ),
    _share("--faults", 0.9, "The share of requests that are lost, cut short, left unanswered, doubled or late."),
    click.option(
        "--entry",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter of the link by which they come; {robot} in it stands for who the robot is. Can be repeated.",
    ),
    click.option(
        "--configuration",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The study's configuration, as `manage.py study export` writes it: robots then do what attention items "
        "ask, and know which code is due.",
    ),
    _share("--withdrawals", 1, "The share of participants who withdraw, half of them half-way."),
    _share("--devices", 1, "The share of photos after which they go on on another device; needs --entry."),
    click.option(
        "--habit",
        "habits",
        type=click.Choice(tuple(HABITS)),
        multiple=True,
        help="A bad habit that some of the robots have, in turn with the good ones. Can be repeated.",
    ),
)


@click.command(
    epilog="""\b
Examples:
  safelight robots --url http://127.0.0.1:8000 --episodes 40
  safelight robots --url https://retouch.example.org --study pilot --episodes 5 --seed 3
  safelight robots --url http://127.0.0.1:8000 --episodes 100 --workers 20 --pace 0.1 --faults 0.1
  safelight robots --url http://127.0.0.1:8000 --study pilot --participants 60 --workers 20 \\
      --entry PROLIFIC_PID={robot} --configuration pilot.json --withdrawals 0.05 --habit rushing
"""
)
@click.option("--url", required=True, help="The address of the site.")
@click.option("--episodes", type=click.IntRange(min=1), help="How many episodes to play to their end.")
@click.option(
    "--participants",
    type=click.IntRange(min=1),
    help="Instead: how many robots take part the whole way, from the link through consent, tutorial and all of their "
    "photos to the code.",
)
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
    help="Photos that one robot plays before the next takes its place, with --episodes.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Robots that play at the same time."
)
@_manner_options
def command(
    *, url: str, episodes: int | None, participants: int | None, photos_per_robot: int, manner: "Manner", **options: Any
) -> None:
    """Let robots play a site over HTTP, as a browser does.

    They have several temperaments, and are recorded as robots, never as people. At the end each asks the site for what
    it has sent: an event that is lost, doubled or changed is an error, and so is another code than the one that is due.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from learning.robots.client import RobotError
    from learning.robots.crowd import play_site, play_study

    if (episodes is None) == (participants is None):
        raise click.UsageError("Give either --episodes or --participants.")
    columns = (TextColumn("robots"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with clear_errors(RobotError), Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=episodes or participants)

        def on_done(_: object) -> None:
            progress.advance(bar)

        if participants is not None:
            text = _visits_text(play_study(url, participants=participants, manner=manner, on_visit=on_done, **options))
        else:
            counts: dict[str, Any] = {"episodes": episodes, "photos_per_robot": photos_per_robot}
            text = _episodes_text(play_site(url, manner=manner, on_played=on_done, **counts, **options))
    click.echo(text)


def _parameters(entry: Iterable[str]) -> dict[str, str]:
    if wrong := [text for text in entry if "=" not in text]:
        raise click.BadParameter(f"{wrong[0]!r} is not NAME=VALUE", param_hint="--entry")
    return dict(text.split("=", 1) for text in entry)


def _settings(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
        return dict(settings)
    except (ValueError, KeyError, TypeError):
        message = f"{path} is not the configuration of a study: `manage.py study export` writes one"
        raise click.BadParameter(message, param_hint="--configuration") from None


def _episodes_text(played: "list[Played]") -> str:
    players = len({episode.player for episode in played})
    return f"{len(played)} episodes by {players} robots, {sum(episode.events for episode in played)} events"


def _visits_text(visits: "list[Visit]") -> str:
    outcomes = Counter(visit.outcome for visit in visits)
    codes = Counter(visit.code for visit in visits if visit.code)
    lines = [
        ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())),
        f"{sum(visit.withdrew for visit in visits)} withdrew",
        *(f"code {code}: {count}" for code, count in sorted(codes.items())),
        _episodes_text([episode for visit in visits for episode in visit.played]),
    ]
    return "\n".join(lines)
